"""Desks for what happened at the door. Django finds them here."""

from checkins.admin import gap, merge, scan, visit

__all__ = ["gap", "merge", "scan", "visit"]

"""Desks for what happened at the door. Django finds them here."""

from checkins.admin import merge, scan, visit

__all__ = ["merge", "scan", "visit"]

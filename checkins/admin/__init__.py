"""Desks for what happened at the door. Django finds them here."""

from checkins.admin import correction, gap, merge, scan, visit

__all__ = ["correction", "gap", "merge", "scan", "visit"]

"""Desks for what happened at the door. Django finds them here."""

from checkins.admin import case, correction, gap, item, merge, overdue, repeat, scan, urgency, visit

__all__ = ["case", "correction", "gap", "item", "merge", "overdue", "repeat", "scan", "urgency", "visit"]

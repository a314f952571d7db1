"""Desks for what happened at the door. Django finds them here."""

from checkins.admin import case, complaint, correction, flag, gap, item, merge, overdue, repeat, scan, urgency, visit

__all__ = [
    "case", "complaint", "correction", "flag", "gap", "item", "merge", "overdue", "repeat", "scan", "urgency", "visit",
]  # fmt: skip

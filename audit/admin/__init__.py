"""The supervision side's desks. Django finds them here."""

from audit.admin import account, complaint, document, filing, flag, frequency_rule, look_up, record, verification

__all__ = ["account", "complaint", "document", "filing", "flag", "frequency_rule", "look_up", "record", "verification"]

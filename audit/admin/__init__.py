"""The supervision side's desks. Django finds them here."""

from audit.admin import account, document, filing, frequency_rule, look_up, record, verification

__all__ = ["account", "document", "filing", "frequency_rule", "look_up", "record", "verification"]

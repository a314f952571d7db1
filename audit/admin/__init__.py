"""The supervision side's desks. Django finds them here."""

from audit.admin import account, document, filing, flag, frequency_rule, look_up, record

__all__ = ["account", "document", "filing", "flag", "frequency_rule", "look_up", "record"]

"""The supervision side's desks. Django finds them here."""

from audit.admin import account, filing, flag, frequency_rule, look_up, record

__all__ = ["account", "filing", "flag", "frequency_rule", "look_up", "record"]

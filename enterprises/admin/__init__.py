"""Desks for whose door it is. Django finds them here."""

from enterprises.admin import contact, enterprise, licence_alias, premises

__all__ = ["contact", "enterprise", "licence_alias", "premises"]

"""The numbers of the supervision side that an operator sets (settings → doors → deeds)."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditPolicy:
    """Where are filings (备案) sent, and which cap holds where no rule row does?

    An empty `platform_url` means nowhere yet: filings wait in the outbox. `annual_cap`: visits of one agency at one
    enterprise in a calendar year.
    """

    annual_cap: int
    platform_url: str
    platform_token: str
    platform_timeout: timedelta

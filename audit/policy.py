"""The numbers of the supervision side that an operator sets (settings → doors → deeds)."""

from dataclasses import dataclass, field
from datetime import timedelta

from audit.addressee import Addressee
from audit.reachable import Networks
from audit.watcher import Watcher


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditPolicy:
    """Where are filings (备案) sent, in whose name, and which cap holds where no rule row does?

    Without `platforms` nowhere yet: filings wait in the outbox. `source`: the house, as a URI. `networks`: those that
    are not public and yet may be connected to. `probe`: how long a paused platform rests before one letter asks again.
    `annual_cap`: visits of one agency at one enterprise in a calendar year.
    """

    annual_cap: int
    platforms: tuple[Addressee, ...]
    source: str
    timeout: timedelta
    networks: Networks
    probe: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class WitnessPolicy:
    """Who watches the log? `networks`: those that are not public and yet may be connected to. `timeout`: of one
    question in all."""

    watchers: tuple[Watcher, ...]
    networks: Networks
    timeout: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiverPolicy:
    """Whom does the small receiver believe? What is set must hold: the token, and a signature by key or else secret."""

    token: str = field(repr=False)
    public_key: str
    secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class RetentionPolicy:
    """How many years are visits' entries, photos and closed complaints kept? (`manage.py retain`)

    `held`: credit codes about which nothing is wiped, whatever its age, beside those with an open case or complaint."""

    visit_years: int
    photo_years: int
    complaint_years: int
    held: frozenset[str] = frozenset()

    def told(self) -> dict[str, int]:
        return {"visits": self.visit_years, "photos": self.photo_years, "complaints": self.complaint_years}


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionPolicy:
    """How long may a signed-in browser be still (`idle`), and how long does one log-in last (`longest`)?"""

    idle: timedelta
    longest: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportPolicy:
    """What a file that a page takes into a register may be (`file_bytes`, `lines`), how long it is kept before
    (`minutes`), and which share of a register may leave service without a word more (`leaving`)."""

    file_bytes: int
    lines: int
    minutes: float
    leaving: float


@dataclass(frozen=True, kw_only=True, slots=True)
class OidcPolicy:
    """Whose word on who somebody is does the house take (single sign-on)? Without an `issuer`: nobody's.

    `claim`: which claim holds an account's name. `acr`, `amr`: values by which the issuer vouches for a second factor.
    `networks`: of the issuer's, not public and yet to be connected to. `timeout`: of all questions of one step.
    """

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    claim: str
    scopes: tuple[str, ...]
    acr: frozenset[str]
    amr: frozenset[str]
    networks: Networks
    timeout: timedelta

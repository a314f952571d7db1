"""The numbers about officers that a jurisdiction sets (settings → doors → deeds)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficerPolicy:
    """How long does what officers are given live?

    `backends`: issuer name → public JWK of a registered backend that may enrol officers by assertion.
    `wrong_codes`: how many wrong activation codes one address may send in one `wrong_codes_window`.
    `new_views`: how many electronic IDs and photos one address may ask for in a minute without having been shown them
    before, wrong ones included; `views`: how often one of them may be looked at in a minute from one address.
    """

    activation_lifetime: timedelta
    revoked_upload_grace: timedelta
    electronic_id_lifetime: timedelta
    photo_lifetime: timedelta
    backends: Mapping[str, Mapping[str, Any]]
    wrong_codes: int = 20
    wrong_codes_window: timedelta = timedelta(minutes=10)
    new_views: int = 30
    views: int = 120


LEAST_LEAD = timedelta(hours=48)
"""So long before its first use a key is published: every reader that is on the network now and then knows it."""
LONGEST_CREDENTIAL = timedelta(hours=12)
RENEWED_BEFORE_END = timedelta(hours=1)
"""A credential with less than this left is replaced."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IssuerPolicy:
    """In whose name electronic IDs are signed, where the private keys are, and how long what is signed lives.

    `secrets`: see `officers.vault.Vault`; `files`: PEM files of the operator's own private keys, instead of keys that
    are made here. `lead`: how long before its first use a key is published. `status_ttl`: how long a reader may
    believe a status list; `status_kept`: how long one process hands out the same one.
    """

    issuer: str
    secrets: tuple[str, ...] = field(repr=False)
    files: tuple[Path, ...] = ()
    lead: timedelta = timedelta(hours=48)
    credential_life: timedelta = LONGEST_CREDENTIAL
    status_ttl: timedelta = timedelta(hours=1)
    status_kept: timedelta = timedelta(minutes=1)

    def __post_init__(self) -> None:
        """Raises ValueError for a life that no reader accepts, or that ends before it is renewed."""
        if not RENEWED_BEFORE_END < self.credential_life <= LONGEST_CREDENTIAL:
            raise ValueError("CREDENTIAL_HOURS: more than 1, at most 12")

"""The numbers about officers that a jurisdiction sets (settings → doors → deeds)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficerPolicy:
    """How long does what officers are given live?

    `backends`: issuer name → public JWK of a registered backend that may enrol officers by assertion.
    `wrong_codes`: how many wrong activation codes one address may send in one `wrong_codes_window`.
    """

    activation_lifetime: timedelta
    revoked_upload_grace: timedelta
    electronic_id_lifetime: timedelta
    photo_lifetime: timedelta
    backends: Mapping[str, Mapping[str, Any]]
    wrong_codes: int = 20
    wrong_codes_window: timedelta = timedelta(minutes=10)

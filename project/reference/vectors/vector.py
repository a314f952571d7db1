"""One text that a reader is shown, and what it must answer."""

from dataclasses import dataclass
from typing import Any

from officers.presentation import ByPhone, read
from officers.reasons import Reason
from project.reference.vectors.cast import CREDIT_CODE, NOW


@dataclass(frozen=True, kw_only=True)
class Vector:
    """`now`: seconds since 1970 by the reader's clock. `status_known`: it has a young enough status list."""

    name: str
    text: str
    reason: Reason
    now: float = NOW
    credit_code: str = CREDIT_CODE
    status_known: bool = True

    @property
    def says(self) -> dict[str, Any] | None:
        """What the text says, where it is worth something."""
        if self.reason.colour == "red":
            return None
        shown = read(self.text)
        signed, times = (
            (shown.credential.signed, shown.credential) if isinstance(shown, ByPhone) else (shown.signed, shown)
        )
        holder = shown.holder
        return {
            "by": "phone" if isinstance(shown, ByPhone) else "issuer",
            "kid": (signed.kid or b"").hex(),
            "name": holder.name,
            "agency_code": holder.agency_code,
            "certificate_no": holder.certificate_no,
            "photo": holder.photo.hex(),
            "status_index": holder.status_index,
            "scan_id": str(shown.scan_id),
            "credit_code": shown.credit_code,
            "issued_at": times.issued_at,
            "expires_at": times.expires_at,
            **({"step": shown.step} if isinstance(shown, ByPhone) else {}),
        }

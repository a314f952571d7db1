"""What an officer's phone with a key shows at the door: its app, as far as it draws the QR code off the network."""

import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.utils import timezone
from PIL import Image

from officers import presentation
from officers.es256 import Es256Signer
from officers.models import Device, Officer
from officers.queries import caller_with
from officers.services.offline_id import Door, OfflineId, offline_id
from tests.officers.issuing import issuer_key, new_phone, phone_of
from tests.town import BEARINGS, Phone

CANVAS = (1280, 720)


@dataclass
class Screen:
    """The phone, and its key that never leaves it."""

    phone: Phone
    key: Es256Signer
    device: Device
    enterprise: str = BEARINGS
    fetched: tuple[bytes, datetime] | None = None

    @cached_property
    def scan_id(self) -> str:
        """Of the scan of the enterprise's licence, once."""
        answer = self.phone.scan(self.enterprise)
        assert answer.status_code == 201, answer.content
        return str(answer.json()["scan_id"])

    @property
    def credential(self) -> bytes:
        """Of this day: the app fetched it on the way here, half an hour ago, or when the last one was over."""
        at = timezone.now() - timedelta(minutes=30)
        if self.fetched is None or timezone.now() >= self.fetched[1]:
            given = self.offline_id(at=at)
            assert given.credential is not None
            assert given.credential_expires_at is not None
            self.fetched = given.credential, given.credential_expires_at
        return self.fetched[0]

    def offline_id(self, *, at: datetime | None = None) -> OfflineId:
        """What the server has for this phone, at the door that it has scanned at."""
        return offline_id(
            caller=caller_with(self.device.pk),
            door=Door(scan_id=UUID(self.scan_id), credit_code=self.enterprise),
            at=at or timezone.now(),
            policy=settings.ISSUER_POLICY,
        )

    def shows(
        self,
        *,
        ago: float = 0,
        step: int | None = None,
        enterprise: str = "",
        scan_id: str = "",
        key: Es256Signer | None = None,
    ) -> str:
        """The presentation that it showed so many seconds ago, or in this step."""
        return presentation.by_phone(
            credential=self.credential,
            scan_id=UUID(scan_id or self.scan_id),
            credit_code=enterprise or self.enterprise,
            step=int(timezone.now().timestamp() - ago) // presentation.STEP if step is None else step,
            key=key or self.key,
        )


def screen_of(officer: Officer, *, keyless: bool = False, **words: Any) -> Screen:
    """A phone of this officer's, with a key or without, in a house whose issuer has one."""
    at = timezone.now()
    issuer_key(at)
    key = new_phone()
    device, token = phone_of(officer, at=at, key=None if keyless else key)
    return Screen(phone=Phone(token=token, officer=officer), key=key, device=device, **words)


def drawn(text: str) -> Image.Image:
    """This text as a QR code in the middle of a grey picture, as a camera sees a screen."""
    made = segno.make(text, error="m", micro=False)
    assert int(made.version) <= 14
    out = io.BytesIO()
    made.save(out, kind="png", scale=5, border=4)
    code = Image.open(out).convert("RGB")
    canvas = Image.new("RGB", CANVAS, "#888")
    canvas.paste(code, ((CANVAS[0] - code.width) // 2, (CANVAS[1] - code.height) // 2))
    return canvas


def film(path: Path, *scenes: tuple[str, float]) -> Path:
    """A film for a camera that sees these codes, each for so many seconds: JPEG after JPEG, thirty a second."""
    with path.open("wb") as out:
        for text, seconds in scenes:
            frame = io.BytesIO()
            drawn(text).save(frame, "JPEG", quality=75)
            out.write(frame.getvalue() * round(30 * seconds))
    return path

"""Zhang Wei and his colleagues, for tests."""

import base64
import hashlib
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from django.db import transaction
from PIL import Image

from audit.actor import Actor
from audit.history import save_as
from officers.models import Agency, Officer, Photo
from officers.policy import OfficerPolicy

ADMIN = Actor.account("李主任")
EARLIER = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
POLICY = OfficerPolicy(
    activation_lifetime=timedelta(hours=24),
    revoked_upload_grace=timedelta(days=10),
    electronic_id_lifetime=timedelta(minutes=10),
    photo_lifetime=timedelta(minutes=5),
    backends={},
)


def fire_brigade() -> Agency:
    """信都区消防救援大队, made once."""
    found = Agency.objects.filter(code="130503-XF").first()
    if found:
        return found
    agency = Agency(
        code="130503-XF",
        name="信都区消防救援大队",
        path="/130503-XF/",
        region_code="130503",
        level="district",
        supervised_by="130503-SF",
    )
    with transaction.atomic():
        save_as(agency, actor=ADMIN, at=EARLIER, new=True)
    return agency


def officer(number: str = "13050300017", name: str = "张伟", **columns: Any) -> Officer:
    """An officer of the fire brigade whose certificate is valid from 2024 to 2098."""
    row = Officer(
        certificate_no=number,
        name=name,
        agency=fire_brigade(),
        **{"valid_from": date(2024, 1, 1), "valid_until": date(2098, 12, 31), **columns},
    )
    with transaction.atomic():
        save_as(row, actor=ADMIN, at=EARLIER, new=True)
    return row


def change(row: Officer, **columns: Any) -> None:
    """Set these columns, as the administrator did earlier."""
    for name, value in columns.items():
        setattr(row, name, value)
    with transaction.atomic():
        save_as(row, actor=ADMIN, at=EARLIER)


def picture() -> Photo:
    """A small drawn JPEG."""
    stream = BytesIO()
    Image.new("RGB", (30, 40), "#3a6ea5").save(stream, "JPEG")
    image = stream.getvalue()
    return Photo.objects.create(sha256=hashlib.sha256(image).hexdigest(), content_type="image/jpeg", image=image)


def phone_key() -> dict[str, str]:
    """The public key of a new phone, as WebCrypto exports it."""
    numbers = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    x, y = (base64.urlsafe_b64encode(number.to_bytes(32)).rstrip(b"=").decode() for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

"""The poster of an enterprise's own address (门牌海报): A4, one a page, for printing."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import segno
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString, mark_safe

from enterprises.services.open_door import Opened

BORDER = 2
"""Of a code, in modules: the paper around it is white."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Poster:
    """`address`: the door's, whole; `offline_address`: of the page that works without a network, empty if the house has
    none. `host`: what the browser's address line must say."""

    name: str
    credit_code: str
    generation: int
    host: str
    address: str
    offline_address: str

    @property
    def picture(self) -> SafeString:
        """The QR code of the door's address, as inline SVG."""
        return _picture(self.address)

    @property
    def offline(self) -> SafeString | None:
        """That of the page that works without a network."""
        return _picture(self.offline_address) if self.offline_address else None


def posters(opened: Iterable[Opened], *, base_url: str) -> list[Poster]:
    """The posters of these doors. `base_url`: under which phones reach the house."""
    base = base_url.rstrip("/")
    verify = _verifier()
    return [
        Poster(
            name=one.door.enterprise.name,
            credit_code=one.door.enterprise.credit_code,
            generation=one.door.generation,
            host=urlsplit(base).netloc,
            address=door_url(one, base_url=base),
            offline_address=f"{base}{verify}#{one.door.enterprise.credit_code}" if verify else "",
        )
        for one in opened
    ]


def door_url(opened: Opened, *, base_url: str) -> str:
    """The whole address of this door."""
    return f"{base_url.rstrip('/')}{reverse('door', args=[opened.token])}"


def _verifier() -> str:
    try:
        return reverse("verify")
    except NoReverseMatch:
        return ""


def _picture(text: str) -> SafeString:
    """Of which a quarter may be torn off or dirty (level Q): posters hang in kitchens and workshops."""
    drawn = segno.make(text, error="q", micro=False).svg_inline(border=BORDER, omitsize=True, light="#fff")
    return mark_safe(drawn)  # noqa: S308 (drawn by segno: a path, none of the text)

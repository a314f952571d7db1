"""To whom filings are owed: the supervision platforms (city, province) that the operator names, and no others. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self
from urllib.parse import urlsplit

from audit.webhook import BadKey, secret_key

ONLY: Final = "platform"
"""The code of the platform in PLATFORM_URL."""
CODE_LENGTH: Final = 20
NAMES: Final = frozenset({"code", "name", "url", "token", "secret", "events", "fields"})


class BadAddressee(ValueError):
    """A platform that could not be filed with. The text says which and why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Addressee:
    """One platform. `url`: where letters are posted; manifests go to its sister `manifests`.

    `events`: which it gets, `visit.*` for a family; empty: all. `fields`: its name of a field → ours (dotted path into
    the payload); empty: the payload as it is. `secret`: HMAC beside the signature, `whsec_…`.
    """

    code: str
    name: str
    url: str
    token: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    events: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, told: Any) -> Self:
        """From one object of the setting PLATFORMS. Raises BadAddressee."""
        if not isinstance(told, dict) or not {"code", "url"} <= told.keys() <= NAMES:
            raise BadAddressee(f"PLATFORMS: objects with code and url, and of {', '.join(sorted(NAMES))}")
        events, fields = told.get("events", []), told.get("fields", {})
        texts = [told.get(name, "") for name in ("code", "name", "url", "token", "secret")]
        if not isinstance(events, list) or not isinstance(fields, dict):
            raise BadAddressee("PLATFORMS: events is a list, fields an object")
        if not all(isinstance(text, str) for text in (*texts, *events, *fields.values())):
            raise BadAddressee("PLATFORMS: texts are wanted")
        code, name, url, token, secret = texts
        return cls(
            code=code,
            name=name or code,
            url=url,
            token=token,
            secret=secret,
            events=tuple(events),
            fields=dict(fields),
        )

    @property
    def manifests(self) -> str:
        """Where manifests are posted: beside the letters, on the same host."""
        parts = urlsplit(self.url)
        return parts._replace(path=parts.path.rstrip("/").rpartition("/")[0] + "/manifests").geturl()

    def wants(self, event: str) -> bool:
        """Is this platform told of such events?"""
        return not self.events or any(
            event == one or (one.endswith("*") and event.startswith(one[:-1])) for one in self.events
        )

    def mapped(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """The payload in this platform's names. What the payload lacks is null there.

        Never fails: a payload that is no object fails where its own letter is written (Envelope.body)."""
        if not self.fields:
            return payload
        return {name: _at(payload, path) for name, path in self.fields.items()}

    def check(self) -> None:
        """Could letters be sent there? Raises BadAddressee."""
        where = "PLATFORM_URL" if self.code == ONLY else f"PLATFORMS, {self.code}"
        if not 0 < len(self.code) <= CODE_LENGTH or not self.code.isascii() or not self.code.isidentifier():
            raise BadAddressee(f"{where}: code 1-{CODE_LENGTH} a-z 0-9 _")
        if not is_address(self.url):
            raise BadAddressee(f"{where}: http(s)://…")
        parts = urlsplit(self.url)
        if not parts.path.strip("/") or parts.query or parts.fragment:
            # Manifests go beside the letters, and what was lost is asked for by a query.
            raise BadAddressee(f"{where}: http(s)://host/path, ? #: no")
        if not self.token.isascii() or not self.token.isprintable():
            raise BadAddressee(f"{where}, PLATFORM_TOKEN: ASCII")
        try:
            self.key()
        except BadKey as error:
            raise BadAddressee(f"{where}, PLATFORM_SECRET: {error}") from error

    def key(self) -> bytes:
        """The HMAC secret; empty where there is none. Raises BadKey."""
        return secret_key(self.secret) if self.secret else b""


def addressees(*, url: str, token: str, secret: str, further: Any) -> tuple[Addressee, ...]:
    """The platform in PLATFORM_URL, if there is one, and those in PLATFORMS. Raises BadAddressee."""
    if not isinstance(further, list):
        raise BadAddressee("PLATFORMS: a list")
    first = [Addressee(code=ONLY, name="监督平台", url=url, token=token, secret=secret)] if url else []
    found = (*first, *(Addressee.read(told) for told in further))
    if len({one.code for one in found}) != len(found):
        raise BadAddressee("PLATFORMS: a code twice")
    return found


def is_address(url: str) -> bool:
    """Can letters be posted there? An http or https URL with a host and without a password in it."""
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
        )
    except ValueError:
        return False


def _at(payload: Any, path: str) -> Any:
    for name in path.split("."):
        payload = payload.get(name) if isinstance(payload, Mapping) else None
    return payload

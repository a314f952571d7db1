"""A witness (见证方) that watches our log, as the operator names it: its public key and its address. Pure."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self

from audit.add_checkpoint import PATH
from audit.addressee import is_address
from audit.note import COSIGNATURE, BadNote, Verifier


class BadWatcher(ValueError):
    """A witness that could not be asked. The text says which and why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Watcher:
    """`name`: for people; its name for ever is the key's. `url`: C2SP's submission prefix, without a last slash."""

    name: str
    verifier: Verifier
    url: str

    @classmethod
    def read(cls, told: Any) -> Self:
        """From one object of the setting WITNESSES. Raises BadWatcher."""
        if not isinstance(told, dict) or not {"vkey", "url"} <= told.keys() <= {"name", "vkey", "url"}:
            raise BadWatcher("WITNESSES: objects with vkey and url, and perhaps name")
        if not all(isinstance(text, str) for text in told.values()):
            raise BadWatcher("WITNESSES: texts are wanted")
        try:
            verifier = Verifier.of(told["vkey"])
        except BadNote as error:
            raise BadWatcher(f"WITNESSES: {told['vkey']}: {error}") from error
        if verifier.kind != COSIGNATURE or not is_address(told["url"]):
            raise BadWatcher(f"WITNESSES, {verifier.name}: a cosignature's vkey, and http(s)://…")
        return cls(name=told.get("name") or verifier.name, verifier=verifier, url=told["url"].rstrip("/"))

    @property
    def door(self) -> str:
        """Where checkpoints are posted."""
        return self.url + PATH

    def shows(self, origin: str) -> str:
        """Where the last checkpoint that it cosigned of this log may be read, if it shows it."""
        return f"{self.url}/{sha256(origin.encode()).hexdigest()}/checkpoint"


def watchers(told: Any) -> tuple[Watcher, ...]:
    """The witnesses in WITNESSES. Raises BadWatcher."""
    if not isinstance(told, list):
        raise BadWatcher("WITNESSES: a list")
    found = tuple(Watcher.read(one) for one in told)
    if len({one.verifier.name for one in found}) != len(found):
        raise BadWatcher("WITNESSES: a name twice")
    return found

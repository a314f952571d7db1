"""What people get to try the demo with: tokens, passwords and codes, in memory and in `.demo/`.

`credentials.json` is the contract of app developers; `accounts.json`, from which each `make demo` makes it, holds all
phones and all accounts, whatever their role.
Demo mode only: elsewhere tokens and passwords are told once and kept nowhere.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

CREDENTIALS = "credentials.json"
ACCOUNTS = "accounts.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """An officer with a phone. `token`: the phone's bearer token; `device_key`: its private key (JWK), if any."""

    name: str
    certificate_no: str
    agency: str
    agency_code: str
    token: str
    device_key: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """An account of the supervision side. `totp_secret` in Base32."""

    username: str
    password: str
    totp_secret: str
    role: str
    region: str
    agency_code: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Handout:
    officers: tuple[Holder, ...]
    accounts: tuple[Login, ...]


def keep(handout: Handout, *, folder: Path) -> None:
    """Write what `read` reads."""
    write(folder / ACCOUNTS, asdict(handout))


def read(folder: Path) -> Handout | None:
    """What was kept in this folder; None when nothing (readable) was."""
    try:
        kept = json.loads((folder / ACCOUNTS).read_text())
        return Handout(
            officers=tuple(Holder(**one) for one in kept["officers"]),
            accounts=tuple(Login(**one) for one in kept["accounts"]),
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None


def credentials(
    handout: Handout, *, base_url: str, enterprises: Iterable[Mapping[str, str]], first: Sequence[str] = ()
) -> dict[str, Any]:
    """The contract's object. `enterprises`: credit_code, name, licence_qr; `first`: whose tokens stand first."""
    order = {number: place for place, number in enumerate(dict.fromkeys(first))}
    return {
        "base_url": base_url,
        "officers": [
            {"name": one.name, "certificate_no": one.certificate_no, "agency": one.agency, "token": one.token}
            for one in sorted(handout.officers, key=lambda one: order.get(one.certificate_no, len(order)))
        ],
        "supervisors": [
            {
                "username": one.username,
                "password": one.password,
                "totp_secret": one.totp_secret,
                "region": one.region,
            }
            for one in handout.accounts
            if one.role == "supervisor"
        ],
        "enterprises": [dict(one) for one in enterprises],
    }


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Whole or not at all, and for the owner's eyes."""
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    draft.replace(path)

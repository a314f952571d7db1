"""Which of the issuer's keys signs now, and which ones anybody may check with."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

from officers.es256 import Es256Signer, Es256Verifier, kid_of, kid_text
from officers.issuer import IssuerKey, IssuerSigner
from officers.models import SigningKey
from officers.policy import IssuerPolicy
from officers.vault import Unopenable, Vault


class UnusableKey(ValueError):
    """A private key that is not there, does not open, or is not on P-256."""


def signer(*, policy: IssuerPolicy, at: datetime) -> tuple[SigningKey, IssuerSigner] | None:
    """The key that signs at `at`, with its row; None before there is one. One statement. Raises UnusableKey."""
    row = SigningKey.objects.filter(issuer=policy.issuer, usable_from__lte=at).order_by("-usable_from", "-pk").first()
    return (row, private_half(row, policy=policy)) if row else None


def private_half(row: SigningKey, *, policy: IssuerPolicy) -> IssuerSigner:
    """What signs with this key: another kind of key, or an HSM, is chosen here by its row. Raises UnusableKey."""
    if row.held == SigningKey.Held.OPERATOR:
        for file in policy.files:
            found = of_file(file)
            if kid_text(found.kid) == row.kid:
                return found
        raise UnusableKey(f"SIGNING_KEY_FILES holds no key {row.kid}")
    if row.sealed is None:
        raise UnusableKey(f"{row.kid} has a successor: its private half is wiped")
    return _opened(Vault(policy.secrets), bytes(row.sealed), about(row.issuer, row.kid))


def about(issuer: str, kid: str) -> bytes:
    """What a sealed private key is bound to."""
    return f"{issuer}\x00{kid}".encode()


def known() -> Mapping[bytes, IssuerKey]:
    """Every key that was ever published, by `kid`. One statement."""
    return {
        kid_of(jwk): IssuerKey(_verifier(jwk["x"], jwk["y"]), int(usable_from.timestamp()))
        for jwk, usable_from in SigningKey.objects.values_list("public_key", "usable_from")
    }


class Known(Mapping[bytes, IssuerKey]):
    """The same, kept by a process: they never change and stay for ever. One statement for a `kid` not met yet."""

    def __init__(self) -> None:
        self._read: Mapping[bytes, IssuerKey] = {}

    def __getitem__(self, kid: bytes) -> IssuerKey:
        if kid not in self._read:
            self._read = known()
        return self._read[kid]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)


KNOWN = Known()


@lru_cache(maxsize=8)
def of_file(file: Path) -> Es256Signer:
    """The operator's private key, read once by each process. Raises UnusableKey."""
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise UnusableKey(f"SIGNING_KEY_FILES, {file}: {error}") from error
    if not (isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1)):
        raise UnusableKey(f"SIGNING_KEY_FILES, {file}: not a private key on P-256")
    return Es256Signer(key)


@lru_cache(maxsize=8)
def _opened(vault: Vault, sealed: bytes, bound_to: bytes) -> Es256Signer:
    try:
        key = load_der_private_key(vault.open(sealed, about=bound_to), password=None)
    except Unopenable as error:
        raise UnusableKey(f"SIGNING_KEY_SECRETS: {error}") from error
    if not isinstance(key, EllipticCurvePrivateKey):
        raise UnusableKey("a sealed key of another kind")
    return Es256Signer(key)


@lru_cache(maxsize=256)
def _verifier(x: str, y: str) -> Es256Verifier:
    return Es256Verifier.from_jwk({"x": x, "y": y})

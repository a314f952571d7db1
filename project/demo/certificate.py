"""A self-signed certificate: phones on the same network get camera and position over HTTPS only."""

import ipaddress
import socket
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CERTIFICATE, KEY = "certificate.pem", "certificate.key"
LIFETIME = timedelta(days=90)


def lan_addresses() -> list[str]:
    """This machine's addresses as other machines see them, the one that leads outside first; none without a network."""
    found: list[str] = []
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outward:
        outward.connect(("192.0.2.1", 9))  # TEST-NET: a datagram socket sends nothing when it connects
        found.append(str(outward.getsockname()[0]))
    with suppress(OSError):
        found += [str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    return [one for one in dict.fromkeys(found) if not ipaddress.ip_address(one).is_loopback]


def self_signed(*, folder: Path, addresses: Sequence[str], at: datetime) -> tuple[Path, Path]:
    """Certificate and key (PEM) for localhost and these addresses; the ones of the last run while they still fit."""
    certificate, key = folder / CERTIFICATE, folder / KEY
    wanted = {"localhost", "127.0.0.1", "::1", *addresses}
    if not (key.exists() and _fits(certificate, wanted=wanted, at=at)):
        _make(certificate, key, wanted=wanted, at=at)
    return certificate, key


def _fits(path: Path, *, wanted: set[str], at: datetime) -> bool:
    try:
        held = x509.load_pem_x509_certificate(path.read_bytes())
        names = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    said = {str(name.value) for name in names}
    return wanted <= said and held.not_valid_after_utc > at + timedelta(days=7)


def _make(certificate: Path, key: Path, *, wanted: set[str], at: datetime) -> None:
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ruqi demo")])
    start = at.astimezone(UTC) - timedelta(hours=1)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFETIME)
        .add_extension(x509.SubjectAlternativeName([_name(one) for one in sorted(wanted)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(secret, hashes.SHA256())
    )
    key.touch(mode=0o600)
    key.write_bytes(
        secret.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))


def _name(text: str) -> x509.GeneralName:
    return x509.DNSName(text) if text == "localhost" else x509.IPAddress(ipaddress.ip_address(text))

"""A phone's public key: P-256 as a JWK (RFC 7517, RFC 7518 §6.2), and nothing but the public key."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
from django.utils.translation import gettext_lazy as _

from audit.problem import Problem

COORDINATE_BYTES = 32


class BadPublicKey(Problem):
    """Not a P-256 public key, or one that came with its private half."""

    code, status, title = "public-key-invalid", 422, _("设备公钥无效")


def public_jwk(jwk: Mapping[str, Any]) -> dict[str, str]:
    """The four members that make a P-256 public key; the point is on the curve.

    Other members (`alg`, `ext`, `key_ops` …) are dropped. A private key is refused, not trimmed: it has
    left the phone, so it is no secret any more. Raises BadPublicKey.
    """
    if "d" in jwk:
        raise BadPublicKey(str(_("收到的是私钥：私钥不得离开设备，请重新生成密钥，只发送公钥")))
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise BadPublicKey(str(_("公钥应为 P-256 椭圆曲线的 JWK（kty=EC，crv=P-256）")))
    x, y = (_coordinate(jwk.get(name)) for name in "xy")
    try:
        EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), SECP256R1()).public_key()
    except ValueError as error:
        raise BadPublicKey(str(_("公钥的点不在 P-256 曲线上"))) from error
    return {"kty": "EC", "crv": "P-256", "x": _text(x), "y": _text(y)}


def _coordinate(text: object) -> bytes:
    try:
        raw = base64.b64decode(str(text) + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadPublicKey(str(_("公钥坐标应为 43 个字符的 base64url"))) from error
    if len(raw) != COORDINATE_BYTES:
        raise BadPublicKey(str(_("公钥坐标应为 43 个字符的 base64url")))
    return raw


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

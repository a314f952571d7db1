"""What `make demo` says when its doors are open: where, as whom, and one line that scans."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _
from django_otp.oath import totp

from audit.models import Role
from project.demo.handout import Handout, Login
from project.demo.samples import Samples


def code_now(login: Login) -> str:
    """The six digits that an authenticator app would show now."""
    return f"{totp(base64.b32decode(login.totp_secret)):06d}"


def curl(samples: Samples, *, base_url: str, certificate: Path | None) -> str:
    """One line for sh or bash that scans the first sample's licence as its officer, anew each time it is run."""
    door = samples.doors[0]
    token = next(hand.token for hand in samples.hands if hand.certificate_no == door.certificate_no)
    place = json.dumps({"longitude": door.longitude, "latitude": door.latitude, "accuracy_m": 20, "datum": "WGS84"})
    body = (
        """'{"scan_id": "'$(cat /proc/sys/kernel/random/uuid)'", """
        f'"code": "{door.licence_qr}", '
        """"scanned_at": "'$(date -u +%FT%TZ)'", """
        f"""\"location": {place}}}'"""
    )
    trust = f"--cacert '{certificate}' " if certificate else ""
    return (
        f"curl -sS -i {trust}-X POST {base_url}/api/v1/scans "
        f"-H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -d {body}"
    )


def lines(
    handout: Handout, *, base_url: str, local_url: str, platform: str, folder: Path, line: str, door: str
) -> Iterator[str]:
    """Everything, line by line."""
    yield ""
    yield _("入企扫码示范已开门：%s") % f"{local_url}/"
    if base_url != local_url:
        yield _("同一网络的手机：%s（证书是自签的，浏览器会提醒一次）") % f"{base_url}/"
    yield _("监督平台（示范接收端）：%s") % platform
    yield _("接口文档：%s") % f"{local_url}/api/v1/docs"
    yield ""
    yield _("监督管理登录：%s（动态口令每 30 秒一换，密钥可加入验证器应用）") % f"{local_url}/admin/"
    for login in handout.accounts:
        role = Role(login.role).label
        yield (
            f"  {login.username:<15} {login.password}  {code_now(login)}  {login.totp_secret}  "
            f"{role}{' ' + login.region if login.region else ''}{' ' + login.agency_code if login.agency_code else ''}"
        )
    yield ""
    yield _("试一次扫码（每运行一次都是新的一次）：")
    yield line
    yield _("扫码后 3 秒内，这家企业的门牌页就显示来的是谁：%s") % door
    yield _("在那里点“我是本企业负责人”，获取验证码：示范不发短信，验证码就打印在这里（owner_code）。")
    yield ""
    yield _("全部令牌和企业：%s") % (folder / "credentials.json")
    yield _("按 Ctrl-C 结束。")

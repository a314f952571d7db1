"""One-time codes leave the house: to a console, to a gateway in a process of its own, or nowhere."""

import inspect
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import transaction
from pytest_django.fixtures import Settings

from enterprises.code_sender import ConsoleSender, HttpSender, Message, NotSent, Sender, sender
from enterprises.models import OwnerCode
from enterprises.policy import SenderPolicy
from enterprises.services.prove_owner import prove_by_code
from enterprises.services.send_code import CodeNotSent, send_code
from tests.enterprises.owners import CLERK, KEYS, NOW, PHONE, POLICY, Letterbox, bearings, door_of, with_contact

SECRET = "whsec_b25seSB0aGUgZ2F0ZXdheSBhbmQgd2Uga25vdw=="
ANOTHER = "whsec_YSBndWVzcyBvZiBzb21lYm9keSB3aG8gaXMgbm90IHVz"
GATEWAY = Path(__file__).with_name("gateway.py")


@dataclass
class Gateway:
    process: "subprocess.Popen[str]"
    url: str
    log: Path

    def heard(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    log = tmp_path / "heard"
    process = subprocess.Popen(
        [sys.executable, str(GATEWAY), SECRET, str(log)], stdout=subprocess.PIPE, text=True, env={"PATH": os.defpath}
    )
    assert process.stdout is not None
    try:
        yield Gateway(process=process, url=f"http://127.0.0.1:{process.stdout.readline().strip()}", log=log)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=20)


def message(**words: Any) -> Message:
    said: dict[str, Any] = {
        "number": "7c4a", "phone": PHONE, "code": "407195", "enterprise": "邢台轴承有限公司", "minutes": 5, "at": NOW
    }  # fmt: skip
    return Message(**(said | words))


def http(url: str, *, secret: str = SECRET, timeout: float = 5.0) -> HttpSender:
    return HttpSender(url=url, secret=secret, timeout=timeout)


def test_every_sender_is_called_alike_those_of_tests_too() -> None:
    wanted = inspect.signature(Sender.send)
    for kind in (ConsoleSender, HttpSender, Letterbox):
        assert inspect.signature(kind.send) == wanted, kind


@pytest.mark.django_db(transaction=True)
class TestGateway:
    def test_liu_yangs_code_goes_over_the_wire_signed_and_comes_back_typed(self, gateway: Gateway) -> None:
        enterprise = bearings()
        with_contact(enterprise)
        door = door_of(enterprise)
        sent = send_code(door, sender=http(gateway.url), keys=KEYS, actor=CLERK, at=NOW, policy=POLICY)
        (heard,) = gateway.heard()
        assert heard["genuine"]
        assert heard["id"] == heard["number"]
        assert heard["at"] == int(NOW.timestamp())
        assert (heard["number"], heard["phone"], heard["type"]) == (str(sent.code_id), PHONE, "application/json")
        assert heard["text"] == (
            f"验证码 {heard['code']}，5 分钟内有效，用于查看邢台轴承有限公司的入企检查记录。请勿告诉他人。"
        )
        prove_by_code(door, code_id=sent.code_id, typed=heard["code"], keys=KEYS, at=NOW, policy=POLICY)

    def test_under_another_secret_the_gateway_knows_that_it_is_not_ours(self, gateway: Gateway) -> None:
        http(gateway.url, secret=ANOTHER).send(message())
        assert [heard["genuine"] for heard in gateway.heard()] == [False]

    @pytest.mark.parametrize(("path", "why"), [("/broken", "answered 500"), ("/moved", "answered 302")])
    def test_a_refusal_and_a_redirect_are_no_delivery(self, gateway: Gateway, path: str, why: str) -> None:
        with pytest.raises(NotSent, match=why):
            http(gateway.url + path).send(message())
        assert len(gateway.heard()) == 1, "followed nowhere"

    def test_a_gateway_that_never_answers_holds_nobody_up(self, gateway: Gateway) -> None:
        began = time.monotonic()
        with pytest.raises(NotSent, match="no answer within 0.3 s"):
            http(gateway.url + "/slow", timeout=0.3).send(message())
        assert time.monotonic() - began < 3

    def test_a_gateway_that_is_down_is_a_sentence_for_the_owner_and_a_line_for_the_operator(
        self, gateway: Gateway, caplog: pytest.LogCaptureFixture
    ) -> None:
        gateway.process.kill()
        gateway.process.wait()
        enterprise = bearings()
        with_contact(enterprise)
        door = door_of(enterprise)
        with pytest.raises(CodeNotSent):
            send_code(door, sender=http(gateway.url), keys=KEYS, actor=CLERK, at=NOW, policy=POLICY)
        assert "no connection" in caplog.text
        assert PHONE not in caplog.text
        assert OwnerCode.objects.count() == 1

    def test_no_gateway_is_asked_inside_a_transaction(self, gateway: Gateway) -> None:
        with transaction.atomic(), pytest.raises(transaction.TransactionManagementError):
            http(gateway.url).send(message())
        assert gateway.heard() == []


def test_the_console_shows_the_code_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleSender().send(message())
    told = json.loads(capsys.readouterr().out)
    assert (told["event"], told["code"], told["phone"]) == ("owner_code", "407195", PHONE)


def policy(name: str, secret: str = "") -> SenderPolicy:
    return SenderPolicy(name=name, secret=secret, timeout=timedelta(seconds=1))


def test_the_operator_names_who_sends() -> None:
    assert sender(policy("")) is None
    assert isinstance(sender(policy("console")), ConsoleSender)
    assert sender(policy("https://sms.example/send", SECRET)) == http("https://sms.example/send", timeout=1.0)
    assert isinstance(sender(policy("tests.enterprises.owners.Letterbox")), Letterbox)
    with pytest.raises(ImportError):
        sender(policy("nowhere.Nobody"))


@pytest.mark.parametrize(
    ("named", "production", "said"),
    [
        (policy(""), True, []),
        (policy("console"), False, []),
        (policy("console"), True, ["project.E008"]),
        (policy("https://sms.example/send", SECRET), True, []),
        (policy("https://sms.example/send", "s"), True, ["project.E008"]),
        (policy("http://sms.example/send", SECRET), True, ["project.W003"]),
        (policy("https://sms.example/send"), True, ["project.E008"]),
        (policy("https://me:password@sms.example/"), True, ["project.E008", "project.E008"]),
        (policy("nowhere.Nobody"), True, ["project.E008"]),
        (policy("nobody"), True, ["project.E008"]),
        (policy("tests.enterprises.owners.Letterbox"), True, []),
    ],
)
def test_a_house_that_would_tell_codes_to_others_does_not_open(
    settings: Settings, named: SenderPolicy, production: bool, said: list[str]
) -> None:
    settings.OWNER_CODE_SENDER, settings.PRODUCTION = named, production
    found = [check.id for check in run_checks(tags=["security"])]
    assert [each for each in found if each in {"project.E008", "project.W003"}] == said

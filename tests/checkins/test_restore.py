"""The drill: the database is lost, last night's copy is restored, and what it lacks comes back from elsewhere."""

import io
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from django.conf import settings as house
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from audit.actor import Actor
from audit.facts import Fact, day_of
from audit.log_keys import LogKeys
from audit.models import Account, Cosignature, Entry, Filing, Halt, Leaf, Log, Resumption, VisitFact
from audit.note import Head, Note
from audit.queries import deliveries_due
from audit.services.account import create_account, enrol_totp
from audit.services.file import file
from audit.services.halt import halt
from audit.services.resume import (
    NotHalted,
    ProposerGone,
    SameResumer,
    confirm_resumption,
    next_number,
    propose_resumption,
)
from audit.services.sequence import Halted, sequence
from audit.services.share_out import share_out
from audit.succession import MARGIN, lost_since, lost_until, resend_since
from audit.witnesses import Witnesses
from checkins.models import Visit
from checkins.reading import Read
from checkins.restored import as_known
from checkins.rules import Character
from tests.audit.platforms import Receiver, city, receiver
from tests.audit.test_sequence import NOON, entries
from tests.audit.watching import watching
from tests.restoring import Backup
from tests.town import BEARINGS, CASHMERE, GLASS, Phone, build, scan_body

LOG = house.LOG
KEYS = cast(LogKeys, LOG.keys)
PASSWORD = "grey-heron-42-lamps"
HAN, LI = "han.xitong", "li.jing"


@pytest.fixture
def platform(tmp_path: Path, settings: Settings) -> Iterator[Receiver]:
    """A receiver in a process of its own, to which the house files."""
    with receiver(tmp_path / "platform.sqlite3") as running:
        settings.AUDIT_POLICY = replace(settings.AUDIT_POLICY, platforms=(city(running.filings),))
        yield running


@pytest.fixture
def backup() -> Iterator[type[Backup]]:
    taken: list[Backup] = []

    class Kept(Backup):
        def __init__(self) -> None:
            super().__init__()
            taken.append(self)

    yield Kept
    for one in taken:
        one.drop()


def persons() -> None:
    """韩梅 keeps the machine; 李静 supervises."""
    for username, name, role, region, agency in (
        (HAN, "韩梅", "system_admin", "", ""),
        (LI, "李静", "supervisor", "130502", "130502-SFJ"),
        ("sun.jilv", "孙丽", "discipline", "130502", ""),
    ):
        account = create_account(
            username=username,
            name=name,
            password=PASSWORD,
            role=role,
            region_prefix=region,
            agency_code=agency,
            actor=Actor.command("test"),
            at=timezone.now(),
        )
        enrol_totp(account=account, issuer="入企扫码", actor=Actor.command("test"), at=timezone.now())


def resumed(username: str, monkeypatch: pytest.MonkeyPatch, *, password: str = PASSWORD, **options: Any) -> list[Any]:
    """`manage.py resume --after-restore` by this person: what it says."""
    device = TOTPDevice.objects.get(user__username=username)
    code = TOTP(device.bin_key).token()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n{code:06d}\n"))
    out = io.StringIO()
    call_command("resume", "--after-restore", username=username, stdout=out, **options)
    return [json.loads(line) if line.startswith("{") else line for line in out.getvalue().splitlines()]


def worked() -> int:
    try:
        call_command("work", "--once", stdout=io.StringIO())
    except CommandError as error:
        return error.returncode
    return 0


def present() -> dict[str, tuple[str, list[str]]]:
    """visit → its state and officers, as counted now."""
    rows = VisitFact.objects.order_by("visit", "version")
    return {fact.visit: (fact.state, sorted(one["name"] for one in fact.officers)) for fact in rows}


@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("platform")
def test_the_drill(
    platform: Receiver,
    backup: type[Backup],
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    client: Client,
) -> None:
    town, sent = build(), list[tuple[Phone, dict[str, Any], str]]()
    persons()

    def scans(phone: Phone, licence_of: str = BEARINGS) -> None:
        body = scan_body(licence_of)
        answer = phone.post("/scans", body)
        assert answer.status_code == 201
        sent.append((phone, body, answer.json()["visit"]["number"]))

    first, second = ([key.verifier for key in KEYS.note_keys(f"{LOG.origin}/{number}")] for number in (1, 2))
    (tmp_path / "w").mkdir()
    with watching(tmp_path / "w", *first) as witness:
        settings.WITNESS_POLICY = replace(settings.WITNESS_POLICY, watchers=(witness.as_named("市见证处"),))

        # A day: 张伟 inspects 邢台轴承, it is filed and cosigned, and the night's copy is made.
        scans(town.zhang_wei)
        assert worked() == 0
        last_night = backup()
        # The next day 李娜 comes to 张伟, 王强 and 赵敏 inspect; the last scan is acknowledged and not filed yet.
        scans(town.li_na)
        scans(town.wang_qiang)
        scans(town.wang_qiang, GLASS)  # by mistake, and taken back at once
        withdrawal = town.wang_qiang.post(f"/scans/{sent[-1][1]['scan_id']}/withdrawal", {"reason": "扫错了门"})
        assert withdrawal.status_code == 200
        assert worked() == 0
        scans(town.zhao_min, CASHMERE)
        before, signed = present(), Head.of(Note.of(_checkpoint(client, 1)).text)
        assert (len(before), before[sent[3][2]][0]) == (4, "withdrawn")

        # The machine burns, and the copy is restored. The sequencer refuses; scans and filings go on.
        last_night.restore()
        assert set(present()) == {sent[0][2]}
        assert worked() == 3
        assert (Halt.objects.get().size, Halt.objects.get().witness_size) == (
            Head.of(Note.of(_checkpoint(client, 1)).text).size,
            signed.size,
        )

        # Two persons, or nothing.
        with pytest.raises(CommandError, match="无权"):
            resumed("sun.jilv", monkeypatch, reason="硬盘损坏")
        with pytest.raises(CommandError, match="无权"):
            resumed(HAN, monkeypatch, reason="硬盘损坏", password="wrong")
        with pytest.raises(CommandError, match="--reason"):
            resumed(HAN, monkeypatch)
        TOTPDevice.objects.update(last_t=-1)  # half a minute later
        resumed(HAN, monkeypatch, reason="硬盘损坏，恢复昨夜备份")
        TOTPDevice.objects.update(last_t=-1)
        with pytest.raises(CommandError, match="另一人"):
            resumed(HAN, monkeypatch)
        assert worked() == 3
        proposal = Resumption.objects.get()
        with pytest.raises(CommandError, match=f"--confirm {proposal.pk}"):
            resumed(LI, monkeypatch)
        TOTPDevice.objects.update(last_t=-1)
        told = resumed(LI, monkeypatch, confirm=proposal.pk)
        assert told[1] == {
            "log": 2,
            "origin": f"{LOG.origin}/2",
            "by": f"account:{HAN}, account:{LI}",
            "vkeys": [one.vkey() for one in second],
        }
        # What the platform holds is back, before any letter goes out again: 李娜 beside 张伟, and 王强.
        assert told[0] == {
            "platform": "platform",
            "facts": 4,
            "flags": 0,
            "known": 1,
            "not_open": [sent[3][2]],
            "left": [],
            "superseded": [],
            "refused": {},
        }
        assert present() == {visit: before[visit] for visit in (sent[1][2], sent[2][2], sent[3][2])}

        # The successor's first entry says what happened.
        opened = Entry.objects.get(place__log=2, place__index=0)
        body = json.loads(bytes(opened.body or b""))["body"]
        assert (opened.kind, body["follows"], body["witness"]["size"]) == ("log-opened", f"{LOG.origin}/1", signed.size)
        assert Head.of(Note.of(body["after"]).text) == signed
        assert Note.of(Log.objects.get(number=2).after).signed_by([witness.verifier])

        # Phones are asked, and send all they have: each visit is itself again, none is there twice.
        for phone, body, number in sent:
            asked = phone.client.get("/api/v1/me", headers={"authorization": f"Bearer {phone.token}"}).json()
            assert asked["resend_since"] < body["scanned_at"].replace("+00:00", "Z")
            answer = phone.post("/scans/batch", {"items": [body]}).json()
            assert answer["resend_since"] == asked["resend_since"]
            assert answer["items"][0]["outcome"] == "drop"
            assert answer["items"][0]["answer"]["visit"]["number"] == number
        assert present() == before
        assert dict(Visit.objects.values_list("number", "status")) == {visit: now[0] for visit, now in before.items()}

        # The house files on, and platform and house hold the same; the letters' order goes on.
        assert worked() == 0
        assert not Filing.objects.exclude(status="delivered").exists()
        out = io.StringIO()
        call_command("manifest", day=day_of(timezone.now()), stdout=out)
        assert json.loads(out.getvalue())["difference"] == 0
        numbers = platform.of_enterprise(BEARINGS)
        assert sorted(numbers) == sorted(Filing.objects.filter(credit_code=BEARINGS).values_list("number", flat=True))

        # The proof holds, over both logs.
        out = io.StringIO()
        call_command("verify", stdout=out)
        assert "核验通过" in out.getvalue()
        assert Leaf.objects.filter(log=2).count() > 5
        witness.kill()

    # The witness's operator, who was told why, adds the successor's keys, and it is cosigned.
    with watching(tmp_path / "w", *first, *second) as witness:
        settings.WITNESS_POLICY = replace(settings.WITNESS_POLICY, watchers=(witness.as_named("市见证处"),))
        assert worked() == 0
        assert witness.verifier in Note.of(_checkpoint(client, 2)).signed_by([witness.verifier])
        # Listed or recovered once more: nothing is new.
        out = io.StringIO()
        call_command("recover", "--list", stdout=out)
        assert json.loads(out.getvalue())["only_list"] == []
        out = io.StringIO()
        call_command("recover", stdout=out)
        assert json.loads(out.getvalue())["facts"] == 0
        # The same copy is restored a second time: it knows nothing of the successor that was opened, the witness does.
        last_night.restore()
        assert worked() == 3
        assert next_number(origin=LOG.origin, keys=KEYS, witnesses=Witnesses(settings.WITNESS_POLICY)) == 3


def _checkpoint(client: Client, number: int) -> str:
    return client.get(f"/log/{number}/checkpoint").content.decode()


@pytest.mark.django_db
def test_a_log_goes_on_only_after_two_different_persons() -> None:
    persons()
    han, li = Actor.account(HAN), Actor.account(LI)
    entries(3)
    sequence(keys=KEYS, origin=LOG.origin, at=NOON)
    with pytest.raises(NotHalted):
        propose_resumption(reason="x", actor=han, at=NOON)
    _halt()
    entries(1)
    proposed = propose_resumption(reason="硬盘损坏", actor=han, at=NOON)
    with pytest.raises(SameResumer):
        confirm_resumption(resumption=proposed, number=2, origin=LOG.origin, keys=KEYS, actor=han, at=NOON)
    with pytest.raises(Halted):
        sequence(keys=KEYS, origin=LOG.origin, at=NOON)
    assert (lost_until(), resend_since(at=NOON)) == (None, None)
    Account.objects.filter(username=HAN).update(role="discipline")  # who proposed it may not any more
    with pytest.raises(ProposerGone):
        confirm_resumption(resumption=proposed, number=2, origin=LOG.origin, keys=KEYS, actor=li, at=NOON)
    Account.objects.filter(username=HAN).update(role="system_admin")
    successor = confirm_resumption(resumption=proposed, number=2, origin=LOG.origin, keys=KEYS, actor=li, at=NOON)
    assert (successor.number, successor.by) == (2, f"{han}, {li}")
    with pytest.raises(NotHalted):  # somebody was first
        confirm_resumption(resumption=proposed, number=2, origin=LOG.origin, keys=KEYS, actor=li, at=NOON)
    done = sequence(keys=KEYS, origin=LOG.origin, at=NOON)
    assert done is not None
    assert (done.before, done.checkpoint.log_id) == (1, 2)
    assert Entry.objects.get(place__log=2, place__index=0).kind == "log-opened"
    assert resend_since(at=NOON) is not None
    assert resend_since(at=datetime(2026, 9, 1, tzinfo=UTC)) is None  # phones keep nothing any more
    assert Resumption.objects.count() == 1


@pytest.mark.django_db
def test_what_was_signed_over_the_older_copy_before_a_witness_answered_says_nothing_of_the_loss() -> None:
    """Last night's checkpoint was cosigned. The copy of it went on for a day while the witness was away."""
    persons()
    entries(2)
    last_night = sequence(keys=KEYS, origin=LOG.origin, at=NOON)
    assert last_night is not None
    Cosignature(checkpoint=last_night.checkpoint, witness="w", line="x", at=NOON).save(force_insert=True)
    entries(1)
    assert sequence(keys=KEYS, origin=LOG.origin, at=NOON + timedelta(days=2)) is not None
    _halt()
    assert lost_since() == NOON - MARGIN
    proposed = propose_resumption(reason="硬盘损坏", actor=Actor.account(HAN), at=NOON + timedelta(days=3))
    confirm_resumption(
        resumption=proposed,
        number=2,
        origin=LOG.origin,
        keys=KEYS,
        actor=Actor.account(LI),
        at=NOON + timedelta(days=3),
    )
    assert (lost_since(), resend_since(at=NOON + timedelta(days=3))) == (NOON - MARGIN, NOON - MARGIN)
    assert lost_until() == NOON + timedelta(days=3)


@pytest.mark.django_db
def test_no_letter_goes_out_while_the_log_is_halted() -> None:
    """Over a restored copy a letter may bear a number that the platform knows: first what was lost is taken back."""
    entries(1)
    sequence(keys=KEYS, origin=LOG.origin, at=NOON)
    with transaction.atomic():
        file(number="RQ1-2", event="visit.filed", credit_code=BEARINGS, visit="RQ1", payload={}, at=NOON)
    assert share_out(addressees=[city()], at=NOON) == 1
    assert deliveries_due("platform", at=NOON).count() == 1
    _halt()
    assert deliveries_due("platform", at=NOON).count() == 0
    Log(number=2, origin=f"{LOG.origin}/2", opened_at=NOON).save(force_insert=True)
    assert deliveries_due("platform", at=NOON).count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_four_who_confirm_at_once_open_one_successor() -> None:
    """Without the log's lock in resume.py the others fail on its number."""
    persons()
    entries(1)
    sequence(keys=KEYS, origin=LOG.origin, at=NOON)
    _halt()
    proposed = propose_resumption(reason="硬盘损坏", actor=Actor.account(HAN), at=NOON)
    outcomes: list[str] = []
    starting = threading.Barrier(4)

    def confirm(name: str) -> None:
        starting.wait()
        try:
            confirm_resumption(
                resumption=proposed, number=2, origin=LOG.origin, keys=KEYS, actor=Actor.account(name), at=NOON
            )
            outcomes.append("opened")
        except BaseException as trouble:
            outcomes.append(type(trouble).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=confirm, args=[f"person.{number}"]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["NotHalted"] * 3 + ["opened"]
    assert Log.objects.count() == 2


def _halt() -> None:
    halt(
        origin=LOG.origin,
        why=Halt.Why.SMALLER,
        witness="w",
        witness_size=99,
        note="",
        actor=Actor.command("test"),
        at=NOON,
    )


def test_what_was_known_of_a_visit_stands_beside_what_its_scan_says_again() -> None:
    """By a supervisor's word it was ordered by a superior, and 李娜 was there; 张伟's scan says neither."""
    told = Character(
        purpose="inspection",
        category="routine",
        reason="",
        source_no="",
        superior_ordered=False,
        joint_code="",
        items=("消防通道",),
    )
    read = Read(
        id=None,
        number="RQ1",
        opening_scan="s",
        started_at=NOON,
        character=told,
        officers=(("1", "张伟"),),
        scans=("s",),
        state="open",
        event="visit.filed",
    )
    before = Fact(
        visit="RQ1",
        version=3,
        state="open",
        origin="scanned",
        agency_code="a",
        agency_name="a",
        purpose="inspection",
        category="special",
        reason="",
        source_no="",
        superior_ordered=True,
        joint_id="",
        started_at=NOON,
        officers=(("2", "李娜"), ("1", "张伟")),
        items=("计量器具",),
    )
    known, words = as_known(read, before)
    assert words == {"category": "special", "superior_ordered": True}
    assert (known.character.category, known.character.items) == ("special", ("计量器具", "消防通道"))
    assert (known.officers, known.state, known.event) == (before.officers, "open", "visit.filed")
    again, _words = as_known(read, replace(before, state="voided"))
    assert (again.state, again.event) == ("voided", "visit.voided")
    assert as_known(read, replace(before, state="absorbed"))[0].state == "open"

"""`manage.py verify` names rows of every floor that were altered, removed, inserted or swapped."""

import json
import random
import threading
import uuid
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from typing import Any, cast

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audit.actor import Actor
from audit.log_keys import LogKeys
from audit.models import Entry, PendingRow, Verification, VisitFact
from audit.proving.mark import last_mark
from audit.proving.seals import lots_of
from audit.seal_trigger import sealed_models
from audit.sealing import KIND, Spelling, spelling
from audit.services.entry import record
from audit.services.seal import seal
from audit.services.sequence import sequence
from checkins.models import Resolution, Result, Scan
from enterprises.models import Enterprise
from officers.models import Officer
from tests.audit.tampering import past_the_guards
from tests.audit.test_verify import verified
from tests.town import BEARINGS, CABLES, CASHMERE, GLASS, Town

LOG = settings.LOG
KEYS = cast(LogKeys, LOG.keys)
NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
WORKER = Actor.command("test")
TAMPERINGS = 100
RESOLUTIONS = "checkins.resolution"


def lived(town: Town) -> None:
    """An afternoon in all agencies; all of it sealed and in the log."""
    numbers = []
    for hour, phone in enumerate((town.zhang_wei, town.li_na, town.wang_qiang, town.zhao_min) * 2):
        for enterprise in (BEARINGS, CASHMERE, GLASS, CABLES):
            at = timezone.now() - timedelta(hours=8 - hour)
            numbers.append((phone, phone.scan(enterprise, scanned_at=at.isoformat()).json()["visit"]["number"]))
    for phone, number in numbers[:4]:
        items = [{"item": "消防通道", "outcome": "compliant"}]
        assert phone.post(f"/visits/{number}/result", {"items": items}).status_code == 201
        assert phone.post(f"/visits/{number}/departure", {"departed_at": timezone.now().isoformat()}).status_code < 300
    all_sealed()


def all_sealed() -> None:
    while seal(actor=WORKER, at=timezone.now()):
        pass
    while sequence(keys=KEYS, origin=LOG.origin, at=timezone.now()):
        pass


def other_than(value: Any) -> Any:
    """A value of the same type that says something else."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return "x" if value != "x" else "y"
        case date():  # a moment too
            return value - timedelta(days=30)
        case uuid.UUID():
            return uuid.uuid4()
        case bytes() | memoryview():
            return bytes(value)[::-1] + b"x"
        case _:
            return {"invented": True}


def write(cursor: Any, row: Any, column: str, value: Any) -> None:
    field, key = row._meta.get_field(column), row._meta.pk
    sql = f'UPDATE {row._meta.db_table} SET "{field.column}" = %s WHERE "{key.column}" = %s'
    keyed = key.get_db_prep_value(row.pk, connection)
    cursor.execute(sql, [field.get_db_prep_save(value, connection), keyed])


def alterable(row: Any) -> list[str]:
    """Columns whose change nothing but a proof would notice: no keys of other rows, nothing that is unique."""
    names = spelling(type(row)).columns
    fields = [field for field in row._meta.concrete_fields if field.attname in names]
    together = {name for one in row._meta.constraints for name in getattr(one, "fields", ())}
    return [
        field.name
        for field in fields
        if not field.primary_key
        and not field.unique
        and not field.is_relation
        and field.name not in together
        and field.name != "history_type"
        and not (row._meta.model_name == "filing" and field.name in ("created_at", "visit"))
    ]


def altered(cursor: Any, row: Any, dice: random.Random) -> list[str]:
    """One column says something else: the first, in any order, of which a constraint of the table does not complain."""
    columns = [name for name in alterable(row) if getattr(row, name) is not None]
    for column in dice.sample(columns, len(columns)):
        json = row._meta.get_field(column).get_internal_type() == "JSONField"
        value = {"invented": True} if json else other_than(getattr(row, column))
        with suppress(IntegrityError), transaction.atomic():
            write(cursor, row, column, value)
            return [f"{row._meta.db_table} {row.pk}：与条目"]
    raise AssertionError(f"nothing of {row!r} can be altered")


def deleted(cursor: Any, row: Any, dice: random.Random) -> list[str]:
    key = row._meta.pk
    keyed = key.get_db_prep_value(row.pk, connection)
    cursor.execute(f'DELETE FROM {row._meta.db_table} WHERE "{key.column}" = %s', [keyed])
    return [f"{row._meta.db_table} {row.pk}：条目"]


def inserted(cursor: Any, row: Any, dice: random.Random) -> list[str]:
    """Beside a real one, a month earlier."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    moments = [name for name, value in values.items() if isinstance(value, datetime)]
    key, serial = row._meta.pk, 10**6 + dice.randrange(10**6)
    values |= {name: values[name] - timedelta(days=30) for name in moments}
    values |= {name: serial for name in ("serial", "version") if name in values}
    values[key.attname] = uuid.uuid4() if key.get_internal_type() == "UUIDField" else serial
    if "number" in values:
        values["number"] = f"invented-{serial}"
    values.pop("transaction", None)
    type(row)(**values).save(force_insert=True)
    TOUCHED[type(row)].add(values[key.attname])
    return [f"{row._meta.db_table} {values[key.attname]}：没有条目说到它"]


def swapped(cursor: Any, row: Any, dice: random.Random) -> list[str]:
    """It and its neighbour change what they say."""
    other = type(row)._base_manager.exclude(pk=row.pk).filter(pk__gt=row.pk).order_by("pk").first()
    told = [name for name in alterable(row) if other and getattr(row, name) != getattr(other, name)]
    if not told or other.pk in TOUCHED[type(row)]:
        return altered(cursor, row, dice)
    with suppress(IntegrityError), transaction.atomic():
        for name in told:
            write(cursor, row, name, getattr(other, name))
            write(cursor, other, name, getattr(row, name))
        TOUCHED[type(row)].add(other.pk)
        return [f"{one._meta.db_table} {one.pk}：与条目" for one in (row, other)]
    return altered(cursor, row, dice)


TOUCHED: dict[Any, set[Any]] = {}


def edited(cursor: Any, row: Any, dice: random.Random) -> list[str]:
    """A register's row of today, past its history. (Which may be tampered with as well, so that none speaks of it.)"""
    write(cursor, row, "name", other_than(row.name))
    return [f"{row._meta.db_table} {row.pk}："]


@pytest.mark.django_db
def test_a_hundred_tamperings_with_rows_of_all_floors_are_all_located(town: Town) -> None:
    lived(town)
    dice = random.Random(20260701)
    code, out = verified()
    assert (code, "待封存 0" in out) == (0, True), out
    TOUCHED.clear()
    rows: list[Any] = []
    for model in sealed_models():
        TOUCHED[model] = set()
        rows += list(model._base_manager.all())
    dice.shuffle(rows)
    insertable = {"resolution", "visitfact", "filing"}
    tables, named = set(), list[str]()
    with transaction.atomic():
        with past_the_guards() as cursor:
            done = 0
            for officer in Officer.objects.order_by("pk")[:3]:
                named += edited(cursor, officer, dice)
                done += 1
            named += edited(cursor, Enterprise.objects.get(credit_code=CASHMERE), dice)
            done += 1
            deeds: Any = cycle([altered, deleted, inserted, swapped, altered])
            for row in rows:
                if done == TAMPERINGS:
                    break
                if row.pk in TOUCHED[type(row)]:
                    continue
                TOUCHED[type(row)].add(row.pk)
                deed = next(deeds)
                history = hasattr(type(row), "instance_type")
                if deed is inserted and not history and row._meta.model_name not in insertable:
                    deed = altered
                if history and deed is deleted:
                    deed = altered  # the register would name its own row as well
                named += deed(cursor, row, dice)
                tables.add(row._meta.db_table)
                done += 1
        code, out = verified()
        transaction.set_rollback(True)
    lines = out.splitlines()
    lost = [one for one in named if not any(line.startswith(one) for line in lines)]
    assert (done, lost, code) == (TAMPERINGS, [], 1), out
    assert {"checkins_scan", "checkins_resolution", "officers_historicalofficer", "audit_filing"} <= tables
    assert verified()[0] == 0


@pytest.mark.django_db
def test_a_row_that_was_gone_before_it_was_sealed_is_named_and_one_that_waits_is_counted(town: Town) -> None:
    all_sealed()
    scan = Scan.objects.get(scan_id=town.zhang_wei.scan().json()["scan_id"])
    waiting = PendingRow.objects.count()
    assert f"待封存 {waiting}）" in verified()[1]
    fact = VisitFact.objects.get()
    with transaction.atomic():
        with past_the_guards() as cursor:
            cursor.execute("DELETE FROM audit_visitfact WHERE id = %s", [fact.pk])
        seal(actor=WORKER, at=timezone.now())
        code, out = verified()
        transaction.set_rollback(True)
    assert (code, f"audit_visitfact {fact.pk}：封存前已不在表中" in out) == (1, True), out
    all_sealed()
    [words] = [one for one in _sealed("checkins.scan") if one[0] == str(scan.pk)]
    assert words[1] == spelling(Scan).hashes(Scan.objects.values().get(pk=scan.pk))[0]


def _sealed(table: str) -> list[list[str]]:
    from json import loads

    bodies = [loads(bytes(entry.body or b"")) for entry in Entry.objects.filter(kind=KIND)]
    return [row for body in bodies for lot in body["body"]["lots"] if lot["table"] == table for row in lot["rows"]]


def test_rows_are_spelt_for_ever_as_they_are_today() -> None:
    """What older versions sealed must still hold: whoever changes this breaks every lot that there is."""
    values = {
        "id": 7, "at": NOON, "ok": True, "words": {"b": [1.5, "名"], "a": None}, "accuracy_m": 20.0,
        "scan_id": uuid.UUID(int=7), "content": b"\x00\x01", "first_day": NOON.date(), "visit": None,
    }  # fmt: skip
    said = Spelling("checkins.scan", tuple(values))
    assert said.hashes(values) == ("h6BSsoAAPh+/77ld172zbvTLuw3DBQRAm75kmrGsCS0",)
    assert Spelling("checkins.scan", tuple(values), ("words",)).hashes(values)[0] != said.hashes(values)[0]


@pytest.mark.django_db
def test_rows_of_a_table_that_only_a_newer_version_knows_wait_for_its_worker_and_hold_up_no_others(town: Town) -> None:
    all_sealed()
    newer = PendingRow.objects.create(table="audit.of_a_newer_version", key="1")
    town.zhang_wei.scan()
    assert PendingRow.objects.count() > 1
    all_sealed()
    assert [row.pk for row in PendingRow.objects.all()] == [newer.pk]


@pytest.mark.django_db
def test_a_column_that_came_later_breaks_no_older_seal(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lots of a time when a result had no case number, and called its note otherwise."""
    number = town.zhang_wei.scan().json()["visit"]["number"]
    items = [{"item": "消防通道", "outcome": "compliant"}]
    assert town.zhang_wei.post(f"/visits/{number}/result", {"items": items}).status_code == 201
    result = Result.objects.get()
    PendingRow.objects.filter(table="checkins.result").delete()
    names = [name for name in spelling(Result).columns if name != "case_no"]
    old = Spelling("checkins.result", tuple("remark" if name == "note" else name for name in names))
    values = {**Result.objects.values().get(), "remark": result.note}
    lot = {"table": old.table, "columns": list(old.columns), "rows": [[str(result.pk), *old.hashes(values)]]}
    record(kind=KIND, subject="rows:1-1", body={"form": 1, "lots": [lot]}, actor=WORKER, at=timezone.now())
    all_sealed()
    assert f"checkins_result {result.pk}：表中已没有条目" in verified()[1]
    monkeypatch.setattr(Result, "formerly", {"remark": "note"}, raising=False)
    code, out = verified()
    assert code == 0, out
    with past_the_guards() as cursor:
        cursor.execute("UPDATE checkins_result SET note = 'x'")
    assert f"checkins_result {result.pk}：与条目" in verified()[1]
    monkeypatch.setattr(Result, "formerly", {"remark": None})
    code, out = verified()
    assert (code, "1 行的条目已抹去或被改，无从比对" in out) == (0, True), out


def wiped_beside_an_order(entry: Entry, *, ordered: datetime) -> None:
    """By somebody who writes the order himself, and lets the worker take it into the log."""
    record(kind="redacted", subject=f"entry:{entry.pk}", body={"rule": "x"}, actor=WORKER, at=ordered)
    with past_the_guards() as cursor:
        cursor.execute("UPDATE audit_entry SET body = NULL, salt = NULL WHERE id = %s", [entry.pk])


@pytest.mark.django_db
def test_an_order_that_somebody_wrote_hides_no_visit(town: Town) -> None:
    """The scan goes, with all that tells of it; what was sealed with it is sealed anew, by the worker itself."""
    assert town.zhang_wei.scan(BEARINGS).status_code == 201
    all_sealed()
    town.zhao_min.scan(GLASS)
    all_sealed()
    now = timezone.now()
    lots = Entry.objects.filter(kind=KIND).order_by("-pk")
    [scan, shown] = (Entry.objects.filter(kind=kind).latest("pk") for kind in ("scan", "visit-shown"))
    last = lots[0]
    body = json.loads(bytes(last.body or b""))["body"]
    row = Scan.objects.latest("pk")
    wiped_beside_an_order(scan, ordered=now)
    wiped_beside_an_order(shown, ordered=now + timedelta(days=9_999))
    wiped_beside_an_order(last, ordered=now)
    with past_the_guards() as cursor:
        Resolution.objects.filter(scan=row).delete()
        cursor.execute("UPDATE audit_entry SET at = %s WHERE id = %s", [now - timedelta(days=9_999), scan.pk])
    rest = [(lot["table"], one[0]) for lot in lots_of(body) for one in lot["rows"] if lot["table"] != RESOLUTIONS]
    PendingRow.objects.bulk_create(PendingRow(table=table, key=key) for table, key in rest)
    all_sealed()
    code, out = verified()
    lines = [line for line in out.splitlines() if line.startswith("audit_entry ")]
    assert (code, lines) == (
        1,
        [
            f"audit_entry {scan.pk} ({scan})：未满留存期限，内容却被抹去",
            f"audit_entry {shown.pk} ({shown})：未满留存期限，内容却被抹去",
            f"audit_entry {last.pk} ({last})：这类条目永久保存，内容却被抹去",
        ],
    )


@pytest.mark.django_db
def test_what_an_entry_tells_that_cannot_be_read_is_named_and_stops_nothing() -> None:
    at, everything = timezone.now(), {"ids": [[1, 10**12]], "rows": 5, "root": "00"}
    said: list[tuple[str, dict[str, Any]]] = [
        ("fact-recovered", {"table": "x", **everything}),
        ("fact-recovered", {"table": "audit.visitfact", **everything}),
        ("visits_imported", {"table": "x", **everything}),
        ("visits_imported", {"table": "audit.visitfact", **everything}),
        ("visits_imported", {"table": "audit.visitfact", "ids": [[1]], "rows": 1, "root": None}),
        ("visits_imported", {}),
        (KIND, {"lots": [{"table": "x", "columns": [{}], "rows": []}]}),
        (KIND, {"lots": [{"table": "checkins.scan", "columns": ["id"], "rows": [["one", "h"], [str(10**30), "h"]]}]}),
        (KIND, {"lots": [{"table": "x", "columns": ["id"], "rows": [["1", "h"]], "gone": ["2"]}]}),
    ]
    entries = [record(kind=kind, subject="s", body=body, actor=WORKER, at=at) for kind, body in said]
    all_sealed()
    code, out = verified()
    bad = [f"audit_entry {one.pk} ({one})：其中的批次无法读出" for one in entries[2:6]]
    assert (code, [line for line in out.splitlines() if line.startswith("audit_")]) == (1, bad), out
    for told in ("x 2：封存前", "x 1：条目", "checkins_scan one：条目", f"checkins_scan {10**30}：条目"):
        assert told in out
    code, out = verified("--incremental")
    assert (code, "checkins_scan one：条目" in out) == (1, True), out


@pytest.mark.parametrize("beyond", [{"entry": 1 << 62}, {"logs": {"1": 1 << 62}}, {"logs": {"7": 1}}, {"fact": "x"}])
@pytest.mark.django_db
def test_a_run_that_somebody_invented_spares_no_row(beyond: dict[str, Any]) -> None:
    record(kind="test", subject="s", body={}, actor=WORKER, at=timezone.now())
    all_sealed()
    assert verified()[0] == 0
    genuine = last_mark()
    at, mark = timezone.now(), {"entry": 0, "fact": 0, "filing": 0, "logs": {}, **beyond}
    forged = Verification.objects.create(at=at, ended_at=at, recent=False, found=0, findings=[], counted={}, mark=mark)
    assert last_mark() == genuine
    code, out = verified("--incremental")
    assert (code, f"audit_verification {forged.pk}：称已核验到的，库中并没有" in out) == (1, True), out


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_seal_each_row_once(town: Town) -> None:
    lived_rows = PendingRow.objects.count()
    starting = threading.Barrier(2)
    taken: list[int] = []

    def work() -> None:
        starting.wait()
        for _turn in range(20):
            taken.append(seal(actor=WORKER, at=timezone.now(), limit=5))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while done := seal(actor=WORKER, at=timezone.now()):
        taken.append(done)
    keys = [(lot_table, row[0]) for lot_table in _tables() for row in _sealed(lot_table)]
    assert (sum(taken), len(keys)) == (lived_rows, len(set(keys)))
    assert len(keys) == lived_rows


def _tables() -> list[str]:
    return [model._meta.label_lower for model in sealed_models()]

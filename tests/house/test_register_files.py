"""Registers from files, on pages: shown before it is done, done as shown, once; refused rows are listed."""

import csv
import io
import json
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import ANY

import pytest
import xlsxwriter
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from python_calamine import CalamineWorkbook
from time_machine import TimeMachineFixture

from audit.actor import Actor
from audit.models import Account, Entry, ImportFile, ReadLog
from audit.services.preview_import import forget_imports
from audit.upload import UploadRefused, suffix_of
from checkins.models import Item
from enterprises.models import Contact, Enterprise, Premises
from officers.models import Agency, Officer
from officers.services.agency import save_agency
from tests.house.admin_world import World, account_of, build, signed_in
from tests.house.test_admin_sight import ROLES

LETTER = "冀司〔2026〕8 号"
TAKES = {
    Agency: {"system_admin"},
    Officer: {"system_admin", "agency_admin"},
    Enterprise: {"system_admin"},
    Contact: {"system_admin"},
    Item: {"system_admin"},
}


def page(model: Any, kind: str = "import", *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{kind}", args=args)


def table(*rows: list[Any]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def book(*rows: list[Any]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return out.getvalue()


def upload(client: Client, model: Any, content: bytes, *, reason: str = LETTER) -> Any:
    """The preview's page, or the refusal's."""
    words = {"file": SimpleUploadedFile("花名册.csv", content), "reason": reason}
    return client.post(page(model), words, follow=True)


OFFICERS = ["执法证号", "姓名", "单位代码", "有效期起", "有效期止", "状态", "备注"]


def officer_row(number: str, name: str, agency: str = "130502-SCJG", **changes: Any) -> list[Any]:
    told = {"from": "2026-01-01", "until": "2029-12-31", "status": "", **changes}
    return [number, name, agency, told["from"], told["until"], told["status"], ""]


@pytest.fixture
def world(db: None) -> World:
    return build()


def test_zhou_jie_brings_his_officers_and_takes_over_what_he_was_shown(world: World) -> None:
    """New, changed field by field, the same, refused; another agency's officers are out of his reach; twice is once."""
    client, own, sibling = signed_in(account_of("agency_admin")), world.rows["own"][Officer], world.rows["sibling"]
    child = world.rows["child"][Officer]
    content = table(
        OFFICERS,
        officer_row("13050299001", "李娜"),
        [own.certificate_no, "张伟一", "130502100-ZHZF", "2024-01-01", "2030-12-31", "暂停", ""],
        [child.certificate_no, "", "", "", "", "", ""],
        officer_row(sibling[Officer].certificate_no, "李鬼"),
        officer_row("13050299002", "王五", "130503-SCJG"),
        officer_row("13050299003", "=1+1", until="2020-01-01"),
        officer_row("13050299001", "李娜"),
    )
    before = [Officer.history.count(), Entry.objects.count()]
    shown = upload(client, Officer, content)
    assert shown.status_code == 200
    found, text = shown.context["found"], shown.content.decode()
    assert (found.lines, found.news, found.changes, found.unchanged, found.bad_lines) == (7, 1, 1, 1, 4)
    [[line, key, changes]] = shown.context["changed"]
    assert (line, key) == (3, own.certificate_no)
    assert set(changes) == {
        ("姓名", own.name, "张伟一"),
        ("执法单位", "130502-SCJG", "130502100-ZHZF"),
        ("有效期止", "2028-12-31", "2030-12-31"),
        ("状态", "有效", "暂停"),
    }
    assert [[line, sentence] for line, _column, _value, sentence in shown.context["refused"]] == [
        [5, "该执法证号已登记在其他单位"],
        [6, "没有登记过这个单位，请先导入单位"],
        [7, "早于有效期起"],
        [8, "第 2 行已有，一个文件里只能出现一次"],
    ]
    assert "尚未写入任何内容" in text
    assert "备注" in text, "a column that nobody knows is named"
    assert sibling[Officer].name not in text
    assert [Officer.history.count(), Entry.objects.count()] == before, "nothing is written by looking"
    address = shown.request["PATH_INFO"]
    log = ReadLog.objects.latest("pk")
    assert (log.actor, log.page, log.shown) == ("account:zhou.jie", "officers_officer_import", 6)

    assert "停用" in client.post(address, follow=True).content.decode(), "one of two in service asks for a word more"
    for _click in range(2):
        assert client.post(address, {"leaving": "yes"})["Location"] == address
    done = client.get(address).content.decode()
    assert "已导入" in done
    assert "不合格的行没有导入" in done
    own.refresh_from_db()
    assert (own.name, own.status, own.agency.code) == ("张伟一", "suspended", "130502100-ZHZF")
    for officer in (own, Officer.objects.get(certificate_no="13050299001")):
        version = officer.history.latest()
        assert (version.history_user_id, version.history_change_reason) == ("account:zhou.jie", LETTER)
    assert own.history.count() == 2
    entry = Entry.objects.get(kind="register_file_taken")
    told = json.loads(bytes(entry.body or b""))
    assert told["actor"] == "account:zhou.jie"
    assert told["body"] == {
        "register": "officers.officer", "file": "花名册.csv", "sha256": ANY, "reason": LETTER, "lines": 7, "new": 1,
        "changed": 1, "unchanged": 1, "refused": 4, "digest": ANY,
    }  # fmt: skip
    kept = ImportFile.objects.get()
    assert (kept.content, kept.taken_at is not None) == (None, True)
    bad = client.get(page(Officer, "import_refused", kept.pk, "csv"))
    lines = list(csv.reader(io.StringIO(b"".join(bad.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    assert [row[0] for row in lines] == ["行号", "5", "6", "7", "8"]
    assert upload(client, Officer, content).context["found"].unchanged == 3, "the same file again changes nothing"


def test_a_register_that_changed_meanwhile_is_shown_anew_and_nothing_is_taken(world: World) -> None:
    client, agency = signed_in(account_of("system_admin")), world.agencies["own"]
    content = book(
        ["单位代码", "单位名称"], [agency.code, "襄都区市场监管局"], [world.agencies["child"].code, "晏家屯执法队"]
    )
    address = upload(client, Agency, content).request["PATH_INFO"]
    agency.name = "襄都区市场监督局"
    save_agency(agency=agency, actor=Actor.command("test"), at=timezone.now())
    answer = client.post(address, follow=True)
    assert "登记簿已有变化" in answer.content.decode()
    assert ("单位名称", "襄都区市场监督局", "襄都区市场监管局") in answer.context["changed"][0][2]
    assert Agency.objects.get(code=world.agencies["child"].code).name != "晏家屯执法队"
    client.post(address)
    assert Agency.objects.get(pk=agency.pk).name == "襄都区市场监管局"
    assert agency.history.latest().history_change_reason == LETTER


def test_nobody_else_sees_or_takes_a_file_and_its_time_ends(world: World, time_machine: TimeMachineFixture) -> None:
    zhao, zhou = signed_in(account_of("system_admin")), signed_in(account_of("agency_admin"))
    content = table(OFFICERS, officer_row("13050299001", "李娜"))
    address = upload(zhou, Officer, content).request["PATH_INFO"]
    key = ImportFile.objects.get().pk
    assert zhao.get(address).status_code == 404
    assert zhao.post(address)["Location"] == page(Officer)
    assert zhao.get(page(Officer, "import_refused", key, "csv")).status_code == 404
    assert zhou.get(page(Officer, "import_refused", key, "pdf")).status_code == 404
    assert zhao.get(page(Agency, "import_file", key)).status_code == 404
    assert zhou.get(page(Officer, "import_file", "00000000-0000-0000-0000-000000000001")).status_code == 404
    assert not Officer.objects.filter(certificate_no="13050299001").exists()
    Account.objects.filter(username="zhou.jie").update(agency_code="130503-SCJG")
    assert "没有登记过这个单位" in zhou.post(address, follow=True).content.decode(), (
        "what he may has changed: shown anew"
    )
    upload(zhou, Officer, content)
    assert ImportFile.objects.count() == 1, "the next file of his takes the place of the one before"
    address = page(Officer, "import_file", ImportFile.objects.get().pk)
    time_machine.move_to(timezone.now() + timedelta(minutes=31))
    zhou = signed_in(Account.objects.get(username="zhou.jie"))
    assert zhou.get(address).status_code == 404
    assert "已超过保留时间" in zhou.post(address, follow=True).content.decode()
    assert forget_imports(at=timezone.now()) == 1


def test_only_who_keeps_a_register_finds_its_imports(world: World) -> None:
    for role in ROLES:
        client = signed_in(account_of(role))
        for model, roles in TAKES.items():
            answers = {
                client.get(page(model)).status_code,
                client.post(page(model)).status_code,
                client.get(page(model, "import_template", "xlsx")).status_code,
            }
            assert answers == ({200} if role in roles else {404}), (role, model)
            desk = client.get(page(model, "changelist"))
            assert (page(model) in desk.content.decode()) == (role in roles), (role, model)


def test_each_register_says_what_a_file_would_change_and_has_a_template(world: World) -> None:
    client, rows = signed_in(account_of("system_admin")), world.rows["own"]
    enterprise = "91330000755918469E"
    heads = ["统一社会信用代码", "名称", "地区代码", "地址", "动作"]
    new = [enterprise, "邢台第一食品厂", "130502", "泉北东大街 8 号", ""]
    more = [enterprise, "", "", "中兴大街 1 号", "增设场所"]
    shown = upload(client, Enterprise, book(heads, new, more))
    assert (shown.context["found"].news, shown.context["found"].changes) == (1, 1)
    client.post(shown.request["PATH_INFO"])
    assert Premises.objects.filter(enterprise__credit_code=enterprise).count() == 2
    assert Premises.objects.latest("pk").history.get().history_change_reason == LETTER
    moved = upload(client, Enterprise, table(heads[:4], [enterprise, "邢台食品厂", "", ""])).context["changed"][0]
    assert moved == (2, enterprise, [("名称", "邢台第一食品厂", "邢台食品厂"), ("曾用名", "—", "邢台第一食品厂")])

    heads = ["统一社会信用代码", "联系人", "联系手机"]
    client.post(upload(client, Contact, table(heads, [enterprise, "刘洋", "13812341234"])).request["PATH_INFO"])
    shown = upload(
        client, Contact, table(heads, [enterprise, "刘洋", "13987654321"], [enterprise[:-1] + "9", "王五", "139"])
    )
    text = shown.content.decode()
    assert "138****1234" in text
    assert "139****4321" in text
    assert not {"13812341234", "13987654321"} & set(json.dumps(ImportFile.objects.latest("at").foreseen).split('"'))
    assert Contact.objects.get(enterprise__credit_code=enterprise).phone == "13812341234"

    heads = ["事项编码", "事项名称", "单位代码", "地区代码", "检查依据", "生效日", "失效日"]
    old = Item.objects.get(pk=rows[Item].pk)
    shown = upload(
        client, Item, table(heads, [old.code, "", old.agency_code, old.region_code, "条例", "", "2030-01-01"])
    )
    assert ("失效日", "—", "2030-01-01") in shown.context["changed"][0][2]
    client.post(shown.request["PATH_INFO"])
    old.refresh_from_db()
    assert old.basis == "条例"

    for model in TAKES:
        for language, button in (("zh-hans", "上传并预览"), ("en", "Upload and preview")):
            spoken = {"Accept-Language": language}
            template = client.get(page(model, "import_template", "xlsx"), headers=spoken).content
            [[*told]] = CalamineWorkbook.from_filelike(io.BytesIO(template)).get_sheet_by_index(0).to_python()
            assert str(told[0]).isascii() == (language == "en")
            assert "表头下面没有内容" in upload(client, model, template).content.decode(), "known whoever made it"
            assert client.get(page(model, "import_template", "csv"), headers=spoken).content.decode().splitlines()
            asked = client.get(page(model), headers=spoken).content.decode()
            assert button in asked
            assert all(escape(str(head)) in asked for head in told)

    shown = upload(client, Agency, table(["Agency code", "agency name"], ["130502-SCJG", "襄都区市场监管局"]))
    assert shown.context["changed"][0][2] == [("单位名称", "襄都区市场监督管理局", "襄都区市场监管局")]
    refused = client.post(
        page(Agency),
        {"file": SimpleUploadedFile("a.csv", table(["单位代码", "层级"], ["130502-SCJG", "x"])), "reason": LETTER},
        follow=True,
        headers={"Accept-Language": "en"},
    ).context["refused"]
    assert refused[0][:3] == [2, "Level", "x"]


def test_a_file_that_closes_half_the_town_asks_for_one_word_more(world: World) -> None:
    client = signed_in(account_of("system_admin"))
    rows = [[one.credit_code, "注销"] for one in Enterprise.objects.order_by("pk")[:2]]
    refused = upload(client, Enterprise, table(["统一社会信用代码", "动作"], *rows))
    assert "不是有效的统一社会信用代码" in refused.content.decode()
    assert "没有可导入的变更" in refused.content.decode()
    agencies = [[one.code, "撤销"] for one in Agency.objects.order_by("pk")]
    shown = upload(client, Agency, table(["单位代码", "状态"], *agencies))
    assert f"将停用 {len(agencies)} 个" in shown.content.decode()
    assert "会停用过多的记录" in client.post(shown.request["PATH_INFO"], follow=True).content.decode()
    assert not Agency.objects.filter(status="closed").exists()
    client.post(shown.request["PATH_INFO"], {"leaving": "yes"})
    assert not Agency.objects.filter(status="active").exists()


def packed(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>", **parts}.items():
            archive.writestr(name, data)
    return out.getvalue()


def lying() -> bytes:
    """A part of fifty megabytes that says it has one byte."""
    content = packed(**{"xl/worksheets/sheet1.xml": b" " * (50 << 20)})
    return content.replace((50 << 20).to_bytes(4, "little"), (1).to_bytes(4, "little"))


SHEET = "xl/worksheets/sheet1.xml"


def sheet(cells: bytes, *, shared: bytes = b"") -> bytes:
    return packed(**{SHEET: b"<sheetData>" + cells + b"</sheetData>", "xl/sharedStrings.xml": shared})


HOSTILE = {
    "nothing": (b" \n", "文件是空的"),
    "pdf": (b"%PDF-1.7", "只接收"),
    "picture": (b"\x89PNG\r\n", "只接收"),
    "html": (b"\n<html>", "只接收"),
    "old": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xls"),
    "nul": (b"a,\x00b", "只接收"),
    "cut": (packed()[:60], "打不开"),
    "no-book": (packed()[:4] + b"x" * 50, "打不开"),
    "large": (b"a" * 2_000_001, "不能超过"),
    "bomb": (packed(**{SHEET: b" " * (50 << 20)}), "展开后过大"),
    "liar": (lying(), "展开后过大"),
    "far": (sheet(b'<c r="XFD1"><v>1</v></c>'), "超过 100 列"),
    "deep": (sheet(b'<c r="A1048576"><v>1</v></c>'), "超过 1000 行"),
    "copies": (sheet(b"<v>0</v>" * 9_000, shared=b"<si>" + b"x" * 60_000 + b"</si>"), "展开后过大"),
    "hidden": (sheet(b"<v><!-- -->0</v>"), "内部结构"),
    "unclosed": (sheet(b"", shared=b"<si>" * 250_000), "内部结构"),
    "unbegun": (sheet(b"", shared=b"<si>a</si></si>"), "内部结构"),
    "half a tag": (sheet(b"<v" * 500_000), "内部结构"),
    "crowd": (packed(**{f"x{number}": b"" for number in range(300)}), "内部结构"),
}


def test_texts_with_and_without_a_prefix_and_empty_ones_are_taken() -> None:
    for shared in (b"<si><t>a</t></si><si/><x:si a='1'>b</x:si >", b"<sst><sir/></sst>"):
        content = sheet(b'<c r="A1"><v>2</v></c><c r="B1"><v/></c><c r="C1"><x:v> 0.5 </x:v></c>', shared=shared)
        assert suffix_of(content, most_bytes=2_000_000, most_lines=1_000) == ".xlsx"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_is_none_or_costs_too_much_is_not_opened(name: str) -> None:
    content, sentence = HOSTILE[name]
    with pytest.raises(UploadRefused, match=sentence):
        suffix_of(content, most_bytes=2_000_000, most_lines=1_000)


def test_what_cannot_be_read_is_said_on_the_page_and_nothing_is_kept(world: World) -> None:
    client = signed_in(account_of("system_admin"))
    for content, sentence in (
        (table(["甲", "乙"], ["1", "2"]), "找不到表头“执法证号”"),
        (table(["执法证号", "执法证号"], ["1", "2"]), "表头重复"),
        (packed(), "文件无法读取"),
        (HOSTILE["bomb"][0], "展开后过大"),
    ):
        assert sentence in upload(client, Officer, content).content.decode()
    assert client.post(page(Officer), {"reason": "x"}).status_code == 200
    one = table(OFFICERS, officer_row("1", "甲"))
    assert "必填" in upload(client, Officer, one, reason="").context["form"].errors["reason"][0]
    odd = "执法证号,姓名\x00\n甲\x00,乙".encode("utf-16")
    assert upload(client, Officer, odd).context["found"].refused[0][2] == "甲\ufffd", "PostgreSQL's JSON holds no NUL"
    with override_settings(IMPORT_POLICY=replace(settings.IMPORT_POLICY, lines=2)):
        rows = [officer_row(str(number), "甲") for number in range(3)]
        assert "一次至多导入 2 行" in upload(client, Officer, table(OFFICERS, *rows)).content.decode()
    assert ImportFile.objects.filter(foreseen__news__gt=0).count() == 0


def test_a_file_costs_the_same_statements_with_5_and_with_500_lines(world: World) -> None:
    client = signed_in(account_of("agency_admin"))
    counted = []
    for lines in (5, 500):
        content = table(OFFICERS, *(officer_row(f"1305{lines:04d}{number:05d}", "李娜") for number in range(lines)))
        with CaptureQueriesContext(connection) as seen:
            address = client.post(page(Officer), {"file": SimpleUploadedFile("x", content), "reason": LETTER})[
                "Location"
            ]
        looked = _statements(client, address)
        with CaptureQueriesContext(connection) as took:
            client.post(address)
        counted.append((len(seen), looked, len(took)))
    assert counted[0] == counted[1]
    assert counted[0][1] == 5
    assert len(client.get(address).context["new"]) == 200
    assert "只列前 200 条" in client.get(address).content.decode()


def _statements(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        client.get(address)
    return len(seen)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_eight_clicks_at_once_take_a_file_once() -> None:
    world = build()
    zhou = account_of("agency_admin")
    client, own = signed_in(zhou), world.rows["own"][Officer]
    content = table(OFFICERS, officer_row("13050299001", "李娜"), officer_row(own.certificate_no, "张伟一"))
    address = upload(client, Officer, content).request["PATH_INFO"]
    browsers = [signed_in(zhou) for _click in range(8)]
    connection.close()
    gate = threading.Barrier(8)

    def click(browser: Client) -> str:
        try:
            connection.ensure_connection()
            gate.wait(timeout=30)
            return browser.post(address, follow=True).content.decode()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(click, browsers))
    assert [answer for answer in answers if "已导入" not in answer or "登记簿已有变化" in answer] == []
    assert Entry.objects.filter(kind="register_file_taken").count() == 1
    assert own.history.count() == 2
    assert Officer.objects.get(certificate_no="13050299001").history.count() == 1

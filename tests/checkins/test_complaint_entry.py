"""登记投诉 and 12345 导入: what comes by telephone, letter or the hotline's file goes the way of every complaint."""

import io
import re
import struct
import zipfile
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.actor import Actor
from audit.complaints import orders_known
from audit.envelope import credit_code_of
from audit.facts import SHANGHAI
from audit.history import save_as
from audit.models import Case, Complaint, ComplaintState, Entry, Role
from audit.receiving import read_letter
from audit.services.account import create_account
from audit.services.deliver import claim
from audit.services.share_out import share_out
from checkins.hotline import Order
from checkins.services.take_hotline import take_hotline
from enterprises.models import Enterprise
from enterprises.subject import subject_number
from tests.audit.platforms import city
from tests.checkins.test_case_pages import page, press, seen
from tests.checkins.test_complaint_pages import upload
from tests.house.admin_world import account_of, signed_in
from tests.parallel import at_once
from tests.town import BEARINGS, CASHMERE, GLASS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("time_machine_at_noon", "town")]
NOON = datetime(2026, 7, 1, 12, tzinfo=SHANGHAI)
LI_JING = Actor.account("li.jing")
ENTER, HOTLINE = "/admin/audit/complaint/enter/", "/admin/audit/complaint/hotline/"
RECEIPT = re.compile(r"TS\d{8}-[0-9A-Z]{10}")
HEAD = "工单号,来电时间,来电人,联系电话,诉求内容,企业名称,被反映单位\n"


@pytest.fixture
def li_jing() -> Client:
    return signed_in(account_of("supervisor"))


def words(**said: Any) -> dict[str, Any]:
    form = {
        "source": "phone",
        "received_at": "2026-06-30T16:20",
        "kind": "too_often",
        "credit_code": BEARINGS.lower(),
        "agency": "襄都区市场监督管理局",
        "text": "一个月来了三拨人，查的是同一件事。",
        "complainant": "刘洋",
        "phone": "138 1234 1234",
        "submission": str(uuid4()),
    }
    return {name: value for name, value in (form | said).items() if value is not None}


def test_liu_yang_calls_and_gets_a_receipt_by_which_he_follows_and_rates(li_jing: Client) -> None:
    form = words()
    entered = li_jing.post(ENTER, form | {"picture_1": upload()}).content.decode()
    complaint = Complaint.objects.get()
    assert complaint.number in entered
    code = re.search(r"<code>([0-9A-Z]{4}-[0-9A-Z]{4})</code>", entered)
    assert code
    assert "http://testserver/complaint" in entered
    assert li_jing.post(ENTER, form).content.decode().count(complaint.number) == 1, "sent twice, entered once"
    assert Complaint.objects.get().pictures.count() == 1
    assert (complaint.source, complaint.credit_code, complaint.agency_code, complaint.supervised_by) == (
        "phone", BEARINGS, "130502-SCJG", "130502-SFJ",
    )  # fmt: skip
    assert (complaint.complainant, complaint.phone, complaint.by) == ("刘洋", "13812341234", "account:li.jing")
    assert complaint.received_at == datetime(2026, 6, 30, 16, 20, tzinfo=SHANGHAI)
    shown = seen(li_jing, complaint)
    assert "刘**" in shown
    assert "138****1234" in shown
    assert "刘洋" not in shown
    assert "刘洋 13812341234" in press(li_jing, complaint, "reveal", 200, reason="核实情况")

    press(li_jing, complaint, "pursue", reason="频繁检查")
    case = Case.objects.get()
    assert (f"{case.due_on}", case.agency_code) == ("2026-07-01", "130502-SCJG"), "from the call, not from the entry"
    press(li_jing, case, "hand_out", agency_code="襄都区市场监督管理局", responsible="吴刚", grade="B", note="请核实")
    stranger, ask = Client(), {"number": complaint.number, "code": code[1]}
    told = stranger.post("/complaint", ask).content.decode()
    assert "办理期限 2026-07-03" in told
    assert "B 类" in told
    press(li_jing, case, "hand_out", agency_code="130502-YJ", responsible="王强", grade="A", note="转应急局")
    told = stranger.post("/complaint", ask).content.decode()
    assert "办理期限 2026-07-02" in told, "another agency, another term"
    assert "A 类" in told
    press(li_jing, case, "close", note="已合并检查计划")
    assert "您的评价已记下" in stranger.post("/complaint", ask | {"rating": "unsatisfied"}).content.decode()
    assert case.steps.get(deed="rate").by == f"complainant:{complaint.number}"
    press(li_jing, case, "reopen", note="质检：计划未合并")
    desk, discipline = reverse("admin:audit_case_changelist"), signed_in(account_of("discipline"))
    found = discipline.get(desk, {"unsatisfied": "True"}).context["cl"].result_list
    assert [row.number for row in found] == [case.number], "re-opened and still there"
    inbox = discipline.get(reverse("admin:audit_complaint_changelist"), {"unsatisfied": "True"}).context["cl"]
    assert [row.number for row in inbox.result_list] == [complaint.number]


def test_what_was_closed_without_a_case_is_rated_too_once_and_seen_by_discipline(li_jing: Client) -> None:
    code = re.findall(r"<code>(.+?)</code>", li_jing.post(ENTER, words(source="visit")).content.decode())[1]
    complaint, stranger = Complaint.objects.get(), Client()
    ask = {"number": complaint.number, "code": code}
    assert stranger.post("/complaint", ask | {"rating": "satisfied"}).status_code == 409, "not closed yet"
    press(li_jing, complaint, "close", reason="已当场说明")
    assert "您对办理满意吗" in stranger.post("/complaint", ask).content.decode()
    assert stranger.post("/complaint", ask | {"code": "0000-0000", "rating": "satisfied"}).status_code == 404
    thanked = stranger.post("/complaint", ask | {"rating": "unsatisfied"}).content.decode()
    assert "您的评价已记下" in thanked
    assert "已当场说明" in thanked, "what was told stands"
    assert stranger.post("/complaint", ask | {"rating": "satisfied"}).status_code == 409
    last = ComplaintState.objects.filter(complaint=complaint).order_by("-serial")[0]
    assert (last.state, last.rating, last.by) == ("closed", "unsatisfied", f"complainant:{complaint.number}")
    assert Entry.objects.filter(kind="complaint-rated").count() == 1
    discipline = signed_in(account_of("discipline"))
    inbox = discipline.get(reverse("admin:audit_complaint_changelist"), {"unsatisfied": "True"}).context["cl"]
    assert [row.number for row in inbox.result_list] == [complaint.number]
    assert "不满意" in seen(discipline, complaint)
    with override_settings(NINJA_NUM_PROXIES=0):
        asked = [stranger.post("/complaint", ask | {"code": "x"}).status_code for _time in range(20)]
    assert asked[-1] == 429


def test_what_cannot_be_entered_is_said_and_nothing_is_kept(li_jing: Client) -> None:
    for wrong, sentence in (
        ({"received_at": "2026-07-01T12:30"}, "时间还没有到"),
        ({"received_at": "2026-05-31T12:00"}, "只登记 30 天以内收到的"),
        ({"received_at": None}, "这个字段是必填项"),
        ({"source": "door"}, "不在可用的选项中"),
        ({"text": None}, "这个字段是必填项"),
        ({"phone": "12"}, "这不是一个电话号码"),
        ({"happened_at": "2027-01-01T00:00"}, "时间还没有到"),
        ({"credit_code": "91110108551385082X"}, "统一社会信用代码不正确"),
        ({"credit_code": CASHMERE, "agency": ""}, "不在您的地区"),
        ({"picture_1": upload(b"no", "a.jpg")}, "第 1 张图片"),
        ({"submission": "x"}, "请按提示修改"),
    ):
        answer = li_jing.post(ENTER, words(**wrong))
        assert (answer.status_code, sentence in answer.content.decode()) == (200, True), (
            wrong,
            answer.content.decode(),
        )
    assert not Complaint.objects.exists()
    assert li_jing.post(ENTER, words(credit_code="", agency="城管来的", enterprise="一家小店")).status_code == 200
    complaint = Complaint.objects.get()
    assert (complaint.credit_code, complaint.enterprise_name, complaint.region_code) == ("", "一家小店", "130502")
    assert "被投诉单位：城管来的" in (complaint.text or "")
    assert (complaint.agency_code, complaint.happened_at) == ("", None)
    li_jing.post(ENTER, words(credit_code=CASHMERE))
    assert Complaint.objects.filter(credit_code=CASHMERE).exists(), "her own agency went to 清河"


def test_a_complaint_about_nobody_that_a_register_knows_reaches_the_platform_with_all_that_comes_after(
    li_jing: Client,
) -> None:
    for form in (words(credit_code="", agency="城管来的"), words(credit_code=""), words()):
        assert li_jing.post(ENTER, form).status_code == 200
    taken(li_jing, sent(li_jing, "工单号,来电时间,诉求内容\nGD1,2026-06-30 09:00,三次\n"))
    about_nobody, of_agency, known, of_hotline = Complaint.objects.order_by("pk")
    assert share_out(addressees=[city()], at=NOON) == 4
    claims = claim(
        addressee=city(), source="ruqi", at=NOON, limit=9, lease=timedelta(minutes=1), probe=timedelta(hours=1)
    )
    lanes = {one.letter.subject: read_letter(one.letter.body()).lane for one in claims}
    assert lanes == {
        about_nobody.number: f"about:{about_nobody.number}",
        of_agency.number: "agency:130502-SCJG",
        known.number: BEARINGS,
        of_hotline.number: f"about:{of_hotline.number}",
    }
    assert [credit_code_of(lane) for lane in lanes.values()] == ["", "", BEARINGS, ""]


def test_the_number_of_a_stall_that_became_a_shop_means_the_shop(li_jing: Client) -> None:
    """东门's stall was merged into the cashmere works of 清河, which is not 李静's."""
    stall = subject_number("stall")
    row = Enterprise(credit_code=stall, name="豆腐摊", region_code="130502", status="cancelled", merged_into=CASHMERE)
    save_as(row, actor=LI_JING, at=NOON, reason="merged")
    for said in ({"credit_code": stall}, {"credit_code": "", "enterprise": stall}):
        refused = li_jing.post(ENTER, words(**said, agency="")).content.decode()
        assert "不在您的地区" in refused, said
    assert not Complaint.objects.exists()
    li_jing.post(ENTER, words(credit_code=stall))
    complaint = Complaint.objects.get()
    assert (complaint.credit_code, complaint.enterprise_name) == (CASHMERE, "清河县暖阳羊绒有限公司")


@pytest.mark.parametrize("role", [*Role.values, ""])
def test_supervisors_alone_enter_complaints(role: str) -> None:
    client, may = signed_in(account_of(role)), role == "supervisor"
    for address in (ENTER, HOTLINE):
        assert client.get(address).status_code == (200 if may else 404), address
        assert client.post(address, {}).status_code == (200 if may else 404), address
        assert Client().get(address)["Location"].startswith("/admin/login/")
    if may:
        assert ENTER in client.get(reverse("admin:audit_complaint_changelist")).content.decode()
    elif role == "discipline":
        assert ENTER not in client.get(reverse("admin:audit_complaint_changelist")).content.decode()


def sent(client: Client, content: bytes | str, name: str = "工单.csv") -> str:
    data = content.encode() if isinstance(content, str) else content
    answer = client.post(HOTLINE, {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 200
    return answer.content.decode()


def taken(client: Client, preview: str, status: int = 200) -> str:
    key = re.search(r'name="key" value="([^"]+)"', preview)
    answer = client.post(HOTLINE, {"key": key[1] if key else "none"})
    assert answer.status_code == status
    return answer.content.decode()


def book(*rows: list[Any]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as made:
        sheet = made.add_worksheet()
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
    return out.getvalue()


LINES = HEAD + (
    "GD1,2026-06-30 09:00,刘洋,13812341234,=1+1 没有扫码,邢台轴承有限公司,襄都区市场监督管理局\n"
    "GD2,2026/6/30 10:00,,138****5678,反复检查,,城管执法队\n"
    "GD3,2026-06-30 11:00,王芳,,不在我们区,清河县暖阳羊绒有限公司,\n"
    "GD4,2026-09-01 11:00,王芳,,还没到,,\n"
    ",2026-06-30 11:00,王芳,,没有编号,,\n"
    "GD6,2026-06-30 11:00,王芳,,,,\n"
)


BOOK = book(
    ["十二月工单"],
    HEAD.strip().split(","),
    ["GD1", "2026-06-30 12:00", "", "", "x", "", ""],
    ["GD7", "2026年6月30日", "", "", "多次检查", BEARINGS, ""],
)


def test_the_hotlines_orders_are_looked_at_first_and_taken_in_once(li_jing: Client) -> None:
    preview = sent(li_jing, LINES)
    assert "读到 6 行：新 2 件，已有 0 件，不能导入 4 处" in preview
    for sentence in ("不在您的地区", "时间还没有到", "不能为空", "新登记时不能为空"):
        assert sentence in preview
    assert "13812341234" not in preview
    assert not Complaint.objects.exists()
    done = taken(li_jing, preview)
    assert "已导入 2 件；已有 0 件" in done
    assert len(RECEIPT.findall(done)) == 2
    first, second = Complaint.objects.order_by("source_no")
    assert (first.source, first.source_no, first.credit_code, first.agency_code) == (
        "12345", "GD1", BEARINGS, "130502-SCJG",
    )  # fmt: skip
    assert (first.text, first.complainant, first.phone) == ("=1+1 没有扫码", "刘洋", "13812341234")
    assert first.received_at == datetime(2026, 6, 30, 9, tzinfo=SHANGHAI)
    assert (second.phone, second.region_code) == ("", "130502")
    assert second.text == "反复检查\n被反映单位：城管执法队\n来电号码：138****5678"
    assert "预览已失效" in taken(li_jing, preview), "taken in once"
    with CaptureQueriesContext(connection) as queries:
        again = sent(li_jing, BOOK, "工单.xlsx")
    assert "读到 2 行：新 1 件，已有 1 件，不能导入 0 处" in again
    assert len(queries) <= 16
    assert "已导入 1 件" in taken(li_jing, again)
    assert Complaint.objects.count() == 3
    listed = li_jing.get(reverse("admin:audit_complaint_changelist"), {"q": "GD7"}).context["cl"].result_list
    assert [row.source_no for row in listed] == ["GD7"]
    with override_settings(HOTLINE_HEADINGS={"source_no": "流水号", "text": "标题+正文"}):
        other = sent(li_jing, "流水号,受理时间,正文\nGD8,2026-06-30,三次\n".encode("gb18030"))
    assert "新 1 件" in other


def test_of_two_who_take_the_same_orders_in_the_second_finds_them_there(li_jing: Client) -> None:
    order = gd1()
    made = [take_hotline([order, order], hotline="1305", actor=LI_JING, at=NOON) for _time in range(2)]
    assert [(len(one.new), one.known) for one in made] == [(1, 1), (0, 2)]
    assert orders_known(["GD1", "GD2"], hotline="1305") == {"GD1"}
    with pytest.raises(IntegrityError), transaction.atomic():
        Complaint(**{**values_of(Complaint.objects.get()), "number": "TS2", "credit_code": BEARINGS}).save()


def test_two_cities_number_their_orders_alike_and_neither_loses_one(li_jing: Client) -> None:
    orders = "工单号,来电时间,诉求内容\nGD1,2026-06-30 09:00,三次\n"
    taken(li_jing, sent(li_jing, orders))
    xindu, handan = (
        signed_in(
            create_account(
                username=username,
                name="何涛",
                role="supervisor",
                region_prefix=region,
                agency_code=f"{region}-SFJ",
                password=None,
                actor=LI_JING,
                at=NOON,
            )
        )
        for username, region in (("he.tao", "130503"), ("zhou.min", "130402"))
    )
    assert "已有 1 件" in sent(xindu, orders), "one city, one hotline"
    preview = sent(handan, orders)
    assert "新 1 件，已有 0 件" in preview
    assert "已导入 1 件" in taken(handan, preview)
    regions = Complaint.objects.filter(source_no="GD1").order_by("pk").values_list("region_code", flat=True)
    assert list(regions) == ["130502", "130402"]


def gd1(*, credit_code: str = "", name: str = "") -> Order:
    """One work order, as it was resolved when the file was looked at."""
    return Order(
        source_no="GD1",
        received_at=NOON.isoformat(),
        text="x",
        kind="other",
        complainant="",
        phone="",
        credit_code=credit_code,
        enterprise_name=name,
        region_code="130502",
        agency_code="",
        agency_path="",
        agency_name="",
        supervised_by="",
    )


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_eight_desks_that_take_one_file_in_at_once_one_makes_the_complaints() -> None:
    """The enterprise was registered between two looks at the file, so that each desk has resolved it otherwise. Seen
    failing without its guard (docs/adr/0003)."""
    files = [[gd1(credit_code=door)] for door in (BEARINGS, CASHMERE, "", GLASS)] * 2
    told = at_once(
        [partial(take_hotline, orders, hotline="1305", actor=LI_JING, at=NOON) for orders in files], threads=8
    )
    assert sorted((len(one.new), one.known) for one in told) == [(0, 1)] * 7 + [(1, 0)]
    assert Complaint.objects.get().source_no == "GD1"


def values_of(complaint: Complaint) -> dict[str, Any]:
    return {field.attname: getattr(complaint, field.attname) for field in Complaint._meta.concrete_fields[1:]}


def bomb() -> bytes:
    """A spreadsheet whose part says that it is small and unpacks to 100 MB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b"\0" * 100_000_000)
    data = out.getvalue()
    size = struct.pack("<L", 100_000_000)
    assert data.count(size) == 2
    return data.replace(size, struct.pack("<L", 10))


def far_out(line: int, column: int) -> bytes:
    """A spreadsheet of two cells, one of them far from the other."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as made:
        sheet = made.add_worksheet()
        sheet.write(0, 0, "工单号")
        sheet.write(line, column, "GD1")
    return out.getvalue()


def shared_text(*, lines: int, length: int) -> bytes:
    """A spreadsheet of a few kilobytes whose cells all share one text: a reader makes a copy for each."""
    whole = book(["工单号"], *(["GD1"] * 7 for _line in range(lines)))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        for name in old.namelist():
            parts.writestr(name, old.read(name).replace(b"<t>GD1</t>", b"<t>%s</t>" % (b"x" * length)))
    return out.getvalue()


def test_a_file_that_means_ill_gets_a_sentence(li_jing: Client) -> None:
    whole = book(["工单号"], ["GD1"])
    for content, name, sentence in (
        (b"", "a.csv", "文件是空的"),
        (b"\xff\xfe\x00", "a.csv", "找不到表头"),
        (b"%PDF-1.7", "a.csv", "只接收 CSV 或 XLSX"),
        (b"PK\x03\x04 no", "a.xlsx", "文件已损坏，打不开"),
        (whole[:-40], "a.xlsx", "文件已损坏，打不开"),
        (bomb(), "a.xlsx", "展开后过大"),
        (far_out(99_999, 0), "a.xlsx", "行（空白但设过格式的行也算）"),
        (far_out(1, 9_999), "a.xlsx", "超过 100 列"),
        (shared_text(lines=1, length=900_000), "a.xlsx", "展开后过大"),
        (shared_text(lines=450, length=99_000), "a.xlsx", "展开后过大"),
        (HEAD + "GD1,2026-06-30 09:00,,,x,,\n" * 501, "a.csv", "至多 500 行"),
        ("工单号,工单号\n1,2\n", "a.csv", "表头重复"),
        (HEAD + '"GD1,2026-06-30 09:00,,,x,,\n' * 3, "a.csv", "不能导入"),
        (b"x" * 2_097_153, "a.csv", "不能超过 2 MB"),
        (HEAD + "GD1,2026-06-30 09:00,,," + "长" * 2_001 + ",,\n", "a.csv", "超过 2000 个字"),
        (HEAD + "GD1,2026-06-30 09:00,,,\x00,,\n", "a.csv", "只接收 CSV 或 XLSX"),
    ):
        assert sentence in sent(li_jing, content, name), (name, sentence)
    assert "预览已失效" in taken(li_jing, "")
    assert not Complaint.objects.exists()


def test_a_case_about_an_agency_that_no_register_knows_is_not_opened(li_jing: Client) -> None:
    li_jing.post(ENTER, words())
    complaint = Complaint.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE officers_agency SET code = 'GONE' WHERE code = '130502-SCJG'")
    assert "执法单位登记中没有这一单位" in press(li_jing, complaint, "pursue", 200, reason="频繁检查")
    assert li_jing.get(page(complaint)).status_code == 200
    assert not Case.objects.exists()

"""Rules on pages: one person drafts, the sandbox shows who would be flagged, a second person enacts."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.draft import Draft
from audit.models import (
    Account,
    Entry,
    Flag,
    FrequencyRule,
    ReadLog,
    RuleDraft,
    RuleDraftEnd,
    RuleTrial,
    RuleTrialResult,
)
from audit.pages import rule_drafts as door
from audit.services.account import create_account
from audit.services.frequency_rule import enact
from tests.audit.past import ACTOR, FIRE, MARKET, QINGHE, account, corrected, judged, on, visited
from tests.house.admin_world import AT, SETUP, account_of, signed_in
from tests.house.operations import rows
from tests.town import BEARINGS, CASHMERE, GLASS

pytestmark = pytest.mark.django_db
LI_JING, CHEN_YU = "account:li.jing", "account:chen.yu"


@pytest.fixture(autouse=True)
def _august() -> Iterator[None]:
    with time_machine.travel(on(8, 1), tick=False):
        yield


@contextmanager
def later(month: int, day: int) -> Iterator[None]:
    with time_machine.travel(on(month, day), tick=False):
        yield


@pytest.fixture
def spring() -> None:
    """襄都区's bureau was at the bearings works three times, at the glass shop twice, 清河's at the cashmere twice."""
    enact(
        Draft(
            code="xd_cap",
            title="襄都区年度上限",
            kind="annual_cap",
            parameters={"cap": 2},
            region_prefix="130502",
            effective_from=date(2026, 1, 1),
            source="襄都区办法",
        ),
        actor=ACTOR,
        at=on(1, 1),
    )
    for door_of, agency, days in ((BEARINGS, "130502-SCJG", (2, 3, 4)), (GLASS, "130502-SCJG", (9, 10))):
        for day in days:
            visited(f"{door_of[-4:]}{day}", on(3, day), door=door_of, agency=agency)
    for day in (2, 3):
        visited(f"Q{day}", on(3, day), door=CASHMERE, agency=QINGHE)


@pytest.fixture
def li_jing() -> Client:
    return signed_in(account_of("supervisor"))


def colleague() -> Account:
    """陈宇, a colleague of 李静's at 襄都区司法局."""
    return create_account(
        username="chen.yu",
        name="陈宇",
        role="supervisor",
        region_prefix="130502",
        agency_code="130502-SFJ",
        password=None,
        actor=SETUP,
        at=AT,
    )


@pytest.fixture
def chen_yu() -> Client:
    return signed_in(colleague())


def text(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, address
    return response.content.decode()


def form(**changes: Any) -> dict[str, Any]:
    """The form of an annual cap as a browser sends it: every box of the exempt reasons is ticked."""
    said = {
        "cap": "1", "count_case": "on", "joint": "each", "serious_over": "", "source": "襄都区办法（修订）",
        "note": "企业反映检查仍多", "effective_from": "2026-09-01", "effective_to": "",
        "exempt": ["complaint", "assigned", "assist_superior", "audit", "offsite_lead", "media", "rectification",
                   "requested", "licensing", "statutory_emergency"],
    }  # fmt: skip
    return said | changes


def drafted(client: Client, address: str = "/board/rules/new?code=xd_cap", **changes: Any) -> str:
    """Send the form; the address of the draft."""
    response = client.post(address, form(**changes))
    assert response.status_code == 302, re.findall(
        r'errorlist.*?</ul>|role="alert".*?</div>', response.content.decode()
    )
    return str(response["Location"])


@pytest.mark.usefixtures("spring")
def test_li_jing_drafts_tries_and_may_not_enact_chen_yu_does_and_from_that_day_the_judge_goes_by_it(
    li_jing: Client, chen_yu: Client
) -> None:
    assert "至多检查 2 次" in text(li_jing, "/board/rules/")
    page = text(li_jing, "/board/rules/new?code=xd_cap")
    assert 'name="cap" value="2"' in page
    draft = drafted(li_jing)
    row = RuleDraft.objects.get()
    assert (row.parameters, row.region_prefix, row.drafted_by) == ({"cap": 1}, "130502", LI_JING)
    assert FrequencyRule.objects.count() == 1, "what is in force is untouched"
    assert f"草案 {row.pk}" in text(li_jing, "/board/rules/")

    before = rows()
    answer = li_jing.post(draft, {"deed": "try", "from": "2026-01", "to": "2026-07", "region": ""})
    changed = {name for name, many in rows().items() if many != before.get(name)}
    assert changed <= {"audit_ruletrial", "audit_ruletrialresult", "audit_pendingrow"}, "nothing but the result"
    tried = text(li_jing, answer["Location"])
    result = RuleTrialResult.objects.get()
    assert (result.visits, result.enterprises) == (5, 2), "清河 is not in her reach"
    assert result.counts["draft"] == {"flags": 1, "enterprises": 1, "agencies": 1}
    assert result.counts["both"]["flags"] == 1
    assert f"/board/enterprises/{GLASS}?period=2026" in tried
    assert f"/board/enterprises/{BEARINGS}" not in tried, "flagged by both"
    assert "检查 2 次，超过年度上限 1 次" in tried
    assert tried in (text(chen_yu, answer["Location"]).replace("陈宇", "李静"), tried)

    words = {"deed": "enact", "day": "2026-09-01", "note": "已核对试算"}
    refused = li_jing.post(draft, words)
    assert refused.status_code == 409
    assert "草案须由起草人以外的人施行" in refused.content.decode()
    for wrong, why in (
        ({"day": "2026-08-01"}, "施行日期最早为明天（2026-08-02）"),
        ({"day": "soon"}, "施行日期应为日期"),
        ({"note": " "}, "请写明理由"),
    ):
        answer = chen_yu.post(draft, words | wrong)
        assert (answer.status_code, why in answer.content.decode()) == (422, True)
    assert FrequencyRule.objects.count() == 1
    assert chen_yu.post(draft, words)["Location"] == "/board/rules/xd_cap/"
    assert "已经施行或撤下" in chen_yu.post(draft, words).content.decode()
    rule = FrequencyRule.objects.get(version=2)
    assert (rule.effective_from, rule.enacted_by, RuleDraftEnd.objects.get(rule=rule).note) == (
        date(2026, 9, 1),
        CHEN_YU,
        "已核对试算",
    )
    kinds = ["rule-enacted", "rule-drafted", "rule-enacted", "rule-draft-enacted"]
    assert list(Entry.objects.filter(subject="rule:xd_cap").order_by("pk").values_list("kind", flat=True)) == kinds
    side_by_side = text(chen_yu, "/board/rules/xd_cap/")
    assert "待施行" in side_by_side
    assert side_by_side.count('class="changed"') == 3, "what it demands, the number, the source"
    assert "account:chen.yu" in side_by_side
    assert "自 2026-09-01 起" in text(chen_yu, "/board/rules/")

    with later(8, 31):
        visited("AUG", on(8, 31), door=GLASS, agency=FIRE)
        visited("AUG2", on(8, 31, 15), door=GLASS, agency=FIRE)
        judged(on(8, 31, 16), door=GLASS, agencies=(FIRE,))
        assert not Flag.objects.filter(credit_code=GLASS).exists(), "two are allowed until then"
    with later(9, 1):
        visited("SEP", on(9, 1), door=GLASS, agency=FIRE)
        judged(on(9, 1, 10), door=GLASS, agencies=(FIRE,))
        flag = Flag.objects.get(credit_code=GLASS)
        assert (flag.rule, flag.rule_version, flag.opened_by_visit) == ("xd_cap", 2, "SEP")


@pytest.mark.usefixtures("spring")
def test_a_wider_cap_lets_the_bearings_works_go_and_a_repeal_leaves_the_operators_cap(li_jing: Client) -> None:
    for changes, side in ({"cap": "3"}, "enacted"), ({"cap": "2", "repeals": "on"}, "both"):
        draft = drafted(li_jing, **changes)
        li_jing.post(draft, {"deed": "try", "from": "2026-03", "to": "2026-03"})
        counts = RuleTrialResult.objects.latest("pk").counts
        assert {name for name in ("draft", "enacted", "both") if counts[name]["flags"]} == {side}
    assert "自施行之日起废止本规则" in text(li_jing, draft)


@pytest.mark.usefixtures("spring")
def test_a_rule_about_agencies_as_a_whole_is_tried_month_by_month(li_jing: Client) -> None:
    """Of 襄都区's five visits of March two were voided: too many for the draft, not for a version after it."""
    for visit in ("082Q2", "082Q3"):
        corrected(visit, on(3, 20), state="voided")
    span = {"deed": "try", "from": "2026-01", "to": "2026-12"}
    words = {"code": "xd_void", "region_prefix": "130502", "least": "5"}
    draft = drafted(li_jing, "/board/rules/new?kind=void_share", share="30", **words)
    assert "把各单位过去的每个月" in text(li_jing, draft)
    told = text(li_jing, li_jing.post(draft, span)["Location"])
    counts = RuleTrialResult.objects.get().counts
    assert (counts["draft"], counts["both"]["flags"]) == ({"flags": 1, "enterprises": 0, "agencies": 1}, 0)
    assert f"/board/?agency={MARKET}&amp;period=2026-03" in told
    assert "40%" in told
    assert "新增 1 个单位，不再预警 0 个" in text(li_jing, draft)
    enact(
        Draft(
            code="xd_void",
            kind="void_share",
            parameters={"share": 0.3, "least": 5},
            region_prefix="130502",
            effective_from=date(2026, 7, 1),
            source="P",
        ),
        actor=ACTOR,
        at=on(6, 30),
    )
    assert RuleTrialResult.objects.get(trial=_tried(li_jing, draft, span)).counts["both"]["flags"] == 1
    milder = drafted(li_jing, "/board/rules/new?code=xd_void", share="50", least="5")
    result = RuleTrialResult.objects.get(trial=_tried(li_jing, milder, span))
    assert (result.counts["enacted"]["agencies"], result.lines[0]["side"]) == (1, "enacted")
    by_papers = drafted(li_jing, "/board/rules/new?kind=scan_rate", code="x", region_prefix="130502", rate="90")
    assert not RuleTrialResult.objects.get(trial=_tried(li_jing, by_papers, span)).broke
    assert not Flag.objects.exists()


def _tried(client: Client, draft: str, span: dict[str, str]) -> int:
    client.post(draft, span)
    return RuleTrial.objects.latest("pk").pk


@pytest.mark.usefixtures("spring")
def test_too_much_for_a_page_is_left_to_the_worker(li_jing: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "AT_ONCE", 4)
    draft = drafted(li_jing)
    words = {"deed": "try", "from": "2026-01", "to": "2026-07"}
    result = li_jing.post(draft, words)["Location"]
    assert "已交后台任务试算" in text(li_jing, result)
    assert "您还有一次试算在排队" in li_jing.post(draft, words).content.decode()
    assert li_jing.post(draft, words | {"region": "130534"}).status_code == 302, (
        "nothing there is in her reach: at once"
    )
    call_command("work", "--once", stdout=StringIO())
    assert "按草案会被预警" in text(li_jing, result)
    assert RuleTrial.objects.filter(queued=True).count() == 1


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"cap": ""}, "errorlist"),
    ({"cap": "many"}, "errorlist"),
    ({"cap": "-1"}, "errorlist"),
    ({"cap": "367"}, "一年至多几次"),
    ({"exempt": ["whim"]}, "errorlist"),
    ({"joint": "nobody"}, "errorlist"),
    ({"source": ""}, "errorlist"),
    ({"source": "s" * 201}, "errorlist"),
    ({"note": ""}, "errorlist"),
    ({"note": "a\nb"}, "请写明理由"),
    ({"effective_from": "2026-08-01"}, "施行日期最早为明天"),
    ({"effective_from": "soon"}, "errorlist"),
    ({"effective_to": "2026-09-01"}, "废止日期应晚于施行日期"),
    ({"scope_agencies": "130502-SCJG\x00"}, "errorlist"),
    ({"scope_levels": ["king"]}, "errorlist"),
]
NEW = {"code": "low", "title": "低风险", "region_prefix": "130502", "scope_risk_grades": "A，B"}
WRONG_NEW: list[tuple[dict[str, Any], str]] = [
    ({"region_prefix": "1305"}, "只能为本地区（130502）"),
    ({"region_prefix": "130503"}, "只能为本地区"),
    ({"region_prefix": "13050"}, "地区前缀应为"),
    ({"code": ""}, "errorlist"),
    ({"code": "xd_tier"}, "已用于其他地区或种类"),
]


@pytest.mark.usefixtures("spring")
def test_what_no_rule_can_be_is_said_at_its_field_and_nothing_is_kept(li_jing: Client) -> None:
    enact(
        Draft(code="xd_tier", kind="tier_sum", parameters={"cap": 4}, region_prefix="130502",
              effective_from=date(2026, 8, 1), source="P"), actor=ACTOR, at=on(8, 1),
    )  # fmt: skip
    for address, told, usual in (
        ("/board/rules/new?code=xd_cap", WRONG, {}),
        ("/board/rules/new?kind=annual_cap", WRONG_NEW, NEW),
    ):
        for wrong, why in told:
            answer = li_jing.post(address, form(**usual | wrong))
            assert (answer.status_code, why in answer.content.decode()) == (422, True), wrong
    assert not RuleDraft.objects.exists()
    for odd in ("code=nobody", "kind=whim", "code=%00"):
        assert li_jing.get(f"/board/rules/new?{odd}").status_code == 404
    draft = drafted(li_jing, "/board/rules/new?kind=annual_cap", **NEW)
    row = RuleDraft.objects.get()
    assert (row.scope, row.title) == ({"risk_grades": ["A", "B"]}, "低风险")
    for wrong in ({"from": "2026"}, {"from": "2025-01"}, {"from": "2026-08"}, {"from": "x"}, {"region": "x"}):
        words = {"deed": "try", "from": "2026-01", "to": "2026-07", "region": ""}
        assert li_jing.post(draft, words | wrong).status_code == (302 if wrong == {"from": "2026"} else 422), wrong
    assert li_jing.post(draft, {"deed": "crown"}).status_code == 404
    assert li_jing.post(draft, {"deed": "drop", "note": "另议"}).status_code == 302
    assert RuleDraftEnd.objects.get().outcome == "dropped"
    assert "已撤下" in text(li_jing, draft)


KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "tier_sum": ({"cap": "4"}, {"cap": 4}),
    "rolling_window": ({"days": "30", "limit": "4"}, {"days": 30, "limit": 4}),
    "repeat_item": ({"days": "90"}, {"days": 90}),
    "many_agencies": ({"days": "15", "agencies": "3"}, {"days": 15, "agencies": 3}),
    "reasonable_frequency": ({"factor": "2", "p95": "C34/B 5\nC14/A=3"}, {"p95": {"C34/B": 5, "C14/A": 3}}),
    "quiet_days": (
        {"days": "1-3、20", "dates": "2026-06-07", "exempt": ["media"]},
        {"days": [1, 2, 3, 20], "dates": ["2026-06-07"], "exempt": ["media"]},
    ),
    "single_officer": ({"officers": "2", "minutes": "20"}, {"minutes": 20}),
    "void_share": ({"share": "12.5", "least": "10"}, {"share": 0.125}),
    "exempt_share": ({"share": "50", "least": "20"}, {"share": 0.5, "least": 20}),
    "scan_rate": ({"rate": "90", "least": "5"}, {"rate": 0.9}),
}


def test_every_kind_has_a_form_whose_words_come_back_as_values(li_jing: Client) -> None:
    """What is as usual is not said; a share is typed as per cent."""
    for kind, (typed, said) in KINDS.items():
        address = f"/board/rules/new?kind={kind}"
        assert text(li_jing, address).count('class="field"') > 7
        draft = drafted(li_jing, address, code=f"xd_{kind}", region_prefix="130502", **typed)
        assert RuleDraft.objects.latest("pk").parameters == said
        page = text(li_jing, draft)
        assert ("把各单位过去的每个月" in page) == (kind in {"void_share", "exempt_share", "scan_rate"})
        english = li_jing.get(draft, headers={"Accept-Language": "en"}).content.decode()
        assert "Draft of a rule" in english
        assert "%(" not in page + english
    for kind, wrong in (("quiet_days", {"days": "9-3"}), ("reasonable_frequency", {"p95": "C34"})):
        answer = li_jing.post(f"/board/rules/new?kind={kind}", form(code="x", region_prefix="130502", **wrong))
        assert "errorlist" in answer.content.decode()


@pytest.mark.usefixtures("spring")
def test_each_role_sees_the_rules_and_only_the_regions_supervisors_the_drafts(li_jing: Client, chen_yu: Client) -> None:
    """The matrix of the rules' pages: role by role, own and foreign; nobody is sent to the log-in."""
    draft = drafted(li_jing)
    trial = li_jing.post(draft, {"deed": "try", "from": "2026-01", "to": "2026-07"})["Location"]
    read = ["/board/rules/", "/board/rules/xd_cap/"]
    made = ["/board/rules/new", "/board/rules/new?code=xd_cap", draft, trial]
    city = account(region="1305", agency="130500-SFJ")
    below, beside = account(region="130502100", agency="130502-SFJ"), account(region="130503", agency="130503-SFJ")
    others = [signed_in(account_of(role)) for role in ("system_admin", "security_admin", "audit_admin")]
    others += [signed_in(account_of(role)) for role in ("agency_admin", "agency_leader", "discipline")]
    expected = {
        li_jing: {200}, chen_yu: {200}, **{one: {404} for one in (*others, beside, below)},
    }  # fmt: skip
    for client, statuses in expected.items():
        assert {client.get(page).status_code for page in read} == {200}
        assert {
            client.get(page).status_code for page in (made if client in (li_jing, chen_yu) else made[1:])
        } == statuses
        if statuses == {404}:
            assert client.post(draft, {"deed": "enact", "day": "2026-09-01", "note": "越权"}).status_code == 404
            assert client.post(made[1], form()).status_code == 404
            assert "草案 " not in text(client, read[0])
    assert city.get(draft).status_code == 200, "the city's is above"
    assert city.get(trial).status_code == 404, "what 李静 saw is not what she sees"
    nobody = signed_in(account_of(""))
    assert {nobody.get(page).status_code for page in read + made} == {404}
    half = Client()
    half.force_login(Account.objects.get(username="li.jing"))
    for client in (Client(), half):
        for page in read + made:
            assert client.get(page)["Location"].startswith("/admin/login/?next=/board/rules/"), page
            assert client.post(page, {"deed": "drop", "note": "x"}).status_code in {302, 405}
    assert not RuleDraftEnd.objects.exists()
    for gone in ("/board/rules/drafts/999999999999999999999", "/board/rules/trials/0", "/board/rules/nobody/"):
        assert "没有这一页" in text(li_jing, gone, 404)
    assert ReadLog.objects.filter(actor=LI_JING, page="board-rule-trial").exists()


@pytest.mark.usefixtures("spring")
def test_pages_of_rules_cost_the_same_with_many_versions_and_drafts(li_jing: Client) -> None:
    draft = drafted(li_jing)
    trial = li_jing.post(draft, {"deed": "try", "from": "2026-01", "to": "2026-07"})["Location"]
    pages = ["/board/rules/", "/board/rules/xd_cap/", "/board/rules/new", draft, trial]
    text(li_jing, pages[0])

    def cost() -> list[int]:
        found = []
        for page in pages:
            with CaptureQueriesContext(connection) as seen:
                text(li_jing, page)
            found.append(len(seen))
        return found

    few = cost()
    for cap in range(3, 9):
        enact(
            Draft(code="xd_cap", kind="annual_cap", parameters={"cap": cap}, region_prefix="130502",
                  effective_from=date(2026, 8, cap), source="P"), actor=ACTOR, at=on(8, 1, 10),
        )  # fmt: skip
        drafted(li_jing, cap=str(cap))
    assert cost() == few == [6, 6, 4, 7, 5]
    assert text(li_jing, "/board/rules/xd_cap/?page=2").count('scope="col"') == 4
    assert "起草以后又颁布了第 7 版" in text(li_jing, draft)

"""Rules as a file: what it says becomes drafts, and what is wrong is named; a set is enacted once."""

from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command

from audit.actor import Actor
from audit.kinds import KINDS, Kind
from audit.models import Entry, FrequencyRule
from audit.rule_file import DEFAULT, LOCAL, FileUnfit, read_rules, read_toml
from audit.services.rule_set import enact_set

MORNING = datetime(2026, 3, 2, 1, tzinfo=UTC)
TODAY = date(2026, 3, 2)
CAP = """
[[rule]]
code = "annual_cap"
title = "年度检查上限"
kind = "annual_cap"
region_prefix = "1305"
scope = { risk_grades = ["A"], levels = ["city"] }
parameters = { cap = 1 }
effective_from = 2026-07-01
effective_to = 2027-01-01
source = "国办发〔2024〕54号"
"""


def test_a_rule_is_read_as_it_is_written() -> None:
    (draft,) = read_toml(CAP, since=None)
    assert (draft.code, draft.kind, draft.title, draft.region_prefix) == (
        "annual_cap",
        "annual_cap",
        "年度检查上限",
        "1305",
    )
    assert draft.scope == {"risk_grades": ["A"], "levels": ["city"]}
    assert (draft.effective_from, draft.effective_to, draft.repeals) == (date(2026, 7, 1), date(2027, 1, 1), False)
    rule = draft.as_rule(3)
    assert (rule.version, rule.kind, rule.value("cap"), rule.scope.levels) == (3, Kind.ANNUAL_CAP, 1, ("city",))


def test_json_says_the_same_with_days_as_text() -> None:
    told = {
        "code": "annual_cap",
        "title": "年度检查上限",
        "kind": "annual_cap",
        "region_prefix": "1305",
        "scope": {"risk_grades": ["A"], "levels": ["city"]},
        "parameters": {"cap": 1},
        "effective_from": "2026-07-01",
        "effective_to": "2027-01-01",
        "source": "国办发〔2024〕54号",
    }
    assert read_rules([told], since=None) == read_toml(CAP, since=None)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("cap = 1", "cap = -1", "第 1 条规则（annual_cap），parameters：参数 cap 的值 -1 不合适：一年至多几次"),
        ("cap = 1", "cup = 1", "第 1 条规则（annual_cap），parameters：参数 cup 不属于 annual_cap"),
        ('kind = "annual_cap"', 'kind = "yearly"', "第 1 条规则（annual_cap），kind：规则种类 yearly 不存在"),
        ('kind = "annual_cap"', "kind = 3", "第 1 条规则（annual_cap），kind：应为文字"),
        ('source = "国办发〔2024〕54号"', "", "第 1 条规则（annual_cap），source：缺少"),
        ('source = "国办发〔2024〕54号"', 'source = " "', "source：规则代码和依据不能为空"),
        ('code = "annual_cap"', "", "第 1 条规则，code：缺少"),
        ('"1305"', '"邢台"', "第 1 条规则（annual_cap），region_prefix：地区前缀应为"),
        ("risk_grades", "grades", "第 1 条规则（annual_cap），scope.grades：适用范围只有这些列表"),
        ('["A"]', '"A"', "第 1 条规则（annual_cap），scope.risk_grades：应为列表"),
        ('["A"]', "[1]", "第 1 条规则（annual_cap），scope.risk_grades：应为非空文字的列表"),
        ("2026-07-01", '"七月"', "第 1 条规则（annual_cap），effective_from：应为日期"),
        ("2026-07-01", "2026-07-01T00:00:00Z", "effective_from：应为日期"),
        ("2027-01-01", "2026-07-01", "effective_to：废止日期应晚于施行日期"),
        ("title", "titel", "第 1 条规则（annual_cap），titel：没有这个字段"),
        ("年度检查上限", "年" * 101, "title：至多 100 个字符"),
        ("[[rule]]", "[[rules]]", "rules：文件里只有 [[rule]]"),
        ("cap = 1", "cap = ", "不是有效的 TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_rule_and_field(before: str, after: str, said: str) -> None:
    assert before in CAP
    with pytest.raises(FileUnfit) as refused:
        read_toml(CAP.replace(before, after), since=None)
    assert said in str(refused.value)


def test_the_second_rule_is_named_as_the_second() -> None:
    with pytest.raises(FileUnfit, match="第 2 条规则（annual_cap），code：同一代码"):
        read_toml(CAP + CAP, since=None)


def test_a_rule_without_a_first_day_takes_the_one_given_or_is_refused() -> None:
    text = CAP.replace("effective_from = 2026-07-01\n", "")
    assert read_toml(text, since=TODAY)[0].effective_from == TODAY
    with pytest.raises(FileUnfit, match="effective_from：缺少"):
        read_toml(text, since=None)


@pytest.mark.parametrize("nothing", ["", "rule = 3", "rule = [3]"])
def test_a_file_without_rules_is_refused(nothing: str) -> None:
    with pytest.raises(FileUnfit):
        read_toml(nothing, since=TODAY)


def test_what_ships_can_be_read_and_covers_every_kind_with_a_source() -> None:
    default = read_toml(DEFAULT.read_text(encoding="utf-8"), since=TODAY)
    local = read_toml(LOCAL.read_text(encoding="utf-8"), since=TODAY)
    assert {draft.kind for draft in (*default, *local)} == set(Kind) == set(KINDS)
    assert not {"quiet_days", "single_officer"} & {draft.kind for draft in default}
    assert next(draft for draft in default if draft.kind == "annual_cap").parameters == {"cap": 2}
    assert all(draft.source and draft.title for draft in (*default, *local))


@pytest.mark.django_db
def test_the_default_set_is_enacted_once_and_a_change_is_one_new_version(tmp_path: Path) -> None:
    drafts = read_toml(DEFAULT.read_text(encoding="utf-8"), since=TODAY)
    with time_machine.travel(MORNING, tick=False):
        said = StringIO()
        call_command("enact", "--default", "--actor", "法规科", stdout=said)
        assert f"施行 annual_cap 第 1 版，自 {TODAY} 起" in said.getvalue()
        assert FrequencyRule.objects.count() == len(drafts) == Entry.objects.filter(kind="rule-enacted").count()
        assert set(FrequencyRule.objects.values_list("enacted_by", flat=True)) == {"command:法规科"}

        again = StringIO()
        call_command("enact", "--default", "--from", "2026-05-01", stdout=again)
        assert FrequencyRule.objects.count() == len(drafts)
        assert again.getvalue().count("不变") == len(drafts)

        file = tmp_path / "rules.toml"
        file.write_text(DEFAULT.read_text(encoding="utf-8").replace("cap = 4", "cap = 5"), encoding="utf-8")
        changed = StringIO()
        call_command("enact", str(file), "--from", "2026-05-01", stdout=changed)
        assert "施行 tier_sum 第 2 版，自 2026-05-01 起" in changed.getvalue()
        assert changed.getvalue().count("不变") == len(drafts) - 1
        call_command("enact", str(file), "--from", "2026-06-01", stdout=StringIO())
        assert FrequencyRule.objects.count() == len(drafts) + 1


@pytest.mark.django_db
@time_machine.travel(MORNING, tick=False)
def test_a_set_with_one_rule_too_many_enacts_none(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    yesterday = (
        CAP.replace("2026-07-01", "2026-03-01").replace("annual_cap", "older").replace('"older"', '"annual_cap"')
    )
    file.write_text(CAP.replace('code = "annual_cap"', 'code = "first"') + yesterday, encoding="utf-8")
    with pytest.raises(CommandError, match="不能早于今天"):
        call_command("enact", str(file), stdout=StringIO())
    assert not FrequencyRule.objects.exists()
    with pytest.raises(CommandError, match="No such file"):
        call_command("enact", str(tmp_path / "none.toml"), stdout=StringIO())
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(CommandError, match="decode"):
        call_command("enact", str(file), stdout=StringIO())


@pytest.mark.django_db
def test_a_rule_in_force_is_compared_in_every_field() -> None:
    actor = Actor.command("test")
    text = CAP.replace("effective_from = 2026-07-01", "effective_from = 2026-03-02")
    assert [one.is_new for one in enact_set(read_toml(text, since=None), actor=actor, at=MORNING)] == [True]
    assert [one.is_new for one in enact_set(read_toml(text, since=None), actor=actor, at=MORNING)] == [False]
    for before, after in (
        ("cap = 1", "cap = 2"),
        ('["A"]', '["A", "B"]'),
        ("2027-01-01", "2027-02-01"),
        ("年度检查上限", "上限"),
        ("54号", "55号"),
        ("parameters", "repeals = true\nparameters"),
    ):
        text = text.replace(before, after)
        assert [one.is_new for one in enact_set(read_toml(text, since=None), actor=actor, at=MORNING)] == [True], after
    assert FrequencyRule.objects.count() == 7

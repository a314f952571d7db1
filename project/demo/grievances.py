"""What people in 襄都区 complain of, in their words, and how far each complaint has come."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Grievance:
    """`days`: so many days ago it came. `came`: how far it has come since (project/demo/pursued.py)."""

    source: str
    kind: str
    days: int
    came: str
    text: str
    complainant: str = ""
    may_be_named: bool = False
    grade: str = "B"
    source_no: str = ""


GRIEVANCES = (
    Grievance(
        source="door",
        kind="unscanned",
        days=1,
        came="open",
        text="上午来了两个人，自称市监的，看了后厨和进货台账，没有扫门口的码，问证件说没带。",
    ),
    Grievance(
        source="12345",
        source_no="XT12345-20260001",
        kind="too_often",
        days=1,
        came="pursued",
        complainant="刘建国",
        text="轴承厂反映：一个月内三拨人来查同一台行车的检验报告，每次都要停工半天，希望合并检查。",
    ),
    Grievance(
        source="phone",
        kind="unscanned",
        days=2,
        came="yellow",
        grade="A",
        complainant="王芳",
        text="来电反映：昨天下午有执法人员进店查电子秤，没有扫码，也没有留任何文书。",
    ),
    Grievance(
        source="visit",
        kind="too_often",
        days=16,
        came="red",
        complainant="赵永刚",
        text="来访反映：五金店半年被查七次，内容都是消防通道和特种设备台账，要求说明依据。",
    ),
    Grievance(
        source="12345",
        source_no="XT12345-20260002",
        kind="other",
        days=9,
        came="answered",
        grade="C",
        complainant="孙丽",
        may_be_named=True,
        text="超市反映：检查时要求当场购买指定厂家的灭火器，否则不给复查合格意见。",
    ),
    Grievance(
        source="door",
        kind="unscanned",
        days=24,
        came="satisfied",
        text="三个人来查加工间，说是专项检查，扫码的时候人已经走了，是事后补的。",
    ),
    Grievance(
        source="phone",
        kind="too_often",
        days=30,
        came="reopened",
        complainant="郭志强",
        text="来电反映：同一科室上月来过两次，这月又来，说上次的记录找不到了。",
    ),
    Grievance(
        source="paper",
        kind="other",
        days=20,
        came="closed",
        complainant="周敏",
        text="来信反映：检查人员在车间拍了配方表，担心外传，请求删除照片。",
    ),
)
"""`days` also reaches back over a weekend: what is red or yellow is so on any day of the week."""

HANDED = "请核实当天检查的来源、人员和扫码情况，逐项答复。"
ANSWER = "经核查，当天为年度计划内检查，执法人员未先扫码即入厂；已补扫并向企业说明，责任人已作检讨，今后先扫码后检查。"
CLOSED = "单位已补扫并当面致歉，同类检查已并入联合检查计划。"
REOPENED = "质检：电话核实，企业称未收到书面说明，退回重新办理。"
SAID = "已电话说明：照片已删除，检查人员不得拍摄与检查事项无关的内容。"
WARNED = "年内已超过检查上限，未见说明理由，请核实。"

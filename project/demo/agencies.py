"""Who inspects: the agencies of a city, five counties and three towns, and the 司法局 that supervise them."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["city", "district", "town"]

SUPERVISOR = "SFJ"


@dataclass(frozen=True, slots=True)
class Agency:
    """One organ; `parent` guides its trade, `supervised_by` watches its enforcement (both agency codes).

    `region_code` is GB/T 2260 (six digits) or, for a town, GB/T 10114 (nine digits). The city's own 司法局
    answers to the province, which is outside this world: its `supervised_by` is None.
    """

    code: str
    name: str
    parent: str | None
    region_code: str
    level: Level
    supervised_by: str | None

    @property
    def kind(self) -> str:
        """What sort of organ it is, the same at every level: SCJG, YJGL, STHJ, XFJY, ZHZF or SFJ."""
        return self.code.rpartition("-")[2]

    @property
    def inspects(self) -> bool:
        """Whether it visits enterprises at all; a 司法局 here only supervises."""
        return self.kind != SUPERVISOR

    def responsible_for(self, *, region_code: str, industry_code: str) -> bool:
        """Whether an enterprise of this region and GB/T 4754 division is the agency's to visit."""
        return (
            self.inspects
            and region_code.startswith(self.home)
            and industry_code.startswith(FIELDS[self.kind].industries)
        )

    @property
    def home(self) -> str:
        """The region prefix of the enterprises it is there for (1305 for the city)."""
        return self.region_code[:4] if self.level == "city" else self.region_code


@dataclass(frozen=True, slots=True)
class Field:
    """What a kind of organ looks at: certificate categories, industries by section or division, visits a year."""

    categories: tuple[str, ...]
    industries: tuple[str, ...]
    visits: dict[Level, int]


ALL = ("A", "B", "C", "E", "F", "G", "H", "N", "O", "Q")

FIELDS: dict[str, Field] = {
    "SCJG": Field(("市场监管", "食品药品", "特种设备"), ALL, {"city": 1300, "district": 450}),
    "YJGL": Field(("应急管理", "安全生产"), ("B", "C", "E", "F51", "G", "H", "N"), {"city": 1000, "district": 310}),
    "STHJ": Field(("生态环境",), ("A", "B", "C", "H62", "O", "Q"), {"city": 880}),
    "XFJY": Field(("消防救援",), ("B", "C", "F", "G", "H", "N", "O", "Q"), {"city": 980}),
    "ZHZF": Field(("综合执法",), ALL, {"town": 95}),
}


def _agency(code: str, name: str, level: Level) -> Agency:
    region, kind = code.split("-")
    parent = f"130500-{kind}" if level == "district" else None
    supervisor: str | None = f"{region[:6]}-{SUPERVISOR}"
    if kind == SUPERVISOR:
        supervisor = "130500-SFJ" if level == "district" else None
    return Agency(code, name, parent, region, level, supervisor)


AGENCIES: tuple[Agency, ...] = (
    _agency("130500-SFJ", "邢台市司法局", "city"),
    _agency("130502-SFJ", "襄都区司法局", "district"),
    _agency("130503-SFJ", "信都区司法局", "district"),
    _agency("130528-SFJ", "宁晋县司法局", "district"),
    _agency("130534-SFJ", "清河县司法局", "district"),
    _agency("130582-SFJ", "沙河市司法局", "district"),
    _agency("130500-SCJG", "邢台市市场监督管理局", "city"),
    _agency("130500-YJGL", "邢台市应急管理局", "city"),
    _agency("130500-STHJ", "邢台市生态环境局", "city"),
    _agency("130500-XFJY", "邢台市消防救援支队", "city"),
    _agency("130502-SCJG", "襄都区市场监督管理局", "district"),
    _agency("130502-YJGL", "襄都区应急管理局", "district"),
    _agency("130503-SCJG", "信都区市场监督管理局", "district"),
    _agency("130528-SCJG", "宁晋县市场监督管理局", "district"),
    _agency("130528-YJGL", "宁晋县应急管理局", "district"),
    _agency("130534-SCJG", "清河县市场监督管理局", "district"),
    _agency("130534-YJGL", "清河县应急管理局", "district"),
    _agency("130582-SCJG", "沙河市市场监督管理局", "district"),
    _agency("130582-YJGL", "沙河市应急管理局", "district"),
    _agency("130528107-ZHZF", "宁晋县大陆村镇综合行政执法队", "town"),
    _agency("130534100-ZHZF", "清河县葛仙庄镇综合行政执法队", "town"),
    _agency("130582102-ZHZF", "沙河市白塔镇综合行政执法队", "town"),
)
"""Every agency stands after its parent and its supervisor, so that they can be stored in this order."""

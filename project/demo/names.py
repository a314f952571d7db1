"""What people and enterprises are called: common characters, put together by chance; nobody is meant."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from project.demo.counties import County
from project.demo.trades import Trade

SURNAMES = "王李张刘赵杨陈郭孙马宋冯董郝侯孟崔贾田段石韩高任许吕魏薛范武乔贺常康史邢尹"
LONG_HAIRED = (
    "雅婷", "静怡", "慧敏", "丽萍", "玉兰", "春梅", "佳宁", "思雨", "雪莹", "桂芳", "淑芬", "艳玲",
    "欣悦", "瑞芳", "彦红", "立娟", "会芳", "素敏", "俊霞", "亚楠", "书敏", "新苗", "晓棠", "清荷",
)  # fmt: skip
SHORT_HAIRED = (
    "立新", "振兴", "少华", "庆丰", "彦军", "瑞峰", "保华", "贵平", "树林", "玉柱", "士杰", "晨阳", "会军", "现军",
    "增辉", "占军", "利民", "泽宇", "延平", "守义", "敬东", "卫东", "兴旺", "承志", "广山", "书恒", "长河", "禄生",
)  # fmt: skip

STYLE_FIRST = "瑞鑫恒泰宏盛嘉润德昌顺达永信华丰金源安和祥佳正茂隆聚广卓东鹏凯旭腾"
STYLE_SECOND = "泰达丰源盛辉隆祥华安和顺通锐诚航腾远宇旺康跃博川坤禾岳朗"
FAMOUS = {"顺丰", "永辉", "旭辉", "金辉", "信达", "泰康", "华泰", "华安", "永安", "恒源", "恒安", "鹏博"}
"""Styles that everybody would take for a particular company."""
SHOP_STYLES = (
    "好再来", "味满香", "老邻居", "福满园", "春风里", "小巷口", "喜相逢", "家常", "晨光",
    "天天鲜", "一品", "乐百家", "老槐树", "康乐", "新天地", "同心", "惠民",
)  # fmt: skip


def people(*, chance: random.Random) -> Iterator[tuple[str, bool]]:
    """Names nobody else in the world has, each with whether the portrait wears its hair long."""
    seen: set[str] = set()
    while True:
        long = chance.random() < 0.38
        name = chance.choice(SURNAMES) + chance.choice(LONG_HAIRED if long else SHORT_HAIRED)
        if name not in seen:
            seen.add(name)
            yield name, long


@dataclass(frozen=True, slots=True)
class Name:
    """An enterprise's name in its three parts: where, which, and what with its legal form."""

    place: str
    style: str
    rest: str

    @property
    def text(self) -> str:
        return self.place + self.style + self.rest


def enterprise_name(*, chance: random.Random, kind: str, county: County, trade: Trade) -> Name:
    """A name as on a licence, for kind 91 (company), 92 (individual) or 93 (cooperative)."""
    style = _style(chance=chance)
    if kind == "92":
        shop = chance.choice(SHOP_STYLES) if trade.code[0] in "FHO" and chance.random() < 0.5 else style
        return Name(county.name, shop, chance.choice(trade.individual))
    if kind == "93":
        return Name(county.name, style, chance.choice(("种植", "果品", "农机")) + "专业合作社")
    place = chance.choice(("河北", "邢台", "邢台市", county.name, county.name))
    form = chance.choices(("有限公司", "有限责任公司", "股份有限公司"), (88, 9, 3))[0]
    return Name(place, style, chance.choice(trade.company) + form)


def former_name(*, chance: random.Random, name: Name) -> Name:
    """What the enterprise may have been called before: same place and trade, another style."""
    return replace(name, style=_style(chance=chance))


def _style(*, chance: random.Random) -> str:
    while True:
        first, second = chance.choice(STYLE_FIRST), chance.choice(STYLE_SECOND)
        if first != second and first + second not in FAMOUS:
            return first + second

"""What a Chinese character sounds like, and what typed letters may mean: pinyin without tones. Pure.

The readings are pypinyin's. A character has one main reading, whatever word it stands in, so that the same character
always gets the same key; a second one is known for those that names of enterprises really use (行 háng, 乐 yuè).
"""

import unicodedata
from collections.abc import Iterator
from functools import cache

# Characters of names that people type by another reading than pypinyin's first.
SECOND_READINGS = {
    "行": "HANG", "长": "CHANG", "重": "CHONG", "乐": "YUE", "都": "DU", "会": "KUAI", "朝": "ZHAO", "厦": "XIA",
    "曾": "ZENG", "单": "SHAN", "解": "XIE", "仇": "QIU", "区": "OU", "盛": "CHENG", "参": "SHEN", "调": "TIAO",
    "传": "ZHUAN", "弹": "TAN", "贾": "GU", "查": "ZHA", "藏": "ZANG", "种": "CHONG", "宿": "XIU", "柏": "BO",
    "沈": "CHEN", "尉": "YU", "盖": "GE", "率": "SHUAI", "宓": "FU", "洗": "XIAN",
}  # fmt: skip
INITIAL_PAIRS = ("ZH", "CH", "SH")
LONGEST_SYLLABLE = 6
MOST_PARSES = 8

Unit = tuple[str, str]
"""A piece of typed letters: its initial letter, and the whole syllable, or "" where only the initial was typed."""


@cache
def _table() -> dict[int, str]:
    """pypinyin's readings by code point. Loaded at the first question: it costs a quarter of a second."""
    from pypinyin.pinyin_dict import pinyin_dict

    return dict(pinyin_dict)


@cache
def readings(character: str) -> tuple[str, ...]:
    """How is this character read, the main reading first? Upper case, ü as V; empty for what is not Chinese."""
    told = _table().get(ord(character), "").split(",")[0]
    main = _plain(told)
    if not main:
        return ()
    second = SECOND_READINGS.get(character, main)
    return (main,) if second == main else (main, second)


def _plain(reading: str) -> str:
    letters = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(letter for letter in letters if letter.isascii() and letter.isalpha()).upper()


@cache
def syllables() -> frozenset[str]:
    """Every syllable that a main reading has."""
    known = {_plain(told.split(",")[0]) for told in _table().values()} | set(SECOND_READINGS.values())
    return frozenset(known - {"", "M", "N", "NG", "HM", "HNG"})


@cache
def _initials() -> frozenset[str]:
    return frozenset(syllable[0] for syllable in syllables())


@cache
def _beginnings() -> frozenset[str]:
    """All that a syllable can begin with and still be unfinished or a syllable itself."""
    return frozenset(syllable[:length] for syllable in syllables() for length in range(1, len(syllable) + 1))


def parses(letters: str) -> list[tuple[Unit, ...]]:
    """Which pieces may these letters be? `XTZC`: four initials; `RUIXIN`: two syllables; `XIAN`: one, two, or more.

    The last piece may be the beginning of a syllable, and is then its initial only. The likeliest first: no piece that
    no syllable begins with (those are Latin names), then the fewest pieces. Nothing but initials is always among them.
    """
    bare = tuple((letter, "") for letter in letters)
    found = sorted(set(_split(letters, 0, [600])) - {bare}, key=lambda parse: (_unread(parse), len(parse), parse))
    return [*found[: MOST_PARSES - 1], bare]


def _unread(parse: tuple[Unit, ...]) -> int:
    return sum(initial not in _initials() for initial, _syllable in parse)


def _split(letters: str, start: int, budget: list[int]) -> Iterator[tuple[Unit, ...]]:
    """`budget` bounds the search: sixteen letters have more ways to be cut than anybody means."""
    if start == len(letters):
        yield ()
        return
    budget[0] -= 1
    if budget[0] < 0:
        return
    rest = letters[start:]
    heads: list[tuple[Unit, int]] = []
    for length in range(min(LONGEST_SYLLABLE, len(rest)), 0, -1):
        if rest[:length] in syllables():
            heads.append(((rest[0], rest[:length]), length))
    if len(rest) > 1 and rest in _beginnings() and rest not in syllables():
        heads.append(((rest[0], ""), len(rest)))
    if rest[:2] in INITIAL_PAIRS:
        heads.append(((rest[0], ""), 2))
    heads.append(((rest[0], ""), 1))
    for unit, length in heads:
        for tail in _split(letters, start + length, budget):
            yield (unit, *tail)


def sounds_like(typed: str, name: str) -> int:
    """Where in `name` do the typed characters and letters stand, read aloud? -1: nowhere.

    A letter stands for itself, for a character's initial, its whole syllable, or at the end for a part of it.
    """
    for start in range(len(name)):
        if _reads(typed, 0, name, start):
            return start
    return -1


def _reads(typed: str, at: int, name: str, place: int) -> bool:
    if at == len(typed):
        return True
    if place == len(name):
        return False
    if typed[at] == name[place] and _reads(typed, at + 1, name, place + 1):
        return True
    if not ("A" <= typed[at] <= "Z"):
        return False
    rest = typed[at:]
    for reading in readings(name[place]):
        if reading[0] != typed[at]:
            continue
        if reading.startswith(rest) or (rest.startswith(reading) and _reads(typed, at + len(reading), name, place + 1)):
            return True
        if reading[:2] in INITIAL_PAIRS and rest.startswith(reading[:2]) and _reads(typed, at + 2, name, place + 1):
            return True
        if _reads(typed, at + 1, name, place + 1):
            return True
    return False

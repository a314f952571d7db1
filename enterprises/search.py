"""How a name is found by two of its characters, by its sound, or with a slip of the finger. Pure.

Each window of two characters of a name becomes one whole number (`keys`), which stands in a B-tree beside the
enterprise. From the highest bit down it says: initials of both characters, sounds of both, the characters themselves,
and the initials of the two that follow. So whatever is typed, characters or letters, is a range of numbers (`Span`).
"""

import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

from enterprises.pinyin import parses, readings

# Nearly every name has it, so it tells nothing: windows that touch it are not kept, nor looked for.
LEGAL_FORM = re.compile("有限责任公司|股份有限公司|有限公司|责任公司|分公司|公司|个体工商户|专业合作社")
LONGEST = 40
DIGIT, OTHER, NOTHING = 27, 28, 0
INITIALS = range(OTHER + 1)
BITS = (5, 5, 9, 9, 8, 8, 5, 5)
"""initial, initial, sound, sound, character, character, initial of the third, initial of the fourth."""

_CODE = re.compile(r"(?=.*[0-9])[0-9A-Z]{4,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Piece:
    """One place of what was typed. `sound` and `character` None: not said."""

    initial: int | None
    sound: int | None = None
    character: int | None = None


ANY = Piece(None)
NIL = Piece(NOTHING, 0, 0)


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """Keys from `low` to `high`, both included, whose bits under `mask` are `value`."""

    low: int
    high: int
    mask: int = 0
    value: int = 0


def normal(text: str) -> str:
    """Letters, digits and characters only, half width, upper case: spaces, brackets and case never matter."""
    told = unicodedata.normalize("NFKC", text).upper()
    return told if told.isalnum() else "".join(filter(str.isalnum, told))


def windows(name: str) -> list[int]:
    """Where do the windows of two characters begin that tell something? `name` is normal.

    Those that touch the legal form tell nothing, unless there is nothing else.
    """
    every = range(len(name) - 1)
    stop = {place for found in LEGAL_FORM.finditer(name) for place in range(found.start() - 1, found.end())}
    return [place for place in every if place not in stop] or list(every)


def keys(names: Iterable[str]) -> set[int]:
    """The keys under which an enterprise of these names (the present and former ones) is kept."""
    found: set[int] = set()
    for each in names:
        name = normal(each)
        parts = [*map(_parts, name), _ENDS, _ENDS]
        main = [part[0] for part in parts]
        places = windows(name)
        found.update(main[at][0] | main[at + 1][1] | main[at + 2][2] | main[at + 3][3] for at in places)
        if any(len(part) > 1 for part in parts):
            for place in places:
                for one, two, three, four in product(*parts[place : place + 4]):
                    found.add(one[0] | two[1] | three[2] | four[3])
    return found


_ENDS = ((0, 0, 0, 0),)


@cache
def _parts(sign: str) -> tuple[tuple[int, int, int, int], ...]:
    """The bits that a character gives a key as first, second, third and fourth; for each of its readings.

    Together they are what `span` says of four heard pieces, in a tenth of the time: an import asks for millions.
    """
    return tuple(
        (span(each, NIL, NIL, NIL).low, span(NIL, each, NIL, NIL).low, each.initial << 5, each.initial)
        for each in _heard(sign)
        if each.initial is not None
    )


@cache
def _heard(sign: str) -> tuple[Piece, ...]:
    """A character as each of its readings; anything else as itself."""
    itself = zlib.crc32(sign.encode()) & 0xFF
    told = readings(sign)
    if told:
        return tuple(Piece(_letter(each[0]), _sound(each), itself) for each in told)
    initial = _letter(sign) if "A" <= sign <= "Z" else DIGIT if sign.isdigit() else OTHER
    return (Piece(initial, _sound(sign), itself),)


def _letter(letter: str) -> int:
    return ord(letter) - 64


def _sound(syllable: str) -> int:
    return zlib.crc32(syllable.encode()) & 0x1FF


def span(one: Piece, two: Piece, three: Piece = ANY, four: Piece = ANY) -> Span:
    """The keys of the windows that fit these pieces: a range as far as they are known without a gap, a mask beyond."""
    fields = (
        one.initial, two.initial, one.sound, two.sound, one.character, two.character, three.initial, four.initial,
    )  # fmt: skip
    low = mask = value = 0
    left = sum(BITS)
    gap = None
    for field, width in zip(fields, BITS, strict=True):
        left -= width
        if field is None:
            gap = left + width if gap is None else gap
        elif gap is None:
            low |= field << left
        else:
            mask |= ((1 << width) - 1) << left
            value |= field << left
    return Span(low, low | ((1 << (gap or 0)) - 1), mask, value)


def _wide(one: Piece, two: Piece, three: Piece, four: Piece) -> Iterator[Span]:
    """As `span`, where `two` is not known: one range for each initial that it may have."""
    if two.initial is not None:
        yield span(one, two, three, four)
        return
    for initial in INITIALS:
        yield span(one, Piece(initial), three, four)


@dataclass(frozen=True, kw_only=True, slots=True)
class Slip:
    """One character of what was typed is taken to be wrong, missing or too many.

    `rest`: windows that a name has all of whose other characters are as typed. `wild`: spans of which it has one, for
    when the rest is what half the register has.
    """

    rest: tuple[Span, ...]
    wild: tuple[Span, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """What was typed, as what to look for.

    `whole`: ways to read it; in each, windows that a name which holds it all has. `either`: spans of which a name that
    holds it has one (a single character). `code`: the beginning of a code.
    """

    text: str
    whole: tuple[tuple[Span, ...], ...] = ()
    either: tuple[Span, ...] = ()
    code: str = ""


def query(typed: str) -> Query:
    """Read what an officer typed: characters, letters, both, or the beginning of a code. Nothing useful: empty."""
    text = normal(typed)[:LONGEST]
    code = text.translate(str.maketrans("OI", "01")) if _CODE.fullmatch(text) else ""
    ways = _readings(text) if _says_enough(text) else []
    return Query(
        text=text,
        whole=tuple(_windows(text, pieces) for pieces in ways if len(pieces) > 1),
        either=tuple(each for pieces in ways if len(pieces) == 1 for each in _wide(pieces[0], ANY, ANY, ANY)),
        code=code,
    )


def _says_enough(text: str) -> bool:
    """One letter would be a twentieth of the register."""
    return len(text) > 1 or not text.isascii()


def _readings(text: str) -> list[list[Piece]]:
    """The pieces of the text; where letters stand, of each way to read them."""
    ways: list[list[Piece]] = [[]]
    for run in re.findall(r"[A-Z]+|[^A-Z]", text):
        if "A" <= run[0] <= "Z":
            options = [
                [Piece(_letter(initial), _sound(syllable) if syllable else None) for initial, syllable in parse]
                for parse in parses(run[:16])
            ]
        else:
            options = [[_heard(run)[0]]]
        ways = [[*way, *option] for way in ways for option in options][:8]
    return ways


def _windows(text: str, pieces: list[Piece]) -> tuple[Span, ...]:
    padded = [*pieces, ANY, ANY, ANY]
    places = windows(text) if len(pieces) == len(text) else range(len(pieces) - 1)
    return tuple(span(*padded[place : place + 4]) for place in places)


def _is_spelt(text: str) -> bool:
    """Written in characters, not so long that nobody types it: letters are read freely as they are."""
    return 1 < len(text) <= 12 and not any("A" <= sign <= "Z" for sign in text)


def sounds(text: str) -> Iterator[Span]:
    """Windows that a name has all of which sounds the same. `text` as a query has it."""
    if _is_spelt(text):
        heard = [Piece(piece.initial, piece.sound) for piece in (_heard(sign)[0] for sign in text)]
        padded = [*heard, ANY, ANY]
        yield from (span(*padded[place : place + 4]) for place in windows(text))


def slips(text: str) -> Iterator[Slip]:
    """Each character in turn: whatever the slip was, what stands before it and behind it stands in the name."""
    if not _is_spelt(text):
        return
    pieces = [*(_heard(sign)[0] for sign in text), ANY, ANY, ANY]
    places = windows(text)
    for slip in range(len(text)):
        before = [
            span(pieces[at], pieces[at + 1], *(pieces[on] if on < slip else ANY for on in (at + 2, at + 3)))
            for at in places
            if at + 1 < slip
        ]
        behind = [span(*pieces[at : at + 4]) for at in places if at > slip]
        wild: list[Span] = []
        if 0 < slip < len(text) - 1:
            one, two, three, four = pieces[slip - 1 : slip + 3]
            wild = [*_wide(one, ANY, three, four), *_wide(one, ANY, two, three), span(one, three, four)]
        yield Slip(rest=tuple(before + behind), wild=tuple(wild))

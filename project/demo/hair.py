"""How a drawn head wears its hair: styles for short hair and for long."""

import random

from project.demo.brush import MIDDLE, Brush, Colour, Point, curve, mirrored

SHORT = ("parted", "crew", "swept", "receding")
LONG = ("straight", "bob", "bun", "tail")

TOP = 58
EARS = 134


def back_hair(*, brush: Brush, style: str, half: float, colour: Colour) -> None:
    """The hair behind head and shoulders, drawn before them; half is half the head's width."""
    if style == "straight":
        _fall(brush=brush, half=half, colour=colour, width=17, length=252)
    elif style == "bob":
        _fall(brush=brush, half=half, colour=colour, width=14, length=204)
    elif style == "bun":
        brush.oval(x=MIDDLE, y=TOP - 6, across=23, down=20, colour=colour)
    elif style == "tail":
        side = MIDDLE + half
        outer: list[Point] = [(side - 12, 110), (side + 20, 150), (side + 22, 200), (side + 2, 246)]
        inner: list[Point] = [(side + 2, 246), (side - 4, 200), (side - 6, 150)]
        brush.shape(curve(outer), curve(inner), colour=colour)


def front_hair(*, chance: random.Random, brush: Brush, style: str, half: float, colour: Colour) -> None:
    """The hair over the forehead, drawn after the face."""
    left, right = MIDDLE - half, MIDDLE + half
    if style in LONG:
        _fringe(brush=brush, half=half, colour=colour, parting=chance.choice((-20, 0, 20)), low=style != "bun")
        return
    height = {"crew": TOP + 6, "receding": TOP + 7}.get(style, TOP)
    sideburn = EARS - (14 if style in {"crew", "receding"} else 4)
    outer: list[Point] = [
        (left - 3, sideburn), (left - 4, 108), (left + half * 0.22, height + 16), (MIDDLE, height),
        (right - half * 0.22, height + 16), (right + 4, 108), (right + 3, sideburn),
    ]  # fmt: skip
    brow: dict[str, list[Point]] = {
        "parted": [(right - 7, 116), (right - 14, 100), (MIDDLE + 8, 97), (MIDDLE - 22, 84), (left + 15, 98)],
        "crew": [(right - 6, 108), (right - 13, 94), (MIDDLE, 87), (left + 13, 94)],
        "swept": [(right - 7, 116), (right - 13, 96), (MIDDLE + 24, 84), (MIDDLE - 10, 92), (left + 13, 106)],
        "receding": [(right - 6, 108), (right - 9, 90), (MIDDLE + 26, 78), (MIDDLE, 77), (MIDDLE - 26, 78),
                     (left + 9, 90)],
    }  # fmt: skip
    inner = [(right - 3, sideburn), *brow[style], (left + 6, 112), (left + 3, sideburn)]
    if style != "crew" and chance.random() < 0.5:
        outer, inner = mirrored(outer), mirrored(inner)
    brush.shape(curve(outer), curve(inner), colour=colour)


def _fall(*, brush: Brush, half: float, colour: Colour, width: float, length: float) -> None:
    """Hair that falls on both sides down to the length."""
    left = MIDDLE - half
    side: list[Point] = [
        (left + 14, length), (left - width * 0.7, length - 10), (left - width, length - 45), (left - width * 0.7, 120),
        (left + half * 0.3, TOP + 8), (MIDDLE, TOP - 2),
    ]  # fmt: skip
    brush.shape(curve(side + mirrored(side)[1:]), colour=colour)


def _fringe(*, brush: Brush, half: float, colour: Colour, parting: float, low: bool) -> None:
    """Hair drawn to both sides from a parting; low covers the ears."""
    left, right = MIDDLE - half, MIDDLE + half
    end = 158 if low else 122
    out = 6 if low else 3
    outer: list[Point] = [
        (left - out + 2, end), (left - out, 112), (left + half * 0.24, TOP + 14), (MIDDLE, TOP),
        (right - half * 0.24, TOP + 14), (right + out, 112), (right + out - 2, end),
    ]  # fmt: skip
    part: Point = (MIDDLE + parting, 80)
    to_right: list[Point] = [(right + 1, end), (right - 5, 122), (right - 18, 102), part]
    to_left: list[Point] = [part, (left + 18, 102), (left + 5, 122), (left - 1, end)]
    brush.shape(curve(outer), curve(to_right), curve(to_left), colour=colour)

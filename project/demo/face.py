"""What a drawn face shows: eyes, brows, nose, mouth, sometimes spectacles."""

import random

from project.demo.brush import MIDDLE, Brush, Colour, Point, curve, darker, mirrored, mixed

EYES = 142
INK: Colour = (46, 38, 36)
ROSE: Colour = (222, 110, 100)
WHITE: Colour = (255, 255, 255)


def head(*, brush: Brush, half: float, skin: Colour) -> None:
    """Ears, neck and the bare head; half is half the head's width."""
    shadow = darker(colour=skin, share=0.12)
    for side in (-1, 1):
        brush.oval(x=MIDDLE + side * half, y=146, across=9, down=14, colour=skin)
        brush.oval(x=MIDDLE + side * (half + 1), y=147, across=4.5, down=8, colour=shadow)
    left = MIDDLE - half
    side_line: list[Point] = [
        (MIDDLE, 68), (left + half * 0.3, 80), (left, 120), (left + 2, 152), (left + half * 0.3, 184), (MIDDLE, 201),
    ]  # fmt: skip
    brush.shape(curve(side_line + mirrored(side_line)[1:]), colour=skin)


def face(*, chance: random.Random, brush: Brush, skin: Colour, hair: Colour, lips: bool) -> None:
    """A friendly face; lips are drawn full or as a line."""
    apart = chance.uniform(20, 23)
    size = chance.uniform(0.9, 1.12)
    lift = chance.uniform(-1.5, 1.5)
    for side in (-1, 1):
        x = MIDDLE + side * apart
        brush.oval(x=x + side * 7, y=EYES + 25, across=11, down=7, colour=mixed(colour=skin, other=ROSE, share=0.13))
        brush.oval(x=x, y=EYES, across=4.3 * size, down=5.2 * size, colour=INK)
        brush.oval(x=x + 1.5, y=EYES - 1.8, across=1.4, down=1.5, colour=WHITE)
        if lips:
            brush.line(curve([(x - 7, EYES - 3), (x, EYES - 7), (x + 7, EYES - 3)]), colour=INK, width=1.8)
        brow: list[Point] = [(x - side * 9, EYES - 14), (x, EYES - 18 + lift), (x + side * 11, EYES - 14 + lift)]
        brush.line(curve(brow), colour=mixed(colour=hair, other=skin, share=0.15), width=2.4 if lips else 3.6)
    _nose(chance=chance, brush=brush, skin=skin)
    _mouth(chance=chance, brush=brush, skin=skin, lips=lips)


def spectacles(*, chance: random.Random, brush: Brush, half: float) -> None:
    """Thin frames before the eyes."""
    frame = chance.choice(((52, 52, 58), (92, 70, 52), (120, 124, 130)))
    for side in (-1, 1):
        x = MIDDLE + side * 21.5
        brush.ring(x=x, y=EYES + 1, across=16, down=12.5, colour=frame, width=2)
        brush.line([(x + side * 16, EYES - 3), (MIDDLE + side * half, EYES - 5)], colour=frame, width=2)
    brush.line(curve([(MIDDLE - 5, EYES), (MIDDLE, EYES - 2), (MIDDLE + 5, EYES)]), colour=frame, width=2)


def _nose(*, chance: random.Random, brush: Brush, skin: Colour) -> None:
    wide = chance.uniform(4.5, 7)
    way: list[Point] = [(MIDDLE - wide, 164), (MIDDLE, 167.5), (MIDDLE + wide, 164)]
    brush.line(curve(way), colour=darker(colour=skin, share=0.22), width=2.4)


def _mouth(*, chance: random.Random, brush: Brush, skin: Colour, lips: bool) -> None:
    wide, deep = chance.uniform(11, 15), chance.uniform(3, 6)
    smile = curve([(MIDDLE - wide, 179), (MIDDLE, 180 + deep), (MIDDLE + wide, 179)])
    red = mixed(colour=darker(colour=skin, share=0.35), other=ROSE, share=0.5 if lips else 0.25)
    if lips:
        upper = curve([(MIDDLE + wide, 179), (MIDDLE, 182), (MIDDLE - wide, 179)])
        lower = curve([(MIDDLE - wide, 179), (MIDDLE, 184 + deep), (MIDDLE + wide, 179)])
        brush.shape(lower, upper, colour=red)
    else:
        brush.line(smile, colour=red, width=2.8)

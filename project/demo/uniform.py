"""What a drawn officer wears: a plain dark jacket with shirt, tie and shoulder boards, no real insignia."""

import random

from project.demo.brush import MIDDLE, Brush, Colour, Point, curve, darker, mirrored, mixed

JACKETS: tuple[Colour, ...] = ((33, 48, 80), (40, 59, 90), (30, 56, 84), (50, 57, 74))
SHIRTS: tuple[Colour, ...] = ((244, 247, 250), (210, 226, 242), (192, 214, 236))
TIES: tuple[Colour, ...] = ((26, 36, 60), (58, 74, 110), (104, 44, 52))
METAL: Colour = (226, 194, 112)
WHITE: Colour = (255, 255, 255)


def uniform(*, chance: random.Random, brush: Brush, skin: Colour) -> None:
    """Neck, shoulders and breast, below a head whose chin is at 214."""
    jacket, shirt, tie = chance.choice(JACKETS), chance.choice(SHIRTS), chance.choice(TIES)
    slope = chance.uniform(-5, 5)
    _shoulders(brush=brush, jacket=jacket, slope=slope)
    brush.shape([(90, 236), (150, 236), (MIDDLE, 330)], colour=shirt)
    neck: list[Point] = [(98, 180), (98, 226), (101, 240), (MIDDLE, 254)]
    brush.shape(curve(neck), mirrored(curve(neck)), colour=skin)
    brush.shape(
        curve([(98, 204), (MIDDLE, 231), (142, 204)]), [(142, 180), (98, 180)], colour=darker(colour=skin, share=0.14)
    )
    _tie(brush=brush, tie=tie)
    edge = darker(colour=shirt, share=0.08)
    for flip in (False, True):
        collar: list[Point] = [(97, 228), (MIDDLE, 255), (107, 274), (88, 240)]
        lapel: list[Point] = [(88, 238), (80, 246), (72, 282), (84, 284), (80, 292), (MIDDLE, 330), (104, 290)]
        brush.shape(mirrored(lapel) if flip else lapel, colour=mixed(colour=jacket, other=WHITE, share=0.09))
        brush.shape(mirrored(collar) if flip else collar, colour=shirt)
        fold = [(107, 274), (MIDDLE, 255)]
        brush.line(mirrored(fold) if flip else fold, colour=edge, width=1.2)
    _marks(brush=brush, jacket=jacket, slope=slope)


def _shoulders(*, brush: Brush, jacket: Colour, slope: float) -> None:
    left: list[Point] = [(8, 330), (16, 296 + slope), (36, 270 + slope), (68, 254), (92, 236)]
    brush.shape(curve(left), mirrored(curve(left)), colour=jacket)
    for x in (46, 194):
        brush.line(
            [(x, 300 + slope), (x + (3 if x < MIDDLE else -3), 330)], colour=darker(colour=jacket, share=0.25), width=2
        )


def _tie(*, brush: Brush, tie: Colour) -> None:
    brush.shape([(113, 257), (MIDDLE, 252), (127, 257), (124, 269), (116, 269)], colour=darker(colour=tie, share=0.2))
    brush.shape([(116, 269), (124, 269), (133, 330), (107, 330)], colour=tie)


def _marks(*, brush: Brush, jacket: Colour, slope: float) -> None:
    """Shoulder boards and a plain name plate."""
    dark = darker(colour=jacket, share=0.3)
    board: list[Point] = [(33, 275 + slope), (66, 258), (70, 266), (38, 285 + slope)]
    stripe: list[Point] = [(41, 276 + slope), (45, 282 + slope)]
    for flip in (False, True):
        brush.shape(mirrored(board) if flip else board, colour=dark)
        brush.line(mirrored(stripe) if flip else stripe, colour=METAL, width=2)
    brush.shape([(158, 296), (186, 296), (186, 304), (158, 304)], colour=METAL)
    brush.line([(162, 300), (182, 300)], colour=darker(colour=METAL, share=0.3), width=1.2)

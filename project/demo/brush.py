"""What draws: smooth shapes in a portrait's own coordinates (240 wide, 320 high), drawn larger than shown."""

from collections.abc import Sequence

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 240, 320
MIDDLE = WIDTH / 2
ZOOM = 3
"""Drawn three times as large and scaled down, for smooth edges."""
STEPS = 10

Colour = tuple[int, int, int]
Point = tuple[float, float]


def mixed(*, colour: Colour, other: Colour, share: float) -> Colour:
    """The colour with this share (0 to 1) of the other one in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def darker(*, colour: Colour, share: float) -> Colour:
    """The colour with this share of black in it."""
    return mixed(colour=colour, other=(0, 0, 0), share=share)


def mirrored(points: Sequence[Point]) -> list[Point]:
    """The points reflected on the middle line, in the opposite order, so that they close a shape."""
    return [(WIDTH - x, y) for x, y in reversed(points)]


def curve(points: Sequence[Point]) -> list[Point]:
    """A smooth way through all points (Catmull-Rom), sharp only at both ends."""
    padded = [points[0], *points, points[-1]]
    way: list[Point] = []
    for place in range(len(points) - 1):
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = padded[place : place + 4]
        for step in range(STEPS):
            t = step / STEPS
            way.append((_between(x0, x1, x2, x3, t), _between(y0, y1, y2, y3, t)))
    return [*way, points[-1]]


def _between(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


class Brush:
    """A sheet of one colour and what is drawn on it."""

    def __init__(self, *, backdrop: Colour) -> None:
        self._image = Image.new("RGB", (WIDTH * ZOOM, HEIGHT * ZOOM), backdrop)
        self._draw = ImageDraw.Draw(self._image)
        self._drop = 0.0

    def lower(self, *, by: float) -> None:
        """From now on everything is drawn so much lower than told (0: as told)."""
        self._drop = by

    def shape(self, *ways: Sequence[Point], colour: Colour) -> None:
        """A filled area around the ways, one after the other."""
        self._draw.polygon(self._placed([point for way in ways for point in way]), fill=colour)

    def oval(self, *, x: float, y: float, across: float, down: float, colour: Colour) -> None:
        """A filled ellipse around its centre; across and down are its half axes."""
        self._draw.ellipse(self._placed([(x - across, y - down), (x + across, y + down)]), fill=colour)

    def line(self, way: Sequence[Point], *, colour: Colour, width: float) -> None:
        """A line along the way with round ends; width in the portrait's units."""
        self._draw.line(self._placed(way), fill=colour, width=round(width * ZOOM), joint="curve")
        for x, y in (way[0], way[-1]):
            self.oval(x=x, y=y, across=width / 2, down=width / 2, colour=colour)

    def ring(self, *, x: float, y: float, across: float, down: float, colour: Colour, width: float) -> None:
        """A rounded frame around its centre, as of spectacles."""
        box = self._placed([(x - across, y - down), (x + across, y + down)])
        self._draw.rounded_rectangle(box, radius=8 * ZOOM, outline=colour, width=round(width * ZOOM))

    def _placed(self, way: Sequence[Point]) -> list[Point]:
        return [(x * ZOOM, (y + self._drop) * ZOOM) for x, y in way]

    def picture(self) -> Image.Image:
        """The sheet at its shown size."""
        return self._image.reduce(ZOOM)

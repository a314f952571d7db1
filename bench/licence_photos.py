"""Draws photos of licences on walls, for bench/photos.py: slant, glare, blur, small codes, two codes, 12 megapixels.

Run by itself it writes some to a folder, to be looked at:  .venv/bin/python -m bench.licence_photos FOLDER [COUNT]
"""

import io
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import segno
from PIL import Image, ImageChops, ImageDraw, ImageFilter
from stdnum.cn import uscc

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
PAYMENT = "https://qr.95516.com/00010000/6221234567890{:07}"
Changed = Callable[[Image.Image, random.Random], Image.Image]


@dataclass(frozen=True, slots=True)
class Photo:
    """A JPEG as a phone would send it, and the licence's text on it."""

    kind: str
    text: str
    jpeg: bytes


def licence_text(dice: random.Random) -> str:
    """One of the forms that hang on walls, with an invented credit code."""
    body = "91" + dice.choice(["130502", "130503", "130525", "130581"]) + "".join(dice.choices(ALPHABET, k=9))
    credit_code = body + uscc.calc_check_digit(body)
    form = dice.choice(
        [
            "http://www.gsxt.gov.cn/index.html?uniscid={}",
            "https://www.gsxt.gov.cn/index.html?uniscid={}&area=130500&from=licence",
            "名称：邢台市兴旺商贸有限公司；统一社会信用代码：{}；注册号：130500000012345",
            "{}",
        ]
    )
    return form.format(credit_code)


def _code(text: str, *, side: int, error: str = "M") -> Image.Image:
    made = segno.make_qr(text, error=error)
    out = io.BytesIO()
    scale = max(2, side // made.symbol_size(border=2)[0])
    made.save(out, kind="png", scale=scale, border=2)
    return Image.open(out).convert("L").resize((side, side), Image.Resampling.LANCZOS)


def licence(text: str, dice: random.Random, *, width: int, code_share: float, second: str | None = None) -> Image.Image:
    """The sheet: a frame, an emblem, lines of print, and the code at the lower left. Grey, A3 across."""
    height = width * 297 // 420
    sheet = Image.new("L", (width, height), 246)
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((width * 0.02, height * 0.03, width * 0.98, height * 0.97), outline=90, width=max(2, width // 160))
    draw.ellipse((width * 0.46, height * 0.06, width * 0.54, height * 0.17), fill=120)
    for line in range(9):
        top = height * (0.3 + 0.06 * line)
        for stroke in range(dice.randint(14, 34)):
            left = width * (0.34 + 0.018 * stroke)
            draw.rectangle((left, top, left + width * 0.011, top + height * 0.025), fill=dice.randint(30, 110))
    side = int(width * code_share)
    sheet.paste(_code(text, side=side, error=dice.choice("LMQ")), (int(width * 0.06), int(height * 0.92) - side))
    if second is not None:
        sheet.paste(_code(second, side=side), (int(width * 0.92) - side, int(height * 0.92) - side))
    return sheet


def on_wall(sheet: Image.Image, dice: random.Random, *, size: tuple[int, int], slant: float) -> Image.Image:
    """The sheet seen from aside, on a wall. `slant`: how far each corner strays, as a share of the sheet."""
    wall = Image.effect_noise(size, 12).point(lambda value: value // 2 + 80)
    width, height = size
    fit = min(width * 0.9 / sheet.width, height * 0.9 / sheet.height)
    across, down = sheet.width * fit, sheet.height * fit
    left, top = (width - across) / 2, (height - down) / 2
    corners = [
        (x + dice.uniform(-slant, slant) * across, y + dice.uniform(-slant, slant) * down)
        for x, y in ((left, top), (left + across, top), (left + across, top + down), (left, top + down))
    ]
    flat = [
        (0.0, 0.0),
        (float(sheet.width), 0.0),
        (float(sheet.width), float(sheet.height)),
        (0.0, float(sheet.height)),
    ]
    back = _perspective(corners, flat)
    seen = sheet.transform(size, Image.Transform.PERSPECTIVE, back, Image.Resampling.BICUBIC, fillcolor=0)
    mask = Image.new("L", sheet.size, 255).transform(size, Image.Transform.PERSPECTIVE, back, fillcolor=0)
    wall.paste(seen, mask=mask)
    return wall


def _perspective(there: list[tuple[float, float]], here: list[tuple[float, float]]) -> list[float]:
    """The eight numbers that take each point of the photo to its point on the sheet (Gauss, 8 by 8)."""
    rows = []
    for (x, y), (u, v) in zip(there, here, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    for step in range(8):
        best = max(range(step, 8), key=lambda row: abs(rows[row][step]))
        rows[step], rows[best] = rows[best], rows[step]
        rows[step] = [value / rows[step][step] for value in rows[step]]
        for other in range(8):
            if other != step:
                factor = rows[other][step]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[step], strict=True)]
    return [row[8] for row in rows]


def _glare(photo: Image.Image, dice: random.Random) -> Image.Image:
    """A lamp in the glass: white in the middle, over part of the code."""
    small = Image.new("L", (photo.width // 8, photo.height // 8), 0)
    middle = dice.uniform(0.1, 0.35) * small.width, dice.uniform(0.55, 0.95) * small.height
    radius = dice.uniform(0.03, 0.1) * small.width
    box = (middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius)
    ImageDraw.Draw(small).ellipse(box, fill=dice.randint(120, 230))
    return ImageChops.add(photo, small.filter(ImageFilter.GaussianBlur(radius * 0.7)).resize(photo.size))


def _shadow(photo: Image.Image, dice: random.Random) -> Image.Image:
    """The officer's own shadow falls across."""
    small = Image.new("L", (photo.width // 8, photo.height // 8), 255)
    edge = dice.uniform(0.1, 0.3) * small.width
    ImageDraw.Draw(small).rectangle((edge, 0, small.width, small.height), fill=dice.randint(70, 130))
    return ImageChops.multiply(photo, small.filter(ImageFilter.GaussianBlur(4)).resize(photo.size))


def _blur(photo: Image.Image, dice: random.Random) -> Image.Image:
    return photo.filter(ImageFilter.GaussianBlur(dice.uniform(1.2, 3.2)))


def _shake(photo: Image.Image, dice: random.Random) -> Image.Image:
    """The hand moved while the shutter was open."""
    step, found = dice.randint(1, 3), photo
    for part in range(2, 4):
        found = Image.blend(found, ImageChops.offset(photo, step * (part - 1), dice.randint(0, 1)), 1 / part)
    return found


def _plain(photo: Image.Image, _dice: random.Random) -> Image.Image:
    return photo


# kind: size, share of the sheet that the code takes, slant, what happens to the photo, a second code?
KINDS: dict[str, tuple[tuple[int, int], float, float, Changed, bool]] = {
    "plain": ((2016, 1512), 0.2, 0.01, _plain, False),
    "perspective": ((2016, 1512), 0.2, 0.09, _plain, False),
    "glare": ((2016, 1512), 0.2, 0.03, _glare, False),
    "shadow": ((2016, 1512), 0.2, 0.03, _shadow, False),
    "blurred": ((2016, 1512), 0.18, 0.03, _blur, False),
    "shaken": ((1600, 1200), 0.14, 0.03, _shake, False),
    "small code": ((1600, 1200), 0.085, 0.03, _plain, False),
    "two codes": ((2016, 1512), 0.17, 0.05, _plain, True),
    "12 megapixels": ((4032, 3024), 0.1, 0.05, _blur, False),
}


def draw(kind: str, dice: random.Random) -> Photo:
    """One photo of this kind."""
    size, share, slant, change, two = KINDS[kind]
    text = licence_text(dice)
    second = PAYMENT.format(dice.randrange(10**7)) if two else None
    sheet = licence(text, dice, width=size[0], code_share=share, second=second)
    photo = change(on_wall(sheet, dice, size=size, slant=slant), dice)
    noise = Image.effect_noise(size, dice.uniform(4, 22))
    photo = ImageChops.add(photo, noise, scale=1, offset=-128)
    out = io.BytesIO()
    photo.convert("RGB").save(out, "JPEG", quality=dice.randint(55, 90))
    return Photo(kind=kind, text=text, jpeg=out.getvalue())


def draw_all(each: int, *, seed: int) -> Iterator[Photo]:
    """So many of each kind, the same ones for the same seed but for the grain of the walls."""
    for kind in KINDS:
        dice = random.Random(f"{seed} {kind}")
        for _ in range(each):
            yield draw(kind, dice)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, photo in enumerate(draw_all(int(sys.argv[2]) if len(sys.argv) > 2 else 1, seed=1)):
        (folder / f"{number:03} {photo.kind}.jpg").write_bytes(photo.jpeg)

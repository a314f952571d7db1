"""What an officer's photo looks like: a flat drawing of nobody, in the proportions of a certificate photo."""

from io import BytesIO

from project.demo.brush import Brush, Colour
from project.demo.dice import dice
from project.demo.face import face, head, spectacles
from project.demo.hair import LONG, SHORT, back_hair, front_hair
from project.demo.uniform import uniform

QUALITY = 82
HEAD_DROP = 13
"""How far the head is set down onto the neck."""
SPECTACLED_SHARE = 0.3

SKINS: tuple[Colour, ...] = ((250, 223, 199), (245, 211, 181), (238, 198, 164), (229, 184, 148), (215, 168, 132))
HAIRS: tuple[Colour, ...] = ((38, 34, 35), (50, 42, 40), (66, 51, 44), (84, 64, 52), (118, 114, 113))
HAIR_WEIGHTS = (35, 30, 20, 8, 7)
BACKDROPS: tuple[Colour, ...] = ((196, 219, 240), (210, 226, 234), (222, 228, 240), (190, 211, 233), (226, 233, 226))


def portrait(seed: int) -> bytes:
    """A WebP picture, 240 wide and 320 high, below 20 kB; an odd seed wears its hair long.

    Equal seeds give equal pictures with one version of the imaging library.
    """
    chance = dice(seed=seed, noun="portrait")
    long_haired = seed % 2 == 1
    brush = Brush(backdrop=chance.choice(BACKDROPS))
    skin = chance.choice(SKINS)
    hair = chance.choices(HAIRS, HAIR_WEIGHTS)[0]
    half = chance.uniform(49, 54) - 3 * long_haired
    style = chance.choice(LONG if long_haired else SHORT)
    brush.lower(by=HEAD_DROP)
    back_hair(brush=brush, style=style, half=half, colour=hair)
    brush.lower(by=0)
    uniform(chance=chance, brush=brush, skin=skin)
    brush.lower(by=HEAD_DROP)
    head(brush=brush, half=half, skin=skin)
    face(chance=chance, brush=brush, skin=skin, hair=hair, lips=long_haired)
    front_hair(chance=chance, brush=brush, style=style, half=half, colour=hair)
    if chance.random() < SPECTACLED_SHARE:
        spectacles(chance=chance, brush=brush, half=half)
    out = BytesIO()
    brush.picture().save(out, "WEBP", quality=QUALITY, method=2)
    return out.getvalue()

"""An officer's picture as the electronic ID shows it: a small JPEG with nothing in it but the picture."""

import io
import warnings

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from audit.problem import Problem

LARGEST = (480, 640)
PIXEL_LIMIT = 50_000_000
QUALITY = 88


class UnreadablePhoto(Problem):
    code, status, title = "unreadable-photo", 422, _("照片无法读取，请换用 JPEG 或 PNG 图片")


def portrait(image: bytes) -> bytes:
    """The picture upright, at most 480×640, as a JPEG without EXIF (which may say where it was taken).

    The same bytes always give the same JPEG. Raises UnreadablePhoto, for a picture of over 50 megapixels too.
    """
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(image), formats=("JPEG", "PNG", "WEBP", "BMP")) as opened:
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is stricter
            if opened.width * opened.height > PIXEL_LIMIT:
                raise UnreadablePhoto(str(_("照片过大，超过五千万像素")))
            opened.draft("RGB", (LARGEST[0] * 2, LARGEST[1] * 2))
            upright = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnreadablePhoto from error
    upright.thumbnail(LARGEST, Image.Resampling.LANCZOS)
    # A new picture, because the opened one carries its comments and profiles along.
    clean = Image.new("RGB", upright.size, "white")
    clean.paste(upright, mask=upright.getchannel("A"))
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()

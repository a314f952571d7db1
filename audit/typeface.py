"""A Chinese font for PDF: one of this machine's, put into each file with the characters that it uses."""

import threading
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

NAME, READERS_OWN = "Chinese", "STSong-Light"
FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
FILES = (
    "wqy-zenhei.ttc", "wqy-microhei.ttc", "uming.ttc", "ukai.ttc", "DroidSansFallbackFull.ttf", "DroidSansFallback.ttf",
    "simsun.ttc", "msyh.ttc", "simhei.ttf", "NotoSansSC-Regular.ttf", "NotoSerifSC-Regular.ttf",
)  # fmt: skip
"""With TrueType outlines, which reportlab can put into a file (Noto's and Source Han's .otf and .ttc have others)."""
_once = threading.Lock()


def chinese_font(folders: tuple[str, ...] = FOLDERS) -> str:
    """Its name for reportlab. Where this machine has none that can be put into a file: Adobe's, which each reader
    brings itself (Acrobat and browsers do)."""
    with _once:
        if NAME in pdfmetrics.getRegisteredFontNames():
            return NAME
        for path in _found(folders):
            try:
                pdfmetrics.registerFont(TTFont(NAME, str(path)))
            except (TTFError, OSError):
                continue
            return NAME
        if READERS_OWN not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(UnicodeCIDFont(READERS_OWN))
        return READERS_OWN


def _found(folders: tuple[str, ...]) -> list[Path]:
    """Those of this machine, the best first."""
    there = {path.name.lower(): path for folder in folders for path in _files(Path(folder).expanduser())}
    return [there[name.lower()] for name in FILES if name.lower() in there]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*.tt[cf]") if path.is_file()] if folder.is_dir() else []

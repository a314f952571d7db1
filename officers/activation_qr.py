"""The activation code as a QR code: on a screen, in a terminal."""

import io
from urllib.parse import quote

import segno


def activation_link(code: str, base_url: str) -> str:
    """What the QR code says. The code stands after `#`, which no server is ever sent: it enters no log."""
    return f"{base_url.rstrip('/')}/enrol#{quote(code)}"


def activation_qr(code: str, base_url: str) -> str:
    """An SVG element for an HTML page: no XML head, 5 units of quiet zone around, sized by the page."""
    return segno.make(activation_link(code, base_url), error="m", micro=False).svg_inline(
        scale=5, border=4, omitsize=True
    )


def activation_text(code: str, base_url: str) -> str:
    """The same for a terminal, two modules a character."""
    text = io.StringIO()
    segno.make(activation_link(code, base_url), error="m", micro=False).terminal(text, border=2, compact=True)
    return text.getvalue()

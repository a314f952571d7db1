"""Write down that an account is shown personal data, before it is."""

from datetime import datetime

from audit.actor import Actor
from audit.models import ReadLog

LONGEST = ReadLog._meta.get_field("subject").max_length or 0


def log_read(*, page: str, subject: str, shown: int, actor: Actor, at: datetime) -> None:
    """One INSERT; if it fails, the page fails with it. A subject that is longer is cut."""
    ReadLog(actor=actor, page=page, subject=subject[:LONGEST], shown=shown, at=at).save(force_insert=True)

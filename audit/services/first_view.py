"""Log that a browser was shown officers for the first time in a visit."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from audit.models import FirstView

Through = Literal["door", "screen", "verifier"]


def log_first_views(
    shown: Iterable[tuple[str, str]], *, viewer: str, through: Through, credit_code: str, at: datetime
) -> None:
    """Append those of the (visit, certificate number) that this browser had not been shown yet. One statement."""
    rows = [
        FirstView(viewer=viewer, through=through, visit=visit, certificate_no=number, credit_code=credit_code, at=at)
        for visit, number in shown
    ]
    if rows:
        FirstView.objects.bulk_create(rows, ignore_conflicts=True)

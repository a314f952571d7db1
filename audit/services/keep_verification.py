"""Keep what a verification came to (核验记录); one that found something is an alarm."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.models import Verification

logger = logging.getLogger("audit.verify")
KEPT = 100
"""So many findings are kept; all are counted."""


def keep_verification(
    *,
    began: datetime,
    at: datetime,
    recent: bool,
    findings: Sequence[str],
    counted: Mapping[str, int],
    mark: Mapping[str, Any],
) -> Verification:
    """Append the run that began and has ended at these moments. `findings`: a line for each row that does not hold."""
    with transaction.atomic():
        run = Verification(
            at=began,
            ended_at=at,
            recent=recent,
            found=len(findings),
            findings=list(findings[:KEPT]),
            counted=dict(counted),
            mark=dict(mark),
        )
        run.save(force_insert=True)
    if findings:
        logger.error("verify: %s rows do not hold, the first: %s", len(findings), findings[0])
    return run


def last_verification() -> Verification | None:
    """The newest run, whatever came of it."""
    return Verification.objects.order_by("-pk").first()

"""A supervisor looks at a doubted flag (复核): what is known now stands from here on, whoever brought it about."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.actor import Actor
from audit.lane import hold
from audit.models import Flag, FlagState
from audit.problem import Problem
from audit.services.entry import record
from audit.services.flag import DOUBTED, Whose
from audit.services.rejudge import rejudge


class FlagNotDoubted(Problem):
    """Nothing is waiting for a word: the flag stands on all that is known, or is lowered already."""

    code, status, title = "flag-not-doubted", 409, _("该预警没有待复核的变化")


def is_doubted(flag: Flag) -> bool:
    """Has an agency's own deed taken ground from this flag, and nobody said yet whether that holds?"""
    latest = FlagState.objects.filter(flag=flag).order_by("-at", "-pk").values_list("state", flat=True).first()
    return latest == DOUBTED


def review_flag(*, flag: Flag, note: str, annual_cap: int | None, actor: Actor, at: datetime) -> None:
    """Judge anew with a supervisor's word behind it: the flags of this agency at this enterprise ease or are lowered.

    `note`: what was checked. Raises FlagNotDoubted, also where somebody else was first.
    """
    with transaction.atomic():
        hold(flag.credit_code)
        if not is_doubted(flag):
            raise FlagNotDoubted
        year = int(flag.period[:4])
        turns = rejudge(
            whose=Whose(
                credit_code=flag.credit_code, enterprise_name=flag.enterprise_name, region_code=flag.region_code
            ),
            agencies=[flag.agency_code] if flag.agency_code else [],
            years=range(year, year + 1),
            annual_cap=annual_cap,
            reason=f"监督机关复核：{note}",
            confirmed=True,
            actor=actor,
            at=at,
        )
        record(
            kind="flag-reviewed",
            subject=f"flag:{flag.pk}",
            body={
                "note": note,
                "rule": flag.rule,
                "period": flag.period,
                "turns": [{"rule": turn.key[0], "period": turn.key[2], "state": turn.state} for turn in turns],
            },
            actor=actor,
            at=at,
        )

"""History rows (django-simple-history) that name their actor in words, on every floor the same way.

A foreign key to a user would refuse an officer, so `history_user` is text. A save without an actor
raises: no change of a register is anonymous.
"""

from datetime import datetime
from typing import Any

from django.db import models, transaction
from simple_history.models import HistoricalRecords

from audit.actor import Actor


class MissingActor(RuntimeError):
    """A tracked row was saved without saying who saves it; use `save_as`."""


def _get_user(historical: Any) -> str:
    return str(historical.history_user_id)


def _set_user(historical: Any, user: str | None) -> None:
    if not user:
        raise MissingActor(type(historical).__name__)
    historical.history_user_id = str(user)


def _nobody(**_: Any) -> None:
    """Never guess an actor from the request of the moment: deeds say it."""


def tracked(**options: Any) -> Any:
    """The `history` attribute of a model whose rows can change."""
    return HistoricalRecords(
        history_user_id_field=models.CharField(max_length=80),
        history_user_getter=_get_user,
        history_user_setter=_set_user,
        get_user=_nobody,
        **options,
    )


def save_as(row: models.Model, *, actor: Actor, at: datetime, reason: str = "", new: bool = False) -> None:
    """Save `row` and its history row, in the caller's transaction, under this actor and time.

    Raises TransactionManagementError outside a transaction: row and history stand or fall together.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("save_as belongs inside a deed's transaction")
    tagged: Any = row
    tagged._history_user = actor
    tagged._history_date = at
    tagged._change_reason = reason or None
    row.save(force_insert=new)

"""Which transaction wrote a row? A number that readers of what is new compare with what they could see.

Rows get their keys before they are committed, so a key does not say whether somebody who has read up to it has seen the
row. The transaction's own number does, and PostgreSQL must be asked for it while the row is written: `xmin` of a row
that was written in a savepoint is the savepoint's number, which no snapshot names.
"""

from typing import Any

from django.db.models import BigIntegerField, Func


class WritingTransaction(Func):
    """A column's default: the outermost transaction's 64-bit number; on SQLite 0, as its one writer at a time commits
    keys in their order."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, tuple[str | int, ...]]:
        return "0", ()

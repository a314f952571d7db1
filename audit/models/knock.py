"""How often somebody has just knocked at pages that need no log-in."""

from django.db import models


class Knock(models.Model):
    """What one caller did of one thing (audit/allowance.py) in the window that is open: `count` until `closes`.

    `bucket`: a digest, so that no address stands here. `closes`: milliseconds since 1970, a plain number, so that one
    statement can compare it on either database. Rows are of the moment: the worker forgets those whose window has
    closed, and PostgreSQL keeps the table without its log (UNLOGGED), so that counting waits for no disk and no
    standby. After a crash all counts begin anew.
    """

    bucket = models.BinaryField(primary_key=True, max_length=16)
    closes = models.BigIntegerField()
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{bytes(self.bucket).hex()} {self.count}"

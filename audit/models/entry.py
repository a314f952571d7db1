"""The record that proves: one entry per deed, and the queue of those the Merkle tree has not taken yet."""

from django.db import models


class Entry(models.Model):
    """What was done, in canonical bytes, salted, with the leaf hash the tree will carry (存证条目).

    `body` and `salt` may be wiped once, beside a `redacted` entry that names this one; `leaf` stays for ever.
    """

    append_only = True

    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=80)
    format = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    body = models.BinaryField(null=True)
    salt = models.BinaryField(null=True)
    leaf = models.BinaryField()

    class Meta:
        indexes = (models.Index(fields=["subject"], name="entry_subject"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class PendingEntry(models.Model):
    """An entry that waits for its index in the tree. A database trigger writes it with the entry itself."""

    entry = models.OneToOneField(Entry, primary_key=True, on_delete=models.PROTECT, related_name="pending")

    def __str__(self) -> str:
        return str(self.entry_id)

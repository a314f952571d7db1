"""The record that proves: one entry per deed, and the queue of those the Merkle tree has not taken yet."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Entry(models.Model):
    """What was done, in canonical bytes, salted, with the leaf hash the tree will carry (存证条目).

    `body` and `salt` may be wiped once, beside a `redacted` entry that names this one; `leaf` stays for ever.
    """

    append_only = True

    kind = models.CharField(_("类型"), max_length=40)
    subject = models.CharField(_("对象"), max_length=80)
    format = models.PositiveSmallIntegerField(_("格式版本"))
    at = models.DateTimeField(_("时间"))
    body = models.BinaryField(_("内容"), null=True)
    salt = models.BinaryField(_("盐值"), null=True)
    leaf = models.BinaryField(_("叶哈希"))

    class Meta:
        verbose_name = verbose_name_plural = _("存证条目")
        indexes = (models.Index(fields=["subject"], name="entry_subject"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class PendingEntry(models.Model):
    """An entry that waits for its index in the tree. A database trigger writes it with the entry itself."""

    fed_by = "audit_entry_pending"

    entry = models.OneToOneField(Entry, primary_key=True, on_delete=models.PROTECT, related_name="pending")

    def __str__(self) -> str:
        return str(self.entry_id)


class PendingRow(models.Model):
    """A row of any table that no entry seals yet (待封存). A database trigger writes it with the row itself
    (audit/seal_trigger.py), `key` as the database spells it."""

    table = models.CharField(max_length=60)
    key = models.CharField(max_length=64)

    class Meta:
        indexes = (models.Index(fields=["table", "key"], name="pending_row"),)

    def __str__(self) -> str:
        return f"{self.table} {self.key}"

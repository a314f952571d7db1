"""The log (存证日志): the record's entries in one order, as a Merkle tree that only grows."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.models.entry import Entry


class Log(models.Model):
    """One tree. `number` from 1; a second one succeeds the first only after a restore, and says why.

    `origin` names it for ever (C2SP: an address without its scheme). `after`: the checkpoint, as text, that it follows
    upon; `by`: who decided on it, two persons.
    """

    append_only = True

    number = models.PositiveSmallIntegerField(_("序号"), primary_key=True)
    origin = models.CharField(_("日志名称"), max_length=200, unique=True)
    opened_at = models.DateTimeField(_("开启时间"))
    after = models.TextField(_("承接的检查点"), blank=True)
    reason = models.CharField(_("原因"), max_length=300, blank=True)
    by = models.CharField(_("决定人"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("存证日志")

    def __str__(self) -> str:
        return self.origin


class Halt(models.Model):
    """This log is given no further places (停止排序): a witness has seen more of it than is here, or another tree.

    So it is after an older copy of the database was restored. `size` was ours, `witness_size` the witness's; `note`:
    the checkpoint that it cosigned, where it showed one with our own signature. A successor log ends it.
    """

    append_only = True

    class Why(models.TextChoices):
        SMALLER = "smaller", _("本库的日志比见证方所见的短")
        ANOTHER = "another", _("本库的日志与见证方所见的不一致")

    log = models.OneToOneField(Log, primary_key=True, on_delete=models.PROTECT, related_name="halt")
    at = models.DateTimeField(_("时间"))
    why = models.CharField(_("原因"), max_length=10, choices=Why.choices)
    size = models.BigIntegerField(_("本库条目数"))
    witness = models.CharField(_("见证方"), max_length=200)
    witness_size = models.BigIntegerField(_("见证方所见条目数"))
    note = models.TextField(_("见证方的检查点"), blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("停止排序")

    def __str__(self) -> str:
        return f"{self.log_id}@{self.size}: {self.why} {self.witness}@{self.witness_size}"


class Resumption(models.Model):
    """One person's word that the house came back with an older database, and goes on (恢复后续存); a second person's
    opens the successor log, which names both."""

    append_only = True

    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="resumptions")
    reason = models.CharField(_("原因"), max_length=300)
    proposed_by = models.CharField(_("提出人"), max_length=80)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("恢复后续存")

    def __str__(self) -> str:
        return f"{self.log_id} {self.proposed_by}"


class Leaf(models.Model):
    """Where an entry stands: leaf `index` (from 0) of a log. Its hash is the entry's `leaf`."""

    append_only = True

    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="+", db_index=False)
    index = models.BigIntegerField(_("位置"))
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="place")

    class Meta:
        verbose_name = verbose_name_plural = _("存证位置")
        constraints = (models.UniqueConstraint(fields=["log", "index"], name="leaf_place"),)

    def __str__(self) -> str:
        return f"{self.log_id}/{self.index}"


class Tile(models.Model):
    """256 neighbouring hashes of one level (C2SP tlog-tiles), written once when they are all there.

    `root` is the hash of these, which the level above holds; partial tiles are read from what lies below.
    """

    append_only = True

    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="+", db_index=False)
    level = models.PositiveSmallIntegerField()
    number = models.BigIntegerField()
    hashes = models.BinaryField()
    root = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["log", "level", "number"], name="tile_place"),)

    def __str__(self) -> str:
        return f"{self.log_id}/{self.level}/{self.number}"


class Checkpoint(models.Model):
    """What the log said of itself at a moment (检查点): its size and root, signed (C2SP signed note)."""

    append_only = True

    log = models.ForeignKey(Log, verbose_name=_("日志"), on_delete=models.PROTECT, related_name="checkpoints")
    size = models.BigIntegerField(_("条目数"))
    root = models.BinaryField(_("根哈希"))
    at = models.DateTimeField(_("时间"))
    note = models.TextField(_("签名文本"))

    class Meta:
        verbose_name = verbose_name_plural = _("检查点")
        constraints = (models.UniqueConstraint(fields=["log", "size"], name="checkpoint_size"),)

    def __str__(self) -> str:
        return f"{self.log_id}@{self.size}"


class Cosignature(models.Model):
    """A witness's word (见证) that a checkpoint continues all that it had seen: one signature line of the note."""

    append_only = True

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="cosignatures")
    witness = models.CharField(_("见证方"), max_length=200)
    line = models.CharField(_("签名"), max_length=500)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("见证签名")

    def __str__(self) -> str:
        return f"{self.witness} {self.checkpoint_id}"

"""What the supervision platform is owed: the outbox."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Filing(models.Model):
    """One message to the platform (备案), written in the transaction of the deed that it tells of.

    `number` identifies it for ever (the receiver dedupes by it). `credit_code` is its lane: the messages of one
    enterprise arrive in the order of `id`. Rows are delivered by `manage.py work`. `attempts` is raised by every claim
    and is its fence: whoever settles with an older number has lost the lease.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("待报送")
        DELIVERED = "delivered", _("已报送")

    number = models.CharField(_("备案号"), max_length=80, unique=True)
    event = models.CharField(_("事件"), max_length=40)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18)
    visit = models.CharField(_("入企编号"), max_length=64)
    payload = models.JSONField(_("内容"))
    created_at = models.DateTimeField(_("生成时间"))
    status = models.CharField(_("状态"), max_length=10, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveIntegerField(_("尝试次数"), default=0)
    next_attempt_at = models.DateTimeField(_("下次尝试"))
    leased_until = models.DateTimeField(_("占用至"), null=True)
    delivered_at = models.DateTimeField(_("送达时间"), null=True)
    platform_receipt = models.CharField(_("平台回执"), max_length=120, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("备案")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(status__in=["pending", "delivered"]), name="filing_status_is_known"
            ),
        )
        indexes = (
            models.Index(fields=["credit_code", "id"], condition=models.Q(status="pending"), name="filing_lane"),
            # A worker looks for the longest due: without it every look would read the whole backlog of an outage.
            models.Index(fields=["next_attempt_at", "id"], condition=models.Q(status="pending"), name="filing_due"),
            models.Index(fields=["visit", "id"], name="filing_visit"),
        )

    def __str__(self) -> str:
        return self.number


class Attempt(models.Model):
    """One try to deliver a filing, and what came of it (报送记录)."""

    append_only = True

    filing = models.ForeignKey(Filing, on_delete=models.PROTECT, related_name="tries")
    at = models.DateTimeField(_("时间"))
    ok = models.BooleanField(_("成功"))
    http_status = models.PositiveSmallIntegerField(_("HTTP 状态"), null=True)
    detail = models.CharField(_("说明"), max_length=300)

    class Meta:
        verbose_name = verbose_name_plural = _("报送记录")
        indexes = (models.Index(fields=["filing", "at"], name="attempt_filing"),)

    def __str__(self) -> str:
        return f"{self.filing_id} {self.at}"

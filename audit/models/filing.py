"""What the supervision platforms are owed: the outbox, whom each filing is due to, and how far it is."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Filing(models.Model):
    """One message to the platforms (备案), written in the transaction of the deed that it tells of.

    `number` identifies it for ever (a receiver dedupes by it). The messages of one enterprise (`credit_code`, empty for
    those about an agency, or a complaint that names no enterprise) arrive in the order of `id`. `owed`: platforms that
    still lack it; null until a worker has written a Delivery for each platform. `status` is `delivered` once nobody
    lacks it.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("待报送")
        DELIVERED = "delivered", _("已报送")

    proven = ("id", "number", "event", "credit_code", "visit", "payload", "created_at")

    number = models.CharField(_("备案号"), max_length=80, unique=True)
    event = models.CharField(_("事件"), max_length=40)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18)
    visit = models.CharField(_("入企编号"), max_length=64)
    payload = models.JSONField(_("内容"))
    created_at = models.DateTimeField(_("生成时间"))
    status = models.CharField(_("状态"), max_length=10, choices=Status.choices, default=Status.PENDING)
    owed = models.PositiveSmallIntegerField(_("尚欠平台数"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("备案")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(status__in=["pending", "delivered"]), name="filing_status_is_known"
            ),
        )
        indexes = (
            models.Index(fields=["id"], condition=models.Q(owed=None), name="filing_not_shared_out"),
            models.Index(fields=["created_at"], name="filing_day"),
            models.Index(fields=["visit", "id"], name="filing_visit"),
        )

    def __str__(self) -> str:
        return self.number


class Delivery(models.Model):
    """One filing on its way to one platform (报送).

    `lane`: a credit code, or `agency:` and a code, or `about:` and a number; only its oldest pending filing is ever
    sent. `attempts` is raised by every claim and is its fence: whoever settles with an older number has lost the lease.
    `failures` since it was last put into the queue, the first of them at `failing_since`. `dead` (死信): given up; its
    lane goes on without it.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("待报送")
        DELIVERED = "delivered", _("已报送")
        DEAD = "dead", _("死信")

    filing = models.ForeignKey(Filing, on_delete=models.PROTECT, related_name="deliveries")
    platform = models.CharField(_("平台"), max_length=20)
    lane = models.CharField(_("队列"), max_length=64)
    status = models.CharField(_("状态"), max_length=10, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveIntegerField(_("尝试次数"), default=0)
    failures = models.PositiveIntegerField(_("失败次数"), default=0)
    failing_since = models.DateTimeField(_("首次失败"), null=True)
    next_attempt_at = models.DateTimeField(_("下次尝试"))
    leased_until = models.DateTimeField(_("占用至"), null=True)
    delivered_at = models.DateTimeField(_("送达时间"), null=True)
    receipt = models.CharField(_("平台回执"), max_length=120, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("报送")
        constraints = (
            models.UniqueConstraint(fields=["filing", "platform"], name="delivery_once_per_platform"),
            models.CheckConstraint(
                condition=models.Q(status__in=["pending", "delivered", "dead"]), name="delivery_status_is_known"
            ),
        )
        indexes = (
            models.Index(
                fields=["platform", "lane", "filing"], condition=models.Q(status="pending"), name="delivery_lane"
            ),
            # A worker looks for the longest due: without it every look would read the whole backlog of an outage.
            models.Index(
                fields=["platform", "next_attempt_at", "filing"],
                condition=models.Q(status="pending"),
                name="delivery_due",
            ),
            models.Index(fields=["id"], condition=models.Q(status="dead"), name="delivery_dead"),
        )

    def __str__(self) -> str:
        return f"{self.filing_id} → {self.platform}"


class Attempt(models.Model):
    """One try to deliver a filing to a platform (null: when there was but one), and what came of it (报送记录)."""

    append_only = True

    filing = models.ForeignKey(Filing, on_delete=models.PROTECT, related_name="tries")
    platform = models.CharField(_("平台"), max_length=20, null=True)
    at = models.DateTimeField(_("时间"))
    ok = models.BooleanField(_("成功"))
    http_status = models.PositiveSmallIntegerField(_("HTTP 状态"), null=True)
    detail = models.CharField(_("说明"), max_length=300)

    class Meta:
        verbose_name = verbose_name_plural = _("报送记录")
        indexes = (models.Index(fields=["filing", "at"], name="attempt_filing"),)

    def __str__(self) -> str:
        return f"{self.filing_id} {self.at}"


class Endpoint(models.Model):
    """How a platform stands to us (报送通道). Address and keys are settings; `code` names them.

    `paused_at`: it refused us (401, 403, 410), for `reason`; nothing is sent but one letter at `probe_at`.
    `reconciled_at`: when its manifests were last looked after.
    """

    code = models.CharField(_("平台"), max_length=20, unique=True)
    name = models.CharField(_("名称"), max_length=60)
    paused_at = models.DateTimeField(_("暂停时间"), null=True)
    reason = models.CharField(_("暂停原因"), max_length=300, blank=True)
    probe_at = models.DateTimeField(_("下次试探"), null=True)
    reconciled_at = models.DateTimeField(_("上次对账"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("报送通道")

    def __str__(self) -> str:
        return self.name


class Manifest(models.Model):
    """One reckoning with a platform about a day (对账): what we owed it, what it has, and the difference.

    `day` in Asia/Shanghai, of the filings' `created_at`. `root`: Merkle root (RFC 9162) over the numbers in text order,
    in hex. `missing` there, `surplus` there: numbers. `again`: so many of the missing were put into the queue again;
    the others are still on their way, or dead.
    """

    append_only = True

    platform = models.CharField(_("平台"), max_length=20)
    day = models.DateField(_("日期"))
    at = models.DateTimeField(_("对账时间"))
    count = models.PositiveIntegerField(_("应有"))
    held = models.PositiveIntegerField(_("平台已有"))
    root = models.CharField(_("根哈希"), max_length=64)
    missing = models.JSONField(_("平台缺少"))
    surplus = models.JSONField(_("平台多出"))
    difference = models.PositiveIntegerField(_("差异"))
    again = models.PositiveIntegerField(_("重新报送"))
    receipt = models.CharField(_("平台回执"), max_length=120)

    class Meta:
        verbose_name = verbose_name_plural = _("对账单")
        indexes = (models.Index(fields=["platform", "day", "id"], name="manifest_day"),)

    def __str__(self) -> str:
        return f"{self.platform} {self.day}"

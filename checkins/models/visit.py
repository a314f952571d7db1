"""What scans of one agency at one door are read as."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.history import tracked
from checkins.models.scan import Scan
from enterprises.models import Enterprise
from officers.models import Agency


class Visit(models.Model):
    """One agency at one enterprise (入企): what a group of scans is read as. Its number is what people cite.

    `opening_scan` gives the visit its identity: whatever regrouping does, this number is where that scan is,
    or, when an earlier visit took that scan in (`absorbed`), retired. `enterprise` is null while the registry
    does not know the credit code: the visit counts all the same. `overrides`: what a supervisor has confirmed of its
    kind against what its scans say (`purpose`, `category`, `reason`, `source_no`, `superior_ordered`).
    """

    class Status(models.TextChoices):
        OPEN = "open", _("进行中")
        WITHDRAWN = "withdrawn", _("已撤回")
        VOIDED = "voided", _("已作废")
        ABSORBED = "absorbed", _("已并入")

    number = models.CharField(_("入企编号"), max_length=64, unique=True)
    agency = models.ForeignKey(Agency, verbose_name=_("执法单位"), on_delete=models.PROTECT, related_name="visits")
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18)
    enterprise = models.ForeignKey(
        Enterprise, verbose_name=_("企业"), null=True, on_delete=models.PROTECT, related_name="visits"
    )
    opening_scan = models.OneToOneField(Scan, on_delete=models.PROTECT, related_name="opened")
    started_at = models.DateTimeField(_("入企时间"))
    purpose = models.CharField(_("目的"), max_length=12)
    category = models.CharField(_("类别"), max_length=12)
    reason = models.CharField(_("事由"), max_length=40, blank=True)
    source_no = models.CharField(_("来源文号"), max_length=80, blank=True)
    superior_ordered = models.BooleanField(_("上级部署"), default=False)
    joint_id = models.CharField(_("联合检查"), max_length=64, blank=True)
    status = models.CharField(_("状态"), max_length=12, choices=Status.choices, default=Status.OPEN)
    overrides = models.JSONField(_("经确认的更正"), null=True, blank=True)
    history = tracked()

    class Meta:
        verbose_name = verbose_name_plural = _("入企")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(status__in=["open", "withdrawn", "voided", "absorbed"]),
                name="visit_status_is_known",
            ),
        )
        indexes = (models.Index(fields=["credit_code", "agency", "started_at"], name="visit_enterprise"),)

    def __str__(self) -> str:
        return self.number


class Merge(models.Model):
    """One person's word that a subject without a licence is this enterprise (合并); a second person confirms it."""

    append_only = True

    subject = models.CharField(_("无照对象编号"), max_length=18)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18)
    reason = models.CharField(_("理由"), max_length=200)
    proposed_by = models.CharField(_("提出人"), max_length=80, editable=False)
    at = models.DateTimeField(_("提出时间"), editable=False)

    class Meta:
        verbose_name = verbose_name_plural = _("无照对象合并")
        indexes = (models.Index(fields=["subject"], name="merge_subject"),)

    def __str__(self) -> str:
        return f"{self.subject} → {self.credit_code}"


class MergeConfirmation(models.Model):
    """The second person's yes; only then do the subject's visits count at the enterprise."""

    append_only = True

    merge = models.OneToOneField(Merge, primary_key=True, on_delete=models.PROTECT, related_name="confirmation")
    confirmed_by = models.CharField(_("确认人"), max_length=80)
    at = models.DateTimeField(_("确认时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("合并确认")

    def __str__(self) -> str:
        return str(self.merge)

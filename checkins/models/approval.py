"""Approvals that may come later: urgent inspections and what they owe."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from checkins.models.scan import Scan
from checkins.models.visit import Visit
from officers.models import Agency


class Urgency(models.Model):
    """A scan of an inspection that came before its approval (紧急情况): by `due_at` an approval has to follow.

    Appended. Whether one has is asked of the approvals; until then supervisors see it.
    """

    append_only = True

    scan = models.OneToOneField(Scan, primary_key=True, on_delete=models.PROTECT, related_name="urgency")
    agency = models.ForeignKey(Agency, verbose_name=_("执法单位"), on_delete=models.PROTECT, related_name="urgencies")
    at = models.DateTimeField(_("到场时间"))
    due_at = models.DateTimeField(_("补批期限"))

    class Meta:
        verbose_name = verbose_name_plural = _("紧急检查待补批准")
        indexes = (models.Index(fields=["due_at"], name="urgency_due"),)

    def __str__(self) -> str:
        return str(self.scan_id)


class OverdueApproval(models.Model):
    """A visit whose approval did not follow its urgent inspection in time (逾期未补批准): raised once, for supervisors.

    Appended by the worker. What has become of it is asked of the approvals and of the visit: a late approval settles
    it and shows how late it was; a visit that was taken back owes none.
    """

    append_only = True

    visit = models.OneToOneField(
        Visit, verbose_name=_("入企"), on_delete=models.PROTECT, related_name="overdue_approval"
    )
    scan = models.ForeignKey(Scan, verbose_name=_("扫码"), on_delete=models.PROTECT, related_name="overdue_approvals")
    agency = models.ForeignKey(
        Agency, verbose_name=_("执法单位"), on_delete=models.PROTECT, related_name="overdue_approvals"
    )
    due_at = models.DateTimeField(_("补批期限"))
    raised_at = models.DateTimeField(_("预警时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("紧急检查逾期未补批准")
        indexes = (models.Index(fields=["raised_at"], name="overdue_raised_at"),)

    def __str__(self) -> str:
        return f"{self.visit_id} {self.due_at:%Y-%m-%d %H:%M}"


class Approval(models.Model):
    """The number under which an urgent inspection was approved after all (补批). Appended."""

    append_only = True

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="approvals")
    approval_no = models.CharField(max_length=80)
    by = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["visit", "approval_no"], name="approval_once"),)

    def __str__(self) -> str:
        return f"{self.visit_id} {self.approval_no}"

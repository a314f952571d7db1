"""What inspections were announced beforehand, and which visits were meant by them."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.history import tracked
from checkins.models.visit import Visit
from officers.models import Agency


class PlanLink(models.Model):
    """Which plan a visit carried out (检查计划), said afterwards by a registered system; appended, the latest counts.

    `plan_no`: the number that the server gave the plan, the agency's own reference of it, or one of a plan that is not
    kept here. `source`: the system that keeps the plan. It changes no count.
    """

    append_only = True

    visit = models.ForeignKey(Visit, verbose_name=_("入企"), on_delete=models.PROTECT, related_name="plan_links")
    plan_no = models.CharField(_("计划编号"), max_length=80)
    source = models.CharField(_("来源系统"), max_length=80)
    by = models.CharField(_("提出人"), max_length=80)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("入企所属计划")

    def __str__(self) -> str:
        return f"{self.visit} {self.plan_no}"


class Item(models.Model):
    """An item of a published list of what may be inspected (检查事项清单), imported (`manage.py import_items`).

    `agency_code` empty: for every agency of the region. `region_code`: GB/T 2260, of the government that published
    it. Days are Asia/Shanghai days, both inclusive; without `valid_until` it is in force until further notice.
    """

    code = models.CharField(_("事项编码"), max_length=80)
    name = models.CharField(_("事项名称"), max_length=200)
    agency_code = models.CharField(_("单位代码"), max_length=40, blank=True)
    region_code = models.CharField(_("地区代码"), max_length=9)
    basis = models.CharField(_("检查依据"), max_length=500, blank=True)
    valid_from = models.DateField(_("生效日"))
    valid_until = models.DateField(_("失效日"), null=True, blank=True)
    history = tracked()

    class Meta:
        verbose_name = verbose_name_plural = _("检查事项")
        constraints = (
            models.UniqueConstraint(fields=["agency_code", "region_code", "code"], name="item_stands_once"),
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True) | models.Q(valid_until__gte=models.F("valid_from")),
                name="item_validity",
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Plan(models.Model):
    """An agency's announcement that it will inspect an enterprise (检查计划). Appended; what changes is a new version.

    `number` is the server's; `source_ref` the agency's own. `first_day` to `last_day`: Asia/Shanghai days, both
    inclusive, within which it means to come. `withdrawn`: this version takes it back.
    """

    append_only = True

    number = models.CharField(_("计划编号"), max_length=64)
    version = models.PositiveIntegerField(_("版本"))
    agency = models.ForeignKey(Agency, verbose_name=_("执法单位"), on_delete=models.PROTECT, related_name="plans")
    source_ref = models.CharField(_("来源编号"), max_length=80)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18)
    first_day = models.DateField(_("起始日"))
    last_day = models.DateField(_("截止日"))
    category = models.CharField(_("类别"), max_length=12)
    items = models.JSONField(_("检查事项"))
    title = models.CharField(_("计划名称"), max_length=200, blank=True)
    joint_open = models.BooleanField(_("愿意联合"))
    withdrawn = models.BooleanField(pgettext_lazy("paper", "撤销"))
    by = models.CharField(_("经办"), max_length=80)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("检查计划")
        constraints = (
            models.UniqueConstraint(fields=["number", "version"], name="plan_version"),
            models.UniqueConstraint(fields=["agency", "source_ref", "version"], name="plan_source_version"),
        )
        indexes = (models.Index(fields=["credit_code", "last_day"], name="plan_enterprise"),)

    def __str__(self) -> str:
        return f"{self.number} v{self.version}"

"""Cases (督办): a warning or a complaint that is pursued until it stops; and the days that are worked."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.casework import Deed, Lamp, State
from audit.history import tracked
from audit.ladder import Rung
from audit.models.complaint import RATINGS, Complaint
from audit.models.flag import Flag

STATES = {
    State.OPENED: _("待交办"),
    State.HANDED: _("待单位答复"),
    State.ANSWERED: _("待审核"),
    State.CLOSED: _("已办结"),
}
RUNGS = {
    Rung.REMIND: _("提醒"),
    Rung.RECTIFY: _("限期整改"),
    Rung.TALK: _("约谈并报告政府"),
    Rung.REFER: _("通报、移送"),
}
DEEDS = {
    Deed.OPEN: _("立案督办"),
    Deed.HAND_OUT: _("交办"),
    Deed.ANSWER: _("单位答复"),
    Deed.SEND_BACK: _("退回重办"),
    Deed.ESCALATE: _("升级督办"),
    Deed.CLOSE: _("督办办结"),
    Deed.REOPEN: _("质检重启"),
    Deed.REMIND: _("到期提醒"),
    Deed.RATE: _("投诉人评价"),
    Deed.CALL_BACK: _("回访"),
}
LAMPS = {Lamp.GREEN: _("正常"), Lamp.YELLOW: _("黄灯（将到期）"), Lamp.RED: _("红灯（已逾期）")}


class Case(models.Model):
    """A flag or a complaint that is pursued (督办), as it stands; how it came to that are its CaseStep rows.

    One case for a flag or a complaint, for ever: a closed one is opened again. By value, but for what it is about.
    `supervised_by`: the 司法局 that pursues it. `agency_*` are empty until it is handed out. `due_on`: a Shanghai day;
    null: nobody owes anything. `reminded`: the lamp that was told for this due date. `rating`: the complainant's, of
    the last closing. `calls_back`: drawn for a call back that was not made yet.
    """

    number = models.CharField(_("督办编号"), max_length=24, unique=True)
    flag = models.OneToOneField(Flag, on_delete=models.PROTECT, null=True, related_name="case")
    complaint = models.OneToOneField(Complaint, on_delete=models.PROTECT, null=True, related_name="case")
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18)
    enterprise_name = models.CharField(_("企业"), max_length=200)
    region_code = models.CharField(_("地区"), max_length=9)
    agency_code = models.CharField(_("执法单位代码"), max_length=40, blank=True)
    agency_path = models.CharField(_("路径"), max_length=255, blank=True)
    agency_name = models.CharField(_("执法单位"), max_length=100, blank=True)
    supervised_by = models.CharField(_("监督机关代码"), max_length=40)
    responsible = models.CharField(_("责任人"), max_length=40, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=list(STATES.items()))
    rung = models.CharField(_("督办层级"), max_length=10, choices=list(RUNGS.items()))
    grade = models.CharField(_("等级"), max_length=1, blank=True)
    due_on = models.DateField(_("期限"), null=True)
    reminded = models.CharField(_("已提醒"), max_length=10, blank=True)
    rating = models.CharField(_("评价"), max_length=12, blank=True, choices=list(RATINGS.items()))
    calls_back = models.BooleanField(_("待回访"), default=False)
    opened_at = models.DateTimeField(_("立案时间"))
    history = tracked()

    class Meta:
        verbose_name = verbose_name_plural = _("督办")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(flag__isnull=True) ^ models.Q(complaint__isnull=True), name="case_is_about_one_thing"
            ),
        ]
        indexes = (
            models.Index(fields=["supervised_by", "state", "due_on"], name="case_of_supervisor"),
            models.Index(fields=["region_code", "state"], name="case_of_region"),
            models.Index(fields=["state", "due_on"], name="case_due"),
        )

    def __str__(self) -> str:
        return self.number


class CaseStep(models.Model):
    """What was done to a case (督办经过): the highest `serial` is the last. `state`, `rung`, `due_on`: afterwards.

    `ladder`: the version of the ladder whose limit it is, 0 for none. `note`: the words of whoever did it. `report_no`:
    of the report to the government (向政府报告的文号), where the rung asks for one.
    """

    append_only = True

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="steps")
    serial = models.PositiveSmallIntegerField()
    deed = models.CharField(_("办理"), max_length=10, choices=list(DEEDS.items()))
    state = models.CharField(_("状态"), max_length=10, choices=list(STATES.items()))
    rung = models.CharField(_("督办层级"), max_length=10, choices=list(RUNGS.items()))
    ladder = models.PositiveIntegerField(_("规则版本"), default=0)
    agency_code = models.CharField(_("执法单位代码"), max_length=40, blank=True)
    agency_path = models.CharField(_("路径"), max_length=255, blank=True, default="")
    agency_name = models.CharField(_("执法单位"), max_length=100, blank=True)
    responsible = models.CharField(_("责任人"), max_length=40, blank=True)
    grade = models.CharField(_("等级"), max_length=1, blank=True)
    due_on = models.DateField(_("期限"), null=True)
    lamp = models.CharField(_("灯"), max_length=10, blank=True)
    rating = models.CharField(_("评价"), max_length=12, blank=True)
    report_no = models.CharField(_("报告文号"), max_length=60, blank=True, default="")
    note = models.CharField(_("意见"), max_length=1000, blank=True)
    by = models.CharField(_("经办"), max_length=80)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("督办经过")
        constraints = (models.UniqueConstraint(fields=["case", "serial"], name="case_step_order"),)
        indexes = (models.Index(fields=["due_on", "deed"], name="case_step_due"),)

    def __str__(self) -> str:
        return f"{self.case_id} {self.serial}"


class CaseFile(models.Model):
    """A picture that an agency gave with its answer (佐证): a JPEG with nothing in it but the picture.

    `sha256`: of the file as it came, in hex; `copy_sha256`: of what is kept. `place`: 1, 2, 3.
    """

    append_only = True
    proven = ("id", "step_id", "place", "sha256", "copy_sha256")
    fingerprints: ClassVar = {"copy": "copy_sha256"}

    step = models.ForeignKey(CaseStep, on_delete=models.PROTECT, related_name="files")
    place = models.PositiveSmallIntegerField()
    sha256 = models.CharField(max_length=64)
    copy = models.BinaryField()
    copy_sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["step", "place"], name="case_file_place"),)

    def __str__(self) -> str:
        return f"{self.step_id} {self.place}"


class CalendarDay(models.Model):
    """Somebody has entered whether a day is worked (节假日、调休): of several rows of one day the newest counts."""

    append_only = True

    day = models.DateField(_("日期"))
    works = models.BooleanField(_("上班"))
    name = models.CharField(_("名称"), max_length=40, blank=True)
    by = models.CharField(_("经办"), max_length=80)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("节假日")
        indexes = (models.Index(fields=["day"], name="calendar_day"),)

    def __str__(self) -> str:
        return f"{self.day}"

"""Complaints of inspections (投诉), with their pictures and what became of them."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.casework import Rating

RATINGS = {Rating.SATISFIED: _("满意"), Rating.UNSATISFIED: _("不满意")}


class Complaint(models.Model):
    """Somebody says that an enterprise was inspected as it should not have been (投诉). What became of it are
    ComplaintState rows.

    Everything by value. `number` is on the receipt (audit/complaint_receipt.py); `submission` names the form that was
    sent, so that one sent twice is one complaint. `source_no`: what the source calls it, such as the hotline's work
    order (工单号); an order's `submission` follows from it and its hotline, so that it is once for ever.
    `credit_code` and `agency_*` are empty where the complainant named none,
    or one that no register knows. `happened_at`: as the complainant says. `received_at`: when the complainant said it,
    from which its limit runs, whenever it was entered. `by_owner`: whoever sent it had proved to be the
    enterprise's owner. `complainant` (a name) and `phone`, empty if none was given, are never shown to the agency
    complained of unless `may_be_named`. `text`, `complainant`, `phone` and `salt` may be wiped once, beside a
    `redacted` entry; the complaint's entry holds a hash of what they were.
    """

    class Source(models.TextChoices):
        DOOR = "door", _("门牌页")
        PHONE = "phone", _("来电")
        PAPER = "paper", _("来信")
        VISIT = "visit", _("来访")
        HOTLINE = "12345", _("12345 热线")

    class Kind(models.TextChoices):
        UNSCANNED = "unscanned", _("未扫码就来检查")
        TOO_OFTEN = "too_often", _("检查过于频繁")
        OTHER = "other", _("其他问题")

    append_only = True
    wipeable = ("text", "complainant", "phone", "salt")
    redacted_as = "complaint:{0.number}"

    number = models.CharField(_("受理编号"), max_length=24, unique=True)
    submission = models.UUIDField()
    source = models.CharField(_("来源"), max_length=10, choices=Source.choices)
    source_no = models.CharField(_("工单号"), max_length=40, blank=True, default="")
    kind = models.CharField(_("类型"), max_length=12, choices=Kind.choices)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18)
    enterprise_name = models.CharField(_("企业"), max_length=200)
    region_code = models.CharField(_("地区"), max_length=9)
    agency_code = models.CharField(_("被投诉单位代码"), max_length=40, blank=True, default="")
    agency_path = models.CharField(_("路径"), max_length=255, blank=True, default="")
    agency_name = models.CharField(_("被投诉单位"), max_length=100, blank=True, default="")
    supervised_by = models.CharField(_("监督机关代码"), max_length=40, blank=True, default="")
    happened_at = models.DateTimeField(_("发生时间"), null=True)
    text = models.TextField(_("内容"), null=True)
    complainant = models.CharField(_("投诉人"), max_length=40, null=True)
    phone = models.CharField(_("联系电话"), max_length=16, null=True)
    may_be_named = models.BooleanField(_("同意告知被投诉单位"))
    by_owner = models.BooleanField(_("企业本人"))
    salt = models.BinaryField(null=True)
    received_at = models.DateTimeField(_("收到时间"))
    by = models.CharField(_("经办"), max_length=80)

    class Meta:
        verbose_name = verbose_name_plural = _("投诉")
        constraints = (
            models.UniqueConstraint(fields=["credit_code", "submission"], name="complaint_once"),
            models.CheckConstraint(
                condition=models.Q(source__in=["door", "phone", "paper", "visit", "12345"]),
                name="complaint_source_is_known",
            ),
            models.UniqueConstraint(
                fields=["submission"], condition=models.Q(source="12345"), name="complaint_of_order_once"
            ),
        )
        indexes = (models.Index(fields=["received_at"], name="complaint_received"),)

    def __str__(self) -> str:
        return self.number


class ComplaintPicture(models.Model):
    """A picture that came with a complaint: a JPEG with nothing in it but the picture. May be wiped with its complaint.

    `sha256`: of the file as it came, in hex; `copy_sha256`: of what is kept. `place`: 1, 2, 3.
    """

    append_only = True
    proven = ("id", "complaint_id", "place", "sha256", "copy_sha256")
    fingerprints: ClassVar = {"copy": "copy_sha256"}
    redacted_as = "complaint:{0.complaint.number}"

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="pictures")
    place = models.PositiveSmallIntegerField()
    sha256 = models.CharField(max_length=64)
    copy = models.BinaryField(null=True)
    copy_sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["complaint", "place"], name="complaint_picture_place"),)

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.place}"


class ComplaintState(models.Model):
    """How a complaint stands (投诉办理): the highest `serial` counts. Appended.

    `grade`: how complex it is, and so within how many working days it is owed an answer; null: not graded.
    `note`: what the complainant is told with it. `rating`: what the complainant thinks of how it was handled, where
    no case was opened; the state stays as it was.
    """

    class State(models.TextChoices):
        OPEN = "open", _("已收到，待受理")
        ACCEPTED = "accepted", _("已受理，办理中")
        CLOSED = "closed", _("已办结")

    class Grade(models.TextChoices):
        A = "A", _("A 类")
        B = "B", _("B 类")
        C = "C", _("C 类")

    append_only = True

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="states")
    serial = models.PositiveSmallIntegerField()
    state = models.CharField(_("状态"), max_length=12, choices=State.choices)
    grade = models.CharField(_("等级"), max_length=1, choices=Grade.choices, null=True)
    note = models.CharField(_("告知投诉人"), max_length=500, blank=True)
    rating = models.CharField(_("评价"), max_length=12, choices=list(RATINGS.items()), blank=True, default="")
    by = models.CharField(_("经办"), max_length=80)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("投诉办理")
        constraints = (models.UniqueConstraint(fields=["complaint", "serial"], name="complaint_state_order"),)

    def __str__(self) -> str:
        return self.state

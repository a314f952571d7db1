"""What happened at the door. Facts are appended; only a Visit, the reading of them, changes (with history)."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.history import tracked
from enterprises.models import Enterprise
from officers.models import Agency, Device, Officer


class Scan(models.Model):
    """What arrived from the phone (扫码), and nothing else: decisions about it are Resolution rows.

    `scan_id` identifies it for ever. `content`: SHA-256 over the contract's fields in canonical form; a replay
    must match it. `words`: those fields as sent, normalised; `extra`: fields that we did not know, kept, not compared.
    Coordinates are the raw fix in its own datum, degrees; accuracy in metres. `scanned_at` is the phone's clock.
    `lane`: the key whose lock was held while it was handled (see audit/lane.py). `counter`: the phone's own count of
    its scans, null for one that does not count. `photo`: SHA-256 of its photo, which may arrive later (Blob).
    """

    append_only = True

    scan_id = models.UUIDField(primary_key=True)
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="scans")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="scans")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="scans")
    content = models.BinaryField()
    code = models.TextField(null=True)
    credit_code = models.CharField(max_length=18, null=True)
    lane = models.CharField(max_length=40)
    scanned_at = models.DateTimeField()
    received_at = models.DateTimeField()
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)
    accuracy_m = models.FloatField(null=True)
    datum = models.CharField(max_length=5, null=True)
    provider = models.CharField(max_length=40, null=True)
    mock = models.BooleanField(null=True)
    words = models.JSONField()
    extra = models.JSONField()
    counter = models.BigIntegerField(null=True)
    photo = models.CharField(max_length=64, null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("扫码")
        indexes = (
            models.Index(fields=["officer", "received_at"], name="scan_officer"),
            models.Index(fields=["device", "counter"], name="scan_counter", condition=models.Q(counter__isnull=False)),
            models.Index(fields=["photo"], name="scan_photo", condition=models.Q(photo__isnull=False)),
        )

    def __str__(self) -> str:
        return str(self.scan_id)


class SequenceGap(models.Model):
    """Counters that were missing when a later one of the same phone arrived (缺号), `first` to `last` inclusive.

    Appended by the scan that showed it. Whether they have come since is asked of the scans (checkins/gaps.py): a
    queue that is sent in another order than it was made shows gaps that close by themselves.
    """

    append_only = True

    scan = models.OneToOneField(Scan, primary_key=True, on_delete=models.PROTECT, related_name="gap")
    device = models.ForeignKey(Device, verbose_name=_("设备"), on_delete=models.PROTECT, related_name="gaps")
    first = models.BigIntegerField(_("缺号起"))
    last = models.BigIntegerField(_("缺号止"))
    at = models.DateTimeField(_("发现时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("扫码缺号")
        indexes = (models.Index(fields=["at"], name="gap_at"),)

    def __str__(self) -> str:
        return f"{self.device_id} {self.first}-{self.last}"


class SequenceRepeat(models.Model):
    """A counter under which another scan of the same phone was there already (重号): two phones share a token, or one
    has lost count. Appended by each scan that finds another one there, in whatever order they come.
    """

    append_only = True

    scan = models.OneToOneField(Scan, primary_key=True, on_delete=models.PROTECT, related_name="repeat")
    device = models.ForeignKey(Device, verbose_name=_("设备"), on_delete=models.PROTECT, related_name="repeats")
    counter = models.BigIntegerField(_("编号"))
    at = models.DateTimeField(_("发现时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("扫码重号")
        indexes = (
            models.Index(fields=["at"], name="repeat_at"),
            models.Index(fields=["device", "counter"], name="repeat_counter"),
        )

    def __str__(self) -> str:
        return f"{self.device_id} {self.counter}"


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


class Resolution(models.Model):
    """What a scan was read as (认定): at which enterprise, in which visit, by whom; the highest `serial` counts.

    `visit` null with a credit code: the scan was withdrawn; both null: not resolved yet. `onsite_at` is the
    moment that counts (never later than receipt). `filing`: the number under which it was filed, if it was.
    `facts` is what was answered, kept for replays; see Answer.
    """

    append_only = True

    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="resolutions")
    serial = models.PositiveIntegerField()
    visit = models.ForeignKey(Visit, null=True, on_delete=models.PROTECT, related_name="resolutions")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="resolutions")
    credit_code = models.CharField(max_length=18, blank=True)
    purpose = models.CharField(max_length=12)
    onsite_at = models.DateTimeField()
    by = models.CharField(max_length=80)
    at = models.DateTimeField()
    filing = models.CharField(max_length=80, blank=True)
    facts = models.JSONField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["scan", "serial"], name="resolution_serial"),)
        indexes = (models.Index(fields=["credit_code", "agency", "purpose", "onsite_at"], name="resolution_group"),)

    def __str__(self) -> str:
        return f"{self.scan_id} {self.serial}"


class PlaceGrade(models.Model):
    """How far the place of a scan is believed (位置可信度): appended when something speaks against it, or speaks more.

    The highest `serial` counts, of two equal ones the later row: two phones may grade an earlier scan at the same
    moment, and neither waits for the other. A scan without a row has grade A. `codes`, and `evidence` for each of them:
    checkins/patterns.py. For supervisors; it blocks nothing.
    """

    class Grade(models.TextChoices):
        A = "A", _("A 无疑点")
        B = "B", _("B 有疑点")
        C = "C", _("C 疑似虚假")

    append_only = True

    scan = models.ForeignKey(Scan, verbose_name=_("扫码"), on_delete=models.PROTECT, related_name="place_grades")
    serial = models.PositiveIntegerField(_("次序"))
    grade = models.CharField(_("位置可信度"), max_length=1, choices=Grade.choices)
    codes = models.JSONField(_("疑点"))
    sentence = models.TextField(_("说明"))
    evidence = models.JSONField(_("依据"))
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("位置可信度")

    def __str__(self) -> str:
        return f"{self.scan_id} {self.grade}"


class Departure(models.Model):
    """An officer's "we have left" (离开): ends the visit, gives its duration (打扰时长). A missing one is no fault.

    `departed_at`: the moment that counts, by the phone's clocks and never later than receipt; `said_at`: the phone's
    wall clock. `purpose`: that of the visit's opening scan, by which departures and scans are grouped. The fix is the
    raw one, in its own datum.
    """

    append_only = True

    visit = models.ForeignKey(Visit, verbose_name=_("入企"), on_delete=models.PROTECT, related_name="departures")
    officer = models.ForeignKey(
        Officer, verbose_name=_("执法人员"), on_delete=models.PROTECT, related_name="departures"
    )
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="departures")
    purpose = models.CharField(_("目的"), max_length=12)
    departed_at = models.DateTimeField(_("离开时间"))
    said_at = models.DateTimeField()
    received_at = models.DateTimeField()
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)
    accuracy_m = models.FloatField(null=True)
    datum = models.CharField(max_length=5, null=True)
    provider = models.CharField(max_length=40, null=True)
    mock = models.BooleanField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("离开")
        constraints = (models.UniqueConstraint(fields=["visit", "officer", "said_at"], name="departure_is_said_once"),)

    def __str__(self) -> str:
        return f"{self.visit} {self.departed_at:%Y-%m-%d %H:%M}"


class Result(models.Model):
    """What came of one item of a visit (检查结果); appended, the latest of an item counts.

    `compliant` 合格; `rectify` 责令改正, by `rectify_by`; `first_violation_waived` 首违不罚: a first violation, slight
    and put right in time, is not punished; `minor_waived` 轻微免罚: nor is a slight one that was put right and did no
    harm (行政处罚法 2021, art. 33); `case_opened` 立案, under `case_no`. `reinspection_of`: the visit whose order to
    rectify this one looked after (整改复查). `by`: an officer, or the backend that supplied it.
    """

    class Outcome(models.TextChoices):
        COMPLIANT = "compliant", _("合格")
        RECTIFY = "rectify", _("责令改正")
        FIRST_VIOLATION_WAIVED = "first_violation_waived", _("首违不罚")
        MINOR_WAIVED = "minor_waived", _("轻微免罚")
        CASE_OPENED = "case_opened", _("立案")

    append_only = True

    visit = models.ForeignKey(Visit, verbose_name=_("入企"), on_delete=models.PROTECT, related_name="results")
    item = models.CharField(_("检查事项"), max_length=80)
    outcome = models.CharField(_("结果"), max_length=24, choices=Outcome.choices)
    rectify_by = models.DateField(_("改正期限"), null=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    case_no = models.CharField(_("案号"), max_length=80, blank=True)
    reinspection_of = models.ForeignKey(
        Visit, verbose_name=_("复查的入企"), null=True, on_delete=models.PROTECT, related_name="reinspections"
    )
    by = models.CharField(_("提出人"), max_length=80)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("检查结果")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(
                    outcome__in=["compliant", "rectify", "first_violation_waived", "minor_waived", "case_opened"]
                ),
                name="result_outcome_is_known",
            ),
        )
        indexes = (models.Index(fields=["outcome", "rectify_by"], name="result_due"),)

    def __str__(self) -> str:
        return f"{self.visit} {self.item} {self.outcome}"


class Answer(models.Model):
    """How often a scan's answer was given again (重放), the last time when.

    The replay *writes*, so that its acknowledgement waits for the same disks as the first one did.
    """

    scan = models.OneToOneField(Scan, primary_key=True, on_delete=models.PROTECT, related_name="answer")
    replays = models.PositiveIntegerField()
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.scan_id} ×{self.replays}"


class Withdrawal(models.Model):
    """The scanner's own "I was mistaken" (撤回), within its window and with a reason. The scan's row stays."""

    append_only = True

    scan = models.OneToOneField(Scan, primary_key=True, on_delete=models.PROTECT, related_name="withdrawal")
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="withdrawals")
    at = models.DateTimeField()
    reason = models.CharField(max_length=200)

    def __str__(self) -> str:
        return str(self.scan_id)


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


class Blob(models.Model):
    """A photo that came with a scan (照片), under the SHA-256 of the file as it came: `words["photo"]` of its scans.

    `size`, `content_type`, `width`, `height`: of that file, in bytes and pixels. `copy`: a JPEG of it with nothing in
    it but the picture, the only thing that is ever shown. `original`: the file, where the operator keeps it. `text`:
    what was read on a photo that came by itself, for scans that name it later. The law may order a photo wiped: then
    copy and original are NULL, beside a `redacted` entry.
    """

    append_only = True
    proven = ("sha256", "size", "content_type", "width", "height", "copy_sha256", "received_at", "by", "text")
    wipeable = ("text",)
    fingerprints: ClassVar = {"copy": "copy_sha256", "original": "sha256"}
    redacted_as = "blob:{0.sha256}"

    sha256 = models.CharField(primary_key=True, max_length=64)
    size = models.PositiveIntegerField()
    content_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    copy = models.BinaryField(null=True)
    copy_sha256 = models.CharField(max_length=64)
    original = models.BinaryField(null=True)
    received_at = models.DateTimeField()
    by = models.CharField(max_length=80)
    text = models.TextField(null=True)

    def __str__(self) -> str:
        return self.sha256


class Correction(models.Model):
    """What a visit's own agency takes back or calls otherwise (更正): a claim, until a supervisor rules on it.

    `claim`: {"state": "voided"} or the words of its kind that change. `scans`: those that it was said of, so that a
    scan which comes later is not taken along. A supervisor's own correction comes with its ruling.
    """

    class Kind(models.TextChoices):
        WITHDRAWAL = "withdrawal", _("撤回")
        VOIDING = "voiding", _("作废")
        CLASSIFICATION = "classification", _("改类")

    append_only = True

    visit = models.ForeignKey(Visit, verbose_name=_("入企"), on_delete=models.PROTECT, related_name="corrections")
    kind = models.CharField(_("种类"), max_length=16, choices=Kind.choices)
    claim = models.JSONField(_("更正内容"))
    scans = models.JSONField(_("涉及扫码"))
    reason = models.CharField(_("理由"), max_length=200)
    by = models.CharField(_("提出人"), max_length=80)
    at = models.DateTimeField(_("提出时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("入企更正")
        indexes = (models.Index(fields=["visit"], name="correction_visit"),)

    def __str__(self) -> str:
        return f"{self.visit} {self.kind}"


class Ruling(models.Model):
    """The one word that settles a correction (裁定): a supervisor's, and only a confirmed one changes what counts.

    But `superseded`: the agency has said something else since. `at_once`: the missing word, which needs nobody's yes.
    """

    class Verdict(models.TextChoices):
        CONFIRMED = "confirmed", _("确认")
        REJECTED = "rejected", _("驳回")
        SUPERSEDED = "superseded", _("已被新的更正取代")
        AT_ONCE = "at_once", _("无须裁定，即时生效")

    append_only = True

    correction = models.OneToOneField(Correction, primary_key=True, on_delete=models.PROTECT, related_name="ruling")
    verdict = models.CharField(_("裁定"), max_length=10, choices=Verdict.choices)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    by = models.CharField(_("裁定人"), max_length=80)
    at = models.DateTimeField(_("裁定时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("更正裁定")

    def __str__(self) -> str:
        return f"{self.correction} {self.verdict}"


class Presence(models.Model):
    """A partner's own word of having been there (同行确认) with the officer whose scan named them. Appended."""

    append_only = True

    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="presences")
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="presences")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="presences")
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["scan", "officer"], name="presence_once"),)

    def __str__(self) -> str:
        return f"{self.scan_id} {self.officer_id}"


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


class MatchTry(models.Model):
    """Somebody at an enterprise's door page typed a match code (核对码) for an officer in a visit. Appended.

    Wrong ones are counted under the visit's lock: after a few nobody may try that officer in that visit again.
    """

    append_only = True

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="match_tries")
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="match_tries")
    right = models.BooleanField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.visit_id} {self.officer_id}"

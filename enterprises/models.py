"""Whose door it is: the registry of enterprises and their places."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.history import tracked


class Enterprise(models.Model):
    """A registered market entity (企业), known by its unified social credit code (GB 32100-2015).

    `registration_no`: the old 15 digits (GS15-2006), an alias. `industry`: GB/T 4754 code. A `subject` (a stall, a
    site, a household without a licence) is a row too, under a number of its own kind (enterprises/subject.py), with
    the `responsible` person if one was named. `merged_into`: the credit code of the
    enterprise that a subject turned out to be; null for all others.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("存续")
        REVOKED = "revoked", _("吊销")
        CANCELLED = "cancelled", _("注销")
        MOVED = "moved", _("迁出")

    class Kind(models.TextChoices):
        LICENSED = "licensed", _("有照")
        SUBJECT = "subject", _("无照对象")

    credit_code = models.CharField(_("统一社会信用代码"), max_length=18, unique=True)
    registration_no = models.CharField(_("注册号"), max_length=15, blank=True)
    name = models.CharField(_("名称"), max_length=200)
    former_names = models.JSONField(_("曾用名"), default=list, blank=True)
    region_code = models.CharField(_("地区代码"), max_length=9)
    industry = models.CharField(_("行业代码"), max_length=10, blank=True)
    risk_grade = models.CharField(_("风险等级"), max_length=4, blank=True)
    status = models.CharField(_("状态"), max_length=10, choices=Status.choices, default=Status.OPEN)
    kind = models.CharField(_("类型"), max_length=10, choices=Kind.choices, default=Kind.LICENSED, editable=False)
    responsible = models.CharField(_("负责人"), max_length=40, blank=True, editable=False)
    merged_into = models.CharField(_("并入"), max_length=18, null=True, blank=True, editable=False)
    history = tracked()

    class Meta:
        verbose_name = verbose_name_plural = _("企业")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(status__in=["open", "revoked", "cancelled", "moved"]),
                name="enterprise_status_is_known",
            ),
        )
        indexes = (
            models.Index(fields=["registration_no"], name="enterprise_registration_no"),
            models.Index(fields=["region_code"], name="enterprise_region"),
        )

    def __str__(self) -> str:
        return self.name


class Premises(models.Model):
    """A place of business (经营场所). One licence may have several. Degrees in the datum that `datum` names."""

    class Datum(models.TextChoices):
        WGS84 = "WGS84", "WGS-84"
        GCJ02 = "GCJ02", "GCJ-02"
        BD09 = "BD09", "BD-09"

    enterprise = models.ForeignKey(
        Enterprise, verbose_name=_("企业"), on_delete=models.PROTECT, related_name="premises"
    )
    address = models.CharField(_("地址"), max_length=300)
    longitude = models.FloatField(_("经度"), null=True, blank=True)
    latitude = models.FloatField(_("纬度"), null=True, blank=True)
    datum = models.CharField(_("坐标系"), max_length=5, choices=Datum.choices, default=Datum.WGS84)
    history = tracked()

    class Meta:
        verbose_name = verbose_name_plural = _("经营场所")
        constraints = (
            models.UniqueConstraint(fields=["enterprise", "address"], name="premises_once_per_address"),
            models.CheckConstraint(
                condition=models.Q(longitude__isnull=True, latitude__isnull=True)
                | models.Q(longitude__gte=-180, longitude__lte=180, latitude__gte=-90, latitude__lte=90),
                name="premises_on_earth",
            ),
        )

    def __str__(self) -> str:
        return self.address


class Door(models.Model):
    """An enterprise's own address (门牌码), printed on its poster: whoever opens it sees who is at the door.

    `token_hash`: SHA-256 of the secret in the address, all that is kept of it (enterprises/door_token.py). A renewal
    is the next `generation`; an earlier one's poster finds nothing any more.
    """

    enterprise = models.OneToOneField(Enterprise, verbose_name=_("企业"), on_delete=models.PROTECT, related_name="door")
    generation = models.PositiveIntegerField(_("第几版"), default=1)
    token_hash = models.BinaryField(max_length=32, unique=True)
    since = models.DateTimeField(_("本版启用时间"))
    history = tracked()

    class Meta:
        verbose_name = verbose_name_plural = _("门牌码")

    def __str__(self) -> str:
        return str(self.enterprise)


class Contact(models.Model):
    """Whom the register knows for an enterprise (登记联系人): one-time codes of its own page go to this phone.

    Personal data: pages show the phone masked, and the record never holds it. Empty `phone`: nobody any more.
    `phone_since`: since when it has been this phone, null where that was before it was written down.
    """

    enterprise = models.OneToOneField(
        Enterprise, verbose_name=_("企业"), on_delete=models.PROTECT, related_name="contact"
    )
    name = models.CharField(_("联系人"), max_length=40)
    phone = models.CharField(_("联系手机"), max_length=11, blank=True)
    phone_since = models.DateTimeField(_("本手机登记时间"), null=True, editable=False)
    history = tracked()

    class Meta:
        verbose_name = verbose_name_plural = _("登记联系人")

    def __str__(self) -> str:
        return self.name


class OwnerCode(models.Model):
    """A one-time code sent to an enterprise's contact (验证码); only a keyed hash of it is kept.

    `tries`: how often something was typed for it. `used_at`: it has proved once. It is bound to the browser that asked
    for it, which keeps `id`.
    """

    id = models.UUIDField(primary_key=True)
    enterprise = models.ForeignKey(Enterprise, on_delete=models.PROTECT, related_name="owner_codes")
    code_hash = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["enterprise", "made_at"], name="owner_code_recent"),)

    def __str__(self) -> str:
        return f"{self.enterprise_id} {self.made_at}"


class OwnerPin(models.Model):
    """The PIN that an enterprise's owner has chosen, as Django hashes passwords; unusable once the contact changed.

    `set_at`: null while none has been chosen: somebody tried one, and is counted as if there were one. `wrong`: tries
    since one was right, each counted before it is looked at. `closed_until`: none is looked at before.
    """

    enterprise = models.OneToOneField(Enterprise, primary_key=True, on_delete=models.PROTECT, related_name="owner_pin")
    pin_hash = models.CharField(max_length=128)
    set_at = models.DateTimeField(null=True)
    wrong = models.PositiveIntegerField(default=0)
    closed_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.enterprise_id)


class LicenceAlias(models.Model):
    """What an officer's choice taught about an opaque licence code (执照别名), one row a lesson, never changed.

    `scheme` and `opaque_id` as enterprises/licence.py reads them. An empty `credit_code` takes the officer's lesson
    back (its scan was withdrawn). What the lessons amount to: enterprises/alias.py.
    """

    append_only = True

    scheme = models.CharField(_("形式"), max_length=20)
    opaque_id = models.CharField(_("不透明标识"), max_length=120)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18, blank=True)
    taught_by = models.CharField(_("认定人"), max_length=80)
    scan = models.CharField(_("扫码编号"), max_length=36, blank=True)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("执照别名认定")
        indexes = (models.Index(fields=["scheme", "opaque_id"], name="licence_alias_lessons"),)

    def __str__(self) -> str:
        return f"{self.scheme} {self.opaque_id}"


class LicenceAliasRuling(models.Model):
    """A supervisor's word on what an opaque code means (别名裁定): the latest one stands until the next."""

    append_only = True

    scheme = models.CharField(_("形式"), max_length=20)
    opaque_id = models.CharField(_("不透明标识"), max_length=120)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18)
    ruled_by = models.CharField(_("裁定人"), max_length=80)
    reason = models.CharField(_("理由"), max_length=200)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("别名裁定")
        indexes = (models.Index(fields=["scheme", "opaque_id"], name="licence_alias_rulings"),)

    def __str__(self) -> str:
        return f"{self.scheme} {self.opaque_id} → {self.credit_code}"


class NameKey(models.Model):
    """Under which numbers an enterprise's names are found: enterprises/search.py says what a key means.

    Names are only ever added (a changed one becomes a former one), so keys are too. No constraint in the database: a
    check for each of nine rows a name would double what an import costs, and an enterprise is never deleted.
    """

    pk = models.CompositePrimaryKey("key", "enterprise_id")
    key = models.BigIntegerField()
    enterprise = models.ForeignKey(
        Enterprise, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )

    def __str__(self) -> str:
        return f"{self.key} {self.enterprise_id}"


class Spot(models.Model):
    """Where a located place of business is, in WGS-84 degrees whatever its own datum, and in which cell of the grid."""

    premises = models.OneToOneField(
        Premises, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    enterprise = models.ForeignKey(Enterprise, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    cell = models.BigIntegerField(db_index=True)
    longitude = models.FloatField()
    latitude = models.FloatField()

    def __str__(self) -> str:
        return f"{self.latitude} {self.longitude}"

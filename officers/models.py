"""Who may stand at the door: agencies, officers, their phones."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.history import tracked


class Agency(models.Model):
    """An organ with inspection powers (执法单位), in the tree of its government.

    `region_code`: GB/T 2260 six digits, towns nine. `path`: the codes from the root down, `/A/B/`, so that a
    prefix finds a whole branch. `supervised_by`: the code of the 司法局 that supervises it (行政执法监督条例).
    """

    class Level(models.TextChoices):
        CITY = "city", _("市级")
        DISTRICT = "district", _("县区级")
        TOWN = "town", _("乡镇级")

    class Status(models.TextChoices):
        ACTIVE = "active", _("在用")
        CLOSED = "closed", _("撤销")

    code = models.CharField(_("单位代码"), max_length=40, unique=True)
    name = models.CharField(_("单位名称"), max_length=100)
    parent = models.ForeignKey("self", verbose_name=_("上级单位"), null=True, blank=True, on_delete=models.PROTECT)
    path = models.CharField(_("路径"), max_length=255, editable=False)
    region_code = models.CharField(_("地区代码"), max_length=9)
    level = models.CharField(_("层级"), max_length=10, choices=Level.choices)
    supervised_by = models.CharField(_("监督机关代码"), max_length=40)
    status = models.CharField(_("状态"), max_length=10, choices=Status.choices, default=Status.ACTIVE)
    history = tracked()

    class Meta:
        verbose_name = verbose_name_plural = _("执法单位")
        indexes = (models.Index(fields=["path"], name="agency_path"),)

    def __str__(self) -> str:
        return self.name


class Officer(models.Model):
    """A holder of an administrative inspection certificate (执法人员, 行政执法证).

    `certificate_no`: 1 to 32 characters; its inner structure is not nationally settled, so it is not checked.
    Dates are Asia/Shanghai days, both inclusive. `status_since`: from when the present status counts. `certified`: no
    for 事业单位人员, 安全员, 协管员, whose number is that of their account: they make service visits only.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", _("有效")
        SUSPENDED = "suspended", _("暂停")
        REVOKED = "revoked", _("吊销")

    certificate_no = models.CharField(_("执法证号"), max_length=32, unique=True)
    name = models.CharField(_("姓名"), max_length=40)
    agency = models.ForeignKey(Agency, verbose_name=_("执法单位"), on_delete=models.PROTECT, related_name="officers")
    valid_from = models.DateField(_("有效期起"))
    valid_until = models.DateField(_("有效期止"))
    status = models.CharField(_("状态"), max_length=10, choices=Status.choices, default=Status.ACTIVE)
    status_since = models.DateTimeField(_("状态起算"), null=True, blank=True)
    categories = models.JSONField(_("执法类别"), default=list, blank=True)
    certified = models.BooleanField(_("持执法证"), default=True)
    photo_sha256 = models.CharField(_("照片指纹"), max_length=64, blank=True, editable=False)
    history = tracked()

    class Meta:
        verbose_name = verbose_name_plural = _("执法人员")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(valid_until__gte=models.F("valid_from")), name="officer_validity"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["active", "suspended", "revoked"]),
                name="officer_status_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.certificate_no}"


class Photo(models.Model):
    """An officer's picture (照片), re-encoded JPEG or WebP, by its SHA-256: an old electronic ID keeps its face."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    content_type = models.CharField(max_length=20)
    image = models.BinaryField()

    def __str__(self) -> str:
        return self.sha256


class Device(models.Model):
    """An officer's phone (设备). Only the token's SHA-256 is kept: a stolen table opens nothing."""

    officer = models.ForeignKey(Officer, verbose_name=_("执法人员"), on_delete=models.PROTECT, related_name="devices")
    name = models.CharField(_("设备名称"), max_length=80)
    token_hash = models.BinaryField(_("令牌指纹"), unique=True)
    public_key = models.JSONField(_("公钥 (JWK)"), null=True, blank=True)
    enrolled_at = models.DateTimeField(_("启用时间"))
    enrolled_by = models.CharField(_("启用方式"), max_length=80)
    revoked_at = models.DateTimeField(_("吊销时间"), null=True, blank=True)
    history = tracked(excluded_fields=["token_hash"])

    class Meta:
        verbose_name = verbose_name_plural = _("设备")

    def __str__(self) -> str:
        return self.name


class Activation(models.Model):
    """A one-time activation code (激活码): made by an administrator, turned into one device, once, within its time."""

    officer = models.ForeignKey(
        Officer, verbose_name=_("执法人员"), on_delete=models.PROTECT, related_name="activations"
    )
    code_hash = models.BinaryField(_("激活码指纹"), unique=True)
    made_at = models.DateTimeField(_("生成时间"))
    made_by = models.CharField(_("生成者"), max_length=80)
    expires_at = models.DateTimeField(_("失效时间"))
    used_at = models.DateTimeField(_("使用时间"), null=True)
    device = models.OneToOneField(Device, null=True, on_delete=models.PROTECT, related_name="activation")

    class Meta:
        verbose_name = verbose_name_plural = _("激活码")

    def __str__(self) -> str:
        return f"{self.officer_id} {self.made_at}"


class UsedAssertion(models.Model):
    """The `jti` of an assertion that has been redeemed (RFC 7523 §3): the same one enrols nobody twice."""

    issuer = models.CharField(max_length=80)
    jti = models.CharField(max_length=120)
    used_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["issuer", "jti"], name="used_assertion_once"),)

    def __str__(self) -> str:
        return f"{self.issuer} {self.jti}"


class SigningKey(models.Model):
    """A key in whose issuer's name electronic IDs are signed (签发密钥). Public halves stay for ever.

    `kid`: base64url of the first 8 bytes of its RFC 7638 thumbprint. `usable_from`: the newest key whose time has come
    signs. `sealed`: the private half (PKCS #8) in a vault; null for the operator's own, which stays in a file of his,
    and once a successor signs: wiping it is the one change that the trigger lets through.
    """

    class Held(models.TextChoices):
        HOUSE = "house", _("本系统")
        OPERATOR = "operator", _("运维文件")

    append_only = True
    proven = ("id", "issuer", "kid", "public_key", "held", "made_at", "made_by", "usable_from")

    issuer = models.CharField(_("签发者"), max_length=200)
    kid = models.CharField(_("密钥编号"), max_length=11, unique=True)
    public_key = models.JSONField(_("公钥 (JWK)"))
    held = models.CharField(_("私钥保管"), max_length=10, choices=Held.choices)
    sealed = models.BinaryField(_("封存的私钥"), null=True)
    made_at = models.DateTimeField(_("生成时间"))
    made_by = models.CharField(_("生成者"), max_length=80)
    usable_from = models.DateTimeField(_("启用时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("签发密钥")
        constraints = (
            models.CheckConstraint(condition=models.Q(held__in=["house", "operator"]), name="signing_key_held"),
        )
        indexes = (models.Index(fields=["issuer", "usable_from"], name="signing_key_use"),)

    def __str__(self) -> str:
        return self.kid


class StatusPlace(models.Model):
    """An officer's place in the status list (状态位): its id is the `status_index` of his credentials.

    The newest one is given out. An officer gets another when a phone that has a living credential with this one is
    taken out of service, so that his other phones' credentials can be told from the lost one's.
    """

    append_only = True

    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="status_places")
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = _("状态位")
        indexes = (models.Index(fields=["officer", "id"], name="status_place_officer"),)

    def __str__(self) -> str:
        return str(self.pk)


class Credential(models.Model):
    """A day credential as it was issued to a phone (日证), byte for byte: given again while it is good.

    Of a phone without a key: what the server signed first for it at a visit, and signs again until `expires_at`.
    """

    append_only = True

    device = models.ForeignKey(Device, verbose_name=_("设备"), on_delete=models.PROTECT, related_name="credentials")
    place = models.ForeignKey(StatusPlace, on_delete=models.PROTECT, related_name="credentials")
    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, related_name="credentials")
    issued_at = models.DateTimeField(_("签发时间"))
    expires_at = models.DateTimeField(_("失效时间"))
    sha256 = models.BinaryField(unique=True)
    body = models.BinaryField()

    class Meta:
        verbose_name = verbose_name_plural = _("日证")
        indexes = (
            models.Index(fields=["device", "expires_at"], name="credential_device"),
            models.Index(fields=["expires_at"], name="credential_expires"),
            models.Index(fields=["place", "expires_at"], name="credential_place"),
        )

    def __str__(self) -> str:
        return f"{self.device_id} {self.issued_at}"

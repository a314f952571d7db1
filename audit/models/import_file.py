"""Files on their way into a register."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportFile(models.Model):
    """A file that would be taken into a register (待导入文件): `foreseen` says what that would change, and once it was
    taken (`taken_at`), what it has changed.

    `register`: which, as `app.model`. Only `actor`, who handed it in, sees and takes it. `content`: the file as it
    came, null once it was taken. Rows are of the moment: the worker forgets them after `expires_at`, and so does who
    hands in the next. What was taken is in the record and in each row's history.
    """

    id = models.UUIDField(primary_key=True)
    register = models.CharField(_("登记簿"), max_length=40)
    actor = models.CharField(_("经办"), max_length=80)
    name = models.CharField(_("文件名"), max_length=100)
    suffix = models.CharField(max_length=5)
    sha256 = models.CharField(_("文件指纹"), max_length=64)
    content = models.BinaryField(null=True)
    reason = models.CharField(_("原因"), max_length=100)
    foreseen = models.JSONField()
    at = models.DateTimeField(_("时间"))
    expires_at = models.DateTimeField(_("失效时间"))
    taken_at = models.DateTimeField(_("导入时间"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("待导入文件")
        indexes = (models.Index(fields=["expires_at"], name="import_file_expiry"),)

    def __str__(self) -> str:
        return self.name

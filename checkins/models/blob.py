"""A photo, under its digest."""

from typing import ClassVar

from django.db import models


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

"""The body of `POST /scans/photo`: a form with the file `photo` and the field `scan`, the JSON words of the scan."""

from typing import Any

from django.core.exceptions import TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext_lazy as _
from ninja.errors import ValidationError
from pydantic import ValidationError as WordsInvalid

from audit import strict_json
from audit.problem import Problem
from checkins.contract import PhotographedWords

WORDS_AND_FRAMING = 262_144
"""Bytes of the body beside the photo."""


class FormExpected(Problem):
    code, status, title = "form-expected", 415, _("请求内容应为 multipart/form-data")


class FormUnreadable(Problem):
    code, status, title = "form-unreadable", 400, _("表单无法读取")


class PhotoTooLarge(Problem):
    code, status, title = "photo-too-large", 413, _("照片文件过大")


REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["photo", "scan"],
                "properties": {
                    "photo": {"type": "string", "format": "binary", "description": "JPEG, PNG, WebP or HEIC"},
                    "scan": {
                        "type": "string",
                        "contentMediaType": "application/json",
                        "description": "the body of POST /scans as JSON text; `code` may be left to the server",
                    },
                },
            }
        }
    },
}


def taken_apart(request: HttpRequest, *, largest: int) -> tuple[PhotographedWords, bytes]:
    """The words and the photo. A body that is too large is refused before it is read.

    Raises FormExpected, FormUnreadable, PhotoTooLarge, ninja's ValidationError.
    """
    if request.content_type != "multipart/form-data":
        raise FormExpected
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if not declared.isdecimal() or int(declared) > largest + WORDS_AND_FRAMING:
        raise PhotoTooLarge
    try:
        fields, files = request.POST, request.FILES
        text, photo = fields.get("scan"), files.get("photo")
    except (MultiPartParserError, TooManyFieldsSent, TooManyFilesSent, UnreadablePostError) as error:
        raise FormUnreadable from error
    missing = [name for name, part in (("photo", photo), ("scan", text)) if part is None]
    if missing or photo is None or text is None:
        raise ValidationError(
            [
                {
                    "type": "missing",
                    "loc": ("body", "form", name),
                }
                for name in missing
            ]
        )
    if photo.size is None or photo.size > largest:
        raise PhotoTooLarge
    return _words(text), photo.read()


def _words(text: str) -> PhotographedWords:
    try:
        data = strict_json.read(text)
    except ValueError as error:
        raise FormUnreadable(str(_("scan 不是有效的 JSON 文本"))) from error
    if not isinstance(data, dict):
        raise FormUnreadable(str(_("scan 应为 JSON 对象")))
    try:
        return PhotographedWords.model_validate(data)
    except WordsInvalid as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise ValidationError([{**item, "loc": ("body", "scan", *item["loc"])} for item in found]) from error

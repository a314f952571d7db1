"""What the verifier's page (/verify) says: one word for each reason, and everything around it, in both languages."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from officers.reasons import Reason
from officers.told import SENTENCES

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LANGUAGES = ("zh-hans", "en")

# The word in large type for what officers/told.py says in a sentence.
WORDS: "dict[Reason, StrOrPromise]" = {
    Reason.OK: _("真实有效"),
    Reason.OFFLINE: _("未联网"),
    Reason.NO_PHOTO: _("请看原件"),
    Reason.STATUS_UNKNOWN: _("待核实"),
    Reason.STALE: _("已过时"),
    Reason.PHONE_CLOCK: _("对方时间不准"),
    Reason.OWN_CLOCK: _("本机时间不准"),
    Reason.EXPIRED: _("已过期"),
    Reason.NOT_YET: _("尚未生效"),
    Reason.OTHER_ENTERPRISE: _("不是本企业"),
    Reason.UNKNOWN_ISSUER: _("不是本系统"),
    Reason.BAD_SIGNATURE: _("签名不符"),
    Reason.WRONG_ALGORITHM: _("签名不符"),
    Reason.MALFORMED: _("无法识别"),
    Reason.REVOKED: _("已停用"),
    Reason.NOT_CONFIRMED: _("没有记录"),
    Reason.LEFT: _("已结束"),
}
# What the page says of itself, before there is a verdict or where there can be none.
OF_THE_PAGE: "dict[str, tuple[StrOrPromise, StrOrPromise]]" = {
    "ready": (_("核验执法人员"), _("请对方打开手机上的亮证二维码，再点下面的按钮扫描。")),
    "which": (_("核验执法人员"), _("请扫描门口海报上的二维码打开本页，或者输入本企业的统一社会信用代码。")),
    "asking": (_("正在核验"), _("正在向服务器核实……")),
    "no_camera": (_("不能使用摄像头"), _("请允许本页使用摄像头，或者用下面的其他方式。")),
    "no_code": (_("没有找到二维码"), _("请对准对方屏幕，让二维码占满画面，再拍一张。")),
    "cannot_check": (
        _("本机无法核验"),
        _("这部手机的浏览器太旧，现在又连不上服务器。请用海报上的网址打开门口页面，或者对照执法证原件。"),
    ),
}
AROUND: "dict[str, StrOrPromise]" = {
    "title": _("核验执法人员"),
    "scan": _("开始扫描"),
    "again": _("再扫一次"),
    "stop": _("停止扫描"),
    "otherwise": _("不能用摄像头？"),
    "from_photo": _("拍一张或选一张对方屏幕的照片"),
    "from_text": _("或者粘贴以 LZ1: 开头的文字"),
    "check": _("核验"),
    "credit_code": _("统一社会信用代码"),
    "go": _("确定"),
    "photo": _("执法人员照片"),
    "no_photo": _("无照片"),
    "certificate_no": _("执法证号"),
    "checked_at": _("核验时间"),
    "compare": _("请核对：照片与来人是否为同一人，姓名和执法证号与对方的执法证原件是否一致。"),
    "at_enterprise": _("本企业："),
    "which_address": _("请确认网址是本地入企扫码平台的网址。"),
    "without_script": _("本页需要 JavaScript；没有它时，请用海报上的网址打开门口页面，那里同样写明谁在门口。"),
}


def words(language: str) -> dict[str, Any]:
    """Everything, in this language. `reasons`: by Reason or by the page's own state, [word, sentence]."""
    with override(language):
        reasons = {reason.value: [str(word), str(SENTENCES[reason])] for reason, word in WORDS.items()}
        own = {name: [str(word), str(sentence)] for name, (word, sentence) in OF_THE_PAGE.items()}
        around = {name: str(said) for name, said in AROUND.items()}
    return {**around, "other_language": "English" if language != "en" else "中文", "reasons": {**reasons, **own}}

"""What a person at the door reads for each reason: one plain sentence that says what to do."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from officers.reasons import Reason

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SENTENCES: dict[Reason, "StrOrPromise"] = {
    Reason.OK: _("服务器已确认：这位执法人员正在本企业检查。请核对照片与来人是否为同一人。"),
    Reason.OFFLINE: _("证件是真的，但现在没有联网，不能向服务器核实这次检查。请对照执法证原件。"),
    Reason.NO_PHOTO: _("证件是真的，但这里没有照片。请对照执法证原件上的照片。"),
    Reason.STATUS_UNKNOWN: _(
        "证件是真的，但现在不能查到它是否已被吊销。请联网后再试，或者对照执法证原件并向其所在单位核实。"
    ),
    Reason.STALE: _(
        "这个二维码已经过时，可能是截图。请让对方当面重新出示；如果确实是刚刚出示的，请核对双方手机的时间。"
    ),
    Reason.PHONE_CLOCK: _("对方手机的时间不准。请让对方校准时间后重新出示。"),
    Reason.OWN_CLOCK: _("您这部手机的时间不准，慢了。请校准时间后再试。"),
    Reason.EXPIRED: _("这份电子证件已过有效期。请让对方联网更新后重新出示；仍不能更新的，请向其所在单位核实。"),
    Reason.NOT_YET: _("该执法证的有效期还没有开始，请向其所在单位核实。"),
    Reason.OTHER_ENTERPRISE: _("这是向另一家企业出示的，不是向本企业出示的。请让对方在本企业扫码后重新出示。"),
    Reason.UNKNOWN_ISSUER: _("这不是本系统签发的电子证件，不能作为执法凭证。请向其所在单位核实。"),
    Reason.BAD_SIGNATURE: _("签名不符：这份电子证件是伪造的，或者被改动过，不能作为执法凭证。"),
    Reason.WRONG_ALGORITHM: _("签名方式不符：这份电子证件不是本系统签发的，不能作为执法凭证。"),
    Reason.MALFORMED: _("这不是电子证件的二维码，或者没有读全。请让对方重新出示，再扫描一次。"),
    Reason.REVOKED: _("该执法证已被吊销、暂停或者已经到期，或者出示它的手机已停用，不能作为执法凭证。"),
    Reason.NOT_CONFIRMED: _("服务器上没有这次检查：对方没有在本企业扫码入企。"),
    Reason.LEFT: _("这次检查已经结束：已登记离开，或者扫码已超过 12 小时。"),
}

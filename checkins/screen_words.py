"""What the page behind an officer's screen says for each verdict: a word in large type, and what to do now."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from checkins.screen import Verdict

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Said:
    word: "StrOrPromise"
    advice: "StrOrPromise"


SAID = {
    Verdict.OK: Said(
        _("真实有效"),
        _("请核对：照片与来人是否为同一人，姓名、执法证号和核对码是否与对方屏幕上的一致，入企单位是否为贵单位。"),
    ),
    Verdict.NO_VISIT: Said(
        _("尚未入企"),
        _("证件有效，但对方没有在这里扫码入企。请让对方先扫贵单位营业执照上的二维码，再重新亮证。"),
    ),
    Verdict.SERVICE_ONLY: Said(_("仅限服务"), _("此人不是持证执法人员，只能上门服务，不能实施检查。")),
    Verdict.NOT_CERTIFIED: Said(_("不得检查"), _("此人不是持证执法人员，不能实施检查。请向其所在单位核实。")),
    Verdict.NOT_CONFIRMED: Said(
        _("没有记录"), _("服务器上没有这次入企：扫码已撤回或者已作废。请让对方在贵单位重新扫码。")
    ),
    Verdict.LEFT: Said(
        _("已结束"),
        _("这次入企已经结束：已登记离开，或者扫码已过时限。如对方仍在现场，请让其重新扫码、重新亮证。"),
    ),
    Verdict.NOT_YET: Said(_("尚未生效"), _("该执法证的有效期还没有开始，请向其所在单位核实。")),
    Verdict.EXPIRED: Said(_("已过期"), _("该执法证已过有效期，不能作为执法凭证，请向其所在单位核实。")),
    Verdict.SUSPENDED: Said(_("已暂停"), _("该执法证已暂停使用，不能作为执法凭证，请向其所在单位核实。")),
    Verdict.REVOKED: Said(_("已吊销"), _("该执法证已吊销，不能作为执法凭证，请向其所在单位核实。")),
    Verdict.PHONE_OUT: Said(
        _("手机已停用"), _("出示这一屏幕的手机已挂失或停用，不能作为凭证。请核对证件原件，并向其所在单位核实。")
    ),
    Verdict.UNKNOWN: Said(
        _("无法核验"),
        _("这个二维码已过时限、不完整，或者不是本平台签发的。请让对方当面重新亮证，再扫描一次。"),
    ),
}

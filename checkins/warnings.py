"""What an officer is told beside the answer: a table of codes. A warning never blocks (promise 3).

`would_refuse`: a stricter house would have refused the visit for it. docs/reference/api.md is made from this table.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from checkins.rules import Warn


@dataclass(frozen=True, kw_only=True, slots=True)
class Meaning:
    """`rule`: where it comes from; P marks our policy, which a jurisdiction may set."""

    message: str | Promise
    rule: str
    would_refuse: bool = False


MEANINGS: dict[Warn, Meaning] = {
    Warn.CAP_REACHED: Meaning(message=_("本单位今年对该企业的检查已达上限"), rule="国办发〔2024〕54号"),
    Warn.OVER_CAP: Meaning(
        message=_("本单位今年对该企业的检查已超过上限，请说明理由；已告知监督机关"), rule="国办发〔2024〕54号"
    ),
    Warn.CERTIFICATE_EXPIRED: Meaning(message=_("执法证已过期"), rule="行政执法证管理", would_refuse=True),
    Warn.CERTIFICATE_NOT_YET_VALID: Meaning(message=_("执法证尚未生效"), rule="行政执法证管理", would_refuse=True),
    Warn.CERTIFICATE_SUSPENDED: Meaning(message=_("执法证已暂停"), rule="行政执法证管理", would_refuse=True),
    Warn.CERTIFICATE_REVOKED: Meaning(message=_("执法证已吊销"), rule="行政执法证管理", would_refuse=True),
    Warn.OUTSIDE_REGION: Meaning(message=_("企业不在本单位辖区内"), rule="行政处罚法第二十二条", would_refuse=True),
    Warn.FAR_FROM_PREMISES: Meaning(message=_("定位距登记的经营场所较远"), rule="P: FAR_M"),
    Warn.DATUM_SUSPECT: Meaning(
        message=_("定位的坐标系可能声明有误，请检查手机应用的设置"), rule="P: TRUST_DATUM_RESIDUAL_M"
    ),
    Warn.LOCATION_MISSING: Meaning(message=_("未取得定位"), rule="P"),
    Warn.MOCK_LOCATION: Meaning(message=_("手机报告定位为模拟定位"), rule="P"),
    Warn.LATE_UPLOAD: Meaning(message=_("扫码后较久才上传"), rule="P: LATE_AFTER_MINUTES"),
    Warn.LATE_WITHOUT_REASON: Meaning(message=_("补录须说明网络或系统故障等原因"), rule="深府规〔2025〕6号"),
    Warn.LATE_BEYOND_LIMIT: Meaning(
        message=_("已超过补录期限，照常保存并告知监督机关"), rule="P: BACKFILL_DAYS（深府规〔2025〕6号）"
    ),
    Warn.SEQUENCE_GAP: Meaning(message=_("手机此前的扫码有缺号，请上传队列中的全部扫码"), rule="P"),
    Warn.SEQUENCE_REPEATED: Meaning(message=_("手机的另一扫码已用过同一编号，照常保存并告知监督机关"), rule="P"),
    Warn.CLOCK_AHEAD: Meaning(message=_("手机时间晚于服务器时间，按收到时间计"), rule="P"),
    Warn.CLOCK_JUMP: Meaning(message=_("手机时间被改动过，按开机计时推算的时间计"), rule="P"),
    Warn.CLOCK_BEHIND: Meaning(message=_("手机时间早于它此前见过的服务器时间"), rule="P"),
    Warn.CLOCK_UNUSABLE: Meaning(message=_("手机所报的计时前后矛盾，只按手机时间计"), rule="P"),
    Warn.ENTERPRISE_UNKNOWN: Meaning(message=_("登记库中没有该统一社会信用代码，已照常备案"), rule="P"),
    Warn.ENTERPRISE_NOT_OPEN: Meaning(message=_("该企业登记状态不是存续"), rule="P"),
    Warn.UNRESOLVED: Meaning(message=_("尚不能确定是哪家企业，请补充选择"), rule="P"),
    Warn.PHOTO_UNREADABLE: Meaning(message=_("照片上没有读出二维码"), rule="P"),
    Warn.PHOTO_PENDING: Meaning(message=_("照片尚未上传"), rule="P"),
    Warn.NO_LICENCE: Meaning(message=_("无照对象，已登记；不计入上限，计入统计"), rule="P"),
    Warn.PREMISES_LEARNED: Meaning(message=_("已按确认登记该企业的又一经营场所"), rule="P"),
    Warn.PREMISES_NOT_LEARNED: Meaning(message=_("所报地址无法登记为经营场所"), rule="P"),
    Warn.CREDIT_CODE_INVALID: Meaning(message=_("统一社会信用代码未通过校验"), rule="GB 32100-2015"),
    Warn.CODE_CONFLICT: Meaning(message=_("二维码与所选企业不一致，以所选为准"), rule="P"),
    Warn.ALIAS_DISPUTED: Meaning(message=_("不同人员对该二维码认定的企业不一致，请选择"), rule="P"),
    Warn.INNER_DIGIT: Meaning(message=_("代码内的组织机构代码校验位不符，请核对"), rule="GB 11714-1997"),
    Warn.CONTINUES_UNKNOWN: Meaning(message=_("没有找到要延续的入企"), rule="P"),
    Warn.JOINT_CODE_UNKNOWN: Meaning(message=_("没有找到该联合检查码"), rule="P"),
    Warn.EXEMPT_WITHOUT_SOURCE: Meaning(message=_("不计入上限的事由须有来源文号，暂按计入"), rule="P（中卫）"),
    Warn.REASON_UNKNOWN: Meaning(message=_("事由不在目录之内，暂按计入"), rule="P（中卫）"),
    Warn.ITEM_NOT_PUBLISHED: Meaning(
        message=_("有检查事项不在本单位已公布的清单之内"), rule="国办发〔2024〕54号", would_refuse=True
    ),
    Warn.PLAN_UNKNOWN: Meaning(message=_("没有找到该检查计划，或它不是为此时此企业所报"), rule="P"),
    Warn.PLAN_MISSING: Meaning(message=_("本地要求填写检查计划编号"), rule="P: REQUIRED_WORDS"),
    Warn.APPROVAL_MISSING: Meaning(message=_("本地要求填写检查审批文号"), rule="P: REQUIRED_WORDS"),
    Warn.PARTNER_UNKNOWN: Meaning(message=_("所列同行人员的执法证号没有登记"), rule="P"),
    Warn.PARTNER_ELSEWHERE: Meaning(message=_("所列同行人员属于别的单位，请其扫码并联合检查"), rule="P"),
    Warn.PARTNER_CERTIFICATE: Meaning(
        message=_("所列同行人员的执法证此时无效"), rule="行政执法证管理", would_refuse=True
    ),
    Warn.ASSISTANTS_CHANGED: Meaning(message=_("辅助人员多于检查开始时所报的人数"), rule="P"),
    Warn.NOT_CERTIFIED: Meaning(
        message=_("没有执法证的人员只能服务走访，不能检查"), rule="行政处罚法第四十二条", would_refuse=True
    ),
}


def told(codes: Iterable[Warn]) -> list[dict[str, Any]]:
    """The warnings of an answer, in the reader's language."""
    return [
        {
            "code": code.value,
            "message": str(MEANINGS[code].message),
            "rule": MEANINGS[code].rule,
            "would_refuse": MEANINGS[code].would_refuse,
        }
        for code in codes
    ]

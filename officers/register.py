"""The columns of the registers of agencies and officers: for forms, for files, for the reference."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import cells
from audit.region import region
from audit.register import Column

LEVELS = {"市级": "city", "县区级": "district", "乡镇级": "town", "市": "city", "县": "district", "区": "district"}
LEVELS |= {"县级": "district", "区级": "district", "乡镇": "town", "街道": "town"}
AGENCY_STATUSES = {"在用": "active", "撤销": "closed", "正常": "active", "有效": "active", "已撤销": "closed"}
OFFICER_STATUSES = {"有效": "active", "暂停": "suspended", "吊销": "revoked", "正常": "active", "暂扣": "suspended"}
OFFICER_STATUSES |= {"注销": "revoked", "收回": "revoked", "离职": "revoked", "退休": "revoked"}

CODE = Column(
    name="code",
    heading=gettext_lazy("单位代码"),
    aliases=("机构代码", "执法单位代码"),
    read=cells.identifier(40),
    required=True,
)
REGION = Column(
    name="region_code", heading=gettext_lazy("地区代码"), aliases=("行政区划代码",), read=region, required=True
)
LEVEL = Column(name="level", heading=gettext_lazy("层级"), aliases=("级别",), read=cells.choice(LEVELS), required=True)
SUPERVISED_BY = Column(
    name="supervised_by",
    heading=gettext_lazy("监督机关代码"),
    read=cells.identifier(40),
    note="监督它的司法局的单位代码；空：不在本系统内",
)
PARENT = Column(
    name="parent_code",
    heading=gettext_lazy("上级单位代码"),
    aliases=("上级代码",),
    read=cells.identifier(40),
    stored=False,
)
AGENCY: tuple[Column, ...] = (
    CODE,
    Column(
        name="name",
        heading=gettext_lazy("单位名称"),
        aliases=("机构名称", "执法单位"),
        read=cells.text(100),
        required=True,
    ),
    PARENT,
    REGION,
    LEVEL,
    SUPERVISED_BY,
    Column(name="status", heading=gettext_lazy("状态"), read=cells.choice(AGENCY_STATUSES), note="新登记时空着：在用"),
)

_YES_NO = dict.fromkeys(("是", "有", "yes", "y", "true", "1"), True)
_YES_NO |= dict.fromkeys(("否", "无", "no", "n", "false", "0"), False)


def yes_or_no(cell: cells.Cell) -> bool | None:
    """`yes`: 是, 有, y, true, 1; `no`: 否, 无, n, false, 0"""
    if isinstance(cell, bool):
        return cell
    value = cells.plain(cell).lower()
    if value and value not in _YES_NO:
        raise cells.BadCell(_("应为：%(words)s") % {"words": "是、否"})
    return _YES_NO.get(value)


CERTIFICATE_NO = Column(
    name="certificate_no",
    heading=gettext_lazy("执法证号"),
    aliases=("证件号码", "执法证编号"),
    read=cells.identifier(32),
    required=True,
)
AGENCY_CODE = Column(
    name="agency_code",
    heading=gettext_lazy("单位代码"),
    aliases=("执法单位代码",),
    read=cells.identifier(40),
    required=True,
    stored=False,
)
VALID_FROM = Column(
    name="valid_from",
    heading=gettext_lazy("有效期起"),
    aliases=("发证日期",),
    read=cells.day,
    required=True,
    note="当日有效",
)
VALID_UNTIL = Column(
    name="valid_until",
    heading=gettext_lazy("有效期止"),
    aliases=("有效期至",),
    read=cells.day,
    required=True,
    note="当日仍有效",
)
OFFICER: tuple[Column, ...] = (
    CERTIFICATE_NO,
    Column(name="name", heading=gettext_lazy("姓名"), read=cells.text(40), required=True),
    AGENCY_CODE,
    VALID_FROM,
    VALID_UNTIL,
    Column(
        name="status",
        heading=gettext_lazy("状态"),
        aliases=("证件状态",),
        read=cells.choice(OFFICER_STATUSES),
        note="新登记时空着：有效",
    ),
    Column(
        name="status_since",
        heading=gettext_lazy("状态起算"),
        read=cells.moment,
        note="暂停、吊销从何时起；空着：登记此变化的时刻",
    ),
    Column(
        name="categories",
        heading=gettext_lazy("执法类别"),
        aliases=("执法领域",),
        read=cells.names(40),
        note="多项以顿号分开",
    ),
    Column(
        name="certified",
        heading=gettext_lazy("持执法证"),
        read=yes_or_no,
        note="否：安全员、协管员等，只能服务走访，证号填其账号；新登记时空着：是",
    ),
)

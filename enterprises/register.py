"""The columns of the register of enterprises and their places: for forms, for files, for the reference."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import cells
from audit.cells import BadCell, Cell
from audit.phone import cleaned, is_mobile
from audit.region import region
from audit.register import Column
from enterprises.credit_code import clean, is_credit_code, is_registration_no

STATUSES = {"存续": "open", "吊销": "revoked", "注销": "cancelled", "迁出": "moved"}
STATUSES |= {"在业": "open", "开业": "open", "在营": "open", "正常": "open", "在册": "open", "已迁出": "moved"}
STATUSES |= {
    "存续（在营、开业、在册）": "open",
    "吊销，未注销": "revoked",
    "吊销，已注销": "cancelled",
    "已注销": "cancelled",
}
DATUMS = {"WGS-84": "WGS84", "GCJ-02": "GCJ02", "BD-09": "BD09", "高德": "GCJ02", "腾讯": "GCJ02", "百度": "BD09"}
ACTIONS = {"新增": "new", "变更": "change", "注销": "cancelled", "吊销": "revoked", "迁出": "moved"}
ACTIONS |= {"恢复": "open", "增设场所": "add_premises"}
STATUS_OF_ACTION = {"cancelled": "cancelled", "revoked": "revoked", "moved": "moved", "open": "open"}

_code = cells.identifier(40)


def credit_code(cell: Cell) -> str | None:
    """Eighteen symbols that pass the check of GB 32100-2015. Raises BadCell."""
    written = cell if type(cell) is str and len(cell) == 18 else _code(clean(cell) if isinstance(cell, str) else cell)
    if not written:
        return None
    if not is_credit_code(written):
        value = clean(written)
        if not is_credit_code(value):
            raise BadCell(_("不是有效的统一社会信用代码（18 位，末位为校验码）"))
        return value
    return written


def registration_no(cell: Cell) -> str | None:
    """Fifteen digits that pass the check of GS15-2006. Raises BadCell."""
    value = clean(cells.plain(cell))
    if value and not is_registration_no(value):
        raise BadCell(_("不是有效的注册号（15 位数字，末位为校验码）"))
    return value or None


def mobile(cell: Cell) -> str | None:
    """Eleven digits of a mobile phone of mainland China. Raises BadCell."""
    value = cells.plain(cell)
    phone = cleaned(value)
    if value and (phone is None or not is_mobile(phone)):
        raise BadCell(_("应为 11 位手机号"))
    return phone if value else None


CREDIT_CODE = Column(
    name="credit_code",
    heading=gettext_lazy("统一社会信用代码"),
    aliases=("信用代码", "社会信用代码"),
    read=credit_code,
    required=True,
)
NAME = Column(
    name="name",
    heading=gettext_lazy("名称"),
    aliases=("企业名称", "主体名称", "市场主体名称"),
    read=cells.text(200),
    required=True,
)
STATUS = Column(
    name="status",
    heading=gettext_lazy("状态"),
    aliases=("登记状态", "经营状态"),
    read=cells.choice(STATUSES),
    note="新登记时空着：存续",
)
ENTERPRISE: tuple[Column, ...] = (
    CREDIT_CODE,
    Column(name="registration_no", heading=gettext_lazy("注册号"), read=registration_no, note="15 位旧注册号"),
    NAME,
    Column(
        name="former_names",
        heading=gettext_lazy("曾用名"),
        read=cells.names(200),
        note="多项以顿号分开；与已有的合并；改名时旧名自动加入",
    ),
    Column(name="region_code", heading=gettext_lazy("地区代码"), aliases=("行政区划代码",), read=region, required=True),
    Column(name="industry", heading=gettext_lazy("行业代码"), read=cells.text(10), note="GB/T 4754"),
    Column(name="risk_grade", heading=gettext_lazy("风险等级"), aliases=("信用风险等级",), read=cells.text(4)),
    STATUS,
)

ADDRESS = Column(
    name="address",
    heading=gettext_lazy("地址"),
    aliases=("住所", "经营场所", "注册地址", "经营地址"),
    read=cells.text(300),
    required=True,
)
LONGITUDE = Column(
    name="longitude", heading=gettext_lazy("经度"), read=cells.degrees(180), note="十进制度；与纬度同时填写"
)
LATITUDE = Column(name="latitude", heading=gettext_lazy("纬度"), read=cells.degrees(90), note="十进制度")
DATUM = Column(name="datum", heading=gettext_lazy("坐标系"), read=cells.choice(DATUMS), note="空着：WGS-84")
PREMISES: tuple[Column, ...] = (ADDRESS, LONGITUDE, LATITUDE, DATUM)

FORMER_ADDRESS = Column(
    name="former_address",
    heading=gettext_lazy("原地址"),
    aliases=("原住所",),
    read=cells.text(300),
    stored=False,
    note="企业有多处经营场所时，指明迁移的是哪一处",
)
ACTION = Column(
    name="action",
    heading=gettext_lazy("动作"),
    aliases=("操作", "变更类型"),
    read=cells.choice(ACTIONS),
    stored=False,
    note="注销、吊销、迁出、恢复改变状态；增设场所：地址是另一处经营场所；新增、变更与空着相同",
)
FILE: tuple[Column, ...] = (*ENTERPRISE, *PREMISES, FORMER_ADDRESS, ACTION)

PHONE = Column(
    name="phone",
    heading=gettext_lazy("联系手机"),
    aliases=("手机", "手机号", "手机号码", "联系电话"),
    read=mobile,
    required=True,
    note="换号后，原联系人设的 PIN 即失效",
)
CONTACT: tuple[Column, ...] = (
    CREDIT_CODE,
    Column(
        name="name",
        heading=gettext_lazy("联系人"),
        aliases=("联系人姓名", "登记联系人", "工商联络员"),
        read=cells.text(40),
        required=True,
    ),
    PHONE,
)

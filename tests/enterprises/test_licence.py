"""What licence QR codes say: each known form, and what nobody should trip over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enterprises.credit_code import ALPHABET, inner_digit_fits, is_credit_code
from enterprises.licence import Reading, Scheme, read

A, B, N, Y = "91110108551385082Q", "9144030010001686XA", "91350100M000100Y43", "91440101MA5D5T047J"
OLD, OLD_2 = "440106000067508", "110105003319557"
HEX = "0123456789abcdef0123456789ABCDEF"
GSXT = "http://www.gsxt.gov.cn/index.html?uniscid="

# text → scheme, credit code, registration number, opaque id, candidates
TABLE: list[tuple[str, str, str | None, str | None, str | None, tuple[str, ...]]] = [
    # the national form, and what has been seen around it
    (f"{GSXT}{A}", "uniscid", A, None, None, ()),
    (f"https://www.gsxt.gov.cn/index.html?uniscid={A}", "uniscid", A, None, None, ()),
    (f"{GSXT}{A}&from=singlemessage", "uniscid", A, None, None, ()),
    (f"{GSXT}{A}#top", "uniscid", A, None, None, ()),
    (f"http://www.gsxt.gov.cn/index.html?a=1&uniscid={A}&b=2", "uniscid", A, None, None, ()),
    (f"http://www.gsxt.gov.cn/index.html?UNISCID={A}", "uniscid", A, None, None, ()),
    (f"HTTP://WWW.GSXT.GOV.CN/INDEX.HTML?UNISCID={A}", "uniscid", A, None, None, ()),
    (f"{GSXT}{A.lower()}", "uniscid", A, None, None, ()),
    (f"  {GSXT}{A}\r\n", "uniscid", A, None, None, ()),
    (f"http://www.gsxt.gov.cn:80/index.html?uniscid={A}", "uniscid", A, None, None, ()),
    (f"http://www.gsxt.gov.cn:99999999/index.html?uniscid={A}", "uniscid", A, None, None, ()),
    (f"http://www.gsxt.gov.cn/index.html%3Funiscid%3D{A}", "uniscid", A, None, None, ()),
    (f"http://www.gsxt.gov.cn/index.html?uniscid=%39{A[1:]}", "uniscid", A, None, None, ()),
    (f"http://www.gsxt.gov.cn/index.html?uniscid={A}&uniscid={B}", "uniscid", A, None, None, ()),
    (f"http://www.gsxt.gov.cn/index.html#/detail?uniscid={A}", "uniscid", A, None, None, ()),
    (f"扫码查看 {GSXT}{A} 企业信息", "uniscid", A, None, None, ()),
    (f"{GSXT}{N}", "uniscid", N, None, None, ()),
    (f"{GSXT}{Y}", "uniscid", Y, None, None, ()),
    # provincial addresses with the code in clear
    (
        f"http://air.gzaic.gov.cn:88/outsys/commonquery/viewBusinessLicence?uniscid={A}&regno={OLD}",
        "uniscid", A, OLD, None, (),
    ),
    (f"http://bj.gsxt.gov.cn/x?entId={HEX}&regno={OLD_2}&uniscid={A}", "uniscid", A, OLD_2, None, ()),
    (f"https://example.gov.cn/qr/{A}", "uniscid", A, None, None, ()),
    (f"https://example.gov.cn/qr?tyshxydm={A}&t=1", "uniscid", A, None, None, ()),
    (f"https://example.gov.cn/qr?a={A}&b={B}", "uniscid", None, None, None, (A, B)),
    # the registration number only
    (f"http://example.gov.cn/?zch={OLD}", "zch", None, OLD, None, ()),
    (f"http://example.gov.cn/?ZCH={OLD}&x=1", "zch", None, OLD, None, ()),
    (f"http://example.gov.cn/?regno={OLD_2}", "zch", None, OLD_2, None, ()),
    # opaque
    (
        f"http://qyxy.baic.gov.cn/wap/wap/creditWapAction!qr.dhtml?id={HEX}", "beijing", None, None, HEX, (),
    ),
    (f"http://bj.gsxt.gov.cn/x?entId={HEX}", "beijing", None, None, HEX, ()),
    (
        "http://www.sgs.gov.cn/lz/licenseLink.do?method=licenceView&entyId=20110428143026",
        "shanghai", None, None, "20110428143026", (),
    ),
    (
        "https://www.sgs.gov.cn/lz/licenseLink.do?method=licenceView&entyId=abcd_1",
        "shanghai", None, None, "abcd_1", (),
    ),
    (f"https://www.szcredit.org.cn/web/x.aspx?ID={HEX}", "shenzhen", None, None, HEX, ()),
    ("https://www.szcredit.org.cn/web/x.aspx?rid=20170811", "shenzhen", None, None, "20170811", ()),
    (
        "http://www.gsxt.gov.cn/%7BEEF0A1B2C3D4-1499999999999%7D",
        "session", None, None, "{EEF0A1B2C3D4-1499999999999}", (),
    ),
    (
        "https://he.gsxt.gov.cn/%7Babc-1500000000000%7D", "session", None, None, "{abc-1500000000000}", (),
    ),
    ("https://qym.hebei.gov.cn/e/8f3k2j1h9d", "url", None, None, "qym.hebei.gov.cn/e/8f3k2j1h9d", ()),
    ("https://qym.hebei.gov.cn/e?c=8f3k2j1h9d", "url", None, None, "qym.hebei.gov.cn/e?c=8f3k2j1h9d", ()),
    ("https://mp.weixin.qq.com/", "unknown", None, None, None, ()),
    ("https://gsxt.gov.cn.evil.example/%7Babc-1500000000000%7D", "url", None, None,
     "gsxt.gov.cn.evil.example/{abc-1500000000000}", ()),
    # words around codes
    (f"名称：邢台轴承有限公司；统一社会信用代码：{A}；注册号：{OLD}；", "text", A, OLD, None, ()),
    (f"统一社会信用代码:{A}", "text", A, None, None, ()),
    (f"统一社会信用代码{A}注册号{OLD}", "text", A, OLD, None, ()),
    ("统一社会信用代码：９１１１０１０８５５１３８５０８２Ｑ", "text", A, None, None, ()),
    (f"统一社会信用代码：{A.lower()}", "text", A, None, None, ()),
    (f"{A} {B}", "text", None, None, None, (A, B)),
    (f"{A}；{A}", "text", A, None, None, ()),
    (f"91330104341916223P {A}", "text", A, None, None, ()),
    ("统一社会信用代码：91330104341916223P", "unknown", None, None, None, ()),
    (f"注册号：{OLD}", "text", None, OLD, None, ()),
    (f"注册号：{OLD}；原注册号：{OLD_2}", "text", None, None, None, (OLD, OLD_2)),
    ("组织机构代码：55138508-2", "organisation", None, None, "551385082", ()),
    # nothing but a code
    (A, "bare", A, None, None, ()),
    (f" {A[:8]} {A[8:]} ", "bare", A, None, None, ()),
    ("911101085513 85082q", "bare", A, None, None, ()),
    ("９１１１０１０８５５１３８５０８２Ｑ", "bare", A, None, None, ()),
    (OLD, "bare", None, OLD, None, ()),
    ("55138508-2", "organisation", None, None, "551385082", ()),
    ("551385082", "organisation", None, None, "551385082", ()),
    # the usual slips of a finger: proposals, never taken at once
    ("911101O855138508 2Q", "bare", None, None, None, (A,)),
    ("9I110108551385082Q", "bare", None, None, None, (A,)),
    (f"{GSXT}9I1101O8551385082Q", "uniscid", None, None, None, (A,)),
    ("统一社会信用代码：9I110108551385082Q", "text", None, None, None, (A,)),
    # nothing
    ("", "unknown", None, None, None, ()),
    ("0" * 18, "unknown", None, None, None, ()),
    ("0" * 15, "unknown", None, None, None, ()),
    ("WIFI:T:WPA;S:office;P:secret;;", "unknown", None, None, None, ()),
    ("http://[", "unknown", None, None, None, ()),
    ("\x00\ud800", "unknown", None, None, None, ()),
    (f"x{A}9", "unknown", None, None, None, ()),
]  # fmt: skip


@pytest.mark.parametrize(("text", "scheme", "code", "number", "opaque", "candidates"), TABLE)
def test_each_text_is_read_as_what_it_is(
    text: str, scheme: str, code: str | None, number: str | None, opaque: str | None, candidates: tuple[str, ...]
) -> None:
    assert read(text) == Reading(
        text=text,
        scheme=Scheme(scheme),
        credit_code=code,
        registration_no=number,
        opaque_id=opaque,
        candidates=candidates,
        needs_confirmation=bool(candidates),
    )


def test_the_table_is_no_smaller_than_promised() -> None:
    assert len(TABLE) >= 60


def test_a_session_like_id_is_never_learned_and_an_opaque_one_is() -> None:
    assert not read("http://www.gsxt.gov.cn/%7Babc-1500000000000%7D").learnable
    assert not read(A).learnable
    assert read(f"https://www.szcredit.org.cn/web/x.aspx?ID={HEX}").learnable


def test_a_very_long_identifier_is_kept_by_its_hash() -> None:
    found = read("https://qym.example/" + "a1" * 500)
    assert found.opaque_id is not None
    assert len(found.opaque_id) <= 120
    assert found.opaque_id != read("https://qym.example/" + "a2" * 500).opaque_id


def test_the_inner_digit_of_a_real_code_may_be_wrong_so_it_only_warns() -> None:
    assert inner_digit_fits(A)
    assert is_credit_code("91110115WNRW1W8CG7")
    assert not inner_digit_fits("91110115WNRW1W8CG7")


@st.composite
def credit_codes(draw: st.DrawFn) -> str:
    """Valid codes of any department, A, N and Y among them."""
    head = draw(st.sampled_from("159ANY")) + draw(st.sampled_from(ALPHABET))
    body = head + draw(st.from_regex(r"[0-9]{6}", fullmatch=True))
    body += draw(st.text(ALPHABET, min_size=9, max_size=9))
    return next(body + symbol for symbol in ALPHABET if is_credit_code(body + symbol))


FORMS = [
    "{}",
    " {} ",
    GSXT + "{}",
    GSXT + "{}&x=1",
    "https://www.gsxt.gov.cn/index.html?a=%E4%BC%81&uniscid={}",
    "http://air.gzaic.gov.cn:88/outsys/commonquery/viewBusinessLicence?uniscid={}&regno=" + OLD,
    "http://bj.gsxt.gov.cn/x?entId=" + HEX + "&regno=" + OLD + "&uniscid={}",
    "名称：某公司；统一社会信用代码：{}；注册号：" + OLD + "；法定代表人：张三",
    "统一社会信用代码{}住所",
]


@given(credit_codes(), st.sampled_from(FORMS), st.booleans())
def test_every_valid_code_in_every_known_form_is_found(code: str, form: str, lower: bool) -> None:
    assert read(form.format(code.lower() if lower else code)).credit_code == code


@given(credit_codes(), st.sampled_from(FORMS), st.integers(0, 17), st.sampled_from(ALPHABET + "OI"))
def test_every_single_wrong_symbol_is_caught(code: str, form: str, place: int, symbol: str) -> None:
    wrong = code[:place] + symbol + code[place + 1 :]
    if wrong != code:
        assert read(form.format(wrong)).credit_code is None


@given(st.text(max_size=300) | st.text("http:/.?&=%gsxtuniscid0123456789ABC{}-[]", max_size=200))
def test_no_text_raises(text: str) -> None:
    assert read(text).text == text

"""What no phone should send, at every operation of the OpenAPI document: a Chinese problem each, and nothing stored."""

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from audit.strict_json import DEEPEST
from officers.policy import OfficerPolicy
from project.problems import LARGER
from tests.house.operations import METHODS, NOTED, ONLY_ASK, SAMPLES, Operation, operations, rows, send, sign_in_li_jing
from tests.town import Town, scan_body

EVERY = operations()
JSON = [one for one in EVERY if one.body is not None]
PROBLEM = "application/problem+json"
OUTER_LIMIT = 262_144

# Whatever the operation, these are no JSON object of ours.
UNREADABLE: dict[str, bytes | str] = {
    "nothing but a space": " ",
    "broken off": '{"scan_id": "',
    "trailing comma": '{"a": 1,}',
    "single quotes": "{'a': 1}",
    "two values": "{} {}",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "null": "null",
    "an array": "[]",
    "an array of objects": '[{"scan_id": null}]',
    "a text": '"scan"',
    "a number": "17",
    "true": "true",
    "NaN": '{"a": NaN}',
    "Infinity": '{"a": -Infinity}',
    "1e999": '{"a": 1e999}',
    "a number of 5,000 digits": '{"a": ' + "9" * 5_000 + "}",
    "a fraction of 5,000 digits before the point": '{"a": ' + "9" * 5_000 + ".5}",
    "10,000 arrays deep": '{"a": ' + "[" * 10_000 + "]" * 10_000 + "}",
    "900 arrays deep": '{"a": ' + "[" * 900 + "]" * 900 + "}",
    "40 objects deep": '{"a":' * 40 + "1" + "}" * 40,
    "100,000 brackets never closed": "[" * 100_000,
    "a raw NUL": b'{"a": "\x00"}',
    "a raw NUL outside": b'\x00{"a": 1}',
    "a raw line break in a text": '{"a": "\n"}',
    "no UTF-8": b'{"a": "\xff\xfe"}',
    "a surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "GBK": '{"a": "企业"}'.encode("gbk"),
    "gzip": gzip.compress(b"{}"),
}


MEDIA = [
    ("text/plain", ""),
    ("application/x-www-form-urlencoded", ""),
    ("multipart/form-data; boundary=x", ""),
    ("application/xml", ""),
    ("application/jsonp", ""),
    ("application/json", "gzip"),
    ("application/json", "br"),
]

# What is no way to show oneself.
NOBODY: list[str | None] = [
    None,
    "",
    "Bearer",
    "Bearer ",
    "Bearer nobody",
    "Bearer token-of-13050200101 ",
    "Basic emhhbmd3ZWk6MTIzNA==",
    "Digest x",
    "token-of-13050200101",
    "Bearer \xff\xfe\x80",
    "Bearer " + "x" * 60_000,
    "Bearer ' OR 1=1 --",
]


def spoilt(operation: Operation, good: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """A good body of this operation with one thing wrong in it, and what is wrong."""
    assert operation.body is not None
    text = json.dumps(good)
    for name in operation.body.get("required", ()):
        yield f"no {name}", json.dumps({key: value for key, value in good.items() if key != name})
        yield f"{name} null", json.dumps({**good, name: None})
    for name in operation.body["properties"]:
        wrong: Any = {} if operation.body["properties"][name].get("type") == "array" else [[]]
        yield f"{name} of a wrong type", json.dumps({**good, name: wrong})
        yield f"{name} twice", f'{{"{name}": 1, {json.dumps({**good, name: 1})[1:]}'
        yield f"NUL in {name}", json.dumps({**good, name: "a\0b"})
        yield f"half a surrogate in {name}", json.dumps({**good, name: "\ud800"})
        yield f"{name} without end", json.dumps({**good, name: "长" * 100_000})
    for what, wrong in (("NUL", "\\u0000"), ("a high surrogate", "\\ud83d"), ("a low surrogate", "x\\udc00")):
        yield f"{what} in an unknown field", text[:-1] + f', "unknown": "{wrong}"}}'
        yield f"{what} in an unknown name", text[:-1] + f', "{wrong}": 1}}'
        yield f"{what} deep in an unknown field", text[:-1] + f', "unknown": [{{"a": {{"{wrong}": [1]}}}}]}}'


def check(response: Any, operation: Operation, what: str) -> dict[str, Any]:
    """It is a problem that the document names, and says so in Chinese."""
    said = f"{operation}, {what}: {response.status_code} {response.content.decode()[:300]}"
    assert 400 <= response.status_code < 500, said
    assert response.status_code in operation.statuses, said
    assert response["Content-Type"] == PROBLEM, said
    problem: dict[str, Any] = response.json()
    assert problem["status"] == response.status_code, said
    assert re.fullmatch(r"/problems/[a-z-]+", problem["type"]), said
    assert all(re.search("[一-鿿]", problem[member]) for member in ("title", "detail")), said
    return problem


def test_there_is_a_good_call_of_every_operation_that_takes_json() -> None:
    assert {str(operation) for operation in JSON} == SAMPLES.keys(), "tests/house/operations.py"


@pytest.fixture
def _policy(settings: Settings) -> None:
    """So that a sample's change of it is undone; guessing is slow only for others."""
    policy: OfficerPolicy = settings.OFFICER_POLICY
    settings.OFFICER_POLICY = policy
    settings.CONFIRMS_PER_MINUTE = 10**9


@pytest.fixture
def _supervisor(db: None, request: pytest.FixtureRequest) -> None:
    """李静, where what is called is the supervision's: two factors cost more than most of these tests."""
    parameters = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    operation = parameters.get("operation")
    if operation is not None and operation.path.startswith("/api/v1/supervision/"):
        sign_in_li_jing()


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_policy", "_supervisor")]


@pytest.mark.parametrize("operation", JSON, ids=str)
class TestBodies:
    def test_the_good_call_is_taken(self, town: Town, operation: Operation) -> None:
        path, body = SAMPLES[str(operation)](town)
        before = rows()
        response = send(town.zhang_wei, operation, body, path=path)
        assert response.status_code in {200, 201}, response.content.decode()
        changed = {table for table, many in rows().items() if many != before[table]}
        assert (changed <= NOTED) == (str(operation) in ONLY_ASK)

    def test_what_is_no_json_object_is_unreadable(self, town: Town, operation: Operation) -> None:
        before = rows()
        for what, body in UNREADABLE.items():
            problem = check(send(town.zhang_wei, operation, body), operation, what)
            assert problem["type"] == "/problems/unreadable-body", what
            assert rows() == before, what

    def test_one_wrong_thing_spoils_a_good_body(self, town: Town, operation: Operation) -> None:
        path, body = SAMPLES[str(operation)](town)
        before = rows()
        for what, wrong in spoilt(operation, body):
            check(send(town.zhang_wei, operation, wrong, path=path), operation, what)
            assert rows() == before, what

    def test_an_empty_body_says_what_is_missing(self, town: Town, operation: Operation) -> None:
        before = rows()
        problem = check(send(town.zhang_wei, operation, ""), operation, "empty")
        assert problem["type"] == "/problems/invalid-body"
        assert problem["errors"][0]["code"] == "missing"
        assert rows() == before

    @pytest.mark.parametrize("size", [OUTER_LIMIT + 1, 10_000_000])
    def test_too_much_is_refused_unread(self, town: Town, operation: Operation, size: int) -> None:
        path, body = SAMPLES[str(operation)](town)
        size = max(size, LARGER.get(path, 0) + 1)  # a queue may be larger
        before = rows()
        large = json.dumps({**body, "unknown": ""}).encode()[:-2]
        large += b"x" * (size - len(large) - 2) + b'"}'
        assert len(large) == size
        problem = check(send(town.zhang_wei, operation, large, path=path), operation, "large")
        assert (problem["type"], problem["status"]) == ("/problems/body-too-large", 413)
        assert rows() == before

    def test_other_media_are_not_guessed_at(self, town: Town, operation: Operation) -> None:
        path, body = SAMPLES[str(operation)](town)
        before = rows()
        for content_type, encoding in MEDIA:
            headers = {"content_type": content_type, **({"content-encoding": encoding} if encoding else {})}
            problem = check(send(town.zhang_wei, operation, body, path=path, **headers), operation, content_type)
            assert (problem["type"], problem["status"]) == ("/problems/unsupported-media-type", 415), content_type
            assert rows() == before, content_type


MOMENTS = [
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-12:00",
    "0001-01-01T00:00:00+08:00",
    "0000-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "2100-01-01T00:00:00Z",
    "2026-07-01T12:00:00",
    "2026-07-01",
    "2026-02-30T12:00:00Z",
    "2026-07-01T25:00:00Z",
    "2026-07-01T12:00:00+99:99",
    "2026-07-01T12:00:00+24:00",
    "２０２６-07-01T12:00:00Z",
    "2026-W27-3T12:00:00Z",
    "now",
    "",
    1_782_878_400,
    1_782_878_400.5,
    True,
    {"$date": 0},
]


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_a_moment_that_is_none_is_refused_by_name(town: Town, moment: Any) -> None:
    response = town.zhang_wei.scan(scanned_at=moment)
    assert (response.status_code, response.json()["type"]) == (422, "/problems/invalid-body")
    assert response.json()["errors"] == [
        {
            "field": "scanned_at",
            "code": "moment",
            "message": "应为 RFC 3339 时间，带时区，在 1970 至 2099 年之间",
        }
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"longitude": 180.000001}, "longitude"),
        ({"longitude": -181}, "longitude"),
        ({"longitude": 10**400}, "longitude"),
        ({"longitude": 1e308}, "longitude"),
        ({"latitude": 90.1}, "latitude"),
        ({"latitude": "37.07"}, "latitude"),
        ({"latitude": True}, "latitude"),
        ({"latitude": None}, "latitude"),
        ({"accuracy_m": -1}, "accuracy_m"),
        ({"accuracy_m": 10**7}, "accuracy_m"),
        ({"datum": "EPSG:4326"}, "datum"),
        ({"mock": 1}, "mock"),
        ({"provider": "g" * 41}, "provider"),
    ],
    ids=str,
)
def test_a_place_that_is_nowhere_is_refused_by_name(town: Town, changes: dict[str, Any], field: str) -> None:
    before = rows()
    good = {"longitude": 114.5, "latitude": 37.07}
    response = town.zhang_wei.scan(location={**good, **changes})
    assert response.status_code == 422, response.content.decode()
    assert [error["field"] for error in response.json()["errors"]] == [f"location.{field}"]
    assert rows() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"assistants": 100},
        {"assistants": -1},
        {"assistants": 1.0},
        {"assistants": 10**4_000},
        {"items": ["x"] * 51},
        {"items": "消防"},
        {"items": [1]},
        {"purpose": "visit"},
        {"category": "日常"},
        {"emergency": "yes"},
        {"joint_code": "x" * 17},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_words_about_the_visit_that_mean_nothing_are_refused_by_name(town: Town, changes: dict[str, Any]) -> None:
    before = rows()
    response = town.zhang_wei.scan(visit=changes)
    assert response.status_code == 422, response.content.decode()
    assert response.json()["errors"][0]["field"].startswith(f"visit.{next(iter(changes))}")
    assert rows() == before


class TestOddButTrue:
    """Facts are never refused (promise 3): what is only odd is stored."""

    CODES = (
        "http://[",
        "http://[::1",
        "//[",
        "http://a:999999999/?uniscid=x",
        "http://\u2100/",
        "http://www.sgs.gov.cn/lz/licenseLink.do?method=licenceView&entyId=%00",
        "https://www.szcredit.org.cn/web/GSZJGSPT/QyxyDetail.aspx?rid=%ED%A0%80",
        "http://www.gsxt.gov.cn/%7B%00-1234567890123%7D",
        "https://www.szcredit.org.cn/web/GSZJGSPT/QyxyDetail.aspx?rid=%00%00%00%00",
        "http://qyma.example/%00%01/abcdefgh1234?id=%00" + "x" * 200,
        "http://www.gsxt.gov.cn/index.html?uniscid=%0091110108551385082Q",
        "\x01\x02\x7f",
        "\ufffe\uffff",
        "  ",
        "ß" * 40,
        "ﷺ" * 100,
        "信用代码：" * 1_000,
        "=HYPERLINK(1)",
        "' OR 1=1 --",
    )

    @pytest.mark.parametrize("code", CODES, ids=lambda code: ascii(code)[:30])
    def test_whatever_text_the_camera_read(self, town: Town, code: str) -> None:
        response = town.zhang_wei.scan(code=code)
        assert response.status_code == 201, response.content.decode()
        assert response.json()["licence"]["text"] == code

    def test_a_phone_that_writes_uuids_in_capitals_can_withdraw_its_scan(self, town: Town) -> None:
        scan_id = "0E5E358C-ADBA-46FA-B0B3-D0953F45423F"
        assert town.zhang_wei.scan(scan_id=scan_id).status_code == 201
        response = town.zhang_wei.post(f"/scans/{scan_id}/withdrawal", {"reason": "扫错了门"})
        assert response.status_code == 200, response.content.decode()

    def test_an_escaped_emoji_is_whole(self, town: Town) -> None:
        body = json.dumps(scan_body(late_reason="\U0001f600"))
        assert "\\ud83d\\ude00" in body
        assert town.zhang_wei.post("/scans", body).status_code == 201

    def test_unknown_fields_in_32_levels_with_a_number_of_4000_digits(self, town: Town) -> None:
        deep: Any = 10**4_000
        for _ in range(DEEPEST - 1):
            deep = [deep]
        assert town.zhang_wei.scan(unknown=deep).status_code == 201
        assert town.zhang_wei.scan(unknown=[deep]).status_code == 400

    def test_a_body_without_a_type_is_json(self, town: Town) -> None:
        operation = next(one for one in EVERY if str(one) == "post /scans")
        assert send(town.zhang_wei, operation, scan_body(), content_type="").status_code == 201


class TestWhoIsKnocking:
    @pytest.mark.parametrize("operation", [one for one in EVERY if one.secured], ids=str)
    def test_nobody_is_told_how_to_show_himself(self, town: Town, operation: Operation) -> None:
        before = rows()
        for authorization in NOBODY:
            headers = {} if authorization is None else {"authorization": authorization}
            town.zhang_wei.client.cookies.clear()
            response = town.zhang_wei.client.generic(
                operation.method.upper(),
                operation.address,
                json.dumps(scan_body()),
                "application/json",
                headers=headers,
            )
            problem = check(response, operation, f"nobody: {str(authorization)[:40]}")
            assert (problem["type"], problem["status"]) == ("/problems/unauthorized", 401), authorization
            assert response["WWW-Authenticate"] == 'Bearer realm="ruqi"'
            assert rows() == before, authorization


class TestWhereNothingIs:
    @pytest.mark.parametrize(
        "path",
        [
            "/api/",
            "/api/v1/",
            "/api/v1/scan",
            "/api/v1/scans/",
            "/api/v1/scans/x/y/z",
            "/api/v2/scans",
            "/api/v1/%00",
            "/api/v1/%ff%fe",
            "/api/v1/../../etc/passwd",
            "/api/v1/" + "x" * 8_000,
        ],
        ids=lambda path: path[:24],
    )
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_an_unknown_address_is_a_problem(self, town: Town, method: str, path: str) -> None:
        response = town.zhang_wei.client.generic(method, path, "{}", "application/json")
        assert (response.status_code, response["Content-Type"]) == (404, PROBLEM)
        assert response.json()["type"] == "/problems/not-found"

    @pytest.mark.parametrize("path", sorted({one.path for one in EVERY}), ids=str)
    def test_another_method_is_told_which_ones_there_are(self, town: Town, path: str) -> None:
        here = [one for one in EVERY if one.path == path]
        allowed = {one.method.upper() for one in here}
        before = rows()
        for method in {method.upper() for method in METHODS} - allowed | {"PROPFIND", "BREW"}:
            response = town.zhang_wei.client.generic(
                method, here[0].address, headers={"authorization": f"Bearer {town.zhang_wei.token}"}
            )
            assert (response.status_code, response["Content-Type"]) == (405, PROBLEM), method
            assert set(response["Allow"].split(", ")) == allowed
            assert method == "HEAD" or response.json()["type"] == "/problems/method-not-allowed"
        assert rows() == before

    def test_a_scan_whose_number_is_none_is_named(self, town: Town) -> None:
        response = town.zhang_wei.post("/scans/17/withdrawal", {"reason": "扫错了门"})
        assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "scan_id")

    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:80000", "a b", "[::1", ""])
    def test_a_host_that_is_not_ours_is_refused(self, town: Town, settings: Settings, host: str) -> None:
        settings.ALLOWED_HOSTS = ["ruqi.example"]
        before = rows()
        response = town.zhang_wei.post("/scans", scan_body(), host=host)
        assert (response.status_code, response["Content-Type"]) == (400, PROBLEM)
        assert response.json()["type"] == "/problems/bad-request"
        assert town.zhang_wei.post("/scans", scan_body(), host="ruqi.example").status_code == 201
        assert rows() != before

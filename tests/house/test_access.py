"""Every page and every operation of the API: who is let in, who is told 404, who is sent to the log-in.

The table is access.py. One world, one walk a role; what test_admin_sight.py has seen of the desks is not seen again.
"""

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import reverse
from time_machine import TimeMachineFixture

from audit.duties import may
from audit.models import Role
from tests.house import access
from tests.house.access_world import LATER, Rows
from tests.house.admin_world import POSITIONS, account_of, signed_in
from tests.house.operations import SAMPLES
from tests.house.test_admin_sight import MATRIX
from tests.town import BEARINGS, Town

pytestmark = pytest.mark.django_db
ROLES = (*Role.values, "")
REACH = {**dict.fromkeys(("system_admin", "security_admin", "audit_admin"), "ocps"), "": ""}
"""Whose rows a role may read of at all; `oc` of those not named."""
Wrong = list[tuple[str, ...]]


def test_every_address_of_the_house_has_a_row() -> None:
    rows = [
        *access.BOARD, *access.ADMIN, *access.SESSION, *access.PHONE, *access.SIGNED, *access.DOOR, *access.TOKEN,
        *access.ANYBODY, *access.ELSEWHERE,
    ]  # fmt: skip
    assert len(rows) == len(set(rows))
    found = access.addresses()
    names = [name for name, _route in found if not name.endswith(":")]
    assert len(names) == len(set(names)), "two addresses of one name"
    assert sorted(set(names) - access.of_desks()) == sorted(rows), "tests/house/access.py"
    unnamed = [route for name, route in found if name.endswith(":")]
    assert len(unnamed) == len(admin.site._registry) + 1, "each desk's old address, and what is nothing of the admin's"
    assert set(access.operations_named()) <= set(rows)
    assert access.POSTS.keys() <= access.BOARD.keys()
    desks = admin.site._registry
    assert {(model, button.name) for model, desk in desks.items() for button in desk.buttons} == set(access.BUTTONS)  # type: ignore[attr-defined]


def test_a_deed_is_for_whom_the_duty_table_says() -> None:
    for (model, name), cells in access.BUTTONS.items():
        desk: Any = admin.site._registry[model]
        [button] = [one for one in desk.buttons if one.name == name]
        for role, cell in zip(ROLES, cells, strict=True):
            assert may(role, button.verb, button.matter) == (cell != "-"), (model, name, role)


@pytest.fixture
def rows(time_machine: TimeMachineFixture) -> Rows:
    time_machine.move_to(LATER + timedelta(minutes=20))
    return Rows()


def body_of(response: Any) -> str:
    whole = b"".join(response.streaming_content) if response.streaming else response.content
    return str(whole.decode(errors="replace"))


def seen(rows: Rows, role: str, response: Any) -> set[str]:
    """Of which positions does this answer tell, that are none of the role's affair?"""
    told = body_of(response)
    hidden = [one for one in POSITIONS if one[0] not in REACH.get(role, "oc")]
    return {one for one in hidden if any(mark in told for mark in rows.marks(one))}


def test_a_role_opens_what_the_table_says_and_404_is_the_rest(rows: Rows) -> None:
    wrong: Wrong = []
    for column, role in enumerate(ROLES):
        account = rows.accounts.get(role) or account_of(role)
        client = signed_in(account)
        for name, cells in {**access.BOARD, **access.ADMIN, **access.SESSION}.items():
            if set(cells) == {"y"} and role not in {"supervisor", ""}:
                continue  # everybody's own: not seven times over
            wrong += _pages(client, rows, role, name, cells[column])
        for model in MATRIX:
            wrong += _desk(client, rows, role, model, column)
    assert not wrong, "\n".join(map(str, wrong))


def _pages(client: Client, rows: Rows, role: str, name: str, cell: str) -> Iterator[tuple[str, ...]]:
    """The row `name`: with everybody's row in the address; or asked once, and then for the sibling's alone."""
    of_rows = cell not in {"y", "-"}
    for position in POSITIONS if of_rows else ("own", "sibling"):
        address, asked = rows.address(name, position)
        if not of_rows and position == "sibling":
            if cell == "-" or role != "supervisor" or not name.startswith("board"):
                continue
            asked = {"agency": "130503-SCJG", "period": "2026-11"}
        response = _call(client, name, address, asked, position)
        expected = {200} if cell == "y" or position[0] in cell else {404}
        if not role and name in access.SESSION:
            expected = {401}
        if not of_rows and position == "sibling":
            expected = {200, 404}
        if response.status_code not in expected:
            yield role, name, position, str(response.status_code)
        elif response.status_code == 200 and (leaked := seen(rows, role, response)):
            yield role, name, position, f"tells of {leaked}"


def _call(client: Client, name: str, address: str, asked: dict[str, str], position: str) -> Any:
    if name == "api-v1:sandbox":
        rule = {
            "code": "annual_cap", "title": "上限", "kind": "annual_cap", "region_prefix": "1305", "scope": {},
            "parameters": {"cap": 1}, "effective_from": "2026-07-01", "effective_to": None, "repeals": False,
            "source": "草案",
        }  # fmt: skip
        region = {"own": "130502", "child": "130502100", "parent": "1305", "sibling": "130503"}[position]
        body = {"rules": [rule], "from": "2026-11-01", "to": "2026-11-30", "region": region}
        return client.post(address, json.dumps(body), content_type="application/json")
    if name == "api-v1:supervisors_documents":
        body = {"source": "台账", "documents": [{"source_ref": "1", "agency_code": "x", "credit_code": "x", "on": "x"}]}
        return client.post(address, json.dumps(body), content_type="application/json")
    return client.get(address, asked)


def _desk(client: Client, rows: Rows, role: str, model: type[models.Model], column: int) -> Iterator[tuple[str, ...]]:
    """A desk's form for a new row, and its rows' deeds; of rows that it does not list nobody can press a button."""
    of = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    adds, listed = access.ADDS.get(model), MATRIX[model][column]
    if adds or (role == "supervisor" and listed != "-"):
        status = client.get(reverse(f"{of}_add")).status_code
        if status != (200 if adds and adds[column] == "y" else 404):
            yield role, of, "add", str(status)
    if imports := access.IMPORTS.get(model):
        for page, args in (("import", []), ("import_template", ["csv"]), ("import_file", [uuid.uuid4()])):
            status = client.get(reverse(f"{of}_{page}", args=args)).status_code
            if status != (200 if imports[column] == "y" and page != "import_file" else 404):
                yield role, of, page, str(status)
    for (kind, name), cells in access.BUTTONS.items():
        if kind is not model or listed == "-":
            continue
        cell, ready = cells[column], (kind, name) not in access.UNFIT
        for position in ("own", "sibling") if cell not in {"all", "-"} and ready else ("own",):
            status = client.get(reverse(f"{of}_button", args=[rows.of(position, model).pk, name])).status_code
            if status != (200 if ready and (cell == "all" or position[0] in cell) else 404):
                yield role, of, name, position, str(status)


def test_nobody_and_half_of_somebody_are_sent_to_the_log_in_and_forms_are_taken_from_few(rows: Rows) -> None:
    half = Client()
    half.force_login(rows.accounts["supervisor"])
    wrong: Wrong = []
    for client in (Client(), half):
        for name in (*access.BOARD, *access.ADMIN):
            address, asked = rows.address(name, "own")
            answer = client.get(address, asked)
            if answer.status_code != 302 or not answer["Location"].startswith("/admin/login/?next="):
                wrong.append(("nobody", name, str(answer.status_code)))
            if name in access.POSTS and client.post(address).status_code != 302:
                wrong.append(("nobody posts", name))
        for name in sorted(access.of_desks()):
            parts = name.split("_")
            if parts[-1] in {"add", "changelist"} and client.get(reverse(name)).status_code != 302:
                wrong.append(("nobody", name))
        for name in access.SESSION:
            address, asked = rows.address(name, "own")
            if _call(client, name, address, asked, "own").status_code != 401:
                wrong.append(("nobody", name))
    for column, role in enumerate(ROLES):
        client = signed_in(rows.accounts.get(role) or account_of(role))
        for name, cells in access.BOARD.items():
            posts = access.POSTS.get(name)
            for position in POSITIONS if posts and posts[column] not in {"y", "-"} else ("own",):
                if posts is None and role != "supervisor":
                    continue
                answer = client.post(rows.address(name, position)[0], {"deed": "drop"})
                if answer.streaming:  # a file: read to its end, the test client closes it without closing the database
                    list(answer)
                status = answer.status_code
                cell = posts[column] if posts else ""
                expected = {405} if posts is None else {200, 422} if cell == "y" or position[0] in cell else {404}
                if (status not in expected) or (cells[column] == "-" and posts is not None and status != 404):
                    wrong.append((role, "post", name, position, str(status)))
    assert not wrong, "\n".join(map(str, wrong))


def test_no_form_of_an_account_is_taken_without_its_token(rows: Rows) -> None:
    """From another site's page a browser would send the session along, and no token."""
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = signed_in(rows.accounts["supervisor"]).cookies
    for name in (*access.POSTS, "admin:me", "admin:logout", "admin:password_change", "admin:login"):
        answer = careful.post(reverse(name) if name in access.ANYBODY else rows.address(name, "own")[0])
        assert answer.status_code == 403, name
        assert "default-src 'none'" in answer["Content-Security-Policy"], name
    for name in ("api-v1:sandbox", "api-v1:supervisors_documents"):
        assert _call(careful, name, reverse(name), {}, "own").status_code == 403, name


# The address of an operation's own: what it is asked with, where SAMPLES has no good call of it.
ASKED = {
    "me": "/me", "get_plans": "/plans", "get_precheck": f"/enterprises/{BEARINGS}/precheck", "get_visits": "/visits",
    "get_changes": "/changes", "get_enterprises": "/enterprises?q=邢台",
    "get_electronic_id": "/electronic-id?scan_id={}",
    "get_receipt": "/receipts/{}", "put_photo": f"/blobs/{'0' * 64}", "post_scan_photo": "/scans/photo",
}  # fmt: skip


LISTS = ("api-v1:get_visits", "api-v1:get_changes", "api-v1:get_plans")
"""What tells of visits by their numbers. (The precheck tells every agency who was there: that is what it is for.)"""


def test_an_officers_token_opens_the_own_agencys_visits_alone(town: Town) -> None:
    officers = (town.wang_qiang, town.li_na, town.zhang_wei)
    supervisor = signed_in(account_of("supervisor"))
    scan = town.zhang_wei.scan().json()
    wrong: Wrong = []
    for name, cells in access.PHONE.items():
        methods, route = access.operations_named()[name]
        word = f"{methods.lower()} {route}"
        path, body = SAMPLES[word](town) if word in SAMPLES else (_asked(name, scan["scan_id"]), None)
        for client, headers in ((Client(), {}), (supervisor, {}), (Client(), {"authorization": "Bearer nobody"})):
            if (status := _send(client, methods, path, body, headers).status_code) != 401:
                wrong.append((name, "nobody", str(status)))
        for phone, cell in zip(officers, cells, strict=True):
            answer = _send(phone.client, methods, path, body, {"authorization": f"Bearer {phone.token}"})
            if not _as_told(answer.status_code, cell):
                wrong.append((name, phone.officer.name, str(answer.status_code)))
            if phone is town.wang_qiang and name in LISTS and scan["visit"]["number"] in body_of(answer):
                wrong.append((name, "tells another agency of the visit"))
    assert not wrong, "\n".join(map(str, wrong))


def _asked(name: str, scan_id: str) -> str:
    return "/api/v1" + ASKED[name.removeprefix("api-v1:")].format(scan_id)


def _send(client: Client, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
    data = "" if body is None else json.dumps(body)
    return client.generic(method, path, data, content_type="application/json", headers=headers)


def _as_told(status: int, cell: str) -> bool:
    return status in {200, 201, 204} if cell == "y" else status == 404 if cell == "-" else str(status) == cell


def test_a_registered_systems_operations_hear_nobody_elses_word(town: Town) -> None:
    word = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "a.b.c"}
    supervisor = signed_in(account_of("supervisor"))
    officer = {"authorization": f"Bearer {town.zhang_wei.token}"}
    for name in access.SIGNED:
        path = reverse(name, args=["RQ-1"] if name.endswith("record") else [])
        for client, headers in ((Client(), {}), (supervisor, {}), (Client(), officer)):
            assert _send(client, "POST", path, word, headers).status_code == 400, name


def test_a_posters_address_opens_its_door_and_a_made_up_token_nothing(town: Town) -> None:
    from tests.checkins.doors import Browser

    stranger, owner = Browser(), Browser()
    owner.prove(4_000_000_000)
    for name, (unknown, poster, proved) in access.DOOR.items():
        found = [
            Client().get(reverse(name, args=["A" * len(owner.token)])).status_code,
            stranger.client.get(reverse(name, args=[stranger.token])).status_code,
            owner.client.get(reverse(name, args=[owner.token])).status_code,
        ]
        assert found == [unknown, poster, proved], name
    supervisor = signed_in(account_of("supervisor"))
    for name in access.TOKEN:
        for client in (Client(), supervisor):
            assert client.get(reverse(name, args=["A" * 40])).status_code == 404, name


def test_what_anybody_may_ask_is_this(db: None) -> None:
    words = {
        "presentation": "LZ1:%69 VD92EX0", "credit_code": BEARINGS, "code": "ABCDEFGHJKLM", "device_name": "x",
    }  # fmt: skip
    arguments: dict[str, list[Any]] = {"verify-words": ["en"], "log-checkpoint": [1], "log-tile": [1, "0/x000"]}
    for name, status in access.ANYBODY.items():
        path = "/api/v1/" if name.endswith("root") else reverse(name, args=arguments.get(name, []))
        method = access.operations_named().get(name, ("GET", ""))[0]
        answer = _send(Client(), method, path, words if method == "POST" else None, {})
        assert answer.status_code == status, name
    assert Client().get("/admin/no-such-desk/").status_code == 302
    assert Client().get("/no-such-page").status_code == 404

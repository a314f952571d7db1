"""schemathesis plays every operation of the OpenAPI document: the house answers as the document says, and never 5xx.

The same cases at every run, in this process, without a network. It has been seen to fail: without 404 among the
document's statuses, and with a deed that raised for one enterprise.

A test a path, each with a name of its own: of schemathesis' items, which all bear the same, xdist runs one.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck
from hypothesis import settings as examples
from ninja.responses import NinjaJSONEncoder
from pytest_django.fixtures import Settings
from schemathesis.config import SchemathesisConfig

from tests.house.operations import BROWSER, SAMPLES, document, sign_in_li_jing
from tests.town import BEARINGS, LICENCE, Town

CHECKS = {
    # A body that breaks the schema may also be too large (413).
    "negative_data_rejection": {
        "expected-statuses": ["400", "401", "404", "405", "409", "411", "413", "415", "422"],
    },
    # The document cannot say all of the law: that a check symbol is right, a code known, a signature good, a moment in
    # this century. So a body after its schema may be refused, but as itself: not as another method, medium or caller.
    "positive_data_acceptance": {"expected-statuses": ["2xx", "400", "404", "409", "422"]},
    # It takes the token away that it made up; we always send 张伟's. test_bad_bodies.py knocks without one.
    "ignored_auth": {"enabled": False},
}


# schemathesis asks for a test's fixtures when it runs; pytest-django must know before that it needs the database.
pytestmark = pytest.mark.django_db

DOCUMENT = json.dumps(document(), cls=NinjaJSONEncoder)
"""As it is served: its statuses are text."""
PATHS = sorted(json.loads(DOCUMENT)["paths"])


def _schema(mode: str, path: str) -> Any:
    """The document's operations at this path. Their cases are thought out when the test runs, not by every process
    that collects it: that costs 8 s of CPU."""
    config = {"generation": {"deterministic": True, "mode": mode}, "checks": CHECKS}
    whole = json.loads(DOCUMENT)
    whole["paths"] = {path: whole["paths"][path]}
    schema = schemathesis.openapi.from_dict(whole, config=SchemathesisConfig.from_dict(config))
    schema.app = get_wsgi_application()
    return schema


@pytest.fixture
def everything(path: str, request: pytest.FixtureRequest) -> Any:
    request.node._nodeid = request.node.nodeid  # schemathesis reads it, pytest no longer has it
    return _schema("all", path)


@pytest.fixture
def well_formed(path: str, request: pytest.FixtureRequest) -> Any:
    request.node._nodeid = request.node.nodeid
    return _schema("positive", path)


# Beside the cases that schemathesis thinks out for each operation, these by chance.
same_each_time = examples(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


FORM_TOKEN = "a" * 32
"""What Django's CSRF check wants twice."""


@pytest.fixture
def patient_town(town: Town, settings: Settings) -> Town:
    """Guessing codes is slowed down elsewhere; here it may go on."""
    settings.OFFICER_POLICY = replace(settings.OFFICER_POLICY, wrong_codes=10**9)
    settings.CONFIRMS_PER_MINUTE = 10**9
    sign_in_li_jing()
    return town


def _call(case: Any, town: Town) -> Any:
    """Send it as 张伟, what is the supervision's as 李静, without closing the test's connection at the request's end
    (Django's client does likewise)."""
    who: dict[str, Any] = {"headers": {"Authorization": f"Bearer {town.zhang_wei.token}"}}
    if case.operation.path.startswith("/api/v1/supervision/"):
        session = BROWSER.cookies["sessionid"].value
        who = {"headers": {"X-CSRFToken": FORM_TOKEN}, "cookies": {"sessionid": session, "csrftoken": FORM_TOKEN}}
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        return case.call(**who)
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def _spoilt(case: Any) -> set[str]:
    """Which parts of the request break the schema on purpose?"""
    return {place.value for place, part in case.meta.components.items() if part.mode.is_negative}


@pytest.mark.parametrize("path", PATHS)
@schemathesis.pytest.from_fixture("everything").parametrize()
@same_each_time
def test_every_operation_keeps_to_the_document(case: Any, patient_town: Town) -> None:
    """Bodies, paths, headers and methods after the schema and against it."""
    response = _call(case, patient_town)
    assert response.status_code < 500
    # What it did to the session's cookie or to the token we have put right: the caller is 李静, or 张伟.
    if not {"cookie", "header"} & _spoilt(case):
        case.validate_response(response)


@pytest.fixture
def reached() -> Iterator[set[int]]:
    """The statuses that were answered; in the end a deed must have been done."""
    statuses: set[int] = set()
    yield statuses
    assert statuses & {200, 201}, statuses


@pytest.mark.parametrize("path", [path for path in PATHS if re.search(r"/scans(/\{|$)", path)])
@schemathesis.pytest.from_fixture("well_formed").parametrize()
@same_each_time
def test_odd_words_in_a_scan_that_makes_sense_are_answered_after_the_document(
    case: Any, patient_town: Town, reached: set[int]
) -> None:
    """Bodies after the schema, mended only where chance would never hit: moment, enterprise, a scan that there is."""
    if case.path_parameters:
        path, good = SAMPLES[f"post {case.operation.path.removeprefix('/api/v1')}"](patient_town)
        case.path_parameters["scan_id"] = path.split("/")[-2]
        case.body = {**case.body, **{name: good[name] for name in good if len(case.body[name]) % 2}}
    elif isinstance(case.body, dict):
        case.body["scanned_at"] = datetime.now(UTC).isoformat()
        case.body["code"] = case.body.get("code") or LICENCE.format(BEARINGS)
    response = _call(case, patient_town)
    reached.add(response.status_code)
    case.validate_response(response)

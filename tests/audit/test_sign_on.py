"""李静 comes by the city's single sign-on: whom its issuer names is let in, and nobody whom it does not."""

import base64
import hmac
import math
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from joserfc.jwk import ECKey

from audit.allowance import Allowance
from audit.models import Account, RecoveryCode
from audit.policy import OidcPolicy
from audit.services.account import disable_account, enrol_totp
from tests.audit.issuer import CLIENT, SECRET, Issuer, running
from tests.house.admin_world import AT, SETUP, account_of
from tests.house.test_admin_log_in import code_of, wrong

pytestmark = pytest.mark.django_db
DOORS = ("/sso/", "/sso/back", "/sso/code")


@pytest.fixture(scope="module")
def running_issuer() -> Iterator[Issuer]:
    with running() as issuer:
        yield issuer


@pytest.fixture
def issuer(running_issuer: Issuer, settings: Any) -> Issuer:
    """The house believes it, on this machine."""
    running_issuer.as_usual()
    settings.PUBLIC_URL = "http://testserver"
    settings.OIDC_POLICY = OidcPolicy(
        issuer=running_issuer.address,
        client_id=CLIENT,
        secret=SECRET,
        claim="preferred_username",
        scopes=("openid", "profile"),
        acr=frozenset(),
        amr=frozenset(),
        networks=("127.0.0.0/8",),
        timeout=timedelta(seconds=10),
    )
    return running_issuer


@pytest.fixture
def li_jing() -> Account:
    account = account_of("supervisor")
    enrol_totp(account=account, issuer="test", actor=SETUP, at=AT)
    return account


def vouching(settings: Any, **changes: Any) -> None:
    settings.OIDC_POLICY = replace(settings.OIDC_POLICY, **changes)


def back(browser: Client, issuer: Issuer, to: str = "/board/?period=2026", **changes: Any) -> Any:
    """Away, consent, and back with these words changed; None leaves one out."""
    away = browser.get("/sso/", {"next": to})
    assert away["Location"].startswith(f"{issuer.address}/authorize?tenant=1&"), away["Location"]
    words = issuer.consent(away["Location"]) | changes
    return browser.get("/sso/back", {name: value for name, value in words.items() if value is not None})


def refused(answer: Any) -> bool:
    return (answer.status_code, answer.headers.get("Location")) == (302, "/admin/login/?ended=sign-on")


def test_without_an_issuer_there_is_no_such_door(client: Client) -> None:
    for door in DOORS:
        assert (client.get(door).status_code, client.post(door).status_code in {404, 405}) == (404, True), door
    assert "/sso/" not in client.get("/admin/login/").content.decode()


def test_she_is_named_and_types_the_six_digits_here(issuer: Issuer, li_jing: Account, client: Client) -> None:
    assert "/sso/?next=%2Fadmin%2F" in client.get("/admin/login/?next=/admin/").content.decode()
    answer = back(client, issuer)
    assert answer["Location"] == "/sso/code"
    assert client.get("/board/").status_code == 302, "one factor opens nothing"
    page = client.post("/sso/code", {"otp_token": wrong(code_of(li_jing))})
    assert (page.status_code, "动态口令不正确" in page.content.decode()) == (200, True)
    with time_machine.travel(time.time() + 40, tick=False):
        answer = client.post("/sso/code", {"otp_token": code_of(li_jing)})
        assert (answer.status_code, answer["Location"]) == (302, "/board/?period=2026")
        assert client.get("/board/").status_code == 200
        assert refused(client.get("/sso/code")), "what the issuer said was said for this once"
    assert issuer.asked == ["/.well-known/openid-configuration"] * 2 + ["/token", "/keys"]


def test_a_recovery_code_stands_in_for_the_six_digits_and_five_wrong_ones_lock(
    issuer: Issuer, li_jing: Account
) -> None:
    codes = enrol_totp(account=li_jing, issuer="test", actor=SETUP, at=AT).codes
    browser = Client()
    back(browser, issuer)
    assert browser.post("/sso/code", {"otp_token": codes[0]}).status_code == 302
    assert "还剩 9 个" in browser.get("/admin/").content.decode()
    browser = Client()
    back(browser, issuer)
    assert [browser.post("/sso/code", {"otp_token": "000000"}).status_code for _ in range(5)] == [200] * 4 + [429]
    assert RecoveryCode.objects.filter(account=li_jing).count() == 9


@pytest.mark.parametrize(
    ("policy", "claims", "lands"),
    [
        ({"acr": frozenset({"urn:loa:3"})}, {"acr": "urn:loa:3"}, "/board/?period=2026"),
        ({"amr": frozenset({"otp", "hwk"})}, {"amr": ["pwd", "otp"]}, "/board/?period=2026"),
        ({"acr": frozenset({"urn:loa:3"})}, {"acr": "urn:loa:1"}, "/sso/code"),
        ({"acr": frozenset({"urn:loa:3"})}, {"amr": ["otp"]}, "/sso/code"),
        ({"amr": frozenset({"otp"})}, {"amr": "otp"}, "/sso/code"),
        ({}, {"acr": "urn:loa:3", "amr": ["otp", "mfa"]}, "/sso/code"),
        ({}, {"acr": ""}, "/sso/code"),
        ({"acr": frozenset({"urn:loa:3"})}, {"acr": ["urn:loa:3"]}, "/sso/code"),
        ({"acr": frozenset({"urn:loa:3"})}, {"acr": {"urn:loa:3": 1}}, "/sso/code"),
    ],
)
def test_the_issuers_word_on_a_second_factor_is_taken_only_where_the_operator_says_so(
    issuer: Issuer, li_jing: Account, client: Client, settings: Any, policy: Any, claims: Any, lands: str
) -> None:
    vouching(settings, **policy)
    issuer.claims = claims
    assert back(client, issuer)["Location"] == lands
    assert client.get("/board/").status_code == (200 if lands != "/sso/code" else 302)


def test_keys_of_both_kinds_are_believed_and_the_secret_may_travel_in_the_form(
    issuer: Issuer, li_jing: Account, settings: Any
) -> None:
    vouching(settings, amr=frozenset({"otp"}))
    issuer.claims = {"amr": ["otp"]}
    for key, header, discovery in (
        (issuer.rsa, {}, {}),
        (issuer.ec, {}, {}),
        (issuer.ec, {"kid": None}, {}),
        (issuer.rsa, {}, {"token_endpoint_auth_methods_supported": ["client_secret_post"]}),
    ):
        issuer.key, issuer.header, issuer.discovery = key, header, discovery
        assert back(Client(), issuer)["Location"] == "/board/?period=2026"
    issuer.claims |= {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert back(Client(), issuer)["Location"] == "/board/?period=2026"


NOW = int(time.time())
LIES: dict[str, dict[str, Any]] = {
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "for another client": {"claims": {"aud": "another"}},
    "for two, and not by us": {"claims": {"aud": [CLIENT, "another"]}},
    "by another client": {"claims": {"azp": "another"}},
    "no audience": {"claims": {"aud": None}},
    "expired": {"claims": {"exp": NOW - 120, "iat": NOW - 300}},
    "no end": {"claims": {"exp": None}},
    "an end that is no number": {"claims": {"exp": True}},
    "an end that is never": {"claims": {"exp": math.nan}},
    "an end beyond all time": {"claims": {"exp": math.inf}},
    "an end of 400 digits": {"claims": {"exp": 10**400}},
    "from tomorrow": {"claims": {"iat": NOW + 86_400, "exp": NOW + 90_000}},
    "from an hour ago": {"claims": {"iat": NOW - 3_600, "exp": NOW + 3_600}},
    "another nonce": {"claims": {"nonce": "of another log-in"}},
    "no nonce": {"claims": {"nonce": None}},
    "a nonce that is no text": {"claims": {"nonce": "\ud800"}},
    "a name that no column holds": {"claims": {"preferred_username": "li.jing\x00"}},
    "nobody": {"claims": {"preferred_username": None}},
    "no name": {"claims": {"preferred_username": ["li.jing"]}},
    "an unknown account": {"claims": {"preferred_username": "li.jing2"}},
    "another letter case": {"claims": {"preferred_username": "Li.Jing"}},
    "a key of the same name that is not the issuer's": {"key": ECKey.generate_key("P-256", {"kid": "e1"})},
    "an unknown key": {"header": {"kid": "r2"}},
    "keys of no use": {"published": []},
    "a discovery that names another issuer": {"discovery": {"issuer": "https://evil.example"}},
    "an endpoint that is no address": {"discovery": {"token_endpoint": None}},
    "an issuer that is out of order": {"token_status": 500},
}


@pytest.mark.parametrize("lie", LIES)
def test_what_is_not_proved_signs_nobody_in(
    issuer: Issuer, li_jing: Account, client: Client, settings: Any, lie: str
) -> None:
    vouching(settings, amr=frozenset({"otp"}))
    issuer.claims = {"amr": ["otp"]}
    if lie.startswith(("a discovery", "an endpoint")):
        issuer.discovery = LIES[lie]["discovery"]
        assert refused(client.get("/sso/"))
        return
    for name, value in LIES[lie].items():
        setattr(issuer, name, {**issuer.claims, **value} if name == "claims" else value)
    assert refused(back(client, issuer))
    assert client.get("/board/").status_code == 302
    assert not Account.objects.exclude(pk=li_jing.pk).exists(), "nobody is provisioned"


def test_a_token_does_not_choose_how_it_is_proved(issuer: Issuer, li_jing: Account, monkeypatch: Any) -> None:
    """`none`, and HS256 with the public key as its secret."""
    signed = issuer.token("n")
    body = signed.split(".")[1]
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"r1"}').rstrip(b"=").decode()
    mac = hmac.digest(issuer.rsa.as_pem(private=False), f"{head}.{body}".encode(), "sha256")
    for forged in (
        f"eyJhbGciOiJub25lIn0.{body}.",
        f"{head}.{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}",
        "", "x", "a.b.c", "é.é.é", signed[:-4], signed + "A" * 20_000,
    ):  # fmt: skip
        monkeypatch.setattr(issuer, "token", lambda _nonce, forged=forged: forged)
        assert refused(back(Client(), issuer)), forged[:40]


def test_what_the_browser_brings_back_has_to_be_of_its_own_log_in(issuer: Issuer, li_jing: Account) -> None:
    for changes in ({"state": "x"}, {"state": ""}, {"state": "é"}, {"code": None}, {"error": "access_denied"},
                    {"code": "made-up"}, {"iss": "https://evil.example"}, {"iss": None}):  # fmt: skip
        assert refused(back(Client(), issuer, **changes)), changes
    assert refused(Client().get("/sso/back", {"code": "x", "state": "x"})), "no errand"
    here, there = Client(), Client()
    words = issuer.consent(here.get("/sso/")["Location"])
    there.get("/sso/")
    assert refused(there.get("/sso/back", words)), "begun in another browser"
    assert here.get("/sso/back", words)["Location"] == "/sso/code"
    assert refused(here.get("/sso/back", words)), "twice"
    late = Client()
    words = issuer.consent(late.get("/sso/")["Location"])
    with time_machine.travel(time.time() + 601, tick=False):
        assert refused(late.get("/sso/back", words))
    late.cookies["sso"] = late.cookies.get("sso-named", "made-up") or "made-up"
    assert refused(late.get("/sso/back", words)), "an errand that we did not sign"


def test_a_disabled_or_unarmed_account_is_nobody(issuer: Issuer, li_jing: Account, settings: Any) -> None:
    vouching(settings, amr=frozenset({"otp"}))
    account_of("discipline")
    issuer.claims = {"amr": ["otp"], "preferred_username": "zheng.yi"}
    assert refused(back(Client(), issuer)), "not armed"
    issuer.claims = {"amr": ["otp"]}
    disable_account(account=li_jing, actor=SETUP, at=AT, reason="调离")
    assert refused(back(Client(), issuer))


def test_the_way_back_leads_nowhere_else_and_an_address_begins_30_a_minute(
    issuer: Issuer, li_jing: Account, settings: Any
) -> None:
    vouching(settings, amr=frozenset({"otp"}))
    issuer.claims = {"amr": ["otp"]}
    for to in ("https://evil.example/", "//evil.example", "javascript:alert(1)", ""):
        assert back(Client(), issuer, to=to)["Location"] == "/admin/", to
    asked = parse_qs(urlsplit(Client().get("/sso/")["Location"]).query)
    assert asked["redirect_uri"] == ["http://testserver/sso/back"]
    for _ in range(26):
        Allowance(what="sso", who="127.0.0.1", at=timezone.now(), limit=30).take()
    assert Client().get("/sso/").status_code == 429
    assert Client(REMOTE_ADDR="10.0.0.9").get("/sso/").status_code == 302


def test_an_address_comes_back_30_times_a_minute_with_however_many_errands(issuer: Issuer, li_jing: Account) -> None:
    browser = Client()
    words = issuer.consent(browser.get("/sso/")["Location"])
    for _ in range(29):
        Allowance(what="sso-back", who="127.0.0.1", at=timezone.now(), limit=30).take()
    assert refused(back(Client(), issuer, state="x")), "asks nobody, and is not counted"
    assert browser.get("/sso/back", words)["Location"] == "/sso/code"
    browser = Client()
    words, asked = issuer.consent(browser.get("/sso/")["Location"]), len(issuer.asked)
    assert (browser.get("/sso/back", words).status_code, len(issuer.asked)) == (429, asked)
    assert browser.get("/sso/back", words, REMOTE_ADDR="10.0.0.9")["Location"] == "/sso/code"


def test_an_issuer_that_hangs_up_or_lies_within_our_own_network_is_not_asked(
    issuer: Issuer, client: Client, settings: Any
) -> None:
    for changes in ({"networks": ()}, {"issuer": "http://127.0.0.1:1"}):
        vouching(settings, **changes)
        assert refused(client.get("/sso/"))
    assert issuer.asked == []

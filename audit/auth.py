"""Who is knocking at the supervision side, and how far does that account see?"""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password, verify_password
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_otp.plugins.otp_totp.models import TOTPDevice
from ninja.errors import HttpError
from ninja.security import SessionAuth

from audit.actor import Actor
from audit.duties import REACH, Matter, May, Reach, may
from audit.id_token import Known
from audit.models import Account
from audit.problem import Problem
from audit.recovery_code import read_code
from audit.services.account import set_password
from audit.services.spend_recovery_code import spend_recovery_code
from audit.summing import below

NOTHING = Q(pk__in=())


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """What one account may do, and whose rows it sees."""

    actor: Actor
    role: str
    reach: Reach
    region_prefix: str
    agency_code: str

    def may(self, verb: May, matter: Matter) -> bool:
        return may(self.role, verb, matter)

    def rows(self, *, region: str = "", branch: str = "", supervised_by: str = "") -> Q:
        """The condition that leaves the rows in reach, given which columns (or lookups) hold the region code, the
        agency's path and the supervising agency's code. A column that the table lacks is left out, and reaches
        nothing. An account without its region or agency reaches nothing by it either."""
        if self.reach is Reach.ALL:
            return Q()
        found = NOTHING
        if self.reach in {Reach.REGION, Reach.SUPERVISED} and region and self.region_prefix:
            found |= Q(**{f"{region}__startswith": self.region_prefix})
        if self.reach is Reach.SUPERVISED and supervised_by and self.agency_code:
            found |= Q(**{supervised_by: self.agency_code})
        if self.reach is Reach.BRANCH and branch and self.agency_code:
            found |= below(self.agency_code, path=branch)
        return found


def sight(request: HttpRequest) -> Sight:
    """The sight of the account behind this request; of nobody: nothing."""
    account = request.user
    if not isinstance(account, Account) or not account.is_active:
        return Sight(actor=Actor(""), role="", reach=Reach.NOTHING, region_prefix="", agency_code="")
    return Sight(
        actor=Actor.account(account.username),
        role=account.role,
        reach=REACH.get(account.role, Reach.NOTHING),
        region_prefix=account.region_prefix,
        agency_code=account.agency_code,
    )


class NoFormToken(Problem):
    """A browser's session alone is no proof that its user meant it (CSRF)."""

    code, status, title = "csrf-token-missing", 403, gettext_lazy("缺少或不符的防跨站请求令牌（X-CSRFToken）")


class AccountSession(SessionAuth):
    """The API's porch for accounts: a session that was opened with both factors → its Sight. Nobody: 401."""

    def _get_key(self, request: HttpRequest) -> str | None:
        if self.param_name not in request.COOKIES:
            return None  # nobody: 401, whatever else is missing
        try:
            return super()._get_key(request)
        except (HttpError, MultiPartParserError) as refusal:  # Django looks for the token in forms, too
            raise NoFormToken from refusal

    def authenticate(self, request: HttpRequest, key: str | None) -> Sight | None:
        is_verified = getattr(request.user, "is_verified", None)  # django-otp's middleware puts it there
        found = sight(request)
        return found if found.role and is_verified is not None and is_verified() else None


def seen(request: HttpRequest, verb: May, matter: Matter) -> Sight:
    """The sight of an API's caller, who must have this duty: to others the address does not exist (404)."""
    found: Sight = request.auth  # type: ignore[attr-defined]
    if not found.may(verb, matter):
        raise Http404
    return found


class OfAccounts(BaseBackend):
    """Grants no Django permissions: the admin asks audit/duties.py."""

    def get_user(self, user_id: int) -> Account | None:
        """The account of a session; a disabled one is nobody from the next request on."""
        return Account.objects.filter(pk=user_id, is_active=True).first()


class PasswordAndCode(OfAccounts):
    """Both factors or nobody. One backend, so that a wrong code counts towards the lock-out like a wrong password,
    and so that neither answer nor count tells which of the two was wrong."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        otp_token: str | None = None,
        **_kwargs: Any,
    ) -> Account | None:
        if not (username and password and otp_token):
            return None
        account = Account.objects.filter(username=username, is_active=True).first()
        if account is None:
            make_password(password)  # as slow as for somebody who exists
            return None
        right, weak = verify_password(password, account.password)
        signed_in: Any = account
        device = _verified_device(signed_in, otp_token) if right else None
        if device is None:
            return None
        if weak:  # an older hash: this is the only moment when the password is at hand
            set_password(
                account=account,
                password=password,
                actor=Actor.account(account.username),
                at=timezone.now(),
                reason=_("升级密码散列"),
            )
        signed_in.otp_device = device  # django-otp puts it into the session when the log-in completes
        return account


class VouchedFor(OfAccounts):
    """Somebody whom the single sign-on's issuer names (audit/id_token.py), in place of the password. The second factor
    is this house's own, unless the issuer's word on one is taken; the account has to be armed with one all the same, so
    that it still takes two administrators to put an account to use."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        known: Known | None = None,
        otp_token: str = "",
        **_kwargs: Any,
    ) -> Account | None:
        if known is None or known.username != username:
            return None
        account: Any = Account.objects.filter(username=known.username, is_active=True).first()
        if account is None:
            return None
        if known.second_factor:
            account.otp_device = TOTPDevice.objects.filter(user=account, confirmed=True).first()
        else:
            account.otp_device = _verified_device(account, otp_token)
        return account if account.otp_device is not None else None


def tell_codes_left(request: HttpRequest, account: Any) -> None:
    """Who has just signed in by a recovery code is told how many are left."""
    left = getattr(account, "recovery_codes_left", None)
    if left is not None:
        said = _("已使用一个恢复码，还剩 %(left)s 个。手机丢失的，请尽快联系安全管理员重新启用动态口令。")
        messages.warning(request, said % {"left": left})


def _verified_device(account: Any, code: str) -> TOTPDevice | None:
    """The device whose code this is now, or for whose loss this is a recovery code; `account.recovery_codes_left` is
    then how many are left. Locked, so that two parallel log-ins cannot both spend one code; after a wrong one of either
    kind the device waits 1, 2, 4 … seconds before it looks at another (django-otp keeps count)."""
    with transaction.atomic():
        device = TOTPDevice.objects.select_for_update().filter(user=account, confirmed=True).first()
        if device is None:
            return None
        if not read_code(code):
            return device if device.verify_token(code) else None
        if not device.verify_is_allowed()[0]:
            return None
        actor = Actor.account(account.username)
        left = spend_recovery_code(account=account, code=code, actor=actor, at=timezone.now())
        if left is None:
            device.throttle_increment()
            return None
        device.throttle_reset()
        account.recovery_codes_left = left
        return device

"""What stands before every page of the board: who is knocking, what the address asks, and what is not answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.asked import Asked, UnclearAddress, reaches_region, sees_of
from audit.auth import Sight, sight
from audit.behind import Which
from audit.duties import Matter, May, decides
from audit.facts import Purpose, day_of
from audit.figures import Definition, Group, Sees
from audit.sealed import sealed
from audit.services.log_read import log_read

View = Callable[..., HttpResponse]


@dataclass(frozen=True, kw_only=True, slots=True)
class Knock:
    """Somebody who may see, what the address asks, and when."""

    sight: Sight
    asked: Asked
    at: datetime

    @property
    def today(self) -> date:
        return day_of(self.at)

    @property
    def sees(self) -> Sees:
        return sees_of(self.sight)

    @property
    def which(self) -> Which:
        """The visits behind the figure that the address names."""
        asked = self.asked
        question = asked.question(Group.AGENCY, sees=self.sees)
        return Which(question=question, of=asked.of, officer=asked.officer, credit_code=asked.enterprise)


def board_page(*matters: Matter, posts: bool = False) -> Callable[[View], View]:
    """`view(request, knock=…)` for whoever is signed in with both factors and may look at all of these. `posts`: its
    forms are sent to it.

    Others are sent to the log-in, or told that there is no such page; so is who asks for a region out of reach. What
    the address says wrong is said in words (400). Never a copy in a cache, never a foreign script.
    """

    def guard(view: View) -> View:
        @(require_http_methods(["GET", "HEAD", "POST"]) if posts else require_safe)
        @sealed(scripts=True, forms=True)
        @wraps(view)
        def answered(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            is_verified = getattr(request.user, "is_verified", None)
            if is_verified is None or not request.user.is_active or not is_verified():
                return redirect_to_login(request.get_full_path(), reverse("admin:login"))
            found, at = sight(request), timezone.now()
            try:
                if not all(found.may(May.VIEW, matter) for matter in matters):
                    raise Http404
                asked = Asked.read(request.GET.dict(), today=day_of(at))
                if not reaches_region(sees_of(found), asked.region):
                    raise Http404
                return view(request, knock=Knock(sight=found, asked=asked, at=at), **kwargs)
            except Http404:
                return render(request, "audit/board/lost.html", _around(found), status=404)
            except UnclearAddress as refusal:
                context = {**_around(found), "said": str(refusal.detail or refusal.title)}
                return render(request, "audit/board/unclear.html", context, status=400)

        return answered

    return guard


def show(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    knock: Knock,
    subject: str = "",
    shown: int,
    status: int = 200,
) -> HttpResponse:
    """The page, once it is written down who reads it: `subject`, or else the filters."""
    log(request, knock=knock, subject=subject, shown=shown)
    context = {**_around(knock.sight), "asked": knock.asked, "at": knock.at, **context}
    return render(request, template, context, status=status)


def log(request: HttpRequest, *, knock: Knock, subject: str = "", shown: int) -> None:
    """Write down that this page is read."""
    match = request.resolver_match
    log_read(
        page=match.url_name or "" if match else "",
        subject=subject or knock.asked.address(),
        shown=shown,
        actor=knock.sight.actor,
        at=knock.at,
    )


def _around(found: Sight) -> dict[str, Any]:
    """What every page has around it."""
    return {
        "sees_flags": found.may(May.VIEW, Matter.FLAGS),
        "sees_cases": found.may(May.VIEW, Matter.CASES),
        "sees_scans": found.may(May.VIEW, Matter.SCANS),
        "prints_posters": found.may(May.ADD, Matter.DOORS),
        "sees_reports": found.may(May.VIEW, Matter.REPORTS),
        "sees_documents": found.may(May.VIEW, Matter.DOCUMENTS),
        "decides": decides(found.role),
        "sees_rules": found.may(May.VIEW, Matter.FREQUENCY_RULES),
        "may_see": found.may(May.VIEW, Matter.FACTS),
        "purposes": list(Purpose),
        "definitions": list(Definition),
    }

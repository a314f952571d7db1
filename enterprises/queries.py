"""Reads about enterprises."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, JSONObject

from audit.phone import masked
from enterprises.alias import Lesson, Meaning, meaning
from enterprises.door_token import fingerprint
from enterprises.models import (
    Contact,
    Door,
    Enterprise,
    LicenceAlias,
    LicenceAliasRuling,
    NameKey,
    OwnerPin,
    Premises,
)
from enterprises.search import Span, query


@dataclass(frozen=True, kw_only=True, slots=True)
class EnterpriseFacts:
    """An enterprise by value, as the registry had it when it was asked."""

    id: int
    credit_code: str
    name: str
    status: str
    region_code: str
    industry: str
    risk_grade: str
    kind: str


_FACTS = tuple(column.name for column in fields(EnterpriseFacts))


@dataclass(frozen=True, kw_only=True, slots=True)
class PremisesFacts:
    """A located place of business: degrees in `datum`."""

    address: str
    longitude: float
    latitude: float
    datum: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DoorFacts:
    """Whose door an address is. `credit_code`: under which its visits are now, that of a subject which turned out to
    be a registered enterprise being the enterprise's; `name` and `region_code` as on the poster. `phone_since`,
    `pin_since`: since when its contact has had this phone, and its owner this PIN."""

    id: int
    generation: int
    credit_code: str
    name: str
    region_code: str
    phone_since: datetime | None
    pin_since: datetime | None

    @property
    def proof(self) -> str:
        """What a proof to be the owner's rests on: another poster, contact or PIN, and it proves nothing any more."""
        return f"{self.generation} {self.phone_since} {self.pin_since}"


def door_at(token: str) -> DoorFacts | None:
    """Whose door has this token now? One statement, whatever the token: what is unknown, was renewed or is no token at
    all takes the same way."""
    owner = Q(
        enterprise__credit_code=Coalesce(OuterRef("enterprise__merged_into"), OuterRef("enterprise__credit_code"))
    )
    row = (
        Door.objects.filter(token_hash=fingerprint(token))
        .values_list(
            "pk",
            "generation",
            "enterprise__credit_code",
            "enterprise__merged_into",
            "enterprise__name",
            "enterprise__region_code",
            Subquery(Contact.objects.filter(owner).values("phone_since")[:1]),
            Subquery(OwnerPin.objects.filter(owner).values("set_at")[:1]),
        )
        .first()
    )
    if row is None:
        return None
    pk, generation, credit_code, merged_into, name, region_code, phone_since, pin_since = row
    return DoorFacts(
        id=pk,
        generation=generation,
        credit_code=merged_into or credit_code,
        name=name,
        region_code=region_code,
        phone_since=phone_since,
        pin_since=pin_since,
    )


def phone_shown(credit_code: str) -> str:
    """The contact's phone without its middle, as the enterprise's own page shows it; empty without one. One
    statement."""
    phones = Contact.objects.filter(enterprise__credit_code=credit_code).values_list("phone", flat=True)
    return masked(phones.first() or "")


def doorstep(credit_code: str) -> list[QuerySet[Any, Any]]:
    """Branches (branch, data) for one UNION ALL: the enterprise and its located premises."""
    return [
        Enterprise.objects.filter(credit_code=credit_code).values(
            branch=Value("enterprise", output_field=CharField()),
            data=JSONObject(
                id=F("id"),
                credit_code=F("credit_code"),
                name=F("name"),
                status=F("status"),
                region_code=F("region_code"),
                industry=F("industry"),
                risk_grade=F("risk_grade"),
                kind=F("kind"),
            ),
        ),
        Premises.objects.filter(
            enterprise__credit_code=credit_code, longitude__isnull=False, latitude__isnull=False
        ).values(
            branch=Value("premises", output_field=CharField()),
            data=JSONObject(address=F("address"), longitude=F("longitude"), latitude=F("latitude"), datum=F("datum")),
        ),
    ]


def read_doorstep(
    rows: Iterable[tuple[str, Mapping[str, Any]]],
) -> tuple[EnterpriseFacts | None, list[PremisesFacts]]:
    """What `doorstep`'s rows say. Rows of other kinds are passed over."""
    enterprise: EnterpriseFacts | None = None
    premises: list[PremisesFacts] = []
    for branch, data in rows:
        if branch == "enterprise":
            enterprise = EnterpriseFacts(**data)
        elif branch == "premises":
            premises.append(PremisesFacts(**data))
    return enterprise, sorted(premises, key=lambda place: place.address)


def enterprises_called(words: Collection[str]) -> dict[str, EnterpriseFacts]:
    """The enterprises that are meant by their credit code or by their full name, by what was said; a name that two bear
    means neither, the number of a subject that was merged means the enterprise that it has become. One statement; names
    have no index: for a person's form or file, not for a phone's call."""
    said = {word.strip() for word in words if word.strip()}
    became = Enterprise.objects.filter(credit_code__in=said, merged_into__isnull=False).values("merged_into")
    meant = Q(credit_code__in=said) | Q(name__in=said, merged_into__isnull=True) | Q(credit_code__in=became)
    leads = {
        EnterpriseFacts(**{name: row[name] for name in _FACTS}): row["merged_into"]
        for row in Enterprise.objects.filter(meant).values(*_FACTS, "merged_into")
    }
    by_code = {one.credit_code: one for one, into in leads.items() if not into}
    names = Counter(one.name for one in by_code.values())
    called = {one.name: one for one in by_code.values() if names[one.name] == 1}
    old = {one.credit_code: by_code[into] for one, into in leads.items() if into in by_code}
    return called | by_code | old


def credit_code_of(registration_no: str) -> str | None:
    """Which enterprise bore this old registration number? None if none did, or more than one."""
    codes = list(
        Enterprise.objects.filter(registration_no=registration_no)
        .order_by("credit_code")
        .values_list("credit_code", flat=True)[:2]
    )
    return codes[0] if len(codes) == 1 else None


def facts_of(credit_codes: Collection[str]) -> dict[str, EnterpriseFacts]:
    """Which of these enterprises are registered, and as what? By credit code."""
    rows = Enterprise.objects.filter(credit_code__in=credit_codes).values(*_FACTS)
    return {row["credit_code"]: EnterpriseFacts(**row) for row in rows}


ENOUGH_SPANS = 6
_HALF_FORM = re.compile("(?<=..)(有限?责?任?|有限公|股份?有?限?责?任?公?|分公?|公)$")
"""The beginning of a legal form at the end of what was typed: no name is kept under it."""


def named(typed: str) -> Q:
    """The condition on enterprises: a present or former name holds this, written or by its sound, or the credit code or
    registration number begins so. Through the index of names (enterprises/search.py) and the numbers' own; it makes no
    statement. Of long texts the first windows are asked; a text of nothing useful fits none.
    """
    asked = query(_HALF_FORM.sub("", typed.strip()))
    found: list[QuerySet[Any, Any]] = []
    if asked.code:
        # a range, because a pattern finds no index on SQLite
        codes = Enterprise.objects.filter(credit_code__range=(asked.code, asked.code.ljust(18, "Z")))
        found.append(codes.values("pk"))
        if asked.code.isdigit() and len(asked.code) <= 15:
            numbers = (asked.code, asked.code.ljust(15, "9"))
            found.append(Enterprise.objects.filter(registration_no__range=numbers).values("pk"))
    for first, *others in filter(None, asked.whole):
        holds = _keyed([first])
        for span in others[: ENOUGH_SPANS - 1]:
            holds = holds.filter(enterprise_id__in=_keyed([span]))
        found.append(holds)
    if asked.either:
        found.append(_keyed(asked.either))
    if not found:
        return Q(pk__in=())
    # One list of keys and not several conditions: of those the database would ask every enterprise.
    return Q(pk__in=found[0].union(*found[1:]) if len(found) > 1 else found[0])


def _keyed(spans: Collection[Span]) -> QuerySet[NameKey, Any]:
    """The enterprises that have a key in one of the spans."""
    keys = NameKey.objects.annotate(**{f"under_{span.mask}": F("key").bitand(span.mask) for span in spans if span.mask})
    fits = Q()
    for span in spans:
        masked_as = {f"under_{span.mask}": span.value} if span.mask else {}
        fits |= Q(key__range=(span.low, span.high), **masked_as)
    return keys.filter(fits).values("enterprise_id")


def open_among(credit_codes: Collection[str]) -> set[str]:
    """Which of these enterprises are open now?"""
    rows = Enterprise.objects.filter(credit_code__in=credit_codes, status=Enterprise.Status.OPEN)
    return set(rows.values_list("credit_code", flat=True))


def open_total() -> int:
    """How many enterprises are open now?"""
    return Enterprise.objects.filter(status=Enterprise.Status.OPEN).count()


def merged(number: str, *, into: str) -> Exists:
    """Has this subject without a licence turned out to be the enterprise whose credit code is in the column `into`? A
    part of somebody's statement."""
    return Exists(Enterprise.objects.filter(credit_code=number, merged_into=OuterRef(into)))


def alias_meaning(*, scheme: str, opaque_id: str) -> Meaning:
    """What does this opaque licence code mean now? One statement."""
    lessons = LicenceAlias.objects.filter(scheme=scheme, opaque_id=opaque_id).values_list(
        "credit_code", "taught_by", "at", Value(False)
    )
    rulings = LicenceAliasRuling.objects.filter(scheme=scheme, opaque_id=opaque_id).values_list(
        "credit_code", "ruled_by", "at", Value(True)
    )
    rows = list(lessons.union(rulings, all=True))
    ruled = max(((at, code) for code, _by, at, ruling in rows if ruling), default=None)
    return meaning(
        (Lesson(credit_code=code, taught_by=by, at=at) for code, by, at, ruling in rows if not ruling),
        ruling=ruled[1] if ruled else None,
    )


def disputed(lessons: QuerySet[LicenceAlias], *, ruled: bool) -> QuerySet[LicenceAlias]:
    """Which of the lessons are about a code whose meaning is disputed, as `alias.meaning` has it, in one statement?

    Those not ruled on yet, where officers differ from one another; or those `ruled` on, where one still differs from
    the ruling.
    """
    same = {"scheme": OuterRef("scheme"), "opaque_id": OuterRef("opaque_id")}
    later = LicenceAlias.objects.filter(
        Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), credit_code__gt=OuterRef("credit_code")),
        **same,
        taught_by=OuterRef("taught_by"),
    )
    standing = LicenceAlias.objects.filter(~Exists(later), **same).exclude(credit_code="").values("credit_code")
    rulings = LicenceAliasRuling.objects.filter(**same).order_by("-at", "-credit_code").values("credit_code")
    said = lessons.annotate(
        ruling=Subquery(rulings[:1]),
        least=Subquery(standing.order_by("credit_code")[:1]),
        most=Subquery(standing.order_by("-credit_code")[:1]),
    )
    if not ruled:
        return said.filter(ruling__isnull=True, least__lt=F("most"))
    return said.filter(Q(least__lt=F("ruling")) | Q(most__gt=F("ruling")))


def lessons_about(*, scheme: str, opaque_id: str) -> list[LicenceAlias]:
    """All that officers ever said about this code, the newest first."""
    return list(LicenceAlias.objects.filter(scheme=scheme, opaque_id=opaque_id).order_by("-at", "-pk"))


def rulings_about(*, scheme: str, opaque_id: str) -> list[LicenceAliasRuling]:
    """All that supervisors ever ruled about this code, the newest first."""
    return list(LicenceAliasRuling.objects.filter(scheme=scheme, opaque_id=opaque_id).order_by("-at", "-pk"))


def taught(scan_id: str) -> bool:
    """Did this scan teach what an opaque licence code means, and has its teacher said nothing else since? One
    statement."""
    later = LicenceAlias.objects.filter(
        scheme=OuterRef("scheme"),
        opaque_id=OuterRef("opaque_id"),
        taught_by=OuterRef("taught_by"),
        at__gt=OuterRef("at"),
    )
    return LicenceAlias.objects.filter(~Exists(later.exclude(scan=scan_id)), scan=scan_id).exists()

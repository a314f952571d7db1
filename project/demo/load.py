"""Carry the invented city into an empty database: registers, phones, accounts and a year of visits, all or nothing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.as_of import SETTLES
from audit.draft import Draft
from audit.facts import SHANGHAI, day_of
from audit.intake import Row
from audit.ladder import Ladder
from audit.matching import MatchPolicy
from audit.models import Entry
from audit.monthly import step
from audit.period import Period
from audit.rule_file import DEFAULT, read_toml
from audit.services.entry import record
from audit.services.issue_report import issue_report
from audit.services.rule_set import enact_set
from checkins.policy import CheckinPolicy
from enterprises.services.import_enterprises import import_enterprises
from officers.models import Agency, Officer
from officers.policy import OfficerPolicy
from officers.services.agency import save_agency
from officers.services.photo import set_photo
from project.demo import enterprises, officers
from project.demo.handout import Handout, Holder
from project.demo.keys import enrol, open_accounts
from project.demo.past import reported, split
from project.demo.plans import announced
from project.demo.portraits import portrait
from project.demo.pursued import pursued
from project.demo.retold import retell
from project.demo.world import World

ACTOR = Actor.command("demo")
MARK = "demo_loaded"
Tell = Callable[[str, float], None]
"""Hears what is being done and which share (0 to 1) of it is."""

ENTERPRISE_STATUS = {"open": "open", "revoked": "revoked", "closed": "cancelled", "moved": "moved"}
CHUNK = 1_000
REPORTED = ("1305", "130502")
"""Whose monthly reports lie there: the city's, and those of its first district."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Policies:
    """The house's numbers that the load is done under, as the doors would pass them. `totp_issuer`: see settings."""

    checkin: CheckinPolicy
    officer: OfficerPolicy
    annual_cap: int
    match: MatchPolicy
    totp_issuer: str
    ladders: Sequence[Ladder]


def loaded() -> bool:
    """Has a city been carried into this database?"""
    return Entry.objects.filter(kind=MARK).exists()


def load(city: World, *, today: date, at: datetime, policies: Policies, tell: Tell) -> Handout:
    """Carry the city that `world(today=today)` told into an empty, migrated database, in one transaction.

    `at` is the moment of loading. The registers are dated a year back, to the morning before the first visit. Returns
    the tokens and passwords, which are told once. Raises RuntimeError if an enterprise was refused.
    """
    founded = datetime.combine(today - timedelta(days=366), time(8), SHANGHAI)
    with transaction.atomic():
        enact_set(_law(policies.annual_cap, since=founded.date()), actor=ACTOR, at=founded)
        agencies = dict(_agencies(city, at=founded))
        staff = dict(_officers(city, agencies=agencies, at=founded, tell=tell))
        _enterprises(city.enterprises, at=founded, tell=tell)
        phones = enrol(staff.values(), at=founded + timedelta(hours=1), policy=policies.officer)
        accounts = open_accounts(actor=ACTOR, at=at, issuer=policies.totp_issuer, tell=tell)
        imported, scanned = split(city.visits, today=today, cap=policies.annual_cap)
        reported(imported, city=city, agencies=agencies, actor=ACTOR, tell=tell)
        retell(
            scanned,
            city=city,
            tokens={number: phone.token for number, phone in phones.items()},
            policy=policies.checkin,
            grace=policies.officer.revoked_upload_grace,
            annual_cap=policies.annual_cap,
            tell=tell,
        )
        announced(city, agencies=agencies, today=today, actor=ACTOR, at=at)
        pursued(city, agencies=agencies, ladders=policies.ladders, today=today)
        _report_month(at=at, policy=policies.match, tell=tell)
        record(
            kind=MARK,
            subject="demo",
            body={"today": today.isoformat(), "enterprises": len(city.enterprises), "visits": len(city.visits)},
            actor=ACTOR,
            at=at,
        )
    return Handout(
        officers=tuple(
            Holder(
                name=officer.name,
                certificate_no=number,
                agency=officer.agency.name,
                agency_code=officer.agency.code,
                token=phones[number].token,
                device_key=phones[number].key,
            )
            for number, officer in staff.items()
            if number in phones
        ),
        accounts=accounts,
    )


def _report_month(*, at: datetime, policy: MatchPolicy, tell: Tell) -> None:
    """Issue the reports of the last month that is over, as `manage.py report` does."""
    today = day_of(at - SETTLES)
    month = step(Period(year=today.year, month=today.month), -1)
    for place, region in enumerate(REPORTED):
        tell(_("印发月度通报"), place / len(REPORTED))
        issue_report(region=region, month=month, policy=policy, actor=ACTOR, at=at)


def _law(cap: int, *, since: date) -> list[Draft]:
    """The rules that ship, with the house's cap."""
    drafts = read_toml(DEFAULT.read_text(encoding="utf-8"), since=since)
    return [
        replace(draft, parameters={**draft.parameters, "cap": cap}) if draft.code == "annual_cap" else draft
        for draft in drafts
    ]


def _agencies(city: World, *, at: datetime) -> Iterator[tuple[str, Agency]]:
    known: dict[str | None, Agency | None] = {None: None}
    for told in city.agencies:
        agency = Agency(
            code=told.code,
            name=told.name,
            parent=known[told.parent],
            region_code=told.region_code,
            level=told.level,
            supervised_by=told.supervised_by or "",
        )
        known[told.code] = save_agency(agency=agency, actor=ACTOR, at=at)
        yield told.code, agency


def _officers(city: World, *, agencies: dict[str, Agency], at: datetime, tell: Tell) -> Iterator[tuple[str, Officer]]:
    for place, told in enumerate(city.officers):
        tell(_("登记执法人员，画照片"), place / len(city.officers))
        yield told.certificate_no, _officer(told, agency=agencies[told.agency], at=at)


def _officer(told: officers.Officer, *, agency: Agency, at: datetime) -> Officer:
    officer = Officer(
        certificate_no=told.certificate_no,
        name=told.name,
        agency=agency,
        valid_from=told.valid_from,
        valid_until=told.valid_until,
        status=told.status,
        categories=list(told.categories),
    )
    return set_photo(officer=officer, image=portrait(told.portrait_seed), actor=ACTOR, at=at)


def _enterprises(told: Iterable[enterprises.Enterprise], *, at: datetime, tell: Tell) -> None:
    rows = list(_rows(told))
    for start in range(0, len(rows), CHUNK):
        tell(_("登记企业"), start / len(rows))
        outcome = import_enterprises(rows=rows[start : start + CHUNK], actor=ACTOR, at=at)
        if outcome.refused:
            raise RuntimeError(f"the registry refused an enterprise: {outcome.refused[0]}")


def _rows(told: Iterable[enterprises.Enterprise]) -> Iterator[Row]:
    """One row for each place, as in a registry's file: the first registers the enterprise, the others add to it."""
    line = 0
    for enterprise in told:
        for place_no, place in enumerate(enterprise.premises):
            line += 1
            values: dict[str, Any] = {"credit_code": enterprise.credit_code, "address": place.address}
            values |= {"longitude": place.longitude, "latitude": place.latitude, "datum": place.datum}
            if place_no:
                values["action"] = "add_premises"
            else:
                values |= {
                    "registration_no": enterprise.registration_no or "",
                    "name": enterprise.name,
                    "former_names": list(enterprise.former_names),
                    "region_code": enterprise.region_code,
                    "industry": enterprise.industry_code,
                    "risk_grade": enterprise.risk_grade,
                    "status": ENTERPRISE_STATUS[enterprise.status],
                }
            yield Row(line, values, again=place_no > 0)

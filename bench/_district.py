"""The district that scans are measured in: 20 agencies with 100 officers each, 2,000 enterprises, perhaps a past.

pgbench cannot compute check symbols, so it gets 2,000 enterprises of its own whose codes are digits only. Rows are
numbered so that pgbench can name any agency and any of its enterprises by a random number.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime

from django.db import connection, transaction
from stdnum.cn import uscc

from audit.actor import Actor
from audit.history import save_as
from enterprises.models import Enterprise, Premises
from officers.models import Agency, Device, Officer
from officers.queries import token_hash

AGENCIES, OFFICERS, ENTERPRISES = 20, 2_000, 2_000
FIRST_AGENCY = 880_088_010
FIRST_DIGITS = 1_000_000_000
FIRST_CODED = 2_000_000_000
REGION = "130502"
FOUNDER = Actor.command("bench")


def credit_code(number: int) -> str:
    """A valid code for each enterprise."""
    body = f"91{REGION}{number:09d}"
    return body + str(uscc.calc_check_digit(body))


def digits(number: int) -> str:
    """What pgbench's enterprises have instead of a valid code."""
    return f"91{REGION}{FIRST_DIGITS + number}"


def token(number: int) -> str:
    """The device token of an officer, 0 to 1,999; officer n serves agency n mod 20."""
    return f"bench-{number}"


def found(*, facts: int) -> None:
    """Fill a migrated, empty PostgreSQL database."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with transaction.atomic():
        for number in range(AGENCIES):
            code = f"BENCH-{FIRST_AGENCY + number}"
            agency = Agency(
                pk=FIRST_AGENCY + number,
                code=code,
                name=f"第{number}执法大队",
                path=f"/{code}/",
                region_code=REGION,
                level="district",
                supervised_by="130502-SFJ",
            )
            save_as(agency, actor=FOUNDER, at=at, new=True)
        for number in range(OFFICERS):
            _officer(number, at=at)
    _enterprises(credit_code, FIRST_CODED)
    _enterprises(digits, FIRST_DIGITS)
    if facts:
        _past(facts)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _officer(number: int, *, at: datetime) -> None:
    officer = Officer(
        certificate_no=f"BENCH{number:06d}",
        name=f"执法员{number}",
        agency_id=FIRST_AGENCY + number % AGENCIES,
        valid_from=date(2020, 1, 1),
        valid_until=date(2099, 12, 31),
        categories=["市场监管"],
    )
    save_as(officer, actor=FOUNDER, at=at, new=True)
    device = Device(
        officer=officer,
        name="手机",
        token_hash=token_hash(token(number)),
        enrolled_at=at,
        enrolled_by="bench",
    )
    save_as(device, actor=FOUNDER, at=at, new=True)


def _enterprises(code: Callable[[int], str], first: int) -> None:
    Enterprise.objects.bulk_create(
        Enterprise(
            pk=first + number,
            credit_code=code(number),
            name=f"邢台第{number}商贸有限公司",
            region_code=REGION,
            industry="F51",
            risk_grade="B",
        )
        for number in range(ENTERPRISES)
    )
    Premises.objects.bulk_create(
        Premises(enterprise_id=first + number, address=f"建设大街{number}号", longitude=114.5, latitude=37.07)
        for number in range(ENTERPRISES)
    )


def _past(facts: int) -> None:
    """So many visits of other agencies earlier this year, spread over all enterprises, as an import leaves them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_visitfact (visit, version, known_from, state, origin, credit_code, enterprise_name,"
            " region_code, industry, risk_grade, agency_code, agency_path, agency_name, supervised_by, purpose,"
            " category, reason, source_no, superior_ordered, joint_id, started_at, officers)"
            " SELECT 'PAST-' || n, 1, now(), 'open', 'imported', e.credit_code, e.name, e.region_code, e.industry,"
            " e.risk_grade, 'A' || n %% 20, '/A/', '某单位', '130502-SFJ', 'inspection', 'routine', '', '', false, '',"
            " date_trunc('year', now()) + (now() - date_trunc('year', now())) * (n::float / %s), '[]'::jsonb"
            " FROM generate_series(0, %s - 1) AS n"
            " JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place FROM enterprises_enterprise) AS e"
            " ON e.place = n %% (SELECT count(*) FROM enterprises_enterprise)",
            [facts, facts],
        )

"""A small town for tests: three agencies, five officers, four enterprises, by name.

襄都区市场监督管理局: 张伟 and 李娜. 襄都区应急管理局: 王强. 清河县市场监督管理局: 赵敏. 孙磊's certificate ran out.
"""

import json
import pickle
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction
from django.test import Client

from audit.actor import Actor
from audit.history import save_as
from enterprises.models import Enterprise, Premises
from officers.models import Agency, Device, Officer
from officers.queries import token_hash
from tests.prepared import Rows, written_by

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
FOUNDER = Actor.command("test")

BEARINGS = "91110108551385082Q"
CASHMERE = "9144030010001686XA"
GLASS = "91350100M000100Y43"
CABLES = "91440101681325547Y"
NOBODY_KNOWS = "91440101MA5D5T047J"
LICENCE = "http://www.gsxt.gov.cn/index.html?uniscid={}"


@dataclass
class Phone:
    """One officer's phone: posts to the real address with its token."""

    token: str
    officer: Officer
    client: Client = field(default_factory=Client)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        return self.client.post(
            f"/api/v1{path}",
            data=data,
            content_type="application/json",
            headers={"authorization": f"Bearer {self.token}", **headers},
        )

    def scan(self, licence_of: str = BEARINGS, **words: Any) -> Any:
        """Post a scan of this enterprise's licence; `words` add to or replace the body."""
        return self.post("/scans", scan_body(licence_of, **words))


def scan_body(licence_of: str = BEARINGS, **words: Any) -> dict[str, Any]:
    """A believable body: at the door of 邢台轴承, now, with a good fix."""
    body = {
        "scan_id": str(uuid.uuid4()),
        "code": LICENCE.format(licence_of),
        "scanned_at": datetime.now(UTC).isoformat(),
        "location": {"longitude": 114.5001, "latitude": 37.0701, "accuracy_m": 20, "datum": "WGS84"},
    }
    return {**body, **words}


@dataclass
class Town:
    """Who is who. Phones by officer: `town.zhang_wei.scan()`."""

    zhang_wei: Phone
    li_na: Phone
    wang_qiang: Phone
    zhao_min: Phone
    sun_lei: Phone
    agencies: dict[str, Agency]


KEPT: list[tuple[Rows, bytes]] = []
"""The town's rows and its people, once they have been saved in this process."""


def build() -> Town:
    """The town in the test's database. Its forty rows with their history are saved once a process: that costs 30 ms."""
    with transaction.atomic():
        if KEPT and KEPT[0][0].fit():
            rows, people = KEPT[0]
            rows.write()
            return _town(people)
        town: list[Town] = []
        rows_or_none = written_by(lambda: town.append(_found()))
        if rows_or_none and not KEPT:
            KEPT.append((rows_or_none, _people(town[0])))
        return town[0]


PHONES = ("zhang_wei", "li_na", "wang_qiang", "zhao_min", "sun_lei")


def _people(town: Town) -> bytes:
    phones: list[Phone] = [getattr(town, name) for name in PHONES]
    return pickle.dumps(([(phone.token, phone.officer) for phone in phones], town.agencies))


def _town(people: bytes) -> Town:
    """Each test has officers of its own to change."""
    officers, agencies = pickle.loads(people)  # noqa: S301 -- what _people wrote
    phones = {name: Phone(token, officer) for name, (token, officer) in zip(PHONES, officers, strict=True)}
    return Town(**phones, agencies=agencies)


def _found() -> Town:
    """Save it as the house saves."""
    with transaction.atomic():
        agencies = {
            code: _agency(code, name, region)
            for code, name, region in (
                ("130502-SCJG", "襄都区市场监督管理局", "130502"),
                ("130502-YJ", "襄都区应急管理局", "130502"),
                ("130534-SCJG", "清河县市场监督管理局", "130534"),
            )
        }
        for code, name, region in (
            (BEARINGS, "邢台轴承有限公司", "130502"),
            (CASHMERE, "清河县暖阳羊绒有限公司", "130534"),
            (GLASS, "襄都区明亮玻璃店", "130502"),
            (CABLES, "宁晋县通达电缆有限公司", "130528"),
        ):
            enterprise = Enterprise(
                credit_code=code, name=name, region_code=region, industry="C34", risk_grade="B", registration_no=""
            )
            save_as(enterprise, actor=FOUNDER, at=LONG_AGO, new=True)
            save_as(
                Premises(enterprise=enterprise, address=f"{name}厂区", longitude=114.5, latitude=37.07),
                actor=FOUNDER,
                at=LONG_AGO,
                new=True,
            )
        market, fire, cashmere = agencies.values()
        return Town(
            zhang_wei=_phone("13050200101", "张伟", market),
            li_na=_phone("13050200102", "李娜", market),
            wang_qiang=_phone("13050200201", "王强", fire),
            zhao_min=_phone("13053400101", "赵敏", cashmere),
            sun_lei=_phone("13050200103", "孙磊", market, valid_until=date(2026, 1, 31)),
            agencies=agencies,
        )


def _agency(code: str, name: str, region: str) -> Agency:
    agency = Agency(
        code=code, name=name, path=f"/{code}/", region_code=region, level="district", supervised_by=f"{region}-SFJ"
    )
    save_as(agency, actor=FOUNDER, at=LONG_AGO, new=True)
    return agency


def _phone(certificate_no: str, name: str, agency: Agency, *, valid_until: date = date(2099, 12, 31)) -> Phone:
    officer = Officer(
        certificate_no=certificate_no,
        name=name,
        agency=agency,
        valid_from=date(2020, 1, 1),
        valid_until=valid_until,
        categories=["市场监管"],
    )
    save_as(officer, actor=FOUNDER, at=LONG_AGO, new=True)
    token = f"token-of-{certificate_no}"
    device = Device(
        officer=officer,
        name=f"{name}的手机",
        token_hash=token_hash(token),
        enrolled_at=LONG_AGO,
        enrolled_by="test",
    )
    save_as(device, actor=FOUNDER, at=LONG_AGO, new=True)
    return Phone(token=token, officer=officer)

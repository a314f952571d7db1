"""Eight officers look up two characters each among 1,000,000 enterprises: milliseconds, beside a plain LIKE.

    make bench NAME=search                     SQLite
    make bench NAME=search POSTGRES=1          PostgreSQL
    make bench NAME=search ARGS='--rows 50000 --searches 400'

A real server (granian, with the workers and threads of `make run`) answers `GET /api/v1/enterprises`; eight clients ask
one after another what they draw from the names themselves: two characters of a name (any window that tells something),
once without a fix and once with. Then the same clients ask longer things, with and without slips. The peer is the least
one could do, in the same database: `SELECT … WHERE name LIKE '%xx%' LIMIT 20`, bare, without server, log or order,
eight at once.
The names are put together from places, brands, trades and legal forms, as registers have them: a tenth of all names
shares its trade with 5 % of the register.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
AT_ONCE = 8
LIMITS_MS = {"postgresql": 100.0, "sqlite": 300.0}
CHUNK = 5_000
PLACES = [
    "邢台市",
    "邢台",
    "河北",
    "清河县",
    "宁晋县",
    "沙河市",
    "南宫市",
    "威县",
    "隆尧县",
    "内丘县",
    "襄都区",
    "信都区",
]
BRANDS = (
    "瑞鑫恒泰宏盛嘉润德昌顺达永信华丰金源安和祥佳正茂隆聚广卓东鹏凯旭腾"
    "博川坤禾岳朗诚航远宇旺康跃辉通锐星海天龙云明新百福春晨"
)
TRADES = (
    "商贸", "建材", "机械制造", "羊绒制品", "电线电缆", "物流", "食品", "餐饮管理", "汽车维修", "建筑工程", "农业科技",
    "广告传媒", "信息技术", "化工", "轴承", "玻璃", "环保设备", "房地产开发", "教育咨询", "医药", "纺织", "金属材料",
    "家具", "装饰装修", "劳务派遣", "橡胶制品", "自行车零件", "塑料包装", "服装", "超市",
)  # fmt: skip
FORMS = ["有限公司"] * 6 + ["有限责任公司", "股份有限公司", "经营部", "店", "厂", "专业合作社"]


def names(count: int, chance: random.Random) -> Iterator[str]:
    """Believable names: brands of two or three characters, and trades of which a few are everywhere."""
    weights = [1 / (rank + 1) for rank in range(len(TRADES))]
    trades = chance.choices(TRADES, weights, k=count)
    for trade in trades:
        brand = "".join(chance.choices(BRANDS, k=chance.choice((2, 2, 2, 3))))
        yield chance.choice(PLACES) + brand + trade + chance.choice(FORMS)


def fill(count: int) -> None:
    """A register of this many, with a place each, indexed as the import does it; written past history and entries."""
    from django.db import connection, transaction

    from audit.bulk import columns, insert_rows, new_ids
    from enterprises.models import Enterprise, Premises
    from enterprises.services.search_index import keep_names, keep_spots

    chance = random.Random(54)
    told, indexing = iter(names(count, chance)), 0.0
    number = 0
    while chunk := list(islice(told, CHUNK)):
        with transaction.atomic():
            rows, places = [], []
            for key, place_key, name in zip(
                new_ids(Enterprise, len(chunk)), new_ids(Premises, len(chunk)), chunk, strict=True
            ):
                number += 1
                row = Enterprise(id=key, credit_code=f"91130502{number:010d}", name=name, region_code="130502")
                rows.append(row)
                places.append(
                    Premises(
                        id=place_key,
                        enterprise=row,
                        address=f"河北省邢台市建设大街{number}号",
                        longitude=chance.gauss(114.5, 0.25),
                        latitude=chance.gauss(37.07, 0.2),
                    )
                )
            for model, some in ((Enterprise, rows), (Premises, places)):
                fields = columns(model)
                insert_rows(model, [[getattr(one, field) for field in fields] for one in some])
            started = time.perf_counter()
            keep_names(rows)
            keep_spots(places)
            indexing += time.perf_counter() - started
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("SELECT pg_total_relation_size(%s), pg_total_relation_size(%s)", _tables())
            size = sum(cursor.fetchone())
        else:
            cursor.execute("SELECT count(*) FROM pragma_compile_options WHERE compile_options = 'ENABLE_DBSTAT_VTAB'")
            if not cursor.fetchone()[0]:
                size = 0
            else:
                cursor.execute(
                    "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'enterprises_namekey%' OR name LIKE '%spot%'"
                )
                size = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM enterprises_namekey")
        keys = cursor.fetchone()[0]
    print(
        f"{count:,} enterprises; {keys:,} keys, index {size / 2**20:,.0f} MB, {indexing:.0f} s of the load", flush=True
    )


def _tables() -> list[str]:
    return ["enterprises_namekey", "enterprises_spot"]


def phones() -> list[str]:
    """Eight officers with a phone each; their tokens."""
    from django.db import transaction

    from audit.actor import Actor
    from audit.history import save_as
    from officers.models import Agency, Device, Officer
    from officers.queries import token_hash

    actor, at = Actor.command("bench"), datetime.now(UTC)
    with transaction.atomic():
        agency = Agency(
            code="BENCH", name="某局", path="/BENCH/", region_code="1305", level="city", supervised_by="SFJ"
        )
        save_as(agency, actor=actor, at=at, new=True)
        for number in range(AT_ONCE):
            officer = Officer(
                certificate_no=f"B{number}",
                name=f"张{number}",
                agency=agency,
                valid_from=date(2020, 1, 1),
                valid_until=date(2099, 1, 1),
            )
            save_as(officer, actor=actor, at=at, new=True)
            device = Device(
                officer=officer, name="手机", token_hash=token_hash(f"t{number}"), enrolled_at=at, enrolled_by="b"
            )
            save_as(device, actor=actor, at=at, new=True)
    return [f"t{number}" for number in range(AT_ONCE)]


def pairs(count: int, chance: random.Random) -> Iterator[str]:
    from enterprises.search import windows

    for name in names(count, chance):
        place = chance.choice(windows(name))
        yield name[place : place + 2]


def longer(count: int, chance: random.Random) -> Iterator[str]:
    """The last six characters before the legal form; every third with one wrong, every third as pinyin."""
    from enterprises.pinyin import readings
    from enterprises.search import LEGAL_FORM, normal

    for number, name in enumerate(names(count, chance)):
        text = LEGAL_FORM.sub("", normal(name))[-6:]
        if number % 3 == 1:
            at = chance.randrange(len(text))
            text = text[:at] + chance.choice(BRANDS) + text[at + 1 :]
        elif number % 3 == 2:
            text = "".join(readings(sign)[0][: chance.choice((1, 6))] for sign in text)
        yield text


def at_once(ask: Callable[[int, str], None], texts: list[str]) -> list[float]:
    """Milliseconds of each, eight askers with a share each."""
    from django.db import connections

    def share(asker: int) -> list[float]:
        took = []
        for text in texts[asker::AT_ONCE]:
            started = time.perf_counter()
            ask(asker, text)
            took.append((time.perf_counter() - started) * 1_000)
        connections.close_all()  # those of this thread, which the pool misses otherwise
        return took

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [each for part in pool.map(share, range(AT_ONCE)) for each in part]


def told(what: str, took: list[float]) -> float:
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    print(
        f"{what:<44} {len(took):5} asked  p50 {cuts[49]:7.1f} ms  p95 {cuts[94]:7.1f} ms  max {max(took):7.1f} ms",
        flush=True,
    )
    return cuts[94]


def serve_and_ask(tokens: list[str], searches: int, vendor: str) -> float:
    port = 20_000 + os.getpid() % 10_000
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(os.cpu_count() or 2), "--blocking-threads", "16", "project.wsgi:application"]
    server = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"LOOK_UPS_HOURLY": "1000000"}, stdout=subprocess.DEVNULL
    )
    try:
        base = f"http://127.0.0.1:{port}/api/v1"
        clients = [
            httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False) for token in tokens
        ]
        for _try in range(120):
            try:
                clients[0].get(f"{base}/me")
                break
            except httpx.TransportError:
                time.sleep(0.5)
        chance = random.Random(7)
        empty = 0

        def ask(asker: int, text: str, *, near: bool = False) -> None:
            nonlocal empty
            words = {"q": text, "limit": "20"}
            if near:
                words["near"] = f"{chance.gauss(114.5, 0.25):.6f},{chance.gauss(37.07, 0.2):.6f}"
            response = clients[asker].get(f"{base}/enterprises", params=words)
            assert response.status_code == 200, response.text
            empty += not response.json()["results"]

        at_once(ask, list(pairs(64, random.Random(1))))  # the server warms up: imports, pinyin, connections
        limit = told("two characters", at_once(ask, list(pairs(searches, random.Random(2)))))
        with_fix = at_once(lambda asker, text: ask(asker, text, near=True), list(pairs(searches, random.Random(3))))
        limit = max(limit, told("two characters, near a fix", with_fix))
        everywhere = [TRADES[0], TRADES[1], PLACES[1]] * (searches // 6)
        told("the commonest two characters", at_once(ask, everywhere))
        told("the commonest, near a fix", at_once(lambda a, text: ask(a, text, near=True), everywhere))
        empty = 0
        told("four to six characters, slips and pinyin", at_once(ask, list(longer(searches, random.Random(4)))))
        print(f"  of which {empty} found nothing")
        return limit
    finally:
        server.terminate()
        server.wait()


def peer(searches: int) -> None:
    from django.db import connection

    def ask(_asker: int, text: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT credit_code, name FROM enterprises_enterprise WHERE name LIKE %s LIMIT 20", [f"%{text}%"]
            )
            cursor.fetchall()

    told("peer: name LIKE '%xx%' LIMIT 20", at_once(ask, list(pairs(searches, random.Random(2)))))
    rare = ["轴呈", "璃玻", "绒羊"] * (AT_ONCE // 2)
    told("peer, what is rare", at_once(ask, rare))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--searches", type=int, default=800)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ruqi-bench-") as folder:
        os.environ["RUQI_ENV"] = "test"
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/search.sqlite3")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        vendor = connection.vendor
        print(f"{vendor}, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before", flush=True)
        fill(options.rows)
        tokens = phones()
        worst = serve_and_ask(tokens, options.searches, vendor)
        peer(options.searches // 10)
        print(f"load average {os.getloadavg()[0]:.1f} after")
    if options.rows >= 1_000_000 and worst > LIMITS_MS[vendor]:
        raise SystemExit(f"p95 {worst:.0f} ms is over {LIMITS_MS[vendor]:.0f} ms")


if __name__ == "__main__":
    main()

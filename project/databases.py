"""`DATABASE_URL` → Django's database settings, with durability chosen once, here.

SQLite: WAL, `synchronous=FULL` (an acknowledged scan survives a power cut) and IMMEDIATE transactions
(one writer at a time, waiting its turn instead of failing). PostgreSQL: our own backend, for which a commit that no
standby confirmed is an error, and a pool per process; a pool and `CONN_MAX_AGE` exclude one another.
"""

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

SQLITE_INIT = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"


def database(url: str, *, pool_size: int) -> dict[str, Any]:
    """Which database does this URL mean? Raises ImproperlyConfigured for anything but SQLite and PostgreSQL."""
    config: dict[str, Any] = environ.Env.db_url_config(url)
    engine = config["ENGINE"]
    if engine == "django.db.backends.sqlite3":
        config["OPTIONS"] = {"init_command": SQLITE_INIT, "transaction_mode": "IMMEDIATE", "timeout": 20}
    elif engine == "django.db.backends.postgresql":
        config["ENGINE"] = "project.postgresql"
        config["CONN_MAX_AGE"] = 0
        config["OPTIONS"] = {
            **config.get("OPTIONS", {}),
            # After 5 s of failing the pool gives up and tries afresh for the next request, instead of pausing twice as
            # long each time: 35 s without a server were followed by 24 s more, now by less than one.
            "pool": {"min_size": 1, "max_size": pool_size, "timeout": 5, "reconnect_timeout": 5},
        }
    else:
        raise ImproperlyConfigured(f"DATABASE_URL: {engine} is neither SQLite nor PostgreSQL")
    return config

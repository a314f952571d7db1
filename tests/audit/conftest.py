"""The platforms that several tests of this floor deliver to, each one process for the whole run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.audit.platforms import Outbox, Receiver, receiver


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """A receiver that answers at once. Tests share it: take filing numbers of your own."""
    with receiver(tmp_path_factory.mktemp("platform") / "platform.sqlite3") as running:
        yield running


@pytest.fixture(scope="session")
def slow_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """A receiver that thinks for 0.7 s."""
    with receiver(tmp_path_factory.mktemp("slow") / "platform.sqlite3", "--delay-ms", "700") as running:
        yield running


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    house = Outbox(tmp_path / "outbox.sqlite3")
    yield house
    house.leave()

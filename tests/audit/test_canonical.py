"""One spelling for one fact, whichever way it is spelt."""

from collections import OrderedDict
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from audit.actor import Actor
from audit.canonical import canonical

NINE = datetime(2026, 11, 22, 9, 0, tzinfo=timezone(timedelta(hours=8)))
PLAIN = {"b": [1, True, None, {"内容": "入企"}], "a": {"十": 1, "2": "x", "10": []}}
BYTES = '{"a":{"10":[],"2":"x","十":1},"b":[1,true,null,{"内容":"入企"}]}'.encode()


def test_what_json_has_and_what_only_stands_for_it_are_spelt_alike() -> None:
    assert canonical(PLAIN) == BYTES
    copied: dict[Any, Any] = {
        "b": (1, True, None, OrderedDict({"内容": Actor("入企")})),
        "a": {"十": 1, 2: "x", 10: ()},
    }
    assert canonical(copied) == BYTES
    assert canonical([NINE, "x"]) == canonical(["2026-11-22T01:00:00.000000Z", "x"])
    assert canonical([[NINE.astimezone(UTC)]]) == b'[["2026-11-22T01:00:00.000000Z"]]'


@pytest.mark.parametrize("foreign", [1.0, b"x", {1}, object()])
def test_what_has_no_canonical_form_is_refused_however_deep_it_lies(foreign: Any) -> None:
    for value in (foreign, {"a": foreign}, {"a": [{"b": (foreign,)}]}, [NINE, foreign]):
        with pytest.raises(TypeError, match="no canonical form"):
            canonical(value)

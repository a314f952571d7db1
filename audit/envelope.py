"""One message to the supervision platform as CloudEvents 1.0 has it (JSON, structured mode). Pure."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from audit.canonical import canonical, digest, utc_text
from audit.merkle import root

CONTENT_TYPE: Final = "application/cloudevents+json"
DIGITS: Final = 20
"""Of `sequence`: texts of one length are in order when their numbers are."""
LENGTHS: Final = {"id": 80, "source": 400, "type": 40, "partitionkey": 64, "subject": 64, "time": 40, "sequence": 40}
"""The texts of an envelope, and how long each may be. None is empty."""
FIXED: Final = {"specversion": "1.0", "datacontenttype": "application/json"}


LANE: Final = re.compile(r"[0-9A-Z]{18}|(agency|about):.{1,50}", re.ASCII)
"""Of a letter: a credit code, or a subject's number of that length, or an agency's code, or what it is about."""
FLAG_LETTER: Final = re.compile(r"FLAG-(\d{1,18})-(raised|lowered)-[0-9a-f]{12}", re.ASCII)
"""Numbers of letters about flags, with the flag's own (audit/services/file_flags.py)."""
MANIFEST: Final = "manifest.daily"
"""The event of a day's manifest: what was owed to this platform of that day."""
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")


class NoEnvelope(ValueError):
    """These bytes are no message. `code`: the attribute at fault, or `unreadable`, or `fields`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """A message: the same bytes at every try. `number` identifies it for ever, `source` and `number` worldwide.

    `lane`: whose messages keep their order among themselves, by `sequence` (`lane_of`).
    `subject`: what it is about, a visit's number as a rule.
    """

    number: str
    event: str
    lane: str
    subject: str
    time: datetime
    data: Mapping[str, Any]
    sequence: int
    source: str

    def body(self) -> bytes:
        """The canonical JSON that is posted; `time` in UTC. Raises TypeError for a float in the data."""
        return canonical(
            {
                **FIXED,
                "id": self.number,
                "source": self.source,
                "type": self.event,
                "partitionkey": self.lane,
                "sequence": f"{self.sequence:0{DIGITS}d}",
                "subject": self.subject,
                "time": self.time,
                "data": dict(self.data),
            }
        )

    @classmethod
    def read(cls, content: bytes) -> Self:
        """The message that these bytes are. Raises NoEnvelope."""
        try:
            said = json.loads(content.decode())
            canonical(said)
        except (ValueError, TypeError, RecursionError):
            raise NoEnvelope("unreadable", "内容不是有效的 JSON，或含有小数、无效字符") from None
        if not isinstance(said, dict) or said.keys() != LENGTHS.keys() | FIXED.keys() | {"data"}:
            raise NoEnvelope("fields", f"应为 CloudEvents 1.0 JSON，且恰有 {'、'.join([*FIXED, *LENGTHS, 'data'])}")
        for name, value in FIXED.items():
            if said[name] != value:
                raise NoEnvelope(name, f"{name} 应为 {value}")
        for name, length in LENGTHS.items():
            value = said[name]
            if not isinstance(value, str) or not 0 < len(value) <= length or not value.isprintable():
                raise NoEnvelope(name, f"{name} 应为 1 至 {length} 个可见字符的文本")
        if len(said["sequence"]) != DIGITS or not said["sequence"].isascii() or not said["sequence"].isdigit():
            raise NoEnvelope("sequence", f"sequence 应为 {DIGITS} 位数字")
        if not isinstance(said["data"], dict):
            raise NoEnvelope("data", "data 应为 JSON 对象")
        return cls(
            number=said["id"],
            event=said["type"],
            lane=said["partitionkey"],
            subject=said["subject"],
            time=_moment(said["time"]),
            data=said["data"],
            sequence=int(said["sequence"]),
            source=said["source"],
        )

    def mark(self) -> bytes:
        """What tells two contents under one number apart. How it travels (sequence, source) is not in it."""
        return digest(
            {
                "number": self.number,
                "event": self.event,
                "credit_code": self.lane,
                "visit": self.subject,
                "created_at": self.time,
                "payload": dict(self.data),
            }
        )


def lane_of(*, credit_code: object, subject: str, data: Mapping[str, Any]) -> str:
    """Whose messages does a message of this content keep its order among? Its enterprise's; else those of the agency
    that it tells of; else, as of a complaint that names neither, those about the same. Of a letter that came from
    outside `credit_code` may be anything."""
    agency = data.get("agency_code") if isinstance(data, Mapping) else None
    return str(credit_code or (f"agency:{agency}" if agency else f"about:{subject[:50]}"))


def credit_code_of(lane: str) -> str:
    """The enterprise's (or subject's) whose lane it is; empty: nobody's."""
    return "" if ":" in lane else lane


def manifest(*, platform: str, day: str, numbers: Iterable[str], at: datetime, source: str) -> Envelope:
    """The numbers of all letters owed to a platform of a day (YYYY-MM-DD in Asia/Shanghai), counted and summed up."""
    ids = sorted(numbers)
    return Envelope(
        number=f"MF-{platform}-{day}-{int(at.timestamp() * 1_000_000)}",
        event=MANIFEST,
        lane=f"manifest:{platform}",
        subject=day,
        time=at,
        data={"platform": platform, "day": day, "count": len(ids), "root": manifest_root(ids), "ids": ids},
        sequence=int(at.timestamp() * 1_000_000),
        source=source,
    )


def manifest_root(numbers: Iterable[str]) -> str:
    """The Merkle root (RFC 9162, SHA-256) over the numbers in text order, each its UTF-8 bytes; in hex."""
    return root(number.encode() for number in sorted(numbers)).hex()


def day_bounds(day: str) -> tuple[datetime, datetime]:
    """When does this day (YYYY-MM-DD) begin and end in Asia/Shanghai? Raises ValueError for none."""
    first = datetime.fromisoformat(day).replace(tzinfo=SHANGHAI)
    try:
        return first, first + timedelta(days=1)
    except OverflowError as error:
        raise ValueError(day) from error


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        utc_text(moment)
    except (ValueError, OverflowError):
        raise NoEnvelope("time", "time 应为带时区的时间（RFC 3339）") from None
    return moment

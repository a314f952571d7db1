"""What happened at a door."""

from dataclasses import dataclass
from datetime import datetime

from project.demo.causes import Category, Purpose


@dataclass(frozen=True, slots=True)
class Visit:
    """One agency's coming to one enterprise; the visits of a joint inspection share a joint_id.

    `started_at` is aware, in Asia/Shanghai; `certificate_nos` are its officers, all of the agency.
    """

    agency: str
    certificate_nos: tuple[str, ...]
    credit_code: str
    started_at: datetime
    purpose: Purpose
    category: Category
    joint_id: str | None
    reason: str | None
    source_no: str | None

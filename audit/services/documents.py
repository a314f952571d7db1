"""Take in what other systems hold about inspections: documents, penalty cases, plans (文书、案件、计划)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.bulk import columns
from audit.facts import day_of
from audit.intake import Outcome, Refused
from audit.lane import hold
from audit.matching import PaperKind
from audit.models import Document
from audit.register import Refusal
from audit.services.bulk_register import append_in_bulk, row_by_row

LONGEST_SOURCE = 40
TOLD = ("kind", "credit_code", "agency_code", "on", "withdrawn")
"""What a line says of a paper. Names, path and region are the registers', whose later changes make no new version."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """One line, with agency and enterprise by value as the registers have them.

    `given`: which of the enterprise's name and region the line itself says.
    """

    line: int
    source_ref: str
    kind: str
    credit_code: str
    enterprise_name: str
    region_code: str
    agency_code: str
    agency_path: str
    agency_name: str
    supervised_by: str
    on: date
    withdrawn: bool = False
    given: frozenset[str] = frozenset()


def take_in(*, papers: Sequence[Paper], source: str, actor: Actor, at: datetime, dry_run: bool = False) -> Outcome:
    """Append what is new or different as versions of this source's papers, in one transaction.

    The same again appends nothing. Refused, line by line: a withdrawal of what never came, a document or case whose
    day has not come yet (only plans look ahead), a reference that stands in an earlier line. A withdrawn paper that
    comes again as a plain line is back.
    """

    def take(some: Sequence[Paper]) -> Outcome:
        hold(f"documents:{source}")  # two uploads of one source must not both write the next version
        known = _latest(source, [paper.source_ref for paper in some])
        outcome = Outcome()
        versions: list[dict[str, Any]] = []
        seen: set[str] = set()
        for paper in some:
            before = known.get(paper.source_ref)
            refusal = _refusal(paper, before, seen, today=day_of(at))
            if refusal is not None:
                outcome.refused.append(Refused(paper.line, refusal))
                continue
            seen.add(paper.source_ref)
            said = _row(paper, source=source)
            if before is not None and all(getattr(before, name) == said[name] for name in (*TOLD, *paper.given)):
                outcome.unchanged += 1
                continue
            version = before.version + 1 if before else 1
            versions.append(said | {"id": 0, "version": version, "known_from": at, "by": str(actor)})
            if before is None:
                outcome.new += 1
            else:
                outcome.changed += 1
        if versions and not dry_run:
            append_in_bulk(versions, table=Document, kind="documents_taken_in", actor=actor, at=at)
        return outcome

    return row_by_row(papers, take=take)


def _row(paper: Paper, *, source: str) -> dict[str, Any]:
    return {name: getattr(paper, name) for name in columns(Document) if hasattr(paper, name)} | {"source": source}


def _latest(source: str, references: Sequence[str]) -> dict[str, Document]:
    rows = Document.objects.filter(source=source, source_ref__in=references).order_by("version")
    return {row.source_ref: row for row in rows}


def _refusal(paper: Paper, before: Document | None, seen: set[str], *, today: date) -> Refusal | None:
    if paper.source_ref in seen:
        return Refusal(column=_("文书编号"), value=paper.source_ref, sentence=_("在同一批里出现了两次"))
    if paper.withdrawn and before is None:
        return Refusal(column=_("文书编号"), value=paper.source_ref, sentence=_("没有导入过，无从撤销"))
    if paper.kind != PaperKind.PLAN and paper.on > today:
        return Refusal(column=_("日期"), value=paper.on.isoformat(), sentence=_("在将来：只有检查计划可以是将来的日期"))
    return None

"""A monthly report as a file: PDF to print and to send, DOCX to edit."""

from functools import partial
from typing import Any

from django.http import Http404, HttpRequest

from audit.duties import Matter
from audit.handed_out import hand_over
from audit.pages.porch import Knock, board_page
from audit.pages.reports import language_of, opened
from audit.report_docx import write_docx
from audit.report_pdf import write_pdf

WRITERS: dict[str, tuple[Any, str]] = {
    "pdf": (write_pdf, "application/pdf"),
    "docx": (write_docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
}


@board_page(Matter.REPORTS)
def report_file(request: HttpRequest, knock: Knock, number: int, form: str) -> Any:
    """The report with what has changed since; a form that there is not answers 404."""
    if form not in WRITERS:
        raise Http404
    write, kind = WRITERS[form]
    language = language_of(request)
    found = opened(knock, number, language=language)
    return hand_over(
        partial(_write, write, found.paper, language),
        name=f"{found.paper.number}.{form}",
        kind=kind,
        page=f"board-report-file.{form}",
        subject=f"report:{found.report.number}",
        shown=found.paper.lines,
        actor=knock.sight.actor,
        at=knock.at,
    )


def _write(write: Any, paper: Any, language: str, file: Any) -> None:
    write(paper, file=file, language=language)

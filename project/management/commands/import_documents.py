"""`manage.py import_documents FILE --source NAME`: inspection documents, penalty cases and plans of another system."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actor import Actor
from audit.intake import Chunk, Outcome
from audit.management.intake import NOTHING_DONE, IntakeCommand
from audit.services.documents import LONGEST_SOURCE, take_in
from officers.queries import agencies_of
from project.documents import DOCUMENT, codes, gather


class Command(IntakeCommand):
    help = gettext_lazy("导入检查文书、处罚案件和检查计划（CSV 或 XLSX），用于比对应扫未扫")  # type: ignore[assignment]
    columns = DOCUMENT
    key = "source_ref"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        said = _("来源系统的名称，例如 执法办案系统；同一来源须始终用同一名称")
        parser.add_argument("--source", required=True, help=said)

    def handle(self, *args: Any, **options: Any) -> None:
        source = options["source"] = options["source"].strip()
        if not source or len(source) > LONGEST_SOURCE or not source.isprintable():
            said = _("--source 应为 1 到 %(limit)s 个字") % {"limit": LONGEST_SOURCE}
            raise CommandError(said, returncode=NOTHING_DONE)
        super().handle(*args, **options)

    def take(self, chunk: Chunk, *, dry_run: bool) -> Outcome:
        papers, refused = gather(chunk.rows, agencies=agencies_of(codes(chunk.rows)))
        outcome = Outcome(refused=refused)
        if papers:
            said = {"source": self.options["source"], "actor": Actor.command("import_documents")}
            outcome.add(take_in(papers=papers, at=timezone.now(), dry_run=dry_run, **said))
        return outcome

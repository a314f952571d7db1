"""`manage.py catalogue`: brings the English catalogues up to date, without the system's gettext."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from project.reference.modules import FLOORS
from project.reference.sentences import catalogue_of, sentences


class Command(BaseCommand):
    help = "Adds what is not in locale/en yet, drops what nobody says any more, compiles; names what lacks its English."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            import polib
        except ImportError as error:
            raise CommandError("polib is missing: it belongs to the development group (uv sync)") from error
        waiting = []
        for floor in FLOORS:
            file, said = catalogue_of(floor), sentences(floor)
            file.parent.mkdir(parents=True, exist_ok=True)
            old = polib.pofile(str(file)) if file.exists() else polib.POFile()
            known = {(entry.msgid, entry.msgctxt or ""): entry for entry in old}
            new = polib.POFile(wrapwidth=140)
            new.metadata = {
                "Language": "en",
                "MIME-Version": "1.0",
                "Content-Type": "text/plain; charset=UTF-8",
                "Content-Transfer-Encoding": "8bit",
                "Plural-Forms": "nplurals=2; plural=(n != 1);",
            }
            for sentence in sorted(said):
                entry = known.get((sentence.msgid, sentence.context))
                if entry is None:
                    entry = polib.POEntry(
                        msgid=sentence.msgid, msgid_plural=sentence.plural, msgctxt=sentence.context or None
                    )
                    if sentence.plural:
                        entry.msgstr_plural = {0: "", 1: ""}
                entry.flags = ["python-format"] if "%(" in sentence.msgid else []
                new.append(entry)
                if not entry.translated():
                    waiting.append(f"{file.relative_to(file.parents[4])}: {sentence.msgid}  ({said[sentence]})")
            new.save(str(file))
            new.save_as_mofile(str(file.with_suffix(".mo")))
        if waiting:
            raise CommandError("\n".join(["These lack their English:", *waiting]))

"""Who reads no Chinese is told the same, on every floor."""

import re
import shutil
from pathlib import Path

import polib
import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from audit.models import Filing
from audit.trouble import Busy
from checkins.rules import Warn
from checkins.warnings import told
from project.reference import sentences as reader
from project.reference.modules import FLOORS
from project.reference.sentences import Sentence, Unreadable, catalogue_of, in_python, in_template, sentences

HOLES = re.compile(r"%\(\w+\)[-.\d]*[a-z]|%[-.\d]*[a-z]|\{[^}]*\}|<[^>]+>|%%")


@pytest.fixture(params=FLOORS)
def floor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_sentence_of_the_floor_has_its_english(floor: str) -> None:
    entries = {(entry.msgctxt or "", entry.msgid): entry for entry in polib.pofile(str(catalogue_of(floor)))}
    said = sentences(floor)
    assert len(said) > 20
    missing = [
        f"{where}: {sentence.msgid}"
        for sentence, where in said.items()
        if (sentence.context, sentence.msgid) not in entries
        or not entries[sentence.context, sentence.msgid].translated()
    ]
    assert missing == [], "run: manage.py catalogue"


def test_nothing_is_translated_that_nobody_says(floor: str) -> None:
    said = {(sentence.context, sentence.msgid) for sentence in sentences(floor)}
    assert {(entry.msgctxt or "", entry.msgid) for entry in polib.pofile(str(catalogue_of(floor)))} - said == set()


def test_the_english_is_english_and_keeps_the_holes(floor: str) -> None:
    for entry in polib.pofile(str(catalogue_of(floor))):
        assert sorted(HOLES.findall(entry.msgstr)) == sorted(HOLES.findall(entry.msgid)), entry.msgid
        assert entry.msgstr != entry.msgid


def test_the_compiled_catalogue_is_the_one_that_is_read(floor: str) -> None:
    file = catalogue_of(floor)
    written = {(entry.msgctxt, entry.msgid): entry.msgstr for entry in polib.pofile(str(file)) if entry.translated()}
    compiled = {(entry.msgctxt, entry.msgid): entry.msgstr for entry in polib.mofile(str(file.with_suffix(".mo")))}
    assert compiled == written


def test_the_same_words_mean_the_same_on_every_floor() -> None:
    """Django reads all catalogues as one: of two translations one would be lost."""
    meant: dict[tuple[str | None, str], str] = {}
    for floor in FLOORS:
        for entry in polib.pofile(str(catalogue_of(floor))):
            assert meant.setdefault((entry.msgctxt, entry.msgid), entry.msgstr) == entry.msgstr, (floor, entry.msgid)
    assert len(meant) > 400


def test_wang_qiang_reads_a_warning_and_a_refusal_in_english_and_li_na_in_chinese() -> None:
    with translation.override("en"):
        assert told([Warn.CERTIFICATE_EXPIRED])[0]["message"] == "The certificate has expired"
        assert Busy().body()["title"] == "The system is busy; try again shortly"
        assert str(Filing._meta.verbose_name) == "Filing"
    with translation.override("zh-hans"):
        assert told([Warn.CERTIFICATE_EXPIRED])[0]["message"] == "执法证已过期"
        assert str(Filing._meta.verbose_name) == "备案"


def test_the_reader_finds_what_modules_and_templates_say() -> None:
    module = (
        "from django.utils.translation import gettext_lazy as _, ngettext, pgettext\n"
        "A = _('甲' '乙')\n"
        "B = ngettext('%(n)s 次', '%(n)s 次们', 3)\n"
        "C = pgettext('门', '丙')\n"
        "D = other._private('丁')\n"
    )
    assert set(in_python(module, "m.py")) == {
        Sentence("甲乙"),
        Sentence("%(n)s 次", "%(n)s 次们"),
        Sentence("丙", context="门"),
    }
    template = (
        '{% load i18n %}{% translate "戊" %}{% translate \'己\' context "门" %}{{ _("庚") }}'
        "{% blocktranslate with n=x trimmed %}\n 共 {{ n }} 条（见下）\n{% endblocktranslate %}{# 辛 #}"
    )
    assert set(in_template(template, "t.html")) == {
        Sentence("戊"),
        Sentence("己", context="门"),
        Sentence("庚"),
        Sentence("共 %(n)s 条（见下）"),
    }


def test_a_sentence_that_is_no_constant_is_refused() -> None:
    with pytest.raises(Unreadable, match=r"m.py:2: name"):
        list(in_python("from django.utils.translation import gettext as _\nx = _(name)\n", "m.py"))


def test_no_module_hides_its_words_from_the_reader() -> None:
    """Django's functions are imported from where the reader looks for them, and called nothing else than it knows."""
    for floor in FLOORS:
        for file in (reader.ROOT / floor).rglob("*.py"):
            text = file.read_text()
            assert "import gettext\n" not in text, file
            assert not re.search(r"\btranslation\.n?p?gettext", text), file


def test_the_command_adds_what_is_new_drops_what_is_gone_and_names_what_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for floor in FLOORS:
        shutil.copytree(
            catalogue_of(floor).parent, tmp_path / floor / catalogue_of(floor).parent.relative_to(reader.ROOT / floor)
        )
        (tmp_path / floor / "said.py").write_text("from django.utils.translation import gettext as _\nA = _('备案')\n")
    monkeypatch.setattr(reader, "ROOT", tmp_path)
    with (tmp_path / "audit" / "said.py").open("a") as module:
        module.write("B = _('从未说过的话')\n")
    with pytest.raises(CommandError, match="从未说过的话"):
        call_command("catalogue")
    entries = {entry.msgid: entry.msgstr for entry in polib.pofile(str(catalogue_of("audit")))}
    assert entries == {"从未说过的话": "", "备案": "Filing"}
    (tmp_path / "audit" / "said.py").write_text("")
    with pytest.raises(CommandError, match="project"):  # 备案 is audit's word; the others have not translated it
        call_command("catalogue")
    assert list(polib.pofile(str(catalogue_of("audit")))) == []
    assert list(polib.mofile(str(catalogue_of("audit").with_suffix(".mo")))) == []

"""How deeds are written, read from their own source: history, clock, keywords."""

import ast

import pytest
from django.apps import apps
from django.db import models, transaction
from django.utils import timezone

from audit.actor import Actor
from audit.history import MissingActor, save_as
from audit.models import Account
from audit.services.end_sessions import drop_sessions
from tests.house.source import FLOORS, Source, called, dotted, ours

# Statements that write no history, and why they may stand where they stand.
PAST_HISTORY = {
    "audit/services/entry.py": "Entry is appended: all that a deed says in one statement",
    "audit/services/sequence.py": "Log, Tile and Checkpoint are appended; the queue's rows end with their places",
    "audit/services/flag.py": "Flag and FlagState are appended: all of a deed's in one statement each",
    "audit/services/bulk_register.py": "writes rows, history and entries together",
    "audit/services/seal.py": "PendingRow is a queue: its rows end with the entry that seals theirs",
    "audit/services/fold.py": "sums of what happened, made again from the facts at will",
    "audit/services/refold.py": "the same, all at once",
    "audit/services/counties.py": "the same, of counties alone",
    "audit/pen.py": "what it is handed; first versions of tracked rows go beside them, as save_as does",
    "audit/services/preview_import.py": "ImportFile has no history: a file waits there until it is taken or forgotten",
    "audit/services/take_import.py": "the same; what it takes is saved by the register's deeds, and an entry says so",
    "audit/services/knock.py": "Knock has no history: counts of a minute",
    "audit/services/account.py": "TOTPDevice is django-otp's, without history; the entry says who armed whom",
    "audit/services/end_sessions.py": "Session has no history: a session is over when its row is gone",
    "audit/services/renew_recovery_codes.py": "RecoveryCode has none: hashes tell nobody anything, the entry the rest",
    "audit/services/spend_recovery_code.py": "the same",
    "audit/services/forget_sessions.py": "Session has none: what is over is forgotten",
    "audit/session.py": "Session has none: when somebody was last there, and what it held once it is over",
    "audit/services/complain.py": "ComplaintPicture is appended: all of a complaint's in one statement",
    "audit/services/first_view.py": "FirstView is appended: all of a page in one statement, each once",
    "audit/services/deliver.py": "Filing, Delivery and Endpoint have no history: tries are rows, a pause is an entry",
    "audit/services/reconcile.py": "Delivery and Endpoint have none; Manifest is appended",
    "audit/services/redact.py": "the one change that the triggers let through, beside its `redacted` entry",
    "checkins/services/wipe_photos.py": "the same, of Blob",
    "audit/services/supersede.py": "Filing and Delivery have none; an entry tells what is said instead",
    "audit/services/requeue.py": "Delivery has no history: the conditional UPDATE decides, an entry tells it",
    "audit/services/file_flags.py": "Filing is appended: all of a deed's flags in one statement",
    "audit/services/share_out.py": "Filing, Delivery and Endpoint have no history",
    "checkins/services/grade_place.py": "PlaceGrade is appended: all grades of a scan in one statement",
    "checkins/services/keep_photo.py": "Blob is appended under its own hash",
    "enterprises/services/search_index.py": "NameKey and Spot are an index, built anew at any time",
    "enterprises/services/choose_pin.py": "OwnerPin has no history: a hash tells nobody anything",
    "enterprises/services/contact.py": "OwnerCode and OwnerPin have no history: their contact's has it",
    "enterprises/services/prove_owner.py": "OwnerCode and OwnerPin have no history: the UPDATE counts a try",
    "officers/services/enrolment.py": "Activation has no history: the conditional UPDATE claims a one-time code",
    "officers/services/assertion.py": "UsedAssertion is appended, once",
    "officers/services/photo.py": "Photo is appended under its own hash",
    "officers/services/rotate_keys.py": "SigningKey is appended; private halves that have a successor are wiped",
}
# Other things that are saved by keyword.
SAVES = {
    "audit/history.py": "save_as itself",
    "enterprises/admin/enterprise.py": "a formset, not committed: its rows are saved by a deed",
    "officers/services/enrolment.py": "Activation has no history: which device its code has become",
}
WRITES_MANY = {"update", "bulk_create", "bulk_update", "delete", "raw_delete", "insert_rows", "update_rows"}
WRITES_ONE = {"create", "get_or_create", "update_or_create", "acreate", "aupdate_or_create"}

# Rooms that may ask what time it is and what the operator has set.
DOORS = {"api", "pages", "admin", "management"}
DOOR_FILES = {
    "audit/session.py": "Django's session engine, called without a time; it is asked at every door",
    "audit/auth.py": "signing in happens now, and Django calls it without a time",
    "audit/button.py": "the admin's door",
    "audit/viewer.py": "the door of pages that need no log-in",
    "audit/desk.py": "the admin's door",
    "audit/intake_desk.py": "the admin's door",
    "audit/noted.py": "the doors' own: what is shown is noted as of now",
    "officers/published.py": "a door to what anybody may fetch: keys and the status list",
    "audit/witness_server.py": "the witness's door, in a process without Django",
    "audit/allowance.py": "the doors' own: which proxies stand in front of the house",
}
CLOCKS = {"timezone.now", "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "localdate"}


def tracked_models() -> list[type[models.Model]]:
    return [
        model for model in apps.get_models() if hasattr(model, "history") and model.__module__.split(".")[0] in FLOORS
    ]


def _in_a_door(source: Source) -> bool:
    return source.parts[0] == "project" or bool(DOORS & set(source.parts)) or source.path in DOOR_FILES


def _writes_rows(call: ast.Call) -> bool:
    """`QuerySet.update` takes keywords only, `dict.update` none of ours; a progress bar's takes a task first."""
    name = called(call)
    if name == "update":
        return bool(call.keywords) and not call.args
    return name in WRITES_MANY or (name in WRITES_ONE and ".objects" in ast.unparse(call.func))


def test_rows_are_written_past_their_history_only_where_a_reason_is_given() -> None:
    found = {
        source.path: source.at(call)
        for source in ours()
        if not source.path.startswith("project/demo/")
        for call in source.calls()
        if _writes_rows(call)
    }
    assert found.keys() - PAST_HISTORY.keys() == set(), found
    assert PAST_HISTORY.keys() - found.keys() == set(), "a reason for what is no longer done"


def test_no_statement_names_a_tracked_model_and_writes_past_its_history() -> None:
    """Not in the files excused above either, nor in the demo."""
    names = {model.__name__ for model in tracked_models()}
    found = [
        source.at(call)
        for source in ours()
        for call in source.calls()
        if _writes_rows(call) and names & {node.id for node in ast.walk(call.func) if isinstance(node, ast.Name)}
    ]
    assert found == []


def test_a_tracked_row_is_saved_by_save_as_alone() -> None:
    """Elsewhere a row is appended: `save(force_insert=True)` on what the same function made from an untracked model."""
    tracked = {model.__name__ for model in tracked_models()}
    untracked = {model.__name__ for model in apps.get_models()} - tracked
    excused = set()
    for source in ours():
        for function in (node for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef)):
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                if called(call) != "save" or not isinstance(call.func, ast.Attribute) or call.args:
                    continue  # pictures and catalogues are told where to; Model.save takes keywords only
                if source.path in SAVES and not _is_appended(call):
                    excused.add(source.path)
                else:
                    assert _is_appended(call), f"{source.at(call)}: use save_as"
                    assert _model(call.func.value, function) in untracked, f"{source.at(call)}: use save_as"
    assert excused == SAVES.keys()


def _is_appended(save: ast.Call) -> bool:
    return [ast.unparse(keyword) for keyword in save.keywords] == ["force_insert=True"] and not save.args


def _model(row: ast.expr, function: ast.FunctionDef) -> str:
    """`Scan` for the expression `Scan(…)` and for a name that was assigned it."""
    if isinstance(row, ast.Name):
        made = [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == [row.id]
        ]
        return _model(made[-1], function) if made else ""
    return called(row) if isinstance(row, ast.Call) else ""


@pytest.mark.django_db
@pytest.mark.parametrize("model", tracked_models(), ids=lambda model: model.__name__)
def test_a_tracked_row_that_nobody_saves_is_refused(model: type[models.Model]) -> None:
    history = model.history.model  # type: ignore[attr-defined]
    assert history._meta.get_field("history_user_id").max_length == 80
    version = history(history_date=timezone.now(), history_type="+")
    with pytest.raises(MissingActor):
        version.history_user = None
    version.history_user = Actor.command("test")
    assert version.history_user_id == "command:test"


@pytest.mark.django_db(transaction=True)
def test_what_is_part_of_a_deed_is_refused_outside_its_transaction() -> None:
    row = tracked_models()[0]()
    with pytest.raises(transaction.TransactionManagementError):
        save_as(row, actor=Actor.command("test"), at=timezone.now())
    with pytest.raises(transaction.TransactionManagementError):
        drop_sessions(Account(pk=1, username="li.jing"))


def test_nobody_below_the_doors_reads_the_clock_or_the_settings() -> None:
    found = []
    for source in ours():
        if _in_a_door(source):
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom) and node.module == "django.conf":
                found.append(f"{source.at(node)}: settings")
            if isinstance(node, ast.Attribute | ast.Name) and dotted(node) in CLOCKS:
                found.append(f"{source.at(node)}: {dotted(node)}")
    assert found == []


def test_no_door_that_was_excused_has_closed() -> None:
    paths = {source.path for source in ours()}
    assert DOOR_FILES.keys() <= paths


def test_no_module_asks_for_the_time_when_it_is_imported() -> None:
    found = []
    for source in ours():
        inside = {
            id(node)
            for function in ast.walk(source.tree)
            if isinstance(function, ast.FunctionDef | ast.Lambda)
            for node in ast.walk(function.body if isinstance(function, ast.Lambda) else ast.Module(function.body, []))
        }
        found += [source.at(call) for call in source.calls() if id(call) not in inside and dotted(call.func) in CLOCKS]
    assert found == []


def test_the_services_are_called_by_keyword_but_for_their_subject() -> None:
    """One subject may stand first, after the `setting` that it is about; everything else says its name."""
    found = []
    for source in ours():
        if source.parts[1] != "services":
            continue
        for function in (node for node in source.tree.body if isinstance(node, ast.FunctionDef)):
            words = [word.arg for word in (*function.args.posonlyargs, *function.args.args)]
            if not function.name.startswith("_") and len([word for word in words if word != "setting"]) > 1:
                found.append(f"{source.at(function)}: {function.name}({', '.join(words)})")
    assert found == []


def test_a_deed_that_has_an_actor_is_told_the_moment_too() -> None:
    found = []
    for source in ours():
        if source.parts[1] == "services":
            for function in (node for node in source.tree.body if isinstance(node, ast.FunctionDef)):
                words = {word.arg for word in function.args.kwonlyargs}
                if "actor" in words and "at" not in words:
                    found.append(f"{source.at(function)}: {function.name}")
    assert found == []

"""Who may open which address: a row for every address of the house. tests/house/test_access.py walks them, and fails
for an address without a row.

Of roles: a word of letters says whose rows are opened (o own, c child, p parent, s sibling, as in admin_world.py), `y`
that the address names nobody's row (and shows nobody's that is hidden), `-` that it answers 404. Nobody, and whoever
has given the password alone, is sent to the log-in (302), by the API told 401.
"""

from collections.abc import Iterator, Mapping

from django.contrib import admin
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver

from audit.models import Account, Case, Complaint, Delivery, Endpoint, Flag
from checkins.models import Correction, Item, Merge
from enterprises.models import Contact, Enterprise, LicenceAlias
from officers.models import Agency, Device, Officer
from project.api import api

Cells = tuple[str, str, str, str, str, str, str, str]

BOARD: Mapping[str, Cells] = {
    #                     system security audit superv. a-admin leader discipl. none
    "board":                ("-", "-", "-", "y",  "-", "y",  "y",  "-"),
    "board-now":            ("-", "-", "-", "y",  "-", "y",  "y",  "-"),
    "board-figures":        ("-", "-", "-", "y",  "-", "y",  "y",  "-"),
    "board-visits":         ("-", "-", "-", "y",  "-", "y",  "y",  "-"),
    "board-flags":          ("-", "-", "-", "y",  "-", "y",  "y",  "-"),
    "board-unscanned":      ("-", "-", "-", "y",  "-", "y",  "y",  "-"),
    "board-map":            ("-", "-", "-", "y",  "-", "y",  "-",  "-"),
    "board-visit":          ("-", "-", "-", "oc", "-", "oc", "oc", "-"),
    "board-flag":           ("-", "-", "-", "oc", "-", "oc", "oc", "-"),
    "board-enterprise":     ("-", "-", "-", "oc", "-", "oc", "oc", "-"),
    "board-visits-file":    ("-", "-", "-", "y",  "-", "y",  "y",  "-"),
    "board-figures-file":   ("-", "-", "-", "y",  "-", "y",  "y",  "-"),
    "board-flags-file":     ("-", "-", "-", "y",  "-", "y",  "y",  "-"),
    "board-unscanned-file": ("-", "-", "-", "y",  "-", "y",  "y",  "-"),
    "board-inbox":          ("-", "-", "-", "y",  "y", "y",  "-",  "-"),
    "board-posters":        ("-", "-", "-", "y",  "-", "-",  "-",  "-"),
    "board-rules":          ("y", "y", "y", "y",  "y", "y",  "y",  "-"),
    "board-rule":           ("y", "y", "y", "y",  "y", "y",  "y",  "-"),
    "board-rule-new":       ("-", "-", "-", "y",  "-", "-",  "-",  "-"),
    "board-rule-draft":     ("-", "-", "-", "oc", "-", "-",  "-",  "-"),
    "board-rule-trial":     ("-", "-", "-", "o",  "-", "-",  "-",  "-"),
    "board-reports":        ("-", "-", "-", "y",  "-", "-",  "y",  "-"),
    "board-report":         ("-", "-", "-", "oc", "-", "-",  "oc", "-"),
    "board-report-file":    ("-", "-", "-", "oc", "-", "-",  "oc", "-"),
    "board-visit-receipt":  ("-", "-", "-", "oc", "-", "oc", "oc", "-"),
    "board-scan-receipt":   ("-", "-", "-", "oc", "-", "oc", "-",  "-"),
}  # fmt: skip

POSTS: Mapping[str, Cells] = {
    "board-rule-new":       ("-", "-", "-", "y",  "-", "-",  "-",  "-"),
    "board-rule-draft":     ("-", "-", "-", "oc", "-", "-",  "-",  "-"),
    "board-reports":        ("-", "-", "-", "y",  "-", "-",  "-",  "-"),
    "board-posters":        ("-", "-", "-", "y",  "-", "-",  "-",  "-"),
}  # fmt: skip
"""Pages of the board that take a form, and from whom; the others answer 405 to everybody."""

ADMIN: Mapping[str, Cells] = {
    "admin:index":                   ("y", "y", "y", "y",  "y",  "y",  "y",  "y"),
    "admin:me":                      ("y", "y", "y", "y",  "y",  "y",  "y",  "y"),
    "admin:password_change":         ("y", "y", "y", "y",  "y",  "y",  "y",  "y"),
    "admin:password_change_done":    ("y", "y", "y", "y",  "y",  "y",  "y",  "y"),
    "admin:jsi18n":                  ("y", "y", "y", "y",  "y",  "y",  "y",  "y"),
    "admin:app_list":                ("y", "y", "y", "y",  "y",  "y",  "y",  "-"),
    "admin:autocomplete":            ("y", "y", "y", "y",  "y",  "y",  "y",  "-"),
    "admin:audit_case_ranking":      ("-", "-", "-", "y",  "y",  "y",  "y",  "-"),
    "admin:audit_complaint_enter":   ("-", "-", "-", "y",  "-",  "-",  "-",  "-"),
    "admin:audit_complaint_hotline": ("-", "-", "-", "y",  "-",  "-",  "-",  "-"),
    "admin:audit_case_picture":      ("-", "-", "-", "oc", "oc", "oc", "oc", "-"),
    "admin:audit_complaint_picture": ("-", "-", "-", "oc", "-",  "-",  "oc", "-"),
}  # fmt: skip
"""The admin beside its desks."""

ELSEWHERE: Mapping[str, str] = {
    "admin:checkins_scan_photo": (
        "tests/house/test_admin_photo.py::test_who_may_look_at_scans_sees_it_and_404_for_the_rest"
    ),
}
"""Addresses whose matrix another test walks."""

# list, page, history and file: test_admin_sight.MATRIX says whose, and test_admin_sight.py and
# test_lists_on_paper.py look. Nobody deletes. `add` and `button` are below.
DESK = ("changelist", "add", "change", "history", "simple_history", "delete", "button", "file")

ADDS: Mapping[type[models.Model], Cells] = {
    Account:    ("y", "-", "-", "-", "-", "-", "-", "-"),
    Agency:     ("y", "-", "-", "-", "-", "-", "-", "-"),
    Officer:    ("y", "-", "-", "-", "y", "-", "-", "-"),
    Enterprise: ("y", "-", "-", "-", "-", "-", "-", "-"),
    Contact:    ("y", "-", "-", "-", "-", "-", "-", "-"),
    Merge:      ("-", "-", "-", "y", "-", "-", "-", "-"),
    Correction: ("-", "-", "-", "y", "-", "-", "-", "-"),
}  # fmt: skip
"""Who finds a form for a new row; on the other desks nobody."""

IMPORTS: Mapping[type[models.Model], Cells] = {
    Agency:     ("y", "-", "-", "-", "-", "-", "-", "-"),
    Item:       ("y", "-", "-", "-", "-", "-", "-", "-"),
    Officer:    ("y", "-", "-", "-", "y", "-", "-", "-"),
    Enterprise: ("y", "-", "-", "-", "-", "-", "-", "-"),
    Contact:    ("y", "-", "-", "-", "-", "-", "-", "-"),
}  # fmt: skip
"""Who finds the page that takes a register's file in, and its template. A file that lies there is its bringer's alone
(tests/house/test_register_files.py)."""
INTAKE = ("import", "import_template", "import_file", "import_refused")

BUTTONS: Mapping[tuple[type[models.Model], str], Cells] = {
    #                            system  security audit superv. a-admin leader discipl. none
    (Account, "password"):       ("all",  "-",    "-", "-",  "-",  "-",  "-", "-"),
    (Account, "totp"):           ("-",    "all",  "-", "-",  "-",  "-",  "-", "-"),
    (Account, "sessions"):       ("all",  "-",    "-", "-",  "-",  "-",  "-", "-"),
    (Account, "disable"):        ("all",  "-",    "-", "-",  "-",  "-",  "-", "-"),
    (Account, "enable"):         ("all",  "-",    "-", "-",  "-",  "-",  "-", "-"),
    (Officer, "activation"):     ("-",    "ocps", "-", "-",  "oc", "-",  "-", "-"),
    (Device, "revoke"):          ("-",    "ocps", "-", "-",  "oc", "-",  "-", "-"),
    (Enterprise, "renew-door"):  ("-",    "-",    "-", "oc", "-",  "-",  "-", "-"),
    (Contact, "withdraw"):       ("ocps", "-",    "-", "-",  "-",  "-",  "-", "-"),
    (LicenceAlias, "rule"):      ("-",    "-",    "-", "oc", "-",  "-",  "-", "-"),
    (Merge, "confirm"):          ("-",    "-",    "-", "oc", "-",  "-",  "-", "-"),
    (Correction, "confirm"):     ("-",    "-",    "-", "oc", "-",  "-",  "-", "-"),
    (Correction, "reject"):      ("-",    "-",    "-", "oc", "-",  "-",  "-", "-"),
    (Flag, "review"):            ("-",    "-",    "-", "oc", "-",  "-",  "-", "-"),
    (Flag, "pursue"):            ("-",    "-",    "-", "oc", "-",  "-",  "-", "-"),
    (Delivery, "requeue"):       ("-",    "-",    "-", "oc", "-",  "-",  "-", "-"),
    (Endpoint, "resume"):        ("-",    "-",    "-", "all", "-", "-",  "-", "-"),
    (Complaint, "accept"):       ("-",    "-",    "-", "oc", "-",  "-",  "-", "-"),
    (Complaint, "close"):        ("-",    "-",    "-", "oc", "-",  "-",  "-", "-"),
    (Complaint, "pursue"):       ("-",    "-",    "-", "oc", "-",  "-",  "-", "-"),
    (Complaint, "reveal"):       ("-",    "-",    "-", "oc", "-",  "-",  "-", "-"),
    (Case, "hand_out"):          ("-",    "-",    "-", "oc", "-",  "-",  "-", "-"),
    (Case, "answer"):            ("-",    "-",    "-", "-",  "oc", "oc", "-", "-"),
    (Case, "send_back"):         ("-",    "-",    "-", "oc", "-",  "-",  "-", "-"),
    (Case, "escalate"):          ("-",    "-",    "-", "oc", "-",  "-",  "-", "-"),
    (Case, "close"):             ("-",    "-",    "-", "oc", "-",  "-",  "-", "-"),
    (Case, "reopen"):            ("-",    "-",    "-", "oc", "-",  "-",  "-", "-"),
    (Case, "call_back"):         ("-",    "-",    "-", "oc", "-",  "-",  "-", "-"),
}  # fmt: skip
"""The deeds of a desk's rows, and on whose rows."""

UNFIT = frozenset({
    (Account, "enable"), (Enterprise, "renew-door"), (LicenceAlias, "rule"), (Flag, "review"), (Flag, "pursue"),
    (Delivery, "requeue"), (Case, "send_back"), (Case, "reopen"), (Case, "call_back"),
})  # fmt: skip
"""Deeds that no row of admin_world.py is ready for: nobody finds them there, and the duty table alone is asked."""

SESSION: Mapping[str, Cells] = {
    #                              system security audit superv. a-admin leader discipl. none
    "api-v1:figures":               ("-", "-", "-", "ocp", "-", "ocp", "ocp", "-"),
    "api-v1:unscanned":             ("-", "-", "-", "y",  "-", "y",  "y",  "-"),
    "api-v1:scan_rate":             ("-", "-", "-", "y",  "-", "y",  "y",  "-"),
    "api-v1:counts":                ("-", "-", "-", "oc", "-", "oc", "oc", "-"),
    "api-v1:flags":                 ("-", "-", "-", "y",  "-", "y",  "y",  "-"),
    "api-v1:sandbox":               ("-", "-", "-", "ocps", "-", "-", "-", "-"),
    "api-v1:get_rectifications":    ("-", "-", "-", "y",  "-", "y",  "y",  "-"),
    "api-v1:supervisors_documents": ("-", "-", "-", "y",  "-", "-",  "-",  "-"),
}  # fmt: skip
"""Operations of the supervision's API, by an account's session; an account without a role is nobody (401). Figures of
an agency above, and a trial of a rule wherever, are of what is in reach below it."""

PHONE: Mapping[str, tuple[str, str, str]] = {
    #                              王强, of another agency; 李娜, a colleague; 张伟, whose it is
    "api-v1:me":                    ("y", "y", "y"),
    "api-v1:get_electronic_id":     ("-", "-", "y"),
    "api-v1:get_plans":             ("y", "y", "y"),
    "api-v1:get_precheck":          ("y", "y", "y"),
    "api-v1:get_visits":            ("y", "y", "y"),
    "api-v1:get_changes":           ("y", "y", "y"),
    "api-v1:get_enterprises":       ("y", "y", "y"),
    "api-v1:get_receipt":           ("-", "-", "409"),
    "api-v1:put_photo":             ("422", "422", "422"),
    "api-v1:post_scan_photo":       ("415", "415", "415"),
    "api-v1:post_batch":            ("y", "y", "y"),
    "api-v1:post_scan":             ("y", "422", "422"),
    "api-v1:post_resolution":       ("-", "-", "y"),
    "api-v1:post_withdrawal":       ("-", "-", "y"),
    "api-v1:post_voiding":          ("-", "409", "409"),
    "api-v1:post_classification":   ("-", "y", "y"),
    "api-v1:post_join":             ("-", "y", "y"),
    "api-v1:post_leave":            ("-", "y", "y"),
    "api-v1:post_approval":         ("-", "y", "y"),
    "api-v1:post_departure":        ("-", "y", "y"),
    "api-v1:post_result":           ("-", "y", "y"),
    "api-v1:post_plan_link":        ("-", "y", "y"),
    "api-v1:post_plan":             ("y", "y", "y"),
}  # fmt: skip
"""The phones' operations, by an officer's token: `y` done, `-` 404, or the status. Without a living token 401."""

SIGNED = ("api-v1:enrol_by_backend", "api-v1:backend_documents", "api-v1:backend_record")
"""By the signed word of a registered system alone; whatever session or token comes along, without it nothing."""

DOOR: Mapping[str, tuple[int, int, int]] = {
    #                 another address; the poster's; the poster's in the owner's browser
    "door":           (404, 200, 200),
    "door-now":       (404, 200, 200),
    "door-owner":     (404, 200, 200),
    "door-complaint": (404, 200, 200),
    "door-receipt":   (404, 200, 200),
    "door-history":   (404, 403, 200),
    "door-proof":     (404, 403, 404),
    "door-match":     (405, 405, 405),
}  # fmt: skip
"""An enterprise's own pages, by the secret address on its poster."""

TOKEN = ("electronic-id", "officer-photo", "vouched-photo", "demo-id-code")
"""By a signed, short-lived token in the address, and by that alone: to any other text 404, to whomever. (What a living
one opens: tests/checkins/test_screen.py, test_verify_confirm.py; the demo's: test_front_door.py.)"""

ANYBODY: Mapping[str, int] = {
    "front-door": 200,
    "verify": 200,
    "verify-words": 200,
    "verify-worker": 200,
    "check-receipt": 200,
    "enrol": 200,
    "complaint-receipt": 200,
    "sso": 404,  # no issuer is named: no single sign-on; with one: tests/audit/test_sign_on.py
    "sso-back": 404,
    "sso-code": 404,
    "jwks": 200,
    "status-list": 503,  # no issuer's key in this house
    "log-checkpoint": 404,  # no log yet
    "log-tile": 404,
    "admin:login": 200,
    "admin:logout": 302,
    "api-v1:openapi-json": 200,
    "api-v1:openapi-view": 200,
    "api-v1:api-root": 404,
    "api-v1:enrol": 422,  # the activation code is the key
    "api-v1:post_confirm": 200,
}
"""What anybody may ask, and what nobody in particular is answered."""


def addresses() -> list[tuple[str, str]]:
    """Name and route of every address that Django resolves, the admin's and the API's among them."""
    return list(_walk(get_resolver(), "", ""))


def _walk(resolver: URLResolver, route: str, space: str) -> Iterator[tuple[str, str]]:
    for one in resolver.url_patterns:
        if isinstance(one, URLPattern):
            yield f"{space}{one.name or ''}", f"{route}{one.pattern}"
        else:
            yield from _walk(one, f"{route}{one.pattern}", f"{space}{one.namespace}:" if one.namespace else space)


def operations_named() -> dict[str, tuple[str, str]]:
    """Every operation of the API, in its document or not: its address's name, its methods and its path."""
    return {
        f"api-v1:{view.url_name or operation.view_func.__name__}": ("".join(operation.methods), path)
        for _prefix, router in api._routers
        for path, view in router.path_operations.items()
        for operation in view.operations
    }


def of_desks() -> set[str]:
    """The names that a desk brings along."""
    of = [f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry]
    names = {f"admin:{one}_{kind}" for one in of for kind in DESK}
    registers = [f"{model._meta.app_label}_{model._meta.model_name}" for model in IMPORTS]
    return names | {f"admin:{one}_{kind}" for one in registers for kind in INTAKE}

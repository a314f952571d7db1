"""Every address of the house."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path, re_path

from audit.pages import files as board_files
from audit.pages import lists as board_lists
from audit.pages import log as log_pages
from audit.pages import overview as board_overview
from audit.pages import report_files as board_report_files
from audit.pages import reports as board_reports
from audit.pages import rule_drafts as board_drafts
from audit.pages import rules as board_rules
from audit.pages import sign_on
from audit.pages import subjects as board_subjects
from checkins.pages import complaint as complaint_pages
from checkins.pages import complaint_receipt as complaint_receipt_pages
from checkins.pages import door as door_pages
from checkins.pages import inbox as inbox_pages
from checkins.pages import map as map_pages
from checkins.pages import owner as owner_pages
from checkins.pages import receipt as receipt_pages
from checkins.pages import screen as screen_pages
from checkins.pages import verify as verify_pages
from checkins.pages import visit as visit_pages
from enterprises import pages as enterprises_pages
from officers import pages as officers_pages
from officers import published
from project import pages
from project.api import api

admin.autodiscover()

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.front_door, name="front-door"),
    path("demo/id/<str:token>.svg", pages.demo_id_code, name="demo-id-code"),
    path("api/v1/", api.urls),
    path("admin/", admin.site.urls),
    path("sso/", sign_on.begin, name="sso"),
    path("sso/back", sign_on.arrive, name="sso-back"),
    path("sso/code", sign_on.code, name="sso-code"),
    path("v/<str:token>", screen_pages.electronic_id, name="electronic-id"),
    path("v/photo/<str:token>", officers_pages.photo, name="officer-photo"),
    path("d/<str:token>", door_pages.door, name="door"),
    path("verify", verify_pages.verify, name="verify"),
    path("receipt", receipt_pages.check_receipt, name="check-receipt"),
    path("d/<str:token>/proof", receipt_pages.door_proof, name="door-proof"),
    path("verify/photo/<str:token>", verify_pages.vouched_photo, name="vouched-photo"),
    re_path(r"^verify-words-(?P<language>zh-hans|en)\.json$", verify_pages.verify_words, name="verify-words"),
    path("verify-worker.js", verify_pages.worker, name="verify-worker"),
    path("log/<int:log>/checkpoint", log_pages.checkpoint, name="log-checkpoint"),
    path("log/<int:log>/tile/<path:path>", log_pages.tile, name="log-tile"),
    path("d/<str:token>/now", door_pages.door_now, name="door-now"),
    path("d/<str:token>/match", door_pages.door_match, name="door-match"),
    path("d/<str:token>/history", door_pages.door_history, name="door-history"),
    path(".well-known/jwks.json", published.jwks, name="jwks"),
    path("status-lists/1", published.status_list, name="status-list"),
    path("d/<str:token>/owner", owner_pages.owner, name="door-owner"),
    path("d/<str:token>/complaint", complaint_pages.complaint, name="door-complaint"),
    path("d/<str:token>/complaint/receipt", complaint_receipt_pages.door_receipt, name="door-receipt"),
    path("complaint", complaint_receipt_pages.receipt, name="complaint-receipt"),
    path("board/", board_overview.overview, name="board"),
    path("board/now", board_overview.now, name="board-now"),
    path("board/map", map_pages.visit_map, name="board-map"),
    path("board/figures", board_lists.figures, name="board-figures"),
    path("board/visits", board_lists.visit_list, name="board-visits"),
    path("board/visits/<path:number>", visit_pages.visit, name="board-visit"),
    path("board/flags", board_lists.flag_list, name="board-flags"),
    path("board/flags/<int:number>", board_subjects.flag, name="board-flag"),
    path("board/unscanned", board_lists.unscanned, name="board-unscanned"),
    path("board/enterprises/<str:credit_code>", board_subjects.enterprise, name="board-enterprise"),
    path("board/inbox/", inbox_pages.inbox, name="board-inbox"),
    path("board/rules/", board_rules.rule_list, name="board-rules"),
    path("board/rules/new", board_drafts.new_draft, name="board-rule-new"),
    path("board/rules/drafts/<int:number>", board_drafts.draft, name="board-rule-draft"),
    path("board/rules/trials/<int:number>", board_drafts.trial, name="board-rule-trial"),
    path("board/rules/<path:code>/", board_rules.rule, name="board-rule"),
    path("board/reports/", board_reports.reports, name="board-reports"),
    path("board/reports/<int:number>/", board_reports.report, name="board-report"),
    path("board/reports/<int:number>/report.<slug:form>", board_report_files.report_file, name="board-report-file"),
    path("board/posters/", enterprises_pages.door_posters, name="board-posters"),
    path("board/files/visits.<slug:form>", board_files.visits_file, name="board-visits-file"),
    path("board/files/figures.<slug:form>", board_files.figures_file, name="board-figures-file"),
    path("board/files/flags.<slug:form>", board_files.flags_file, name="board-flags-file"),
    path("board/files/unscanned.<slug:form>", board_files.papers_file, name="board-unscanned-file"),
    path("board/receipts/visits/<path:number>", visit_pages.visit_receipt, name="board-visit-receipt"),
    path("board/receipts/scans/<uuid:scan_id>", visit_pages.scan_receipt, name="board-scan-receipt"),
    path("enrol", officers_pages.enrol, name="enrol"),
]

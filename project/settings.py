"""One settings file; everything that differs between houses comes from the environment.

`RUQI_ENV` says which house this is: `production` (the default, and strict), `demo` or `test`.
docs/reference/settings.md lists every variable. `project/checks.py` refuses to start an unsafe production.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from audit.addressee import addressees
from audit.complaint_receipt import HmacReceiptKeys
from audit.ladder import read_ladders
from audit.log_keys import LogPolicy, log_keys
from audit.look_ups import LookUpPolicy
from audit.matching import MatchPolicy
from audit.policy import (
    AuditPolicy,
    ImportPolicy,
    OidcPolicy,
    ReceiverPolicy,
    RetentionPolicy,
    SessionPolicy,
    WitnessPolicy,
)
from audit.reachable import networks
from audit.watcher import watchers
from checkins.policy import CheckinPolicy, DoorPolicy, TrustPolicy, required_words
from enterprises.door_token import HmacDoorKeys
from enterprises.owner_code import HmacCodeKeys
from enterprises.policy import OwnerPolicy, PhotoPolicy, SenderPolicy
from officers.policy import LEAST_LEAD, IssuerPolicy, OfficerPolicy
from officers.signing import HmacSigner
from project.databases import database

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# `production`, `demo` or `test`: which house this is.
RUQI_ENV = env.str("RUQI_ENV", default="production")
if RUQI_ENV not in {"production", "demo", "test"}:
    raise ImproperlyConfigured(f"RUQI_ENV={RUQI_ENV!r}: one of production, demo, test")
PRODUCTION = RUQI_ENV == "production"
DEMO = RUQI_ENV == "demo"
# Where the demo and its SQLite database live.
STATE_DIR = Path(env.str("RUQI_STATE_DIR", default=str(BASE_DIR / ".demo")))

# Signs sessions, electronic IDs and photo addresses. In demo and test it is worthless on purpose; production has no
# default and stops here without one.
SECRET_KEY = env.str("SECRET_KEY") if PRODUCTION else env.str("SECRET_KEY", default=f"only-for-{RUQI_ENV}" * 4)
# Errors shown to whoever asks; production refuses to start with it.
DEBUG = env.bool("DEBUG", default=False)
# Host names that are answered; others get 400.
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS") if PRODUCTION else ["*"]
# Further origins whose forms are taken, e.g. `https://ruqi.example.gov.cn`.
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# The address under which phones and browsers reach the house; electronic IDs and assertions name it.
PUBLIC_URL = env.str("PUBLIC_URL") if PRODUCTION else env.str("PUBLIC_URL", default="http://127.0.0.1:8000")

DATABASES: dict[str, dict[str, Any]] = {
    "default": database(
        # `postgres://user:password@host/name`, or `sqlite:///path`.
        env.str("DATABASE_URL")
        if PRODUCTION
        else env.str("DATABASE_URL", default=f"sqlite:///{STATE_DIR / 'ruqi.sqlite3'}"),
        # connections of one process to PostgreSQL; as many as it has threads
        pool_size=env.int("DATABASE_POOL", default=16),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "project.apps.ProjectConfig",
    "checkins",
    "officers",
    "enterprises",
    "audit",
    "project.apps.AdminSite",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "simple_history",
    "ninja",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "project.content_policy.ContentPolicy",
    "project.problems.ProblemMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "audit.session.SessionWatch",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "project.body_limit.BodyLimit",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Accounts: password and TOTP in one backend, locked for a quarter of an hour after five wrong ones.
AUTH_USER_MODEL = "audit.Account"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "audit.auth.PasswordAndCode", "audit.auth.VouchedFor"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
if not PRODUCTION:
    # The demo's invented passwords lie beside its database in plain words: a slow hash of each would guard nothing and
    # take the newcomer a third of a second. Django's own default still reads what an older demo has kept.
    PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        *(["django.contrib.auth.hashers.PBKDF2PasswordHasher"] if DEMO else []),
    ]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
# By name alone, wherever the tries come from: a bureau sits behind one address, and one colleague's typing must not
# lock out all of it. axes.W006 fears other keys than this one: user agents can be rotated, the name under attack not.
AXES_LOCKOUT_PARAMETERS = ["username"]
SILENCED_SYSTEM_CHECKS = ["axes.W006"]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # further tries do not prolong it: nobody is locked out for good
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_ENABLE_ADMIN = False  # audit/admin.py shows the log of log-ins, to the audit administrator only
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "otp_token"]
AXES_LOCKOUT_TEMPLATE = "project/locked.html"
TOTP_ISSUER = "入企扫码"
SIMPLE_HISTORY_REVERT_DISABLED = True  # an old version is looked at; a change is a deed
SESSION_POLICY = SessionPolicy(
    # P: minutes without a request of a person after which an account is signed out
    idle=timedelta(minutes=env.float("SESSION_IDLE_MINUTES", default=30.0)),
    # P: hours after the log-in when it is signed out, whatever it does
    longest=timedelta(hours=env.float("SESSION_HOURS", default=12.0)),
)
OIDC_SECRET_FILE = env.str("OIDC_SECRET_FILE", default="")  # a file that holds OIDC_SECRET instead
OIDC_POLICY = OidcPolicy(
    # the single sign-on's issuer, as its discovery document names it; empty: there is none (docs/guides/accounts.md)
    issuer=env.str("OIDC_ISSUER", default=""),
    # this house's name there; its address for who comes back is PUBLIC_URL and /sso/back
    client_id=env.str("OIDC_CLIENT_ID", default=""),
    # what this house proves itself with; empty: by PKCE alone
    secret=Path(OIDC_SECRET_FILE).read_text().strip() if OIDC_SECRET_FILE else env.str("OIDC_SECRET", default=""),
    # the claim of the ID token that holds the name of an account that exists here
    claim=env.str("OIDC_CLAIM", default="preferred_username"),
    scopes=tuple(env.list("OIDC_SCOPES", default=["openid", "profile"])),  # what is asked for; `openid` among it
    # P: values of `acr` that vouch for a second factor; else the six digits are asked for here
    acr=frozenset(env.list("OIDC_ACR", default=[])),
    # P: values of `amr`, one of which does
    amr=frozenset(env.list("OIDC_AMR", default=[])),
    # networks of the issuer's that are not public and yet may be connected to: `10.0.0.0/8`
    networks=networks(env.list("OIDC_NETWORKS", default=[] if PRODUCTION else ["127.0.0.0/8", "::1"])),
    # how long the issuer may take for one step
    timeout=timedelta(seconds=env.float("OIDC_TIMEOUT_SECONDS", default=10.0)),
)
SESSION_ENGINE = "audit.session"
SESSION_COOKIE_AGE = int(SESSION_POLICY.longest.total_seconds())
SESSION_COOKIE_HTTPONLY = True
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
CSRF_FAILURE_VIEW = "project.pages.form_refused"

# Chinese first; English by the browser's language or Django's switch.
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / app / "locale" for app in ("project", "checkins", "officers", "enterprises", "audit")]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = USE_TZ = True

STATIC_URL = "/static/"
# Outside production files come from where they lie; `make run` collects them for production.
STATIC_ROOT = BASE_DIR / "static_root" if PRODUCTION else None
WHITENOISE_USE_FINDERS = not PRODUCTION
# `make run` also compresses them: the verifier's decoder is a megabyte otherwise, on a shop owner's phone.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# A scan's JSON is small; a larger body is refused before it is read (413).
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("MAX_BODY_BYTES", default=262_144)
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
# HTTP is sent on to HTTPS, and cookies travel by HTTPS only.
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=PRODUCTION)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT
# For how long a browser insists on HTTPS (HSTS).
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if SECURE_SSL_REDIRECT else 0)
# Set only behind a proxy that ends TLS and overwrites X-Forwarded-Proto: the header is then believed.
if env.bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies stand in front: which address in X-Forwarded-For is the caller's.
NINJA_NUM_PROXIES = env.int("TRUSTED_PROXIES", default=0)

# Policy (P in the field's terms): numbers that a jurisdiction sets, passed to the deeds by the doors.
CHECKIN_POLICY = CheckinPolicy(
    # P: hours after a visit's first scan; a later scan of the same agency opens a new visit
    grouping_window=timedelta(hours=env.float("GROUPING_HOURS", default=6.0)),
    # P: metres to the nearest premises, the accuracy taken off, up to which a scan counts as inside
    geofence_m=env.float("GEOFENCE_M", default=200.0),
    # P: metres to the nearest premises above which the officer is warned
    far_m=env.float("FAR_M", default=1000.0),
    # P: a fix that is less accurate, in metres, is judged unknown
    accuracy_limit_m=env.float("ACCURACY_LIMIT_M", default=150.0),
    # P: how far apart two agencies' visits may begin and still be one joint visit by its code
    joint_window=timedelta(hours=env.float("JOINT_HOURS", default=24.0)),
    # P: how long a scanner may withdraw his own scan
    withdrawal_window=timedelta(minutes=env.float("WITHDRAWAL_MINUTES", default=10.0)),
    # P: how long after the receipt of a visit's first scan a colleague may void it; later a supervisor does
    voiding_window=timedelta(hours=env.float("VOIDING_HOURS", default=24.0)),
    # P: a scan uploaded later than this is warned as late
    late_after=timedelta(minutes=env.float("LATE_AFTER_MINUTES", default=30.0)),
    # P: natural days after a visit's day within which its scan may be handed in late (R 深府规〔2025〕6号: 10)
    backfill_days=env.int("BACKFILL_DAYS", default=10),
    # P: how long after a later scan of the same phone a missing one (缺号) is shown to the supervisor
    gap_after=timedelta(hours=env.float("GAP_AFTER_HOURS", default=24.0)),
    # P: how long after a scan its photo, which was to follow, is listed as missing
    photo_missing_after=timedelta(hours=env.float("PHOTO_MISSING_HOURS", default=24.0)),
    # P: plans of different agencies at most this many days apart are proposed as a joint visit
    joint_plan_days=env.int("JOINT_PLAN_DAYS", default=7),
    # P: hours after an urgent inspection began within which its approval number has to follow
    approval_within=timedelta(hours=env.float("APPROVAL_HOURS", default=24.0)),
    # P: which numbers an inspection is warned for lacking, by category: routine=plan_no,special=plan_no+approval_no
    required_words=required_words(env.dict("REQUIRED_WORDS", default={})),
    # P: in how many days after an item was inspected the next agency is shown it (结果互认)
    recognition_days=env.int("RECOGNITION_DAYS", default=90),
    # P: when an officer's scans, seen together, speak against having been there (checkins/trust.py)
    trust=TrustPolicy(
        # P: hours around a scan within which the officer's other scans are looked at
        window=timedelta(hours=env.float("TRUST_WINDOW_HOURS", default=36.0)),
        # P: metres that may be left, beside the accuracy, when a fix is read in another datum
        datum_residual_m=env.float("TRUST_DATUM_RESIDUAL_M", default=100.0),
        # P: so many scans of one phone that only another datum explains are a pattern
        datum_scans=env.int("TRUST_DATUM_SCANS", default=2),
        # P: km/h that nobody drives from one scan to the next
        travel_km_h=env.float("TRUST_TRAVEL_KM_H", default=150.0),
        # P: metres between two scans, the accuracies taken off, up to which no speed is judged
        travel_m=env.float("TRUST_TRAVEL_M", default=2000.0),
        # P: more scans than this with one fix, seven digits equal, are a pattern
        frozen_scans=env.int("TRUST_FROZEN_SCANS", default=3),
        # P: minutes within which one officer scans with two phones
        devices_apart=timedelta(minutes=env.float("TRUST_DEVICES_MINUTES", default=10.0)),
        # P: more enterprises than this in one hour are a pattern
        burst=env.int("TRUST_BURST", default=12),
        # P: metres within which fixes are in one market, and sites are one
        market_m=env.float("TRUST_MARKET_M", default=300.0),
        # P: a better accuracy than this, in metres, is sure of being far away
        far_accuracy_m=env.float("TRUST_FAR_ACCURACY_M", default=50.0),
        # P: so many sites in a row from far away are a pattern; fewer happen where a tenth of the addresses is wrong
        far_in_a_row=env.int("TRUST_FAR_IN_A_ROW", default=4),
        # P: metres around a fix that are one desk
        desk_m=env.float("TRUST_DESK_M", default=150.0),
        # P: so many sites, each farther than FAR_M from the others, scanned from one desk are a pattern
        desk_sites=env.int("TRUST_DESK_SITES", default=3),
        # P: metres to the registry's own coordinates that no receiver reaches twice
        copied_m=env.float("TRUST_COPIED_M", default=1.0),
    ),
    # P: keep a photo's file as it came beside the copy without EXIF (it may say where it was taken)
    keep_original_photos=env.bool("KEEP_ORIGINAL_PHOTOS", default=False),
)
DOOR_POLICY = DoorPolicy(
    # P: hours after a scan without a departure in which the enterprise's own page shows its officer
    stay=timedelta(hours=env.float("DOOR_HOURS", default=12.0)),
    # P: wrong match codes (核对码) that may be typed for one officer in one visit
    match_tries=env.int("MATCH_TRIES", default=5),
    # P: the enterprise's page says that an inspection nobody scanned for may be refused, emergencies apart
    unscanned_refusable=env.bool("UNSCANNED_REFUSABLE", default=True),
    # P: complaints (投诉) in an hour from one network address
    complaints_of_address=env.int("COMPLAINTS_OF_ADDRESS", default=10),
    # P: and about one enterprise, from wherever
    complaints_of_door=env.int("COMPLAINTS_OF_DOOR", default=200),
    # P: whom to call, by supervising organ: `130502-SFJ=襄都区司法局 0319-2123456,130534-SFJ=…`
    phones=env.dict("DOOR_PHONES", default={}),
    # P: whom everybody else calls
    phone=env.str("DOOR_PHONE", default="政务服务便民热线 12345"),
)
# P: the ladder of cases (督办): rungs, limits in working days, grades, in versions (docs/guides/cases.md)
CASE_LADDERS_FILE = env.str("CASE_LADDERS_FILE", default=str(BASE_DIR / "audit" / "ladders.toml"))
CASE_LADDERS = read_ladders(Path(CASE_LADDERS_FILE).read_text(encoding="utf-8"))
# P: a complaint that came by telephone, by letter or in person is entered within so many days (登记投诉)
COMPLAINT_ENTRY_DAYS = env.int("COMPLAINT_ENTRY_DAYS", default=30)
# P: what the hotline's export calls its columns (docs/guides/complaints.md): `source_no=流水号,text=诉求标题+诉求正文`
HOTLINE_HEADINGS: dict[str, str] = env.dict("HOTLINE_HEADINGS", default={})
# Work orders of the hotline in one file; more are imported in parts
HOTLINE_ROWS = env.int("HOTLINE_ROWS", default=500)
# Bytes of such a file
HOTLINE_BYTES = env.int("HOTLINE_BYTES", default=2_097_152)
# Rows that a list may have as a file; with more, it must be filtered first
EXPORT_ROWS = env.int("EXPORT_ROWS", default=200_000)
LOOK_UP_POLICY = LookUpPolicy(
    # P: look-ups by name of one officer in an hour before the supervisor is told and answers slow down
    hourly=env.int("LOOK_UPS_HOURLY", default=60),
    # P: the longest wait between two keys of one look-up
    pause=timedelta(seconds=env.float("LOOK_UP_PAUSE_SECONDS", default=30.0)),
    # P: how much longer an answer takes past that number, at most one second
    delay=timedelta(seconds=env.float("LOOK_UP_DELAY_SECONDS", default=1.0)),
)
PHOTO_POLICY = PhotoPolicy(
    # which libraries read QR codes off photos, in this order: zxing-cpp, pyzbar (wants the system's libzbar0)
    decoders=tuple(env.list("QR_DECODERS", default=["zxing-cpp", "pyzbar"])),
    # wall time after which no further attempt at reading a photo begins
    budget=timedelta(seconds=env.float("PHOTO_BUDGET_SECONDS", default=1.5)),
    # reading processes of each server process, and photos that may wait for one; past that, 503
    at_once=env.int("PHOTOS_AT_ONCE", default=2),
    waiting=env.int("PHOTOS_WAITING", default=4),  # photos that may wait for a reading process
    # address space of one reading process
    memory=env.int("PHOTO_MEMORY_MB", default=1024) * 1_048_576,
    # longer side in pixels of the copy that is kept
    copy_edge=env.int("PHOTO_COPY_EDGE", default=2048),
)
# the largest body of a batch of queued scans
MAX_BATCH_BYTES = env.int("MAX_BATCH_BYTES", default=2_097_152)
# the largest photo that is taken in
MAX_PHOTO_BYTES = env.int("MAX_PHOTO_BYTES", default=15_728_640)
OFFICER_POLICY = OfficerPolicy(
    # P: how long an activation code lives
    activation_lifetime=timedelta(hours=env.float("ACTIVATION_HOURS", default=24.0)),
    # P: how long a revoked phone may still upload scans from before its revocation
    revoked_upload_grace=timedelta(days=env.float("REVOKED_UPLOAD_DAYS", default=10.0)),
    # P: minutes for which the address behind the QR code of an officer's screen lives; the app asks for another in time
    electronic_id_lifetime=timedelta(minutes=env.float("ELECTRONIC_ID_MINUTES", default=10.0)),
    # P: how long the address of an officer's photo lives
    photo_lifetime=timedelta(minutes=env.float("PHOTO_MINUTES", default=5.0)),
    # {issuer: public JWK} of the backends that may enrol officers by a signed assertion
    backends=env.json("ASSERTION_BACKENDS", default={}),
    # P: how many wrong activation codes one address may send
    wrong_codes=env.int("WRONG_CODES", default=20),
    # P: in how many minutes
    wrong_codes_window=timedelta(minutes=env.float("WRONG_CODES_MINUTES", default=10.0)),
    # P: electronic IDs that one address may open for the first time in a minute, wrong ones included; then 429
    new_views=env.int("NEW_ID_VIEWS", default=30),
    # P: how often one electronic ID, or one photo, may be looked at in a minute from one network address; then 429
    views=env.int("ID_VIEWS", default=120),
)
# Retired values of SECRET_KEY, newest first: they still read the tokens that they signed.
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
OFFICER_SIGNER = HmacSigner.from_secrets(SECRET_KEY, *SECRET_KEY_FALLBACKS)
DOOR_KEYS = HmacDoorKeys.from_secrets(SECRET_KEY, *SECRET_KEY_FALLBACKS)
# P: how many unknown door addresses (门牌码) one network address may open in a minute; then 429
DOOR_MISSES = env.int("DOOR_MISSES", default=30)
# P: how often one network address may have the server confirm an officer's screen in a minute; then 429
CONFIRMS_PER_MINUTE = env.int("CONFIRMS_PER_MINUTE", default=30)
ISSUER_POLICY = IssuerPolicy(
    # in whose name electronic IDs are signed for readers off the network; each issuer has keys of its own
    issuer=env.str("ISSUER", default="ruqi"),
    # what private keys are sealed with in the database: the first seals, all of them open
    secrets=tuple(env.list("SIGNING_KEY_SECRETS", default=[SECRET_KEY, *SECRET_KEY_FALLBACKS])),
    # PEM files of the operator's own private keys (P-256), instead of keys that are made here
    files=tuple(Path(name) for name in env.list("SIGNING_KEY_FILES", default=[])),
    # P: hours before its first use for which the next key is published; at least 48 in production
    lead=timedelta(hours=env.float("SIGNING_KEY_LEAD_HOURS", default=48.0)),
    # P: hours that a day credential lives; more than 1, at most 12
    credential_life=timedelta(hours=env.float("CREDENTIAL_HOURS", default=12.0)),
    # P: seconds for which a reader may believe a status list
    status_ttl=timedelta(seconds=env.float("STATUS_LIST_TTL_SECONDS", default=3600.0)),
    # seconds for which one process hands out the same status list
    status_kept=timedelta(seconds=env.float("STATUS_LIST_KEPT_SECONDS", default=60.0 if RUQI_ENV != "test" else 0.0)),
)
if PRODUCTION and ISSUER_POLICY.lead < LEAST_LEAD:
    raise ImproperlyConfigured(f"SIGNING_KEY_LEAD_HOURS: at least {LEAST_LEAD / timedelta(hours=1):g} in production")
OWNER_POLICY = OwnerPolicy(
    # P: how long a one-time code (验证码) for an enterprise's owner lives
    code_lifetime=timedelta(minutes=env.float("OWNER_CODE_MINUTES", default=5.0)),
    # P: one-time codes that one network address may have sent to one enterprise's contact in an hour
    codes_of_address=env.int("OWNER_CODES_OF_ADDRESS", default=5),
    # P: and all together in an hour, browsers apart that were its owner's before
    codes_an_hour=env.int("OWNER_CODES_HOURLY", default=20),
    # P: and in a day
    codes_a_day=env.int("OWNER_CODES_DAILY", default=40),
    # P: how often one code may be typed wrong
    code_tries=env.int("OWNER_CODE_TRIES", default=5),
    # P: PINs that one network address may type at one door in OWNER_PIN_WAIT_MINUTES
    pin_tries=env.int("OWNER_PIN_TRIES", default=5),
    # P: after so many wrong ones in a row, from wherever, nobody's is looked at
    pin_tries_together=env.int("OWNER_PIN_TRIES_TOGETHER", default=50),
    # P: for how long at first; each time twice as long, at most a day
    pin_wait=timedelta(minutes=env.float("OWNER_PIN_WAIT_MINUTES", default=15.0)),
    # P: how long a browser that has proved to be the owner's is believed
    proved_for=timedelta(hours=env.float("OWNER_PROVED_HOURS", default=2.0)),
)
OWNER_CODE_KEYS = HmacCodeKeys.from_secret(SECRET_KEY)
OWNER_CODE_SENDER = SenderPolicy(
    # who brings one-time codes to phones: empty (nobody), `console`, an http(s) address, or a class's dotted path
    name=env.str("OWNER_CODE_SENDER", default="" if PRODUCTION else "console"),
    # signs what is posted to that address: `whsec_` and 24 to 64 bytes in base64 (Standard Webhooks)
    secret=env.str("OWNER_CODE_SECRET", default=""),
    # how long one post to it may take
    timeout=timedelta(seconds=env.float("OWNER_CODE_TIMEOUT_SECONDS", default=5.0)),
)
COMPLAINT_KEYS = HmacReceiptKeys.from_secrets(SECRET_KEY, *SECRET_KEY_FALLBACKS)
# P: an import that would take a larger share of a register out of service stops and asks.
REGISTER_DEACTIVATION_LIMIT = env.float("REGISTER_DEACTIVATION_LIMIT", default=0.05)
IMPORT_POLICY = ImportPolicy(
    # bytes of a file that a page takes into a register; larger ones by command
    file_bytes=env.int("IMPORT_BYTES", default=5_242_880),
    # and its lines
    lines=env.int("IMPORT_LINES", default=5_000),
    # P: minutes for which a file that was shown may be taken over; then it is forgotten
    minutes=env.float("IMPORT_MINUTES", default=30.0),
    leaving=REGISTER_DEACTIVATION_LIMIT,
)
# The bearer token that both sides know, and their HMAC secret.
PLATFORM_TOKEN = env.str("PLATFORM_TOKEN", default="")
PLATFORM_SECRET = env.str("PLATFORM_SECRET", default="")  # `whsec_…`, 24 to 64 bytes in base64
AUDIT_POLICY = AuditPolicy(
    # P: visits of one agency at one enterprise in a calendar year, where no rule in the table says otherwise
    annual_cap=env.int("ANNUAL_CAP", default=2),
    platforms=addressees(
        # the supervision platform's address for filings; empty, and no PLATFORMS: they wait in the outbox
        url=env.str("PLATFORM_URL", default=""),
        token=PLATFORM_TOKEN,
        secret=PLATFORM_SECRET,
        # further platforms: `[{"code": "province", "url": …, "token": …, "events": [], "fields": {}}]`
        further=env.json("PLATFORMS", default=[]),
    ),
    # the house's name on every letter (CloudEvents `source`, a URI)
    source=env.str("PLATFORM_SOURCE", default=PUBLIC_URL),
    # how long one try to deliver may take
    timeout=timedelta(seconds=env.float("PLATFORM_TIMEOUT_SECONDS", default=10.0)),
    # networks that are not public and yet may be connected to: `10.0.0.0/8,192.168.7.0/24`
    networks=networks(env.list("PLATFORM_NETWORKS", default=[] if PRODUCTION else ["127.0.0.0/8", "::1"])),
    # P: how long a platform that refused us (401, 403, 410) rests before one letter asks again
    probe=timedelta(minutes=env.float("PLATFORM_PROBE_MINUTES", default=60.0)),
)
# `manage.py receiver`: whom the small platform believes
RECEIVER_POLICY = ReceiverPolicy(
    token=PLATFORM_TOKEN,
    # `whpk_…`, the house's public key as `manage.py log_keys FILE --filing` prints it
    public_key=env.str("PLATFORM_PUBLIC_KEY", default=""),
    secret=PLATFORM_SECRET,
)
# The record's log: its keys are a PEM file of `manage.py log_keys`; without one entries wait, and nothing is promised.
LOG_KEYS_FILE = env.str("LOG_KEYS_FILE", default="")
LOG = LogPolicy(
    # what its logs are called for ever (C2SP origin, without the number); by default the host of PUBLIC_URL and /log
    origin=env.str("LOG_ORIGIN", default=f"{urlsplit(PUBLIC_URL).netloc}/log"),
    keys=log_keys(LOG_KEYS_FILE, secret="" if PRODUCTION else SECRET_KEY),
)
WITNESS_POLICY = WitnessPolicy(
    # who watches the log (docs/guides/witness.md): `[{"name": …, "vkey": …, "url": …}]`
    watchers=watchers(env.json("WITNESSES", default=[])),
    # networks of theirs that are not public and yet may be connected to: `10.0.0.0/8`
    networks=networks(env.list("WITNESS_NETWORKS", default=[] if PRODUCTION else ["127.0.0.0/8", "::1"])),
    # how long one question to a witness may take
    timeout=timedelta(seconds=env.float("WITNESS_TIMEOUT_SECONDS", default=5.0)),
)
# `manage.py retain`: how long personal data is kept; hashes stay
RETENTION_POLICY = RetentionPolicy(
    # P: years that what entries say of visits is kept, one at least
    visit_years=env.int("RETAIN_VISIT_YEARS", default=10),
    # P: years that photos are kept
    photo_years=env.int("RETAIN_PHOTO_YEARS", default=3),
    # P: years that what closed complaints say is kept
    complaint_years=env.int("RETAIN_COMPLAINT_YEARS", default=10),
    # credit codes about which nothing is wiped, for a court say; those with an open case or complaint need no mention
    held=frozenset(env.list("RETAIN_HELD", default=[])),
)
MATCH_POLICY = MatchPolicy(
    # P: a visit so many days before the day of a document or case still answers it (papers are dated a day later)
    paper_days=env.int("DOCUMENT_MATCH_DAYS", default=1),
    # P: a visit so many days before the last day of a plan keeps it
    plan_days=env.int("PLAN_MATCH_DAYS", default=7),
)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processor": "structlog.processors.JSONRenderer",
        },
    },
    "filters": {"sealed": {"()": "audit.sealed.NoSecretAddresses"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["sealed"]}},
    "root": {
        "handlers": ["console"],
        # DEBUG, INFO, WARNING, ERROR or CRITICAL
        "level": env.str("LOG_LEVEL", default="WARNING" if not PRODUCTION else "INFO"),
    },
}

"""What an unsafe house refuses to open with. `manage.py` and `project/wsgi.py` both run these checks."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from audit.addressee import is_address
from audit.append_only import missing_triggers, tables
from audit.policy import OidcPolicy
from audit.webhook import BadKey, secret_key
from enterprises.code_sender import sender
from enterprises.decoders import DECODERS, has_zbar, usable
from enterprises.policy import SenderPolicy
from officers.assertion import LONGEST_ISSUER, backend_key
from officers.keyring import UnusableKey, signer
from officers.models import SigningKey

SAFE_SYNCHRONOUS_COMMIT = {"on", "remote_write", "remote_apply", "local"}


@register(Tags.security)
def production_is_not_debugging(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """DEBUG shows secrets to strangers and keeps every query in memory."""
    if settings.PRODUCTION and settings.DEBUG:
        return [Error("DEBUG is on in production", hint="unset DEBUG", id="project.E001")]
    return []


@register(Tags.security)
def every_backend_has_a_usable_key(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Found at start-up, not when the first officers enrol. An issuer's name must fit into `backend:<issuer>`."""
    found: list[CheckMessage] = []
    for issuer, jwk in settings.OFFICER_POLICY.backends.items():
        try:
            backend_key(jwk)
        except ValueError as error:
            found.append(Error(f"ASSERTION_BACKENDS, {issuer}: {error}", id="project.E005"))
        if len(issuer) > LONGEST_ISSUER:
            found.append(Error(f"ASSERTION_BACKENDS, {issuer}: over {LONGEST_ISSUER} characters", id="project.E005"))
    return found


@register()
def photos_can_be_read(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A decoder that this machine does not have is left out; a house with none opens no photo."""
    wanted = settings.PHOTO_POLICY.decoders
    unknown = [
        Error(f"QR_DECODERS: {name} is none of {', '.join(DECODERS)}", id="project.E006")
        for name in wanted
        if name not in DECODERS
    ]
    if not usable(wanted):
        return [*unknown, Error("QR_DECODERS names no decoder that this machine has", id="project.E006")]
    if "pyzbar" in wanted and not has_zbar():
        hint = "apt-get install libzbar0, or take pyzbar out of QR_DECODERS"
        return [*unknown, Warning("libzbar0 is missing: photos are read without pyzbar", hint=hint, id="project.W001")]
    return list(unknown)


@register(Tags.security)
def one_time_codes_reach_nobody_else(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A console's log shows owners' codes to whoever reads it; a gateway must know that a post is ours."""
    policy: SenderPolicy = settings.OWNER_CODE_SENDER
    if policy.name.startswith(("http://", "https://")):
        found = [] if is_address(policy.name) else ["no address, or one with a password in it"]
        try:
            secret_key(policy.secret)
        except BadKey as error:
            found.append(f"OWNER_CODE_SECRET, {error}")
        plain = settings.PRODUCTION and policy.name.startswith("http://")
        hint = "use https, unless the gateway stands on this machine or in its own network"
        warned = [Warning("one-time codes travel unencrypted", hint=hint, id="project.W003")] if plain else []
        return [*(Error(f"OWNER_CODE_SENDER: {why}", id="project.E008") for why in found), *warned]
    if policy.name == "console":
        unsafe = "OWNER_CODE_SENDER=console writes owners' codes into the log"
        return [Error(unsafe, id="project.E008")] if settings.PRODUCTION else []
    try:
        sender(policy)
    except (ImportError, TypeError) as error:
        return [Error(f"OWNER_CODE_SENDER: {error}", id="project.E008")]
    return []


@register(Tags.security)
def single_sign_on_is_whole(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """An issuer that anybody between could play lets anybody in."""
    policy: OidcPolicy = settings.OIDC_POLICY
    if not policy.issuer:
        return []
    found = [] if is_address(policy.issuer) else ["OIDC_ISSUER is no address"]
    if settings.PRODUCTION and not policy.issuer.startswith("https://"):
        found.append("OIDC_ISSUER is not https")
    if not (policy.client_id and policy.claim):
        found.append("OIDC_CLIENT_ID or OIDC_CLAIM is empty")
    if "openid" not in policy.scopes:
        found.append("OIDC_SCOPES lacks openid")
    return [Error(why, id="project.E009") for why in found]


@register(Tags.database)
def the_database_keeps_its_promises(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Is an acknowledged scan on disk, and is the past closed to changes? (Durability is asked in production only.)"""
    found: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if settings.PRODUCTION:
            found += _durability(connection)
        if "audit_entry" in connection.introspection.table_names():
            found += _guards(connection)
    return found


@register(Tags.database)
def electronic_ids_can_be_signed(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """A house without a key still takes scans, so it opens; but its officers show nothing off the network."""
    if not (settings.PRODUCTION and "default" in (databases or [])):
        return []
    if SigningKey._meta.db_table not in connections["default"].introspection.table_names():
        return []
    try:
        if signer(policy=settings.ISSUER_POLICY, at=timezone.now()):
            return []
        missing, hint = "there is no key to sign electronic IDs with", "run: manage.py rotate_keys"
    except UnusableKey as error:
        missing, hint = f"the key that signs electronic IDs cannot be used: {error}", "docs/guides/keys.md"
    return [Warning(missing, hint=hint, id="project.W002")]


def _guards(connection: BaseDatabaseWrapper) -> Iterator[CheckMessage]:
    existing = set(connection.introspection.table_names())
    if not existing.issuperset(tables()):
        return  # migrations are under way; the check asks again when they are done
    for name in missing_triggers(connection):
        yield Error(f"append-only trigger {name} is missing", hint="restore it before serving", id="project.E004")


def _durability(connection: BaseDatabaseWrapper) -> list[CheckMessage]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous")
            level = cursor.fetchone()[0]
            return [] if level >= 2 else [Error(f"SQLite synchronous={level}, not FULL", id="project.E002")]
        found: list[CheckMessage] = []
        for name, safe in (
            ("fsync", {"on"}),
            ("full_page_writes", {"on"}),
            ("synchronous_commit", SAFE_SYNCHRONOUS_COMMIT),
        ):
            cursor.execute(f"SHOW {name}")
            value = cursor.fetchone()[0]
            if value not in safe:
                found.append(Error(f"PostgreSQL {name}={value}: an acknowledged scan could be lost", id="project.E003"))
        return found

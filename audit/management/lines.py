"""The lines to all platforms that the settings name, open while a command needs them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.addressee import BadAddressee
from audit.log_keys import LogPolicy
from audit.management.courier import Line
from audit.policy import AuditPolicy
from audit.services.share_out import introduce
from audit.supervision import Platform
from audit.webhook import Seal


@contextmanager
def lines(policy: AuditPolicy, log: LogPolicy) -> Iterator[list[Line]]:
    """One for each platform, and a row for each. Raises CommandError for settings that name none."""
    private = log.keys.filing_key() if log.keys else None
    try:
        for one in policy.platforms:
            one.check()
    except BadAddressee as error:
        raise CommandError(_("监督平台的设置有误：%s") % error) from error
    introduce(policy.platforms)
    with ExitStack() as stack:
        yield [
            Line(
                addressee=one,
                platform=stack.enter_context(
                    Platform(
                        addressee=one,
                        seal=Seal(private=private, secret=one.key()),
                        timeout=policy.timeout,
                        allowed=policy.networks,
                        clock=timezone.now,
                    )
                ),
            )
            for one in policy.platforms
        ]

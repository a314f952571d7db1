"""The project as a Django app (commands that span floors, system checks) and the admin behind two factors."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib.admin import autodiscover
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core.checks import CheckMessage, Tags, register


class ProjectConfig(AppConfig):
    name = "project"
    verbose_name = "入企扫码"

    def ready(self) -> None:
        from project import checks  # noqa: F401  (registers the start-up refusals)


class AdminSite(SimpleAdminConfig):
    """The stock admin, opened by password and TOTP only.

    Its desks are laid out by what serves pages (project/urls.py) and before they are checked. A worker, a receiver and
    most commands show none: they start without them, a third sooner.
    """

    default_site = "project.site.Site"

    def ready(self) -> None:
        register(_desks_are_sound, Tags.admin)


def _desks_are_sound(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """What Django's own configuration of the admin has checked."""
    autodiscover()
    return [
        *check_dependencies(app_configs=app_configs, **kwargs),
        *check_admin_app(app_configs=app_configs, **kwargs),
    ]

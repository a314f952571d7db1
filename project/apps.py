"""The project as a Django app (commands that span floors, system checks) and the admin behind two factors."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ProjectConfig(AppConfig):
    name = "project"
    verbose_name = "入企扫码"

    def ready(self) -> None:
        from project import checks  # noqa: F401  (registers the start-up refusals)


class AdminSite(AdminConfig):
    """The stock admin, opened by password and TOTP only."""

    default_site = "project.site.Site"

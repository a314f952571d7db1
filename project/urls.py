"""Every address of the house."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

from project.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("admin/", admin.site.urls),
]

"""The porch: bearer token → officer and device."""

from django.http import HttpRequest
from ninja.security import HttpBearer

from officers.queries import caller
from officers.rules import Caller


class DeviceToken(HttpBearer):
    """A living token. A revoked device or officer is nobody from the next request on (401)."""

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        found = caller(token)
        return found if found is not None and found.revoked_at is None else None


class UploadToken(HttpBearer):
    """A living or revoked token, for scans only: whether a revoked one may hand this scan in, the deed judges."""

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        return caller(token)

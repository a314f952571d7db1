"""The porch: bearer token → officer and device; and which agencies an account of the supervision side sees."""

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja.security import HttpBearer

from audit.auth import Sight
from audit.duties import Reach
from audit.summing import below
from officers.models import Agency
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


def agencies_in_sight(sight: Sight) -> QuerySet[Agency]:
    """Whose agencies' rows may this account see?

    A supervisor's competence follows the agency (行政执法监督条例): those that its 司法局 supervises, those that a
    司法局 below it supervises, and the branch below itself; never simply the region.
    """
    if sight.reach is not Reach.SUPERVISED:
        return Agency.objects.filter(sight.rows(region="region_code", branch="path"))
    if not sight.agency_code:
        return Agency.objects.none()
    branch = below(sight.agency_code)
    guided = Agency.objects.filter(branch).values("code")
    return Agency.objects.filter(branch | Q(supervised_by=sight.agency_code) | Q(supervised_by__in=guided))

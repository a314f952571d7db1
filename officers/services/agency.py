"""Register an agency, or change it: its name, its place in the tree, its supervision, its end."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.history import save_as
from audit.register import NotRegistrable, Refusal, put_in_order, refuse
from audit.services.register import save_registered
from officers.models import Agency
from officers.register import AGENCY, CODE, LEVEL, PARENT, REGION

PATH_LIMIT = 255


def save_agency(*, agency: Agency, actor: Actor, at: datetime, reason: str = "") -> Agency:
    """Save a new or changed agency, keep `path` true to the tree (its whole branch moves with it), and record it.

    Writes nothing when nothing changed. Raises NotRegistrable: an unreadable field, a code already taken or
    changed, a parent under the agency itself, a path longer than 255 characters.
    """
    with transaction.atomic():
        before = _locked(agency)
        parent = _parent(agency, before)
        refusals = put_in_order(agency, AGENCY)
        refusals += _against_the_rest(agency, before, parent)
        if refusals:
            raise NotRegistrable(refusals)
        agency.path = _path(agency, before, parent)
        branch = _branch(before, agency.path) if before and before.path != agency.path else []
        if max([agency.path, *(row.path for row in branch)], key=len)[PATH_LIMIT:]:
            raise NotRegistrable([refuse(PARENT, agency.path, _("层级过深，路径超过 255 个字符"))])
        save_registered(row=agency, before=before, noun="agency", name=agency.code, actor=actor, at=at, reason=reason)
        for row in branch:
            save_as(row, actor=actor, at=at, reason=reason or str(_("上级单位调整")))
    return agency


def _locked(agency: Agency) -> Agency | None:
    """What the database holds. A move locks the whole tree: two moves at once could otherwise close a circle."""
    if agency.pk is None:
        return None
    rows = Agency.objects.select_for_update(no_key=True)
    if Agency.objects.filter(pk=agency.pk, parent_id=agency.parent_id).exists():
        return rows.get(pk=agency.pk)
    list(rows.order_by("pk").values_list("pk"))
    return Agency.objects.get(pk=agency.pk)


def _path(agency: Agency, before: Agency | None, parent: Agency | None) -> str:
    if before is not None and before.parent_id == agency.parent_id:
        return before.path
    return f"{parent.path if parent else '/'}{agency.code}/"


def _parent(agency: Agency, before: Agency | None) -> Agency | None:
    """The new parent as the database holds it, locked, so that its path cannot change under a new child."""
    if agency.parent_id is None or (before is not None and before.parent_id == agency.parent_id):
        return None
    return Agency.objects.select_for_update(no_key=True).get(pk=agency.parent_id)


def _against_the_rest(agency: Agency, before: Agency | None, parent: Agency | None) -> list[Refusal]:
    refusals: list[Refusal] = []
    if before is None and Agency.objects.filter(code=agency.code).exists():
        refusals.append(refuse(CODE, agency.code, _("该单位代码已登记")))
    if before is not None and before.code != agency.code:
        refusals.append(refuse(CODE, agency.code, _("单位代码一经登记不得更改：既有记录以它为准")))
    if before is not None and parent is not None and parent.path.startswith(before.path):
        refusals.append(refuse(PARENT, parent.code, _("上级单位不能是自己或自己的下级")))
    if agency.level == Agency.Level.TOWN and len(agency.region_code) == 6:
        refusals.append(refuse(REGION, agency.region_code, _("乡镇级单位应填九位地区代码")))
    if agency.level != Agency.Level.TOWN and len(agency.region_code) == 9:
        refusals.append(refuse(LEVEL, agency.level, _("地区代码为九位的单位应为乡镇级")))
    return refusals


def _branch(before: Agency, path: str) -> list[Agency]:
    """Everything below the agency, with the paths it will have."""
    below = Agency.objects.filter(path__startswith=before.path).exclude(pk=before.pk).order_by("pk")
    rows = [row for row in below if row.path.startswith(before.path)]  # SQLite's LIKE takes a for A
    for row in rows:
        row.path = path + row.path.removeprefix(before.path)
    return rows

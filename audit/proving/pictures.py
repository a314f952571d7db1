"""Are the pictures (and other files) the ones whose hashes their rows hold?"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

from audit.proving.chunks import chunks
from audit.proving.discrepancy import Course, Discrepancy
from audit.proving.rows import is_redacted

AT_ONCE = 20
"""Pictures in memory."""


def pictures_altered(course: Course) -> Iterator[Discrepancy]:
    """`fingerprints` of a model: which column of bytes has its SHA-256 (hex) in which other."""
    for model in apps.get_models():
        prints: Mapping[str, str] = getattr(model, "fingerprints", {})
        if prints:
            yield from _altered(model, prints, course)


def _altered(model: Any, prints: Mapping[str, str], course: Course) -> Iterator[Discrepancy]:
    key = model._meta.pk.attname
    for some in chunks(model._base_manager.values(key, *prints, *prints.values()), by=key, size=AT_ONCE):
        for row in some:
            for column, told in prints.items():
                content = row[column]
                if content is None:
                    if column == "copy" and not is_redacted(model._base_manager.get(pk=row[key])):
                        yield Discrepancy(model._meta.db_table, str(row[key]), _("内容被抹去，却没有 redacted 条目"))
                elif hashlib.sha256(content).hexdigest() != row[told]:
                    says = _("%(column)s 与 %(told)s 不符") % {"column": column, "told": told}
                    yield Discrepancy(model._meta.db_table, str(row[key]), says)
        course.went("pictures", len(some))

"""`manage.py reindex_enterprises`: build anew what the search by name reads."""

from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, TypeVar

from django.core.management.base import BaseCommand
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _
from rich.progress import track

from enterprises.models import Enterprise, Premises
from enterprises.services.search_index import empty_index, keep_names, keep_spots

CHUNK = 2_000
Row = TypeVar("Row", bound=Model)


class Command(BaseCommand):
    help = _("重建名称查询索引")  # type: ignore[assignment]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from-scratch",
            action="store_true",
            help=_("先清空再重建（拼音库或规则升级之后）；重建期间查不全"),  # type: ignore[arg-type]
        )

    def handle(self, *args: Any, from_scratch: bool, **options: Any) -> None:
        """Without --from-scratch what is missing is added, and nobody notices. Merged subjects stay out."""
        if from_scratch:
            empty_index()
        quiet = options["verbosity"] == 0
        standing = Enterprise.objects.filter(merged_into=None)
        for names in _chunks(standing.only("name", "former_names"), str(_("名称")), quiet):
            with transaction.atomic():
                keep_names(names)
        for places in _chunks(Premises.objects.filter(enterprise__merged_into=None), str(_("位置")), quiet):
            with transaction.atomic():
                keep_spots(places)


def _chunks(rows: "QuerySet[Row]", told: str, quiet: bool) -> Iterator[list[Row]]:
    """The rows, some at a time."""
    ends: list[int] = list(rows.order_by("pk").values_list("pk", flat=True)[CHUNK - 1 :: CHUNK])
    for low, high in track([*pairwise([0, *ends]), (ends[-1] if ends else 0, None)], told, disable=quiet):
        some = rows.filter(pk__gt=low)
        yield list(some if high is None else some.filter(pk__lte=high))

"""Do earlier runs say that they verified what is there?"""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from audit.models import Verification
from audit.proving.discrepancy import Discrepancy
from audit.proving.mark import Mark, read_mark


def marks_altered() -> Iterator[Discrepancy]:
    """Those whose mark lies behind what there is: the run was invented, or what it had verified is gone."""
    house = Mark.of_house()
    for run in Verification.objects.filter(found=0).order_by("pk").iterator():
        mark = read_mark(run)
        if mark is None or not mark.lies_within(house):
            yield Discrepancy(Verification._meta.db_table, str(run.pk), _("称已核验到的，库中并没有"))

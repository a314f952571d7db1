"""The invented city is not carried in beside somebody else's data."""

from enterprises.models import Enterprise
from project.demo import ground


def test_a_database_with_other_peoples_data_is_foreign(db: None) -> None:
    assert not ground.foreign()
    Enterprise.objects.bulk_create(
        [Enterprise(credit_code="91110108551385082Q", name="邢台轴承", region_code="130502")]
    )
    assert ground.foreign()

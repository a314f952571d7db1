"""Which agencies may come to an enterprise at all."""

from project.demo.agencies import AGENCIES, Agency
from project.demo.enterprises import Enterprise


def visitors(*, enterprise: Enterprise) -> list[Agency]:
    """The agencies whose region and business the enterprise is."""
    return [
        agency
        for agency in AGENCIES
        if agency.responsible_for(region_code=enterprise.region_code, industry_code=enterprise.industry_code)
    ]

"""Whom is a complaint about? What somebody has typed or the hotline has written, as the registers have it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from audit.casework import Organ
from audit.problem import Problem
from audit.services.flag import Whose
from enterprises.credit_code import clean, is_credit_code
from enterprises.queries import EnterpriseFacts, enterprises_called
from officers.queries import agencies_called


class NoCreditCode(Problem):
    code, status, title = "complaint-credit-code", 422, _("统一社会信用代码不正确，请核对")


class EnterpriseOutOfReach(Problem):
    code, status, title = "complaint-out-of-reach", 422, _("该企业不在您的地区，被投诉单位也不归您监督")


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """Whom the complainant named: an enterprise by credit code or name, an agency by code or name; each may be empty,
    and `agency` may be the enterprise, where one column of a file is for both."""

    credit_code: str = ""
    enterprise: str = ""
    agency: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """Whom it is about, by value. `unknown`: an agency that was named and stands in no register."""

    whose: Whose
    organ: Organ | None
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Registers:
    """What the registers know of all that was named, asked for once."""

    enterprises: dict[str, EnterpriseFacts]
    agencies: dict[str, Organ]

    def about(self, named: Named, *, region_prefix: str, bureau: str) -> About:
        """As a supervisor of `bureau` in the region `region_prefix` may take it in. What no register knows is kept as
        it was named, in the supervisor's own region.

        Raises NoCreditCode, EnterpriseOutOfReach.
        """
        organ = self.agencies.get(named.agency.strip())
        code = clean(named.credit_code)
        facts = self.enterprises.get(code)
        if code and facts is None and not is_credit_code(code):
            raise NoCreditCode
        facts = facts or self.enterprises.get(named.enterprise.strip())
        unknown = named.agency.strip() if organ is None else ""
        if facts is None and unknown in self.enterprises:
            facts, unknown = self.enterprises[unknown], ""
        if facts is not None:
            ours = bool(region_prefix) and facts.region_code.startswith(region_prefix)
            if not ours and not (organ is not None and organ.supervised_by == bureau):
                raise EnterpriseOutOfReach
            whose = Whose(credit_code=facts.credit_code, enterprise_name=facts.name, region_code=facts.region_code)
        else:
            whose = Whose(credit_code=code, enterprise_name=named.enterprise.strip(), region_code=region_prefix)
        return About(whose=whose, organ=organ, unknown=unknown)


def registers(named: Sequence[Named]) -> Registers:
    """Two statements, however many were named."""
    words = {clean(one.credit_code) for one in named} | {one.enterprise for one in named}
    agencies = {one.agency for one in named}
    return Registers(enterprises_called(words | agencies), organs(agencies))


def organs(words: Collection[str]) -> dict[str, Organ]:
    """The agencies of the register that are meant by their code or full name. One statement."""
    return {
        said: Organ(code=one.code, path=one.path, name=one.name, supervised_by=one.supervised_by)
        for said, one in agencies_called(words).items()
    }

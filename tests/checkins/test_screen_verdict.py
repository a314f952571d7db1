"""Green, yellow, red: the rule itself, over everything that may be."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.facts import Purpose
from checkins.screen import Holder, Stay, Verdict, verdict
from checkins.screen_words import SAID
from officers.reasons import Colour
from officers.rules import CertificateState

holders = st.builds(
    Holder,
    name=st.just("张伟"),
    agency=st.just("襄都区市场监督管理局"),
    certificate_no=st.just("13050200101"),
    photo_sha256=st.just(""),
    certified=st.booleans(),
    valid_from=st.just(date(2020, 1, 1)),
    valid_until=st.just(date(2099, 1, 1)),
    state=st.sampled_from(CertificateState),
    phone_out=st.booleans(),
)
stays = st.builds(
    Stay,
    enterprise=st.just("邢台轴承有限公司"),
    purpose=st.sampled_from([purpose.value for purpose in Purpose]),
    arrived_at=st.just(datetime(2026, 7, 1, tzinfo=UTC)),
    stands=st.booleans(),
    over=st.booleans(),
)


@given(holders, st.none() | stays)
def test_green_is_a_certified_officer_in_office_in_a_visit_that_goes_on_and_nobody_else(
    holder: Holder, stay: Stay | None
) -> None:
    here = stay is not None and stay.stands and not stay.over
    entitled = holder.certified and holder.state is CertificateState.VALID and not holder.phone_out
    assert (verdict(holder, stay).colour is Colour.GREEN) == (here and entitled)


@given(holders, st.none() | stays)
def test_who_may_not_act_at_all_or_was_here_only_is_red(holder: Holder, stay: Stay | None) -> None:
    gone = stay is not None and (stay.over or not stay.stands)
    if holder.state is not CertificateState.VALID or holder.phone_out or gone:
        assert verdict(holder, stay).colour is Colour.RED


@pytest.mark.parametrize("found", list(Verdict))
def test_every_verdict_has_its_words(found: Verdict) -> None:
    assert str(SAID[found].word)
    assert str(SAID[found].advice).endswith("。")

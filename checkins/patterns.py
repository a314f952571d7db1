"""What speaks against the place and time of an officer's scans, seen together: one function for each pattern. Pure.

Each takes the scans in the order of their time. Limits are policy (P): see TrustPolicy.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median

from checkins.policy import CheckinPolicy
from checkins.whereabouts import Seen, Spot, apart, metres

HOUR = timedelta(hours=1)


class Grade(StrEnum):
    A = "A"
    B = "B"
    C = "C"


class Code(StrEnum):
    OUTSIDE = "outside"
    DATUM_SUSPECT = "datum_suspect"
    DATUM_WRONG = "datum_wrong"
    TRAVEL = "travel"
    MOCK = "mock"
    FROZEN = "frozen_fix"
    COPIED = "address_copied"
    TWO_DEVICES = "two_devices"
    BURST = "burst"
    FAR_IN_A_ROW = "far_in_a_row"
    ONE_DESK = "one_desk"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that speaks against a scan. `numbers`: whole numbers and words, for the record; `others`: scans."""

    scan_id: str
    code: Code
    grade: Grade
    said: str
    numbers: Mapping[str, int | str] = field(default_factory=dict, hash=False)
    others: tuple[str, ...] = ()


def _alone(seen: Sequence[Seen], policy: CheckinPolicy) -> Iterator[Finding]:
    """What one scan says by itself."""
    for one in seen:
        if one.mock:
            yield Finding(scan_id=one.scan_id, code=Code.MOCK, grade=Grade.C, said="手机报告定位为模拟定位")
        if not one.outside(policy):
            continue
        told: dict[str, int | str] = {"distance_m": round(one.distance or 0), "accuracy_m": round(one.accuracy_m or 0)}
        if one.reads_as:
            yield Finding(
                scan_id=one.scan_id,
                code=Code.DATUM_SUSPECT,
                grade=Grade.B,
                said=f"定位声明为 {one.declared}，距经营场所 {told['distance_m']} 米；按 {one.reads_as} 解读则在场所",
                numbers={**told, "declared": one.declared, "reads_as": one.reads_as},
            )
        else:
            yield Finding(
                scan_id=one.scan_id,
                code=Code.OUTSIDE,
                grade=Grade.B,
                said=f"定位距登记的经营场所 {told['distance_m']} 米（精度 {told['accuracy_m']} 米），在场所之外",
                numbers=told,
            )


def _datum(seen: Sequence[Seen], policy: CheckinPolicy) -> Iterator[Finding]:
    """The same wrong datum on several of one phone's scans, at sites of their own: no wrong address does that."""
    groups: dict[tuple[int, str, str], list[Seen]] = {}
    for one in seen:
        if one.reads_as and one.outside(policy):
            groups.setdefault((one.device, one.declared, one.reads_as), []).append(one)
    for (_device, declared, reads_as), group in groups.items():
        if len(apart(_sites(group), by=policy.trust.market_m)) < policy.trust.datum_scans:
            continue
        for one in group:
            yield Finding(
                scan_id=one.scan_id,
                code=Code.DATUM_WRONG,
                grade=Grade.C,
                said=f"同一设备 {len(group)} 次扫码的定位声明为 {declared}，按 {reads_as} 解读才在经营场所",
                numbers={"scans": len(group), "declared": declared, "reads_as": reads_as},
                others=_others(group, one),
            )


def _travel(seen: Sequence[Seen], policy: CheckinPolicy) -> Iterator[Finding]:
    """From one scan to the next faster than anybody drives, the accuracy of both given away."""
    for (one, here), (other, there) in pairwise((scan, scan.here) for scan in seen if scan.here):
        far = metres(here, there) - _slack(one, policy) - _slack(other, policy)
        seconds = (other.at - one.at).total_seconds()
        if far <= policy.trust.travel_m or far * 3.6 <= policy.trust.travel_km_h * seconds:
            continue
        for scan, mate in ((one, other), (other, one)):
            yield Finding(
                scan_id=scan.scan_id,
                code=Code.TRAVEL,
                grade=Grade.C,
                said=f"与另一次扫码相隔 {round(seconds)} 秒，却至少相距 {round(far)} 米，"
                f"快于每小时 {policy.trust.travel_km_h:.0f} 公里",
                numbers={"seconds": round(seconds), "distance_m": round(far)},
                others=(mate.scan_id,),
            )


def _slack(one: Seen, policy: CheckinPolicy) -> float:
    return policy.accuracy_limit_m if one.accuracy_m is None else one.accuracy_m


def _frozen(seen: Sequence[Seen], policy: CheckinPolicy) -> Iterator[Finding]:
    """One fix, equal to seven digits, on many scans of more than one enterprise: at one door a phone may cache it."""
    groups: dict[str, list[Seen]] = {}
    for one in seen:
        if one.fix:
            groups.setdefault(one.fix, []).append(one)
    for group in groups.values():
        if len(group) <= policy.trust.frozen_scans or len({one.enterprise for one in group}) < 2:
            continue
        for one in group:
            yield Finding(
                scan_id=one.scan_id,
                code=Code.FROZEN,
                grade=Grade.C,
                said=f"同一定位（七位小数全同）用于 {len(group)} 次扫码",
                numbers={"scans": len(group)},
                others=_others(group, one),
            )


def _copied(seen: Sequence[Seen], policy: CheckinPolicy) -> Iterator[Finding]:
    """The registry's own coordinates as a fix; once may be chance. A subject's place is its own first scan's fix."""
    group = [
        one
        for one in seen
        if not one.enterprise.startswith("S") and (one.distance or 0.0) <= policy.trust.copied_m and one.site
    ]
    several = len({one.fix for one in group}) > 1 and len({one.enterprise for one in group}) > 1
    for one in group:
        yield Finding(
            scan_id=one.scan_id,
            code=Code.COPIED,
            grade=Grade.C if several else Grade.B,
            said=f"{len(group)} 次扫码的定位与登记坐标分毫不差" if several else "定位与登记坐标分毫不差",
            numbers={"scans": len(group)},
            others=_others(group, one) if several else (),
        )


def _two_devices(seen: Sequence[Seen], policy: CheckinPolicy) -> Iterator[Finding]:
    """One officer on two phones within minutes; at one enterprise it may be the spare phone."""
    for place, one in enumerate(seen):
        for other in seen[place + 1 :]:
            if other.at - one.at > policy.trust.devices_apart:
                break
            if other.device == one.device:
                continue
            minutes, same = round((other.at - one.at).total_seconds() / 60), one.enterprise == other.enterprise
            for scan, mate in ((one, other), (other, one)):
                yield Finding(
                    scan_id=scan.scan_id,
                    code=Code.TWO_DEVICES,
                    grade=Grade.B if same else Grade.C,
                    said=f"同一人员 {minutes} 分钟内用两台设备在{'同一' if same else '不同'}企业扫码",
                    numbers={"minutes": minutes},
                    others=(mate.scan_id,),
                )


def _burst(seen: Sequence[Seen], policy: CheckinPolicy) -> Iterator[Finding]:
    """More enterprises an hour than can be inspected; stall by stall in one market it is a sweep."""
    named = [one for one in seen if one.resolved]
    for place, first in enumerate(named):
        hour = [one for one in named[place:] if one.at - first.at < HOUR]
        count = len({one.enterprise for one in hour})
        if count <= policy.trust.burst:
            continue
        sweep = _one_market(hour, policy)
        for one in hour:
            yield Finding(
                scan_id=one.scan_id,
                code=Code.BURST,
                grade=Grade.B if sweep else Grade.C,
                said=f"一小时内扫了 {count} 家企业" + ("，都在一处" if sweep else ""),
                numbers={"enterprises": count},
                others=_others(hour, one),
            )


def _one_market(hour: Sequence[Seen], policy: CheckinPolicy) -> bool:
    """Four in five of the fixes close together, and most of the enterprises there: a few addresses may be wrong."""
    here = [(one, one.here) for one in hour if one.here]
    if not here:
        return False
    middle = median(spot[0] for _one, spot in here), median(spot[1] for _one, spot in here)
    near = [one for one, spot in here if metres(spot, middle) <= policy.trust.market_m + _slack(one, policy)]
    return len(near) * 5 >= len(hour) * 4 and sum(one.inside(policy) for one in near) * 2 > len(hour)


def _far_in_a_row(seen: Sequence[Seen], policy: CheckinPolicy) -> Iterator[Finding]:
    """Far away and sure of it, at one enterprise after the other. A scan that says nothing neither adds nor breaks.

    Places are counted, of the sites and of the fixes: whoever stays in one place is at a desk or in a market.
    """
    run: list[Seen] = []
    for one in [*seen, None]:
        if one is not None and (one.distance is None or (one.far(policy) and not _sure(one, policy))):
            continue
        if one is not None and one.far(policy):
            run.append(one)
            continue
        fixes = [scan.here for scan in run if scan.here]
        if min(len(apart(spots, by=policy.trust.market_m)) for spots in (_sites(run), fixes)) >= (
            policy.trust.far_in_a_row
        ):
            for scan in run:
                yield Finding(
                    scan_id=scan.scan_id,
                    code=Code.FAR_IN_A_ROW,
                    grade=Grade.C,
                    said=f"连续 {len(run)} 次扫码都在登记场所 {policy.far_m:.0f} 米以外，定位精度却好于"
                    f" {policy.trust.far_accuracy_m:.0f} 米",
                    numbers={"scans": len(run), "distance_m": round(scan.distance or 0)},
                    others=_others(run, scan),
                )
        run = []


def _sure(one: Seen, policy: CheckinPolicy) -> bool:
    return one.accuracy_m is not None and one.accuracy_m < policy.trust.far_accuracy_m


def _one_desk(seen: Sequence[Seen], policy: CheckinPolicy) -> Iterator[Finding]:
    """Several sites, far from one another, scanned from one place where hardly any enterprise is: a desk."""
    fixed = [(one, one.here) for one in seen if one.here]
    told: set[str] = set()
    for desk, spot in fixed:
        if desk.scan_id in told or not desk.far(policy):
            continue
        there = [one for one, here in fixed if metres(here, spot) <= policy.trust.desk_m + _slack(one, policy)]
        away = [one for one in there if one.far(policy)]
        count = len(apart(_sites(away), by=policy.far_m))
        really = len({one.enterprise for one in there if one.inside(policy)})
        if count < policy.trust.desk_sites or really * 3 > count:
            continue
        for one in away:
            if one.scan_id not in told:
                yield Finding(
                    scan_id=one.scan_id,
                    code=Code.ONE_DESK,
                    grade=Grade.C,
                    said=f"在同一地点扫了彼此相距 {policy.far_m:.0f} 米以上的 {count} 家企业",
                    numbers={"sites": count},
                    others=_others(away, one),
                )
        told |= {one.scan_id for one in away}


def _sites(scans: Iterable[Seen]) -> list[Spot]:
    return [one.site for one in scans if one.site]


def _others(group: Iterable[Seen], one: Seen) -> tuple[str, ...]:
    return tuple(other.scan_id for other in group if other.scan_id != one.scan_id)


PATTERNS = (_alone, _datum, _travel, _frozen, _copied, _two_devices, _burst, _far_in_a_row, _one_desk)

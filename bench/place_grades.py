"""How well is what bench/place.py makes graded? Recall per pattern over several seeds, and who is suspected wrongly.

    make bench NAME=place
    make bench NAME=place ARGS='--seeds 20 --first 1'

Each officer's scans go to the house's own judge of places (checkins/trust.py) with the policy of the settings, all of
an officer's at once, as they are at the end of the day. Exits with 1 when in any seed fewer than 95 % of the forged
visits are at C, 1 % or more of the honest ones are, or one that has nothing against it but a wrong registered address.
"""

import argparse
import os
from collections import Counter, defaultdict
from collections.abc import Mapping

from bench.place import PATTERNS, Made, generate

os.environ.setdefault("RUQI_ENV", "test")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

FORGED_AT_LEAST, HONEST_BELOW = 0.95, 0.01


def graded(made: list[Made]) -> Mapping[int, str]:
    """The grade of each scan that is not A, by its number."""
    from django.conf import settings

    from checkins.place import Fix, Site, check
    from checkins.trust import grades
    from checkins.whereabouts import measures, seen

    policy = settings.CHECKIN_POLICY
    officers = defaultdict(list)
    for one in made:
        longitude, latitude = one.enterprise.registered
        site = Site(address="", longitude=longitude, latitude=latitude, datum=one.enterprise.datum)
        said = one.fix
        fix = None
        if said is not None:
            fix = Fix(
                longitude=said.longitude,
                latitude=said.latitude,
                datum=said.datum,
                accuracy_m=said.accuracy_m,
                mock=said.mock,
            )
        officers[one.officer].append(
            seen(
                scan_id=str(one.number),
                at=one.at,
                device=one.device,
                credit_code=one.enterprise.code,
                fix=fix,
                measured=measures(check(fix=fix, sites=[site], policy=policy)),
            )
        )
    return {
        int(number): f"{found.grade} {' '.join(found.codes)}"
        for scans in officers.values()
        for number, found in grades(scans, policy=policy).items()
    }


def share(made: list[Made], found: Mapping[int, str], grade: str) -> float:
    """Of these scans, how many have this grade? 0 to 1; 1 for none at all."""
    return sum(found.get(one.number, "A")[0] == grade for one in made) / len(made) if made else 0.0


def measure(seed: int) -> dict[str, tuple[int, float, float]]:
    """By kind, the sums among them: how many scans, the shares at C and at B."""
    made = generate(seed)
    found = graded(made)
    kinds: dict[str, list[Made]] = {}
    for one in made:
        kinds.setdefault(one.kind, []).append(one)
    wrong = [one for one in kinds["honest"] if one.enterprise.wrong_address]
    rows = {
        **{kind: scans for kind, scans in kinds.items() if kind not in {"honest", "bystander"}},
        "forged": [one for one in made if one.kind not in {"honest", "bystander"}],
        "honest": kinds["honest"],
        "of them at a wrong address": wrong,
        "forgers' other scans": kinds["bystander"],
    }
    suspected = Counter(found[one.number] for one in kinds["honest"] if one.number in found)
    print(f"seed {seed}: honest ones by what was found: {dict(suspected.most_common())}", flush=True)
    return {kind: (len(scans), share(scans, found, "C"), share(scans, found, "B")) for kind, scans in rows.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="how many worlds")
    parser.add_argument("--first", type=int, default=1, help="the first world's seed")
    asked = parser.parse_args()
    import django

    django.setup()
    found = [measure(seed) for seed in range(asked.first, asked.first + asked.seeds)]
    assert len(found[0]) == len(PATTERNS) + 4
    print(f"\n| {'kind':<27} | scans | at C, mean | at C, worst | at B, mean |\n|{'-' * 29}|---|---|---|---|")
    for kind in found[0]:
        scans, sure, odd = zip(*(one[kind] for one in found), strict=True)
        worst = max(sure) if kind in {"honest", "of them at a wrong address", "forgers' other scans"} else min(sure)
        print(
            f"| {kind:<27} | {sum(scans) // len(scans)} | {sum(sure) / len(sure):.1%} | {worst:.1%} |"
            f" {sum(odd) / len(odd):.1%} |"
        )
    missed = [
        f"seed {asked.first + place}: {what}"
        for place, one in enumerate(found)
        for what, bad in (
            (f"{one['forged'][1]:.1%} of the forged at C", one["forged"][1] < FORGED_AT_LEAST),
            (f"{one['honest'][1]:.1%} of the honest at C", one["honest"][1] >= HONEST_BELOW),
            ("a wrong address alone at C", one["of them at a wrong address"][1] > 0),
        )
        if bad
    ]
    if missed:
        raise SystemExit("\n".join(missed))


if __name__ == "__main__":
    main()

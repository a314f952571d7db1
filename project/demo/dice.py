"""Where chance comes from: one stream per noun, so that a change to one noun leaves the others as they were."""

import random


def dice(*, seed: int, noun: str) -> random.Random:
    """The noun's own stream of chance; equal seed and noun give equal throws on every machine."""
    return random.Random(f"{seed}:{noun}")  # noqa: S311 - a demo city, no secrets

"""Chance that is the same everywhere: streams of random numbers by name."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def stream(*name: object) -> random.Random:
    """Random numbers that depend on `name` alone, in every process (hash() would not do)."""
    return random.Random("/".join(map(str, name)))


def poisson(rng: random.Random, mean: float) -> int:
    """A count whose expectation is `mean`."""
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def shuffled(rng: random.Random, items: Sequence[T]) -> list[T]:
    """The items in another order."""
    return rng.sample(list(items), len(items))

"""All mutators, and the mutation that a number stands for under a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

from scrapers.targets import PageKind
from tests.mutations import blocks, cuts, encodings, foreign, markup, scripts, sizes, values
from tests.mutations.contract import Mutated, Mutator
from tests.mutations.sources import Source

MUTATORS: tuple[Mutator, ...] = (
    *cuts.MUTATORS,
    *blocks.MUTATORS,
    *values.MUTATORS,
    *sizes.MUTATORS,
    *encodings.MUTATORS,
    *scripts.MUTATORS,
    *markup.MUTATORS,
    *foreign.MUTATORS,
)
# A match page holds most of what there is to break, and takes the longest to read.
_WEIGHTS = {PageKind.MATCH_CENTRE: 3}
_SMALLER_SHARE = {"size": 0.5, "foreign": 0.5, "values": 2.0, "blocks": 1.5}
_TRIES = 40


@dataclass(frozen=True, slots=True)
class Mutation:
    """A damaged page, and what was done to which."""

    source: Source
    mutator: Mutator
    mutated: Mutated


def mutation(seed: int | str, number: int, sources: dict[PageKind, list[Source]]) -> Mutation:
    """The mutation of a number; the same under the same seed, on any machine."""
    rng = random.Random(f"{seed}/{number}")
    kinds = list(PageKind)
    shares = [_SMALLER_SHARE.get(one.group, 1.0) for one in MUTATORS]
    for _ in range(_TRIES):
        (kind,) = rng.choices(kinds, [_WEIGHTS.get(one, 1) for one in kinds])
        source = rng.choice(sources[kind])
        (mutator,) = rng.choices(MUTATORS, shares)
        mutated = mutator.make(rng, source)
        if mutated is not None and mutated.html != source.html:
            return Mutation(source, mutator, mutated)
    raise AssertionError(f"no mutator of {_TRIES} fits: seed {seed}, page {number}")

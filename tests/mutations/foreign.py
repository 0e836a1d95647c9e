"""Whole pages that are not the one that was asked for, and pages with another's parts."""

from __future__ import annotations

import random
from functools import cache

from scrapers.targets import PageKind, Target
from tests.mutations.contract import Contract, Mutated, Mutator
from tests.mutations.sources import Source, page
from tests.site.world import STAGES
from tests.support.site_pages import site

_ERRORS = (
    "", " ", "\0", "<html></html>", "<html><head></head><body></body></html>",
    "<html><body>" + " " * 200 + "</body></html>",
    "<html><title>502 Bad Gateway</title><body><h1>502 Bad Gateway</h1></body></html>" + " " * 99,
    "<html><body><pre>{}</pre></body></html>" + " " * 90,
    "<html><body><pre>[]</pre></body></html>" + " " * 90,
    "<html><body><pre>null</pre></body></html>" + " " * 90,
    "<html><body><pre>{\"tournaments\":null}</pre></body></html>" + " " * 90,
    "<html><body><pre>{\"tournaments\":{}}</pre></body></html>" + " " * 90,
    "<html><body><iframe src='/_Incapsula_Resource?incident_id=1-2'></iframe></body></html>",
    "<html><title>Just a moment...</title><body>" + "x" * 200 + "</body></html>",
)  # fmt: skip


@cache
def _others() -> dict[PageKind, list[Target]]:
    matches = [m for m in site().world.matches() if m.status == "finished" and m.has_match_centre]
    chosen = matches[1:60:9]
    stage, months = STAGES[0].id, ("202208", "202209", "202211")
    return {
        PageKind.MATCH_CENTRE: [Target.match_centre(m.id) for m in chosen],
        PageKind.MATCH_PREVIEW: [Target.of(PageKind.MATCH_PREVIEW, match_id=m.id) for m in chosen],
        PageKind.MATCH_REPORT: [Target.of(PageKind.MATCH_REPORT, match_id=m.id) for m in chosen],
        PageKind.SCHEDULE: [Target.schedule(stage, month) for month in months],
        PageKind.TOURNAMENTS: [Target.of(PageKind.TOURNAMENTS)],
    }


def _of_another(rng: random.Random, source: Source) -> Mutated | None:
    """The page of another target of the kind: its ids are not those asked for."""
    there = [one for one in _others().get(source.target.page_kind, []) if one != source.target]
    # Of months the site may list a match that was put off in both.
    if not there or source.target.page_kind is PageKind.TOURNAMENTS:
        return None
    return Mutated(page(rng.choice(there)))


def _of_another_kind(rng: random.Random, source: Source) -> Mutated | None:
    kind = source.target.page_kind
    kinds = [one for one in _others() if one is not kind]
    # The menu of tournaments stands on every page.
    if kind is PageKind.TOURNAMENTS:
        return None
    return Mutated(page(rng.choice(_others()[rng.choice(kinds)])))


def _error_page(rng: random.Random, source: Source) -> Mutated:
    return Mutated(rng.choice(_ERRORS).encode())


def _tail_of_another(rng: random.Random, source: Source) -> Mutated | None:
    """The head of the page and the tail of another: two answers that were mixed up."""
    there = [one for one in _others().get(source.target.page_kind, []) if one != source.target]
    if not there:
        return None
    other = page(rng.choice(there)).decode()
    text = source.text
    at = rng.random()
    return Mutated((text[: int(len(text) * at)] + other[int(len(other) * at) :]).encode())


EXACT, ANY = Contract.EXACT, Contract.ANY
MUTATORS = (
    Mutator("foreign", "the page of another target", EXACT, _of_another),
    Mutator("foreign", "a page of another kind", EXACT, _of_another_kind),
    Mutator("foreign", "an error page, an empty one", EXACT, _error_page),
    Mutator("foreign", "head and tail of two pages", ANY, _tail_of_another),
)

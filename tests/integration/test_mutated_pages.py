"""Some hundred damaged pages of all kinds; `make mutations` reads ten thousand."""

from __future__ import annotations

import logging
import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from scrapers.settings import ROOT
from scrapers.targets import PageKind, Target
from tests.mutations.catalogue import MUTATORS, mutation
from tests.mutations.children import read_all
from tests.mutations.contract import Contract, wrongs
from tests.mutations.invariants import broken
from tests.mutations.landing import LANDED, Warehouse, rounds
from tests.mutations.reading import CRASH, DEFECT, HANG, OTHER, Result
from tests.mutations.report import table, violations
from tests.mutations.sources import Source, page, sources
from tests.support.rows import match_rows, new_batch, put

PAGES = 100
Pages = dict[PageKind, list[Source]]


@pytest.fixture(scope="module")
def pages() -> Pages:
    captured = ROOT.parent / "shared" / "data" / "whoscored"
    return sources(captured if captured.is_dir() else None)


# Known seeds: a release does not hang on the dice. `make mutations` throws them.
# `make test` reads the pages of one of them; those of the other prove the same, in `make test-all`.
@pytest.mark.parametrize("seed", [20221015, pytest.param(20230528, marks=pytest.mark.long)])
def test_damaged_pages_give_right_rows_or_a_named_failure(
    seed: int, pages: Pages, tmp_path: Path, engine: Engine, make_settings: Any
) -> None:
    """On a failure: python -m tests.mutations --seed … --only …, as the message says."""
    print(f"seed {seed}")
    results = sorted(read_all(seed, range(PAGES), pages, tmp_path), key=lambda one: one.number)
    assert [one.number for one in results] == list(range(PAGES))
    assert len({one.kind for one in results}) == len(PageKind)
    others = [one for one in results if one.outcome == OTHER]
    warehouse = Warehouse(make_settings(), engine)
    fates = {
        fate.number: fate
        for number, together in enumerate(rounds(others, mixed=True))
        for fate in warehouse.judge(together, again=number % 2 == 1)
    }
    assert fates.keys() == {one.number for one in others}
    found = violations(results, fates)
    again = "\n".join(
        f"python -m tests.mutations --seed {seed} --only {one.number}: {one.what}" for one in found
    )
    assert not found, again
    assert table(results, fates).count("\n") > 20


def test_a_number_under_a_seed_is_always_the_same_page(pages: Pages) -> None:
    for number in range(20):
        first, second = (mutation(7, number, pages) for _ in range(2))
        assert first.mutated == second.mutated
        assert first.mutator.name == second.mutator.name
    assert mutation(8, 0, pages).mutated != mutation(7, 0, pages).mutated


def test_no_two_mutators_have_the_same_name() -> None:
    assert len({(one.group, one.name) for one in MUTATORS}) == len(MUTATORS)


# The harness itself: what may not be is noticed.


def result(number: int, outcome: str = OTHER, **changes: Any) -> Result:
    return Result(number, "match_centre", "t", "g", "m", outcome, **changes)


def test_crashes_hangs_slow_and_large_pages_are_violations() -> None:
    bad = [
        *(result(1, CRASH), result(2, HANG), result(3, DEFECT)),
        result(4, "LayoutChanged", seconds=99),
        result(5, "LayoutChanged", peak=2 * 10**9),
    ]
    found = violations([*bad, result(6, "TargetAbsent")], {})
    assert [one.number for one in found] == [1, 2, 3, 4, 5]


def test_a_reader_that_fails_is_named_with_its_page(
    pages: Pages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: object, **more: object) -> None:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr("tests.mutations.reading.read_page", fail)
    found = list(read_all(7, range(3), pages, tmp_path))
    assert {(one.outcome, "on purpose" in one.detail) for one in found} == {(CRASH, True)}
    assert {one.number for one in found} == {0, 1, 2}


def test_a_page_that_takes_too_long_is_killed_and_named(
    pages: Pages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.mutations.children.WALL_SECONDS", 1.0)
    monkeypatch.setattr(
        "tests.mutations.reading.read_page", lambda *a, **k: [0 for _ in iter(int, 1)]
    )
    (found,) = read_all(7, [0], pages, tmp_path)
    assert found.outcome == HANG


@pytest.mark.parametrize(
    ("contract", "change", "is_wrong"),
    [
        (Contract.EXACT, {"name": None}, True),
        (Contract.LOSSY, {"name": None}, False),
        (Contract.LOSSY, {"name": "Else"}, True),
        (Contract.MOVED, {"name": "Rayo Vallecano"}, False),
        (Contract.MOVED, {"name": "Else"}, True),
        (Contract.SAID, {"name": "Else"}, False),
        (Contract.SAID, {"name": "Nobody"}, True),
        (Contract.ANY, {"name": "Nobody"}, False),
    ],
)
def test_rows_are_held_against_what_a_mutation_can_do(
    contract: Contract, change: dict[str, Any], is_wrong: bool
) -> None:
    truth = {"team": match_rows(7)["team"]}
    rows = {"team": [{**truth["team"][0], **change}, truth["team"][1]]}
    said = ["Else"] if contract is Contract.SAID else []
    assert bool(wrongs(rows, truth, contract, said)) is is_wrong
    assert wrongs(truth, truth, contract, []) == []
    fewer = wrongs({"team": truth["team"][:1]}, truth, contract, [])
    assert bool(fewer) is (contract is Contract.EXACT)


def test_sql_of_its_own_finds_what_a_blind_gate_lets_through(
    engine: Engine, make_settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A score that its goals do not give, landed by a gate that lets all pass."""
    import pickle

    from scrapers.quality import gate

    warehouse = Warehouse(make_settings(), engine)
    good = next(one for one in sources(None)[PageKind.MATCH_CENTRE] if one.readable)
    rows = pickle.loads(pickle.dumps(good.truth))
    rows["match"][0]["home_score"] += 1
    file = tmp_path / "rows"
    file.write_bytes(pickle.dumps(rows))
    one = Result(1, "match_centre", good.target.key, "g", "m", OTHER, rows=file)
    (caught,) = warehouse.judge([one])
    assert caught.fate != LANDED
    monkeypatch.setattr(
        gate, "judge", lambda e, b, staged, s: gate.Verdict(tuple(staged), {}, None)
    )
    (fate,) = warehouse.judge([one])
    assert fate.fate == LANDED
    assert any("score is that of its goals" in what for what in fate.violations)
    with engine.connect() as connection:
        assert len(broken(connection)) == 1


def test_a_name_that_no_index_takes_is_put_aside_and_never_an_outage(
    engine: Engine, make_settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    from scrapers.errors import InvalidBatch
    from scrapers.quality.gate import judge
    from scrapers.warehouse.landing import land

    target = Target.of(PageKind.TOURNAMENTS)
    rows = Source(target, page(target)).truth
    alphabet = random.Random(1)
    long = "".join(chr(alphabet.randrange(0x4E00, 0x9FFF)) for _ in range(20_000))
    changed = {**rows, "competition": [{**rows["competition"][0], "name": long}]}
    staged = put(engine, target, changed)
    with pytest.raises(InvalidBatch, match="too long for an index"):
        land(engine, new_batch(engine), [staged])
    caplog.set_level(logging.ERROR, logger="scrapers")
    verdict = judge(engine, new_batch(engine), [staged], make_settings())
    assert verdict.good == ()
    (why,) = verdict.bad[target.key]
    assert why["what"] == "name has lost no letter, and has at most 300"

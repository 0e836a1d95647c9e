"""What a selector text read that is replaced or taken back in the middle of a batch never lands."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, update

from scrapers.errors import WarehouseUnavailable
from scrapers.parsing import registry
from scrapers.parsing.load import load
from scrapers.pipeline.intervals import parse_day
from scrapers.pipeline.publish import publish
from scrapers.quality import gate
from scrapers.settings import ROOT
from scrapers.targets import PageKind, Target
from scrapers.tasks.tools import Tools
from scrapers.warehouse import ledger
from scrapers.warehouse.ops_tables import BatchRow, TargetRow
from scrapers.warehouse.records import State
from scrapers.warehouse.tables import Match
from scrapers.whoscored.needs import unmet
from tests.site.world import World
from tests.support.archived import fetched, land_pages, open_for_fetch, parse_all
from tests.support.gates import lighten

KIND = PageKind.MATCH_CENTRE
NAME = "match_centre/2022-08"
WORLD = World()
MATCHES = [
    match
    for match in WORLD.matches_on(parse_day("2022-08-13"))
    if match.status == "finished" and match.has_match_centre
][:3]
TARGETS = [Target.match_centre(match.id) for match in MATCHES]
FIRST, SECOND, THIRD = TARGETS
GOOD = (ROOT / "selectors/whoscored" / f"{NAME}.yaml").read_text(encoding="utf-8")
_VENUE = "path: matchCentreData.venueName"
WRONG = GOOD.replace(_VENUE, "path: matchCentreData.home.name")
ALSO_WRONG = GOOD.replace(_VENUE, "path: matchCentreData.away.name")
# Of a layout that stands beside the other one.
BESIDE = GOOD.replace(_VENUE, "path: matchCentreData.stadium").replace(
    "version: 2022-08", "version: 2022-09"
)
assert len({GOOD, WRONG, ALSO_WRONG, BESIDE}) == 4


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what the gate judges, only a part."""
    lighten(monkeypatch, "event")


@pytest.fixture
def tools(tools: Tools) -> Tools:
    """Which look at each call whether another text is in force."""
    tools.selectors._look_every = 0
    tools.selectors.for_kind(KIND)
    return tools


def promote(engine: Engine, text: str, name: str = NAME) -> None:
    path = Path("given", f"{name}.yaml")
    registry.promote(engine, load(path, unmet, text.encode()), text.encode(), "Ada")


def page_of(target: Target) -> bytes:
    page = WORLD.page(int(target.ids[0]))
    assert page is not None
    return page


def read(tools: Tools, pages: dict[Target, bytes]) -> UUID:
    """A batch whose pages are fetched and read."""
    batch_id = open_for_fetch(tools.engine, *pages)
    for target, html in pages.items():
        fetched(tools, target, html)
    parse_all(tools)
    return batch_id


def row(engine: Engine, target: Target) -> Any:
    with engine.connect() as connection:
        query = select(TargetRow.__table__).where(TargetRow.target_key == target.key)
        return connection.execute(query).one()


def states(engine: Engine, *targets: Target) -> list[str]:
    return [row(engine, target).state for target in targets]


def venues(engine: Engine) -> dict[int, str]:
    with engine.connect() as connection:
        rows = connection.execute(select(Match.match_id, Match.venue_name)).all()
    return {row.match_id: row.venue_name for row in rows}


def true_venues(*targets: Target) -> dict[int, str]:
    names = {match.id: match.home.venue for match in MATCHES}
    return {int(target.ids[0]): names[int(target.ids[0])] for target in targets}


def test_what_was_read_by_a_text_that_is_promoted_anew_is_read_again_before_it_lands(
    tools: Tools, engine: Engine
) -> None:
    promote(engine, WRONG)
    batch_id = read(tools, {target: page_of(target) for target in TARGETS})
    assert states(engine, *TARGETS) == [State.PARSED] * 3
    promote(engine, GOOD)
    # The batch waits for them again, as it waits for any page, and the workers are given them.
    assert states(engine, *TARGETS) == [State.ARCHIVED] * 3
    assert not ledger.progress(engine, batch_id).done
    assert sorted(parse_all(tools)) == sorted(target.key for target in TARGETS)
    assert publish(engine, batch_id, tools.settings).states == {"landed": 3}
    assert venues(engine) == true_venues(*TARGETS)
    assert {row(engine, target).attempts for target in TARGETS} == {1}


def test_what_was_read_by_a_text_that_is_taken_back_is_read_again_before_it_lands(
    tools: Tools, engine: Engine
) -> None:
    promote(engine, WRONG)
    batch_id = read(tools, {FIRST: page_of(FIRST)})
    registry.roll_back(engine, KIND, "Ada")
    assert states(engine, FIRST) == [State.ARCHIVED]
    parse_all(tools)
    assert publish(engine, batch_id, tools.settings).states == {"landed": 1}
    assert venues(engine) == true_venues(FIRST)


def test_what_is_read_again_while_the_batch_is_looked_at_lands_with_it(
    tools: Tools, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its only page is not staged when the batch is looked at, and is a moment later."""
    promote(engine, WRONG)
    batch_id = read(tools, {FIRST: page_of(FIRST)})
    promote(engine, GOOD)
    read_anew = registry.read_anew

    def a_worker_is_done_before(*given: Any) -> Any:
        parse_all(tools)
        return read_anew(*given)

    monkeypatch.setattr(registry, "read_anew", a_worker_is_done_before)
    with pytest.raises(WarehouseUnavailable, match="1 pages are read anew"):
        publish(engine, batch_id, tools.settings)
    with engine.connect() as connection:
        assert connection.scalar(select(BatchRow.state)) == ledger.OPEN
    assert publish(engine, batch_id, tools.settings).states == {"landed": 1}
    assert venues(engine) == true_venues(FIRST)


def test_a_version_beside_it_another_kind_and_what_has_landed_are_not_read_again(
    tools: Tools, engine: Engine
) -> None:
    promote(engine, BESIDE, "match_centre/2022-09")
    promote(engine, WRONG)
    assert land_pages(tools, {THIRD: page_of(THIRD)}).states == {"landed": 1}
    beside = page_of(SECOND).replace(b'"venueName"', b'"stadium"')
    month = f"{MATCHES[0].kickoff_utc:%Y%m}"
    feed = Target.schedule(MATCHES[0].stage_id, month)
    listed = WORLD.feed(MATCHES[0].stage_id, month).decode()
    told = listed.replace("&", "&amp;").replace("<", "&lt;")
    html = f"<html><head></head><body><pre>{told}</pre></body></html>".encode()
    batch_id = read(tools, {FIRST: page_of(FIRST), SECOND: beside, feed: html})
    before = {target: row(engine, target) for target in (SECOND, THIRD, feed)}
    assert before[SECOND].selector_version == "match_centre/2022-09"
    promote(engine, GOOD)
    assert states(engine, FIRST) == [State.ARCHIVED]
    assert {target: row(engine, target) for target in before} == before
    assert parse_all(tools) == [FIRST.key]
    assert publish(engine, batch_id, tools.settings).states == {"landed": 3}
    right = true_venues(FIRST, SECOND)
    assert {key: name for key, name in venues(engine).items() if key in right} == right


def test_what_a_worker_read_that_had_not_heard_of_the_promotion_is_read_again(
    tools: Tools, engine: Engine
) -> None:
    promote(engine, WRONG)
    tools.selectors.for_kind(KIND)
    tools.selectors._look_every = 3600.0
    tools.selectors.for_kind(KIND)
    batch_id = open_for_fetch(engine, FIRST, SECOND)
    fetched(tools, FIRST, page_of(FIRST))
    fetched(tools, SECOND, page_of(SECOND))
    promote(engine, GOOD)
    parse_all(tools)
    assert states(engine, FIRST, SECOND) == [State.PARSED] * 2
    for _ in range(2):  # killed and called again, or called before they are read
        with pytest.raises(WarehouseUnavailable, match="2 pages are read anew before they land"):
            publish(engine, batch_id, tools.settings)
        assert states(engine, FIRST, SECOND) == [State.ARCHIVED] * 2
        assert venues(engine) == {}
    tools.selectors._look_every, tools.selectors._next_look = 0, 0
    parse_all(tools)
    assert publish(engine, batch_id, tools.settings).states == {"landed": 2}
    assert venues(engine) == true_venues(FIRST, SECOND)


@pytest.mark.parametrize("is_read_at_once", [False, True])
def test_a_promotion_while_the_gate_judges_holds_what_it_replaces_and_lands_the_rest(
    tools: Tools, engine: Engine, monkeypatch: pytest.MonkeyPatch, is_read_at_once: bool
) -> None:
    """Whether a worker has read it again by the time of the landing or not, it lands later."""
    promote(engine, BESIDE, "match_centre/2022-09")
    promote(engine, WRONG)
    beside = page_of(SECOND).replace(b'"venueName"', b'"stadium"')
    batch_id = read(tools, {FIRST: page_of(FIRST), SECOND: beside})
    texts = [ALSO_WRONG, GOOD]
    judge = gate.judge

    def judge_and_promote(*arguments: Any) -> gate.Verdict:
        verdict = judge(*arguments)
        if texts:
            promote(engine, texts.pop(0))
            if is_read_at_once:
                parse_all(tools)
        return verdict

    monkeypatch.setattr(gate, "judge", judge_and_promote)
    tries = 0
    while True:  # a promotion after a promotion: each is waited for, and the end comes
        tries += 1
        assert tries < 10
        try:
            summary = publish(engine, batch_id, tools.settings)
        except WarehouseUnavailable:
            assert FIRST.ids[0] not in map(str, venues(engine))
            parse_all(tools)
            continue
        break
    assert tries == 3
    assert summary.states == {"landed": 2}
    assert venues(engine) == true_venues(FIRST, SECOND)


def test_what_nobody_waits_for_stays_and_rows_of_an_unknown_text_land(
    tools: Tools, engine: Engine
) -> None:
    promote(engine, WRONG)
    forgotten = read(tools, {FIRST: page_of(FIRST)})
    ledger.close_batch(engine, forgotten, ledger.FAILED, {"failure": "stopped"})
    batch_id = read(tools, {SECOND: page_of(SECOND)})
    with engine.begin() as connection:
        connection.execute(
            update(TargetRow)
            .where(TargetRow.target_key == SECOND.key)
            .values(staged_sha256=None)  # staged by the release before
        )
    promote(engine, GOOD)
    assert states(engine, FIRST, SECOND) == [State.PARSED] * 2
    assert publish(engine, batch_id, tools.settings).states == {"landed": 1}
    # Asked for again, the forgotten one starts over, and nothing of its past is waited for.
    again = open_for_fetch(engine, FIRST)
    assert row(engine, FIRST).staged_sha256 is None
    fetched(tools, FIRST, page_of(FIRST))
    parse_all(tools)
    assert publish(engine, again, tools.settings).states == {"landed": 1}
    assert venues(engine)[MATCHES[0].id] == MATCHES[0].home.venue

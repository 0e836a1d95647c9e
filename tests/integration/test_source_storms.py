"""Requests stay under their bounds, whatever the site does: counted at the site itself.

The workers' own code runs against the stand-in site, with PostgreSQL and Redis; only the browser
is a plain HTTP client here (tests/e2e/test_source_way.py has real ones), and the hours pass by
moving what is stored. The bounds are those of docs/source.md.
"""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from sqlalchemy import Engine, func, select, text, update

from scrapers.browser.session import LoadedPage
from scrapers.errors import (
    BrowserUnavailable,
    ConfigInvalid,
    LayoutChanged,
    SourceRefused,
    SourceUnavailable,
    TargetAbsent,
    WarehouseUnavailable,
)
from scrapers.pipeline.completeness import check_completeness
from scrapers.pipeline.follow import follow, followed
from scrapers.pipeline.intervals import Interval
from scrapers.pipeline.not_there import not_there
from scrapers.pipeline.plan import plan
from scrapers.pipeline.reasons import RECHECK
from scrapers.pipeline.reparse import choose
from scrapers.pipeline.reparse_request import ReparseRequest
from scrapers.pipeline.request import Request
from scrapers.targets import SOURCE, PageKind, Target
from scrapers.tasks import fetching
from scrapers.tasks.fetching import fetch_target
from scrapers.tasks.patience import patiently
from scrapers.tasks.tools import Tools
from scrapers.warehouse import holding, landing, ledger, sending, source
from scrapers.warehouse.gaps import open_gaps
from scrapers.warehouse.health_tables import GapRow, RequestHourRow
from scrapers.warehouse.ops_tables import FailureRow, TargetRow
from scrapers.warehouse.records import BatchKey, PlannedTarget, State
from scrapers.warehouse.tables import Competition
from tests.site.captured import Captured
from tests.site.faults import Fault
from tests.site.server import serving
from tests.site.state import State as Site
from tests.site.world import World
from tests.support.archived import parse_all
from tests.support.rows import STAGE, feed_rows, new_batch, put
from tests.support.source import pass_time

MATCHES = [m.id for m in World().matches() if m.status == "finished" and m.has_match_centre][:60]
STEP = timedelta(seconds=15)
WORKERS = 4
MANY, COUNT = len(MATCHES), 24  # matches of a night; more than most bounds allow requests


class PlainBrowser:
    """Asks once, as a browser does, and keeps to the time it is given."""

    def __init__(self, night: Night) -> None:
        self.night = night

    def prepare(self, *_: Any, **__: Any) -> None:
        """There is nothing to prepare."""

    def close(self) -> None:
        """There is nothing to close."""

    def load(self, url: str, _: Any) -> LoadedPage:
        status = 200
        try:
            with urllib.request.urlopen(url, timeout=self.night.patience) as answer:
                html = answer.read()
        except urllib.error.HTTPError as error:
            status, html = error.code, error.read()
        except OSError as error:
            raise SourceUnavailable(f"no answer ({type(error).__name__})") from error
        return LoadedPage(html, url, "", status, datetime.now(UTC), 0.1, True, "plain 1", "none")


class Night:
    """A batch of matches, workers that fetch what is due, and the site's log.

    Attributes:
        patience: seconds that a browser waits for a page.
        browser: makes a worker's browser, when its worker fetches its first page.
    """

    patience = 10.0
    browser: type[PlainBrowser] = PlainBrowser

    def __init__(self, engine: Engine, settings: Any, site: Site, matches: int) -> None:
        self.engine, self.settings, self.site = engine, settings, site
        self._local = threading.local()
        self.batch = self.plan("night", MATCHES[:matches])

    def plan(self, name: str, match_ids: list[int]) -> Any:
        planned = [PlannedTarget(Target.match_centre(number), "new") for number in match_ids]
        key = BatchKey("whoscored_nightly", name, PageKind.MATCH_CENTRE)
        return ledger.open_batch(self.engine, key, planned, None)

    def _work(self, key: str) -> None:
        if not hasattr(self._local, "tools"):
            self._local.tools = Tools(self.settings)
            self._local.tools._browser = self.browser(self)
        fetch_target(self._local.tools, key, uuid4())

    def fault(self, pattern: str, kind: str, **options: Any) -> None:
        self.site.faults.add(Fault.of({"pattern": pattern, "kind": kind, **options}))

    def pass_hours(self, hours: float, step: timedelta = STEP) -> int:
        """Let the workers go on for so long; the requests at the site meanwhile."""
        before = len(self.site.requests())
        passed = timedelta()
        with ThreadPoolExecutor(WORKERS) as pool:
            while passed < timedelta(hours=hours):
                due = sending.to_send(self.engine, State.PLANNED, 200)
                list(pool.map(self._work, due))
                moved = step if due else max(step, self._until_due())
                moved = min(moved, timedelta(hours=hours) - passed + step)
                pass_time(self.engine, moved)
                passed += moved
        return len(self.site.requests()) - before

    def _until_due(self) -> timedelta:
        with self.engine.connect() as connection:
            due = connection.scalar(
                select(func.min(TargetRow.due_at) - func.now()).where(
                    TargetRow.state == State.PLANNED
                )
            )
        return due if due is not None else timedelta(hours=1)

    def states(self) -> dict[State, int]:
        return ledger.progress(self.engine, self.batch).by_state


@pytest.fixture
def night(engine: Engine, make_settings: Any, request: pytest.FixtureRequest) -> Iterator[Night]:
    """A night of `COUNT` matches, or of as many as the parameter says."""
    site = Site(World(), Captured({}))
    with serving(site) as port:
        settings = make_settings(
            base_url=f"http://127.0.0.1:{port}",
            allowed_hosts="127.0.0.1",
            page_interval_seconds=0,  # every worker as fast as it can: the worst that may come
        )
        yield Night(engine, settings, site, getattr(request, "param", COUNT))


def counted(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(select(func.sum(RequestHourRow.requests))) or 0)


def test_refused_for_a_day_it_is_asked_a_handful_of_times(night: Night) -> None:
    night.fault("", "refuse")
    asked = night.pass_hours(24)
    # One page a worker that was under way, then one after 15, 60, 195 minutes and each 6 hours.
    assert asked <= WORKERS + 3 + 24 / 6
    assert counted(night.engine) == asked, "what is counted is what the site saw"
    states = night.states()
    assert set(states) == {State.BLOCKED}, "the run was told after its patience"
    assert states[State.BLOCKED] == COUNT
    ledger.close_batch(night.engine, night.batch, ledger.FAILED, {})
    with night.engine.connect() as connection:
        classes = connection.execute(
            select(GapRow.failure_class, func.count()).group_by(GapRow.failure_class)
        ).all()
    assert [tuple(one) for one in classes] == [("SourceRefused", COUNT)]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("status", {"status": 503}),
        # Other ways to the same failure class.
        pytest.param("slow", {"seconds": 0.6}, marks=pytest.mark.long),
        pytest.param("drop", {}, marks=pytest.mark.long),
    ],
)
def test_out_for_hours_it_is_asked_four_times_an_hour(
    night: Night, kind: str, options: dict[str, Any]
) -> None:
    night.fault("", kind, **options)
    if kind == "slow":
        night.patience = 0.3
    first = night.pass_hours(1)
    # The pages whose failure told, those under way then, the pauses of 30 s to 15 min, and a
    # spare one for where the hours are cut.
    assert first <= night.settings.outage_failures + WORKERS - 1 + 5 + 3
    assert night.pass_hours(4) <= 4 * 4 + 1
    assert counted(night.engine) == len(night.site.requests())
    # Nobody has lost an attempt but those that failed before it was known.
    with night.engine.connect() as connection:
        attempts = connection.scalars(select(TargetRow.attempts)).all()
    assert sum(attempts) <= night.settings.outage_failures
    assert night.states()[State.PLANNED] == COUNT, "they wait in the ledger"
    # It comes back within the patience: all are there, none is a gap.
    night.site.faults.clear()
    night.patience = Night.patience
    night.pass_hours(0.7)
    assert night.states() == {State.ARCHIVED: COUNT}


def test_out_for_longer_than_a_run_waits_the_run_is_told(night: Night) -> None:
    night.fault("", "status", status=502)
    night.pass_hours(6.5)
    assert night.states() == {State.BLOCKED: COUNT}
    with night.engine.connect() as connection:
        details = set(connection.scalars(select(TargetRow.failure_detail)))
    assert all("has been out since" in detail for detail in details if "502" not in detail[:25])
    # A run of later is told at once, without a request, while the pause is on.
    before = len(night.site.requests())
    night.engine.dispose()
    night.batch = night.plan("next", MATCHES[:5])
    night.pass_hours(0.01)
    assert len(night.site.requests()) - before <= 1


@pytest.mark.parametrize("night", [MANY], indirect=True)
def test_a_source_that_flaps_is_asked_less_and_less(night: Night) -> None:
    """Each time that it has answered a few pages it refuses the next one."""
    asked = 0
    for _ in range(24):
        night.site.faults.clear()
        # Two pages are right, and whatever comes after them is refused.
        passed = iter(range(2))
        strike = night.site.faults.strike
        night.site.faults.strike = lambda path, p=passed, s=strike: (  # type: ignore[method-assign]
            None if next(p, None) is not None else Fault.of({"kind": "refuse"})
        )
        asked += night.pass_hours(1)
        night.site.faults.strike = strike  # type: ignore[method-assign]
    # Without the memory of pauses it would be 4 pauses an hour with up to 2 + WORKERS pages each.
    pauses = 3 + 24 / 6
    assert asked <= (2 + WORKERS) * (pauses + 1)


def test_a_page_that_fails_for_ever_costs_its_tries_and_pauses_nobody(night: Night) -> None:
    bad = MATCHES[:3]
    for number in bad:
        night.fault(f"/matches/{number}/", "status", status=500)
    asked = night.pass_hours(1)
    tries = SourceUnavailable.retry.max_attempts
    assert asked == COUNT - len(bad) + len(bad) * tries
    assert night.states() == {State.ARCHIVED: COUNT - len(bad), State.BLOCKED: len(bad)}
    with night.engine.connect() as connection:
        assert not connection.scalar(text("SELECT sum(pauses) FROM ops.source_state"))
        assert connection.scalar(select(func.count()).select_from(FailureRow)) == len(bad) * tries


def test_a_page_that_kills_its_browser_costs_its_tries_and_no_more(night: Night) -> None:
    bad = MATCHES[:3]

    away = iter(range(40))

    class Killed(PlainBrowser):
        """Dies of some pages; at first it can't be had at all."""

        def prepare(self, *_: Any, **__: Any) -> None:
            if next(away, None) is not None:
                raise BrowserUnavailable("no hub gives a session")

        def load(self, url: str, plan: Any) -> LoadedPage:
            page = super().load(url, plan)
            if any(f"/matches/{number}/" in url for number in bad):
                raise BrowserUnavailable("hub x: the session is gone: tab crashed")
            return page

    night.browser = Killed
    asked = night.pass_hours(1)
    assert next(away, None) is None
    tries = BrowserUnavailable.retry.max_attempts
    assert asked == COUNT - len(bad) + len(bad) * tries
    assert counted(night.engine) == asked
    assert night.states() == {State.ARCHIVED: COUNT - len(bad), State.BLOCKED: len(bad)}
    ledger.close_batch(night.engine, night.batch, ledger.FAILED, {})
    left = [gap for gap in open_gaps(night.engine) if gap.failure_class == "BrowserUnavailable"]
    assert {gap.target_key for gap in left} == {Target.match_centre(number).key for number in bad}

    # Each later plan of it is a try, so that it is not asked for by the hour, for weeks.
    night.batch = night.plan("again", bad)
    assert night.pass_hours(1) == len(bad) * tries
    keys = {gap.target_key for gap in left}
    assert {g.tries for g in open_gaps(night.engine) if g.target_key in keys} == {1}


def test_a_page_that_is_gone_is_no_sign_of_an_outage(night: Night) -> None:
    named = MATCHES[:3]
    feed = put(
        night.engine,
        Target.schedule(STAGE, "202208"),
        feed_rows("202208", dict.fromkeys(named, "finished")),
    )
    assert landing.land(night.engine, new_batch(night.engine), [feed])
    night.fault("", "status", status=404)
    assert night.pass_hours(1) == COUNT
    # What the schedule names has moved; of the others nobody but who asked says they are there.
    absent = COUNT - len(named)
    assert night.states() == {State.BLOCKED: len(named), State.ABSENT: absent}
    with night.engine.connect() as connection:
        assert not connection.scalar(text("SELECT count(*) FROM ops.source_state"))
        failed = connection.execute(select(FailureRow.target_key, FailureRow.failure_class))
        assert {tuple(row) for row in failed} == {
            (Target.match_centre(number).key, "LayoutChanged") for number in named
        }


def test_a_mistyped_id_is_told_as_one_and_ends_quietly(night: Night) -> None:
    wrong = Target.match_centre(99_999_999)
    batch = night.plan("by hand", [99_999_999])
    night.pass_hours(0.1)
    assert ledger.progress(night.engine, batch).by_state == {State.ABSENT: 1}
    ledger.close_batch(night.engine, batch, ledger.PUBLISHED, {})
    assert open_gaps(night.engine) == []
    request = Request(None, (), (99_999_999,))
    (told,) = not_there(night.engine, request)
    assert told.state is State.ABSENT
    assert "look whether match_id 99999999 is right" in told.why
    assert f"touchline gaps drop {wrong.key}" in told.why
    assert check_completeness(night.engine, night.settings, request).absent == 1
    # Its answer is archived, but nothing to read for anybody.
    assert choose(night.engine, ReparseRequest(match_ids=(99_999_999,))).planned == []


@pytest.mark.parametrize("night", [1], indirect=True)
def test_a_competition_that_the_site_lists_and_has_no_page_of_is_absent(night: Night) -> None:
    night.pass_hours(0.05)  # its match is out of the way
    tools = Tools(night.settings)

    def send(_: Any) -> None:
        night.pass_hours(0.05)
        parse_all(tools)

    def try_to_follow(name: str) -> Any:
        return follow(night.engine, night.settings, name, None, send, poll_seconds=0)

    with pytest.raises(ConfigInvalid, match="'Nowhere League'"):
        try_to_follow("Nowhere League")
    with night.engine.connect() as connection:
        listed = connection.execute(
            select(Competition).where(Competition.region_id >= 1000).limit(1)
        ).one()
    name = f"{listed.region_name} {listed.name}"
    for _ in range(2):  # it is asked for anew each time: the site may have it by then
        before = len(night.site.requests())
        with pytest.raises(TargetAbsent) as told:
            try_to_follow(name)
        assert told.value.detail.startswith(
            f"{name} can't be followed: whoscored/seasons/{listed.region_id}/"
            f"{listed.competition_id}: the site answered 404: it has no such page, though its own "
            "pages link to it"
        )
        assert len(night.site.requests()) == before + 1
    assert followed(night.engine, night.settings) == night.settings.follow
    # A page that was there before and is gone is another thing.
    done = try_to_follow("Valdoria First Division")
    assert done.added == (21501,)
    night.fault("/tournaments/9101", "status", status=404)
    with night.engine.begin() as connection:
        month_ago = datetime.now(UTC) - timedelta(days=30)
        connection.execute(update(TargetRow).values(fetched_at=month_ago))
    with pytest.raises(LayoutChanged, match=r"whoscored/seasons/901/9101: .* may have changed"):
        try_to_follow("Valdoria First Division")


def test_a_match_that_was_not_there_is_asked_for_once_more_when_its_feed_has_landed(
    night: Night,
) -> None:
    ledger.close_batch(night.engine, night.batch, ledger.FAILED, {})
    number = MATCHES[0]
    target = Target.match_centre(number)
    night.fault("", "status", status=404)
    night.batch = night.plan("by hand", [number])
    night.pass_hours(0.1)
    assert night.states() == {State.ABSENT: 1}
    ledger.close_batch(night.engine, night.batch, ledger.PUBLISHED, {})

    feed = put(
        night.engine,
        Target.schedule(STAGE, "202208"),
        feed_rows("202208", {number: "finished"}),
    )
    assert landing.land(night.engine, new_batch(night.engine), [feed])
    request = Request(Interval.of_day("2022-08-13"), (STAGE,))
    planned = plan(night.engine, night.settings, request, PageKind.MATCH_CENTRE)
    assert [(item.target, item.reason) for item in planned] == [(target, RECHECK)]
    # Not there either, its address has moved.
    night.batch = night.plan("night after", [number])
    night.pass_hours(0.1)
    assert ledger.progress(night.engine, night.batch).failures == {"LayoutChanged": 1}


def test_an_answer_is_told_and_kept_before_the_warehouse_is_asked_what_it_means(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.fault("", "status", status=404)
    (key,) = sending.to_send(night.engine, State.PLANNED, 1)
    tools = Tools(night.settings)
    tools._browser = PlainBrowser(night)  # type: ignore[assignment]
    monkeypatch.setattr(fetching, "patiently", lambda call, _: call())
    told: list[str] = []
    right = source.right

    def is_right(*given: Any) -> None:
        told.append("right")
        right(*given)

    def is_away(*_: Any) -> bool:
        told.append("asked")
        assert len(list(tools.archive.files.everything("pages"))) > 0
        raise WarehouseUnavailable("gone")

    monkeypatch.setattr(source, "right", is_right)
    monkeypatch.setattr(fetching, "is_stated", is_away)
    assert not fetch_target(tools, key, uuid4())
    assert told == ["right", "asked"]


def test_a_page_is_kept_though_the_source_can_not_be_told(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    (key,) = sending.to_send(night.engine, State.PLANNED, 1)
    tools = Tools(night.settings)
    tools._browser = PlainBrowser(night)  # type: ignore[assignment]
    monkeypatch.setattr(fetching, "patiently", lambda call, _: call())

    def is_away(*_: Any) -> None:
        raise WarehouseUnavailable("gone")

    monkeypatch.setattr(source, "right", is_away)
    assert not fetch_target(tools, key, uuid4())
    assert len(list(tools.archive.files.everything("pages"))) > 0
    with night.engine.connect() as connection:
        (page_hash,) = connection.scalars(select(FailureRow.page_hash))
    assert page_hash is not None
    assert tools.archive.get(page_hash)


def test_a_pause_by_hand_after_a_trouble_blocks_nothing(night: Night) -> None:
    """The trouble is days ago, and too few pages were wanted since to end it."""
    rules = source.Rules.of(night.settings)
    source.wrong(night.engine, SOURCE, source.Leave(), SourceRefused("refused"), rules)
    source.resume(night.engine, SOURCE)
    probe = source.enter(night.engine, SOURCE, rules)
    assert isinstance(probe, source.Leave)
    source.right(night.engine, SOURCE, probe)
    pass_time(night.engine, timedelta(days=3))
    end = datetime.now(UTC) + timedelta(minutes=30)
    source.pause_by_hand(night.engine, SOURCE, who="ada", until=end, reason="maintenance")
    assert night.pass_hours(0.4) == 0
    assert night.states() == {State.PLANNED: COUNT}
    night.pass_hours(0.4)
    assert night.states() == {State.ARCHIVED: COUNT}


def test_a_bad_page_does_not_keep_a_source_paused_that_is_back(night: Night) -> None:
    """The page that tries the source may be what fails: the next try is another's."""
    night.fault("", "status", status=503)
    night.pass_hours(0.2)
    night.site.faults.clear()
    for number in MATCHES[COUNT - 3 : COUNT]:  # the latest are sent first
        night.fault(f"/matches/{number}/", "status", status=500)
    night.pass_hours(3)
    assert night.states()[State.ARCHIVED] == COUNT - 3


@pytest.fixture
def no_archive(night: Night, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file stands where the archive's folder is to be; nobody is patient with it."""

    def briefly(call: Any, waits_for: Any) -> Any:
        return patiently(call, waits_for, seconds=0.2)

    monkeypatch.setattr(fetching, "patiently", briefly)
    place = Path(urlsplit(night.settings.archive_url).path)
    place.touch()
    return place


def since_hours(engine: Engine, hours: int) -> None:
    """Let the archive's failures be so old."""
    with engine.begin() as connection:
        connection.execute(update(FailureRow).values(at=FailureRow.at - timedelta(hours=hours)))


def test_while_the_archive_can_not_be_written_the_site_is_not_asked(
    night: Night, no_archive: Path
) -> None:
    in_vain = night.pass_hours(0.02)
    assert 1 <= in_vain <= WORKERS, "only what was under way when it was found out"
    assert night.pass_hours(0.02) == 0
    assert counted(night.engine) == in_vain
    assert night.states() == {State.PLANNED: COUNT}
    with night.engine.connect() as connection:
        attempts = connection.scalars(select(TargetRow.attempts)).all()
        noted = set(connection.scalars(select(TargetRow.failure_class)))
    assert sum(attempts) == in_vain, "who waits uses up no attempt"
    assert noted == {"ArchiveUnavailable"}
    no_archive.unlink()
    assert night.pass_hours(0.1) == COUNT
    assert night.states() == {State.ARCHIVED: COUNT}
    assert list(Path(no_archive, "probes").iterdir()) == []


def test_an_archive_that_is_away_for_longer_than_a_run_waits_the_run_is_told(
    night: Night, no_archive: Path
) -> None:
    in_vain = night.pass_hours(0.02)
    since_hours(night.engine, 7)
    night.pass_hours(0.02)
    assert night.states() == {State.BLOCKED: COUNT}
    ledger.close_batch(night.engine, night.batch, ledger.FAILED, {})
    assert {gap.failure_class for gap in open_gaps(night.engine)} == {"ArchiveUnavailable"}
    # A later run is told at once, without a request; when the archive is back it goes on.
    night.batch = night.plan("next", MATCHES[:5])
    night.pass_hours(0.01)
    assert night.states() == {State.BLOCKED: 5}
    assert len(night.site.requests()) == in_vain
    no_archive.unlink()
    night.batch = night.plan("after", MATCHES[:5])
    night.pass_hours(0.01)
    assert night.states() == {State.ARCHIVED: 5}


@pytest.mark.parametrize("night", [1], indirect=True)
def test_a_try_of_a_gap_counts_when_the_page_was_at_fault_and_not_the_archive(
    night: Night, no_archive: Path
) -> None:
    def tried() -> tuple[int, bool]:
        (gap,) = open_gaps(night.engine)
        return gap.tries, gap.tried_at is not None

    def give_up_the_run(name: str) -> None:
        since_hours(night.engine, 7)
        night.pass_hours(0.05)
        assert night.states() == {State.BLOCKED: 1}
        ledger.close_batch(night.engine, night.batch, ledger.FAILED, {})
        night.batch = night.plan(name, MATCHES[:1])

    assert night.pass_hours(0.001) == 1
    give_up_the_run("second")
    assert tried() == (0, False), "it was no gap when it was asked for"
    since_hours(night.engine, 24)  # nobody remembers: the site is asked once more, in vain
    assert night.pass_hours(0.001) == 1
    assert tried() == (0, True)
    give_up_the_run("third")
    no_archive.unlink()
    night.fault("", "status", status=500)
    assert night.pass_hours(0.001) == 1
    assert tried() == (1, True)


@pytest.mark.parametrize("night", [1], indirect=True)
def test_a_defect_of_ours_over_a_page_is_a_try_of_its_gap(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be asked for each hour, for weeks, if each time it were new."""
    with night.engine.begin() as connection:
        failed = {"state": State.BLOCKED, "failure_class": "SourceUnavailable"}
        connection.execute(update(TargetRow).values(**failed))
    ledger.close_batch(night.engine, night.batch, ledger.FAILED, {})
    night.plan("next", MATCHES[:1])

    def trips(*_: Any) -> None:
        raise KeyError("a page as nobody has seen one")

    monkeypatch.setattr(fetching, "check", trips)
    tools = Tools(night.settings)
    tools._browser = PlainBrowser(night)  # type: ignore[assignment]
    (key,) = sending.to_send(night.engine, State.PLANNED, 5)
    with pytest.raises(KeyError):
        fetch_target(tools, key, uuid4())
    (gap,) = open_gaps(night.engine)
    assert (gap.tries, gap.tried_at is not None) == (1, True)


def test_time_that_is_over_while_the_page_is_kept_is_the_archives_fault(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    (key,) = sending.to_send(night.engine, State.PLANNED, 1)
    tools = Tools(night.settings)
    tools._browser = PlainBrowser(night)  # type: ignore[assignment]

    def is_slow(*_: Any) -> None:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(tools.archive, "put", is_slow)
    assert not fetch_target(tools, key, uuid4())
    with night.engine.connect() as connection:
        failed = connection.execute(select(FailureRow.failure_class, FailureRow.detail)).one()
        assert not connection.scalar(text("SELECT count(*) FROM ops.source_state"))
    seconds = night.settings.fetch_soft_limit_seconds
    assert tuple(failed) == ("ArchiveUnavailable", f"the page was not kept within {seconds} s")


def test_a_worker_that_dies_trying_the_source_costs_one_request_each_time(night: Night) -> None:
    night.fault("", "refuse")
    night.pass_hours(0.1)
    with night.engine.begin() as connection:
        connection.execute(text("UPDATE ops.source_state SET paused_until = now()"))
        connection.execute(text("UPDATE ops.target SET due_at = now(), sent_at = NULL"))
    key = sending.to_send(night.engine, State.PLANNED, 1)[0]
    tools = Tools(night.settings)

    class Dies(PlainBrowser):
        def load(self, url: str, plan: Any) -> LoadedPage:
            super().load(url, plan)
            raise KeyboardInterrupt  # as good as gone: nothing of ours catches it

    tools._browser = Dies(night)  # type: ignore[assignment]
    before = len(night.site.requests())
    with pytest.raises(KeyboardInterrupt):
        fetch_target(tools, key, uuid4())
    assert len(night.site.requests()) - before == 1
    assert night.pass_hours(0.03) == 0, "it counts as under way"
    assert night.pass_hours(0.1) == 1, "another takes its place, and is refused"
    for claim in holding.lost_claims(night.engine, State.FETCHING):
        assert claim.target.key == key

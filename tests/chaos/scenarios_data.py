"""Faults of what pages say, of settings and code, of messages and the export."""

from __future__ import annotations

import re
from typing import Any

from tests.chaos import moments
from tests.chaos.place import Place
from tests.chaos.scenario import Scenario
from tests.chaos.steps import (
    by_runbook,
    catch_up,
    command,
    earlier_night,
    night_again,
    second_has_ended,
    second_night,
)
from tests.chaos.strikes import (
    a_match,
    defect,
    env_file,
    export_back,
    kill,
    mended_code,
    no_export,
    nothing,
    site_fault,
    site_well,
    start,
    wrong_setting,
)

_RENAMED = {"old": '"venueName"', "new": '"stadium"'}
_TOO_TALL = {"old": '"height":1', "new": '"height":9'}
_WITHOUT = {"old": "matchCentreData: {", "new": "matchCentreData: null, was: {"}


def _noted(failure_class: str) -> Any:
    def check(place: Place) -> None:
        query = "SELECT count(*) FROM ops.incident WHERE failure_class = :name"
        assert place.scalar(query, name=failure_class), f"no incident of {failure_class}"

    return check


def _absent_then_asked_again(place: Place) -> None:
    """It is noted, and is no failure; when it is there it lands.

    A later run looks again by itself while the match is young; the stand-in's are years old.
    """
    absent = "SELECT count(*) FROM ops.target WHERE state = 'absent'"
    assert place.scalar(absent) == 1, "the match is not noted as absent"
    assert not place.scalar("SELECT count(*) FROM ops.failure"), "an absence is no failure"
    site_well(place)
    command("scrape", "--match", _the_absent(place), "--force")(place)


def _the_absent(place: Place) -> str:
    key = place.scalar("SELECT min(target_key) FROM ops.target WHERE state = 'absent'")
    return str(key).rpartition("/")[2]


def _read_the_draft(place: Place) -> None:
    """The person sees which key of the page has the venue's name, and writes it if need be."""
    draft = place.stack.home / "selectors" / "whoscored" / "match_centre" / "mended.yaml"
    text = draft.read_text(encoding="utf-8")
    head, name, rest = text.partition("  venue_name:\n")
    assert name, "the draft has no venue_name"
    place_of_it = re.sub(r"path: [\w.]+", "path: matchCentreData.stadium", rest, count=1)
    draft.write_text(head + name + place_of_it, encoding="utf-8")


def _refused_setting(place: Place) -> None:
    """`touchline doctor` names it; the worker has given up."""
    place.until(
        "the fetch worker is refused",
        lambda: place.stack.group.states()["fetch"] in ("FATAL", "BACKOFF", "EXITED"),
        60,
    )
    ended = place.stack.touchline("doctor", "--for", "fetch", "--no-session", check=False)
    said = ended.stdout + ended.stderr
    assert ended.returncode != 0, "the doctor finds nothing"
    assert "TOUCHLINE_PREVIEW_DAYS" in said, f"the setting is not named: {said[-300:]}"


def _set_right(place: Place) -> None:
    """A person sets it right and starts the worker again, as the runbook has it."""
    _refused_setting(place)
    env_file(place).unlink()
    by_runbook("ConfigInvalid")(place)
    place.until(
        "the fetch worker has given up",
        lambda: place.stack.group.states()["fetch"] in ("FATAL", "EXITED", "RUNNING"),
        60,
    )
    if place.stack.group.states()["fetch"] != "RUNNING":
        start("fetch")(place)


def _late_night(place: Place, _: object) -> None:
    """The nightly run of yesterday has begun, and does not end; those before it did."""
    place.execute(
        "INSERT INTO ops.batch (batch_id, dag_id, run_id, step, round, state, created_at, "
        "interval_start, interval_end, closed_at) SELECT gen_random_uuid(), 'whoscored_nightly', "
        "run_id, 'schedule', 1, state, now() - age, now() - age - interval '1 day', now() - age, "
        "CASE WHEN state = 'published' THEN now() - age END FROM (VALUES "
        "('well', 'published', interval '4 days'), ('late', 'open', interval '0')) "
        "AS night (run_id, state, age)"
    )


def _night_is_over(place: Place) -> None:
    """It ends."""
    _noted("DataLate")(place)
    place.execute(
        "UPDATE ops.batch SET state = 'published', closed_at = now() WHERE run_id = 'late'"
    )
    place.until(
        "the incident is over",
        lambda: place.scalar(
            "SELECT count(*) FROM ops.incident WHERE failure_class = 'DataLate' "
            "AND closed_at IS NOT NULL"
        ),
        30,
    )


def _receiver_away(place: Place, rng: Any) -> None:
    """Nobody takes messages, while the site refuses us."""
    place.alerts.refuses = True
    site_fault("/matches/", "status", status=429, times=1)(place, rng)


def _receiver_back(place: Place) -> None:
    """It takes them again: the message that waited comes, once."""
    place.until("a message is refused", lambda: place.alerts.refused, 60)
    place.alerts.refuses = False
    place.until("the message comes", place.alerts.bad_news, 60)


def _export_fails(place: Place) -> None:
    """The store is gone: the export says so, and nothing else is touched."""
    no_export(place)
    command("export", "run", ends=(1,))(place)
    export_back(place)


def _export_killed(place: Place) -> None:
    """An export is killed in its middle: no manifest names what it wrote."""
    ran = place.touchline("export", "run", "--full")
    folder = place.stack.home / "export"
    place.until("files are written", lambda: any(folder.rglob("*.parquet")), 60)
    if ran.alive():
        ran.kill()


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "layout-changed",
        ("LayoutChanged",),
        "every match page has another layout; a person mends the selector file and reads again",
        site_fault("/matches/", "replace", **_RENAMED),
        before=earlier_night,
        ends=(1,),
        then=(by_runbook("LayoutChanged", by_hand=_read_the_draft), night_again),
        person=True,
        alerts=(1, 1),
    ),
    Scenario(
        "feed-layout-changed",
        ("LayoutChanged", "InvalidBatch"),
        "the schedules have another layout; a person mends the file, reads again, asks again",
        site_fault("/data/", "replace", old='"startTimeUtc"', new='"kickOffUtc"'),
        ends=(1,),
        then=(by_runbook("LayoutChanged", page_kind="schedule"), night_again),
        person=True,
        bound=(1.0, 8),  # the batch was refused: its good feeds are asked for again
        alerts=(1, 2),
    ),
    Scenario(
        "layout-changed-of-one",
        ("LayoutChanged", "InvalidBatch"),
        "one match page has another layout for a while; the next night gets it",
        a_match("replace", **_RENAMED),
        ends=(0, 1),
        then=(site_well, night_again),
        bound=(1.0, 2),
        alerts=(1, 2),
    ),
    Scenario(
        "rows-invalid",
        ("InvalidRows",),
        "a match has players of nine metres; a day later the site has corrected it",
        a_match("replace", **_TOO_TALL),
        ends=(0, 1),
        then=(site_well, night_again),
        bound=(1.0, 2),
        alerts=(1, 2),
    ),
    Scenario(
        "match-absent",
        ("TargetAbsent",),
        "a match has no match centre yet; it is no failure, and is there when asked for again",
        a_match("replace", **_WITHOUT),
        then=(_absent_then_asked_again,),
        bound=(1.0, 2),
        silent=True,
    ),
    Scenario(
        "night-absent",
        ("InvalidBatch",),
        "the match centres of the whole night are missing; nothing of it lands",
        site_fault("/matches/", "replace", **_WITHOUT),
        before=earlier_night,
        ends=(1,),
        then=(site_well, command("scrape", "--from", "2022-08-13", "--force")),
        person=True,
        bound=(2.0, 2),
        alerts=(0, 1),
    ),
    Scenario(
        "night-damaged",
        ("InvalidBatch", "InvalidRows"),
        "most matches of the night break expectations; the person asks for the day again",
        site_fault("/matches/", "replace", **_TOO_TALL),
        ends=(1,),
        then=(site_well, by_runbook("InvalidBatch")),
        person=True,
        bound=(2.0, 2),
        alerts=(1, 2),
    ),
    Scenario(
        "setting-wrong",
        ("ConfigInvalid",),
        "a worker is started again with a wrong setting; a person sets it right",
        wrong_setting("fetch"),
        moments.while_fetching,
        heal=_set_right,
        bound=(1.0, 4),
        alerts=(0, 1),
        person=True,
        seconds=240,
    ),
    Scenario(
        "defect",
        ("Defect",),
        "our own code fails on one match; after the update the page is read again",
        defect,
        ends=(0, 1),
        then=(mended_code, by_runbook("Defect"), night_again),
        person=True,
        alerts=(1, 2),
    ),
    Scenario(
        "night-late",
        ("DataLate",),
        "the nightly run does not end in time, and then it does",
        _late_night,
        then=(_night_is_over, by_runbook("DataLate")),
        person=True,
        alerts=(1, 1),
    ),
    Scenario(
        "receiver-away",
        ("AlertUndelivered", "SourceRefused"),
        "the receiver of messages is away while the site refuses us; then it is back",
        _receiver_away,
        heal=_receiver_back,
        bound=(1.0, 3),
        alerts=(1, 1),
        ends=(0, 1),
        then=(catch_up, by_runbook("AlertUndelivered")),
        person=True,
    ),
    Scenario(
        "export-store-gone",
        ("ExportFailed",),
        "the store of the export is gone after the night; the next export writes it whole",
        nothing,
        then=(_export_fails, by_runbook("ExportFailed")),
        person=True,
        silent=True,
        alerts=(0, 1),
    ),
    Scenario(
        "export-killed",
        ("ExportFailed",),
        "an export is killed in its middle; the next one writes what is missing",
        nothing,
        then=(_export_killed, by_runbook("ExportFailed")),
        silent=True,
    ),
    # more than one run
    Scenario(
        "two-nights-at-once",
        ("WorkerLost",),
        "two runs ask for the same day at once, and a worker dies over it",
        kill("fetch"),
        moments.while_fetching,
        heal=second_night,
        then=(second_has_ended,),
        bound=(1.0, 4),
        alerts=(0, 1),
    ),
    Scenario(
        "hours-later",
        ("SourceUnavailable",),
        "the site is out until the run has given up; the catch-up gets all of it",
        site_fault("/matches/", "status", status=503),
        ends=(0, 1),
        then=(site_well, catch_up),
        bound=(1.0, 24),
        most_seeds=1,
        place="impatient",
    ),
)

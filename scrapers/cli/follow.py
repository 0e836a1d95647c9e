"""`touchline follow`: which competitions runs collect, by their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from scrapers.cli.console import out, print_json, print_table
from scrapers.cli.runs import batch_bars, tell_targets
from scrapers.errors import ConfigInvalid
from scrapers.settings import settings


def follow(
    competition: Annotated[
        str,
        typer.Argument(
            help="'England Premier League', the competition alone if there is one of it, or its id",
            show_default=False,
        ),
    ] = "",
    season: Annotated[
        str, typer.Option(help="e.g. 2025/2026, or its id; default: the newest", show_default=False)
    ] = "",
    show: Annotated[bool, typer.Option("--list", help="show what is followed")] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="follow it no longer; what has landed stays")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="tell what would be asked for, and change nothing")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the outcome as JSON")] = False,
) -> None:
    """Follow a competition's season: from now on every run collects all its stages.

    The ids are asked of the site, through the workers; pages that are some days old at most are
    not asked for again. Ends with 2 if the name is unknown or ambiguous, with 1 if a page
    could not be read, or if the site lists the competition and has no page of it.
    """
    if show and (competition or remove or season):
        raise ConfigInvalid("--list shows all: give it alone")
    if dry_run and (show or remove):
        raise ConfigInvalid("--dry-run is for following: give it without --list and --remove")
    if show:
        _show(as_json)
    elif not competition.strip():
        raise ConfigInvalid(
            "which competition? Write touchline follow 'England Premier League', or --list"
        )
    elif remove:
        _remove(competition, season or None, as_json)
    elif dry_run:
        _tell_ahead(competition, season or None, as_json)
    else:
        _follow(competition, season or None, as_json)


def _tell_ahead(name: str, season: str | None, as_json: bool) -> None:
    from scrapers.pipeline.follow_ahead import follow_ahead
    from scrapers.warehouse.engine import engine

    ahead = follow_ahead(engine(settings()), name, season)
    if as_json:
        print_json(
            {
                "requests": len(ahead.planned),
                "targets": [item.target.key for item in ahead.planned],
                "competition": ahead.competition,
                "season": ahead.season,
                "stages": [{"stage_id": number, "name": stage} for number, stage in ahead.stages],
                "not_known_yet": ahead.unknown or None,
            }
        )
        return
    found = " ".join(filter(None, (ahead.competition, ahead.season)))
    out.print(
        f"{found or name}: {len(ahead.planned)} of the site's pages would be asked for now.",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip
    tell_targets(ahead.planned)
    lines = (
        ahead.stages and f"Stages known already: {_stages_told(ahead.stages)}.",
        ahead.unknown and f"What those pages have to tell first: {ahead.unknown}.",
        "Nothing was asked for or changed. What a run then asks for: touchline scrape --from <day> "
        "--dry-run, when it is followed.",
    )
    for line in filter(None, lines):
        out.print(line, markup=False, highlight=False, soft_wrap=True)


def _stages_told(stages: Sequence[tuple[int, str | None]]) -> str:
    # A season's only stage has no name on the season's page: the schedule's feed tells it.
    return ", ".join(
        f"{stage} (id {number})" if stage else f"id {number}, to be named by its first schedule"
        for number, stage in stages
    )


def _follow(name: str, season: str | None, as_json: bool) -> None:
    import dataclasses

    from scrapers.pipeline.follow import follow as follow_season
    from scrapers.tasks.send import send_batch
    from scrapers.warehouse.engine import engine

    current = settings()
    with batch_bars() as advance:
        done = follow_season(
            engine(current),
            current,
            name,
            season,
            send_batch,
            on_progress=advance,
            poll_seconds=0.5,
        )
    if as_json:
        stages = [{"stage_id": number, "name": stage} for number, stage in done.stages]
        print_json({**dataclasses.asdict(done), "stages": stages})
        return
    many = "s" * (len(done.stages) != 1)
    stages_told = _stages_told(done.stages)
    told = f"{done.competition} {done.season}: {len(done.stages)} stage{many}, {stages_told}."
    if not done.added:
        out.print(f"Followed already: {told}", markup=False, highlight=False, soft_wrap=True)
        return
    out.print(f"Following {told}", markup=False, highlight=False, soft_wrap=True)
    out.print("The next run collects it; now: touchline scrape --from <day>", highlight=False)


def _remove(name: str, season: str | None, as_json: bool) -> None:
    from scrapers.pipeline.follow import unfollow
    from scrapers.warehouse.engine import engine

    current = settings()
    taken = unfollow(engine(current), current, name, season)
    by_settings = {stage.stage_id for stage in current.follow}
    if as_json:
        still = [stage.model_dump() for stage in taken if stage.stage_id in by_settings]
        removed = [stage.model_dump() for stage in taken if stage.stage_id not in by_settings]
        print_json({"removed": removed, "still_followed_by_settings": still})
        return
    if kept := sorted({f"{s.competition} {s.season}" for s in taken if s.stage_id in by_settings}):
        out.print(
            f"Still followed, by the settings: {', '.join(kept)}. Take it out of TOUCHLINE_FOLLOW.",
            markup=False, highlight=False, soft_wrap=True,
        )  # fmt: skip
    taken = [stage for stage in taken if stage.stage_id not in by_settings]
    for label in sorted({f"{stage.competition} {stage.season}" for stage in taken}):
        out.print(f"No longer followed: {label}.", markup=False, highlight=False)


def _show(as_json: bool) -> None:
    from scrapers.pipeline.follow import followed
    from scrapers.warehouse.engine import engine

    current = settings()
    given = {stage.stage_id for stage in current.follow}
    rows = [
        {
            **stage.model_dump(),
            "by": "TOUCHLINE_FOLLOW" if stage.stage_id in given else "touchline follow",
        }
        for stage in followed(engine(current), current)
    ]
    if as_json:
        print_json(rows)
    elif not rows:
        out.print("Nothing is followed: touchline follow 'England Premier League'", highlight=False)
    else:
        columns = ("competition", "season", "stage_id", "by")
        print_table("Followed", columns, ([row[name] for name in columns] for row in rows))

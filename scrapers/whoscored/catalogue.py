"""Rows of the pages that tell what there is: regions, tournaments, seasons, stages."""

from __future__ import annotations

from scrapers.parsing.extract import Extracted, Row
from scrapers.parsing.failures import Failures
from scrapers.targets import Target
from scrapers.whoscored.rows import RowSet, pick


def build_tournaments(page: Extracted, target: Target, failures: Failures) -> RowSet:
    """Regions and competitions of the menu; ids must agree with the addresses beside them."""
    rows: RowSet = {"region": [], "competition": []}
    for region in page.groups["regions"]:
        rows["region"].append(pick("region", region))
        for entry in region["tournaments"]:
            rows["competition"].append(
                pick(
                    "competition",
                    entry,
                    name=entry["competition_name"],
                    region_id=region["region_id"],
                    region_name=region["name"],
                )
            )
    entries = [(region, one) for region in page.groups["regions"] for one in region["tournaments"]]
    _agree(
        "address_region_id",
        [(one["address_region_id"], region["region_id"]) for region, one in entries],
        failures,
    )
    _agree(
        "address_competition_id",
        [(one["address_competition_id"], one["competition_id"]) for _, one in entries],
        failures,
    )
    return rows


def build_seasons(page: Extracted, target: Target, failures: Failures) -> RowSet:
    """A competition and its seasons; a page of another competition is refused."""
    check_ids(page.fields, target, failures, "competition_id")
    seasons = page.groups["seasons"]
    for field, name in (
        ("address_region_id", "region_id"),
        ("address_competition_id", "competition_id"),
    ):
        _all_are(f"seasons.{field}", seasons, field, int(target.id_map[name]), failures)
    return {
        "competition": [competition_row(page.fields, target)],
        "season": [
            pick("season", season, competition_id=page.fields["competition_id"])
            for season in seasons
        ],
    }


def build_stages(page: Extracted, target: Target, failures: Failures) -> RowSet:
    """A season's stages, with its competition; a page of another season is refused."""
    fields, stages = page.fields, page.groups["stages"]
    check_ids(fields, target, failures, "competition_id", "season_id")
    _all_are("stages.address_season_id", stages, "address_season_id", fields["season_id"], failures)
    if fields["shown_stage_id"] not in [stage["stage_id"] for stage in stages]:
        what = f"is {fields['shown_stage_id']}, which is none of the season's stages"
        failures.add("shown_stage_id", what)
    return {
        "competition": [competition_row(fields, target)],
        "season": [season_row(fields)],
        "stage": [pick("stage", stage, season_id=fields["season_id"]) for stage in stages],
    }


def check_ids(fields: Row, target: Target, failures: Failures, *names: str) -> None:
    """The page is the one asked for, by these ids of its address."""
    for name in names:
        asked = int(target.id_map[name])
        if fields[name] != asked:
            failures.add(name, f"is {fields[name]}, asked for was {asked}")


def competition_row(fields: Row, target: Target) -> Row:
    """The competition that the breadcrumb names."""
    return pick(
        "competition",
        fields,
        name=fields["competition_name"],
        region_id=int(target.id_map["region_id"]),
    )


def season_row(fields: Row) -> Row:
    """The season that the breadcrumb has selected."""
    return pick("season", fields, name=fields["season_name"])


def _all_are(field: str, rows: list[Row], name: str, value: int, failures: Failures) -> None:
    wrong = [row[name] for row in rows if row[name] != value]
    if wrong:
        failures.add(field, f"is {wrong[0]}, not {value}", len(wrong), len(rows))


def _agree(field: str, pairs: list[tuple[int, int]], failures: Failures) -> None:
    wrong = [pair for pair in pairs if pair[0] != pair[1]]
    if wrong:
        what = f"is {wrong[0][0]}, but the entry is of {wrong[0][1]}"
        failures.add(f"regions.tournaments.{field}", what, len(wrong), len(pairs))

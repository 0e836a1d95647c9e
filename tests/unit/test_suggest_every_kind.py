"""`suggest` on pages of every kind: where a menu, a table, a report, a feed of statistics went."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import html as lxml_html
from lxml.html import builder

from scrapers.errors import ConfigInvalid
from scrapers.parsing.extract import Extracted, extract
from scrapers.parsing.javascript import read_value
from scrapers.parsing.load import check, load
from scrapers.parsing.model import SelectorFile
from scrapers.parsing.page import Page
from scrapers.parsing.replay import Sample
from scrapers.parsing.suggest.names import Renames
from scrapers.parsing.suggest.run import Pattern, Suggestion, suggest
from scrapers.parsing.suggest.scope import Case
from scrapers.parsing.suggest.solve import Finding, Status
from scrapers.settings import ROOT
from scrapers.targets import PageKind, Target
from scrapers.whoscored.needs import unmet
from scrapers.whoscored.proof import gate, judge
from scrapers.whoscored.suggestions import Desk, suggest_for
from tests.site.world import STAGES
from tests.support.pages import bare_page, match_data, with_match_data
from tests.support.site_pages import page_of, site

K = PageKind
Change = Callable[[str], str]
TODAY = date(2026, 8, 1)
MATCHES = [m for m in site().world.matches() if m.status == "finished"][40:50:5]
LEAGUES = STAGES[:2]
ELEMENT_KINDS = (K.SEASONS, K.STAGES, K.STANDINGS, K.REFEREE_STATISTICS, K.MATCH_PREVIEW,
                 K.MATCH_REPORT)  # fmt: skip


def targets(kind: PageKind) -> list[Target]:
    """Two pages of a kind; of the menu there is one."""
    if kind is K.TOURNAMENTS:
        return [Target.of(kind)]
    if kind in (K.MATCH_PREVIEW, K.MATCH_REPORT):
        return [Target.of(kind, match_id=match.id) for match in MATCHES]
    if kind in (K.TEAM_STATISTICS, K.PLAYER_STATISTICS):
        category = "summaryteam" if kind is K.TEAM_STATISTICS else "summary"
        names = {"category": category, "subcategory": "all"}
        return [Target.of(kind, stage_id=stage.id, **names) for stage in LEAGUES]
    found = []
    for stage in LEAGUES:
        ids = {"region_id": stage.competition.region.id, "competition_id": stage.competition.id}
        if kind is not K.SEASONS:
            ids["season_id"] = stage.competition.season_id
        if kind in (K.STANDINGS, K.REFEREE_STATISTICS):
            ids["stage_id"] = stage.id
        found.append(Target.of(kind, **ids))
    return found


def page(target: Target) -> str:
    """The stand-in's page in the layout in force."""
    if target.page_kind in (K.TEAM_STATISTICS, K.PLAYER_STATISTICS):
        answer = site().page(target.url("http://site")[len("http://site") :])
        return bare_page(answer.body.decode()).decode()
    return page_of(target).decode()


def pattern(kind: PageKind) -> Pattern:
    (path,) = (ROOT / "selectors" / "whoscored" / kind.value).glob("*.yaml")
    return Pattern(load(path, unmet), path.read_text())


def of(kind: PageKind, change: Change, *, is_known: bool = True) -> Suggestion:
    """The suggestion for two changed pages, each known by its own or by the other's old page."""
    base, chosen = pattern(kind), targets(kind)
    cases = []
    for number, target in enumerate(chosen):
        old = page(target if is_known else chosen[1 - number])
        values = extract(Page(old), base.selector)
        html = change(page(target)).encode()
        known, alike = (values, None) if is_known else (None, values)
        sample = Sample(target.key, kind, html, TODAY, target.key)
        cases.append(Case(sample, Page(html), known, "the test", alike, Page(old)))
    return suggest([base], cases, "2026-08", TODAY, unmet, judge, gate)


def assert_reads_as_before(suggestion: Suggestion, kind: PageKind) -> None:
    assert suggestion.problems == []
    assert [reading.detail for reading in suggestion.readings if reading.outcome != "read"] == []
    before = [extract(Page(page(target)), pattern(kind).selector) for target in targets(kind)]
    assert [reading.extracted for reading in suggestion.readings] == before


def found_of(suggestion: Suggestion) -> dict[str, Finding]:
    findings = suggestion.solution.findings
    return {each.name: each for each in findings if each.status != Status.STANDS}


def draft_of(suggestion: Suggestion, kind: PageKind) -> SelectorFile:
    draft, problems = check(Path(kind.value, "2026-08.yaml"), unmet, suggestion.text.encode())
    assert draft is not None, problems
    return draft


def replaced(*pairs: str) -> Change:
    def change(text: str) -> str:
        for old, new in zip(pairs[::2], pairs[1::2], strict=True):
            assert old in text, old
            text = text.replace(old, new)
        return text

    return change


def elements(edit: Callable[[Any], object]) -> Change:
    """A change of the page's elements."""

    def change(text: str) -> str:
        root = lxml_html.document_fromstring(text.encode(), lxml_html.HTMLParser(encoding="utf-8"))
        edit(root)
        return "<!DOCTYPE html>\n" + lxml_html.tostring(root, encoding="unicode")

    return change


def feed(edit: Callable[[dict[str, Any]], Any]) -> Change:
    """A change of a feed's JSON."""

    def change(text: str) -> str:
        begin, end = text.index("{"), text.rindex("}") + 1
        body = lxml_html.fromstring(f"<p>{text[begin:end]}</p>").text
        return bare_page(edit(json.loads(body))).decode()

    return change


def literal(begin: str, edit: Callable[[Any], Any]) -> Change:
    """A change of a script's data, written as JSON."""

    def change(text: str) -> str:
        start = text.index(begin) + len(begin)
        end = text.index("</script>", start)
        semicolon = text.rindex(";", start, end)
        return text[:start] + json.dumps(edit(read_value(text, start))) + text[semicolon:]

    return change


# --- elements -------------------------------------------------------------------------------


@elements
def names_renamed(root: Any) -> None:
    """Every class and id has a name that has nothing of the old one."""
    for element in root.iter("*"):
        for name in ("class", "id"):
            if words := element.get(name):
                element.set(
                    name, " ".join(f"x{''.join(reversed(word))}x" for word in words.split())
                )


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "alike"])
@pytest.mark.parametrize("kind", ELEMENT_KINDS)
def test_all_names_of_elements_are_others(kind: PageKind, is_known: bool) -> None:
    suggestion = of(kind, names_renamed, is_known=is_known)
    assert_reads_as_before(suggestion, kind)


@elements
def choices_as_lists(root: Any) -> None:
    for chosen in list(root.iter("select")):
        for option in list(chosen.iter("option")):
            link = builder.A(option.text, href=option.attrib.pop("value"))
            if option.attrib.pop("selected", None):
                option.set("class", "is-active")
            option.tag, option.text = "li", None
            option.append(link)
        chosen.tag = "ul"


@pytest.mark.parametrize("kind", [K.SEASONS, K.STAGES, K.STANDINGS, K.REFEREE_STATISTICS])
def test_choices_that_are_lists_of_links(kind: PageKind) -> None:
    assert_reads_as_before(of(kind, choices_as_lists), kind)


@elements
def lists_as_tables(root: Any) -> None:
    for player in root.xpath("//ul[@class='player']"):
        player.tag = "tr"
        for item in player:
            item.tag = "td"


def test_line_ups_that_are_tables() -> None:
    assert_reads_as_before(of(K.MATCH_PREVIEW, lists_as_tables), K.MATCH_PREVIEW)


@elements
def decimal_commas(root: Any) -> None:
    for element in root.iter("td", "li"):
        if element.text and re.fullmatch(r"\s*\d+\.\d+\s*", element.text):
            element.text = element.text.replace(".", ",")


@pytest.mark.parametrize("kind", [K.REFEREE_STATISTICS, K.MATCH_PREVIEW])
def test_decimals_with_a_comma_beside_words_for_no_value(kind: PageKind) -> None:
    """A dash or N/A says that there is no number, before and after."""
    assert_reads_as_before(of(kind, decimal_commas), kind)


def test_heads_of_columns_renamed() -> None:
    change = replaced(
        ">Referee<", ">Official<", ">Apps<", ">Games<", ">Fouls pg<", ">Fouls a game<",
        ">Fouls/Tackles<", ">F/T<", ">Pen pg<", ">Pens<", ">Yel pg<", ">Y a game<", ">Yel<", ">Y<",
        ">Red pg<", ">R a game<", ">Red<", ">R<",
    )  # fmt: skip
    assert_reads_as_before(of(K.REFEREE_STATISTICS, change), K.REFEREE_STATISTICS)


@elements
def emptied(root: Any) -> None:
    for element in root.xpath("//*[@id='breadcrumb-nav']/span[1]"):
        for child in element:
            child.tail = ""


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "alike"])
@pytest.mark.parametrize("kind", [K.SEASONS, K.STAGES, K.STANDINGS, K.REFEREE_STATISTICS])
def test_an_emptied_element_is_gone_though_its_value_stands_elsewhere(
    kind: PageKind, is_known: bool
) -> None:
    """The region's name is in the menu of all regions too, which is no place of this page's."""
    found = found_of(of(kind, emptied, is_known=is_known))
    assert {name: each.status for name, each in found.items()} == {"region_name": Status.GONE}
    assert "its place is there and empty" in found["region_name"].says


def test_rows_whose_texts_are_gone_still_stand() -> None:
    @elements
    def change(root: Any) -> None:
        for text in root.xpath("//*[@class='matchstory-text']"):
            text.text = ""

    found = found_of(of(K.MATCH_REPORT, change))
    assert found["cells.sentences.text"].status == Status.GONE
    assert "cells" not in found
    assert "cells.sentences" not in found


# --- data in scripts ------------------------------------------------------------------------

VARIABLES: dict[PageKind, Change] = {
    K.TOURNAMENTS: replaced("var allRegions", "var menuOfRegions"),
    K.STANDINGS: replaced("tables.push", "leagueTables.push", "var tables", "var leagueTables"),
    K.MATCH_PREVIEW: replaced("require.config.params['matchheader']", "window.matchHead"),
    K.MATCH_REPORT: replaced("require.config.params['matchheader']", "window.matchHead"),
}


@pytest.mark.parametrize("kind", VARIABLES)
def test_a_variable_renamed(kind: PageKind) -> None:
    suggestion = of(kind, VARIABLES[kind])
    assert_reads_as_before(suggestion, kind)
    assert set(found_of(suggestion)) == {
        f"documents.{next(iter(pattern(kind).selector.documents))}"
    }


def test_what_was_pushed_stands_in_another_list() -> None:
    draft = draft_of(of(K.STANDINGS, VARIABLES[K.STANDINGS]), K.STANDINGS)
    assert draft.documents["tables"].pushed_to == "leagueTables"


HEADER = "require.config.params['matchheader'] = "


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "alike"])
@pytest.mark.parametrize("kind", [K.MATCH_PREVIEW, K.MATCH_REPORT])
def test_a_list_read_by_position_under_another_name(kind: PageKind, is_known: bool) -> None:
    suggestion = of(kind, replaced("input: [", "facts: ["), is_known=is_known)
    if is_known:
        assert_reads_as_before(suggestion, kind)
    draft = draft_of(suggestion, kind)
    # The pages that say that there is none are of the new layout as well.
    (kept, *others) = draft.fingerprint.any
    assert kept.xpath is not None or others[-1].xpath is not None
    assert "facts" in {condition.path for condition in draft.fingerprint.any}


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "alike"])
def test_an_attribute_of_rows_under_another_name_tells_the_layouts_apart(is_known: bool) -> None:
    def change(text: str) -> str:
        before, choice = text.split('id="seasons"', 1)
        choice, after = choice.split("</select>", 1)
        return f'{before}id="seasons"{choice.replace(" value=", " data-url=")}</select>{after}'

    suggestion = of(K.SEASONS, change, is_known=is_known)
    assert_reads_as_before(suggestion, K.SEASONS)
    draft = draft_of(suggestion, K.SEASONS)
    assert "option[data-url]" in {condition.css for condition in draft.fingerprint.all}


def positions(values: list[Any]) -> list[Any]:
    return values[-1:] + values[:-1]


def test_positions_in_another_order() -> None:
    change = literal(HEADER, lambda value: {**value, "input": positions(value["input"])})
    for kind in (K.MATCH_PREVIEW, K.MATCH_REPORT):
        assert_reads_as_before(of(kind, change), kind)


def test_thirty_columns_in_another_order() -> None:
    def change(text: str) -> str:
        start = text.index("tables.push(") + len("tables.push(")
        end = text.index("</script>", start)
        table = read_value(f"x = {text[start : text.rindex(');', start, end)]};", 4)
        table["standings"] = [positions(row) for row in table["standings"]]
        return f"{text[:start]}{json.dumps(table)});{text[end:]}"

    suggestion = of(K.STANDINGS, change)
    assert_reads_as_before(suggestion, K.STANDINGS)
    fields = draft_of(suggestion, K.STANDINGS).groups["tables"].groups["rows"].fields
    assert fields["team_id"].places[0].path == "[2]", "and no place within another list"


def test_numbers_written_as_texts() -> None:
    def as_texts(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: as_texts(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [as_texts(inner) for inner in value]
        return str(value) if type(value) in (int, float) else value

    suggestion = of(K.TOURNAMENTS, literal("var allRegions = ", as_texts))
    assert_reads_as_before(suggestion, K.TOURNAMENTS)
    kind = draft_of(suggestion, K.TOURNAMENTS).groups["regions"].fields["kind"]
    assert kind.places[0].path == "type", "also of a kind of which there is one"
    for each in (K.TEAM_STATISTICS, K.PLAYER_STATISTICS):
        assert_reads_as_before(of(each, feed(as_texts)), each)


# --- feeds ----------------------------------------------------------------------------------


def renamed(**names: str) -> Change:
    def change(value: Any) -> Any:
        if isinstance(value, dict):
            return {names.get(key, key): change(inner) for key, inner in value.items()}
        return [change(inner) for inner in value] if isinstance(value, list) else value

    return feed(change)


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "alike"])
@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (K.TEAM_STATISTICS, renamed(teamTableStats="teamRows")),
        (K.TEAM_STATISTICS, renamed(teamId="squadId", teamName="squadName")),
        (K.TEAM_STATISTICS, renamed(statColumns="columns")),
        (K.PLAYER_STATISTICS, renamed(playerTableStats="playerRows")),
        (K.PLAYER_STATISTICS, renamed(playerId="pid", name="called", teamId="squadId")),
        (K.PLAYER_STATISTICS, feed(lambda value: {"payload": {"data": value}})),
    ],
    ids=["rows", "members", "names", "player rows", "player members", "deeper"],
)
def test_keys_of_statistics(kind: PageKind, change: Change, is_known: bool) -> None:
    """What is no statistic is left out under its new name too."""
    assert_reads_as_before(of(kind, change, is_known=is_known), kind)


def test_a_statistic_keeps_its_name() -> None:
    def change(value: dict[str, Any]) -> dict[str, Any]:
        names = {"goal": "goalsScored"}
        rows = value["teamTableStats"]
        return {
            **value,
            "teamTableStats": [{names.get(k, k): v for k, v in row.items()} for row in rows],
        }

    suggestion = of(K.TEAM_STATISTICS, feed(change))
    assert_reads_as_before(suggestion, K.TEAM_STATISTICS)
    stats = draft_of(suggestion, K.TEAM_STATISTICS).groups["teams"].groups["stats"]
    assert stats.fields["stat"].places[0].path == "key == 'goalsScored' && 'goal' || key"


def test_bodies_in_other_units() -> None:
    def change(value: dict[str, Any]) -> dict[str, Any]:
        for row in value["playerTableStats"]:
            row["height"] = row["height"] / 100
            row["weight"] = f"{row['weight']} kg" if row["weight"] else ""
        return value

    assert_reads_as_before(of(K.PLAYER_STATISTICS, feed(change)), K.PLAYER_STATISTICS)


def test_a_unit_that_no_decimal_fraction_tells() -> None:
    def change(value: dict[str, Any]) -> dict[str, Any]:
        for row in value["playerTableStats"]:
            row["weight"] = row["weight"] * 7
        return value

    suggestion = of(K.PLAYER_STATISTICS, feed(change))
    assert_reads_as_before(suggestion, K.PLAYER_STATISTICS)
    steps = draft_of(suggestion, K.PLAYER_STATISTICS).groups["players"].fields["weight_kg"]
    assert ("divide", 7) in [(step.name, step.argument) for step in steps.transform]


# --- the draft ------------------------------------------------------------------------------


def test_what_a_group_takes_from_another_is_changed_alone() -> None:
    """The away side's line-up is merged from the home side's."""

    @elements
    def change(root: Any) -> None:
        for rating in root.xpath(
            "//*[@class='pitch']/*[@class='home']//*[contains(@class, 'rating')]"
        ):
            rating.set("class", "mark")

    suggestion = of(K.MATCH_PREVIEW, change)
    assert_reads_as_before(suggestion, K.MATCH_PREVIEW)
    draft = draft_of(suggestion, K.MATCH_PREVIEW)
    assert draft.groups["away_line_up"] == pattern(K.MATCH_PREVIEW).selector.groups["away_line_up"]


def test_a_draft_holds_from_the_day_of_the_first_page() -> None:
    base, (target, _) = pattern(K.SEASONS), targets(K.SEASONS)
    html = names_renamed(page(target)).encode()
    values: Extracted = extract(Page(page(target)), base.selector)
    sample = Sample("yesterday's", K.SEASONS, html, date(2026, 7, 31), target.key)
    case = Case(sample, Page(html), values, "the test", None, Page(page(target)))
    suggestion = suggest([base], [case], "2026-08", TODAY, unmet, judge, gate)
    assert draft_of(suggestion, K.SEASONS).effective_from == date(2026, 7, 31)


def test_renamed_keys_and_positions_within_paths() -> None:
    renames = Renames()
    renames.learn("header", "input[0]", "header", "facts[0]")
    assert renames.path("header", "input[13].name") == ("header", "facts[13].name")
    renames.learn(None, "[2]", None, "cells[2]")
    assert renames.expression(None, "[4]") == (None, "cells[4]")


# --- pages that are read, and mean something else --------------------------------------------


def other_sides(value: dict[str, Any]) -> dict[str, Any]:
    def other(key: str) -> str:
        if key.startswith("home"):
            return f"away{key[4:]}"
        return f"home{key[4:]}" if key.startswith("away") else key

    for stage in value["tournaments"]:
        stage["matches"] = [{k: m[other(k)] for k in m} for m in stage["matches"]]
    return value


def corrected(value: dict[str, Any]) -> dict[str, Any]:
    value["tournaments"][0]["matches"][0] |= {"homeScore": 7, "awayScore": 6}
    return value


def month(edit: Callable[[dict[str, Any]], Any]) -> Suggestion:
    """The suggestion for a month feed that was read before the change."""
    target = Target.schedule(LEAGUES[0].id, "202210")
    old, key = page(target), target.key
    earlier = Sample("earlier", K.SCHEDULE, old.encode(), date(2026, 7, 30), key)
    now = Sample("now", K.SCHEDULE, feed(edit)(old).encode(), TODAY, key)
    return suggest_for(Desk([pattern(K.SCHEDULE)], earlier=[earlier]), [now], "2026-08", 0)


def test_a_page_that_is_read_otherwise_throughout_is_no_correction() -> None:
    suggestion = month(other_sides)
    assert suggestion.reads_all
    places = draft_of(suggestion, K.SCHEDULE).groups["tournaments"].groups["matches"].fields
    assert places["home_team_id"].places[0].path == "awayTeamId"
    assert places["away_score"].places[0].path == "homeScore"
    assert [c for c in suggestion.compared.values() if c.changed or c.lost or c.gained] == []


def test_a_page_whose_values_were_corrected_is_left_alone() -> None:
    with pytest.raises(ConfigInvalid, match="nothing to suggest"):
        month(corrected)


# --- a match centre's flags and members ------------------------------------------------------


def of_match_data(edit: Callable[[dict[str, Any]], Any]) -> tuple[Suggestion, Extracted]:
    """The suggestion for a match centre whose data was edited, and what its page said."""
    match = next(m for m in MATCHES if m.has_match_centre)
    target, base = Target.match_centre(match.id), pattern(K.MATCH_CENTRE)
    old = page(target).encode()
    data = match_data(old)
    edit(data)
    html = with_match_data(old, data)
    values = extract(Page(old), base.selector)
    sample = Sample(target.key, K.MATCH_CENTRE, html, TODAY, target.key)
    case = Case(sample, Page(html), values, "the test", None, Page(old))
    return suggest([base], [case], "2026-08", TODAY, unmet, judge, gate), values


def test_a_flag_that_is_only_there_where_it_is_true() -> None:
    """Its default reads every row, so that a lost key shows in rare rows alone."""

    def change(data: dict[str, Any]) -> None:
        for event in data["events"]:
            if "isShot" in event:
                event["details"] = {"isShot": event.pop("isShot")}

    suggestion, before = of_match_data(change)
    assert found_of(suggestion)["events.is_shot"].proposals[0].places[0].path == "details.isShot"
    assert [reading.extracted for reading in suggestion.readings] == [before]


def test_members_of_rows_and_of_rows_within_them_under_one_new_name() -> None:
    def change(data: dict[str, Any]) -> None:
        for side in ("home", "away"):
            for row in (data[side], *data[side]["players"]):
                row["figures"] = row.pop("stats")
                if "minutesWithStats" in row["figures"]:
                    row["figures"]["minutes"] = row["figures"].pop("minutesWithStats")

    suggestion, before = of_match_data(change)
    rows = {name: each.proposals[0].rows[0] for name, each in found_of(suggestion).items()}
    assert {name: each.path for name, each in rows.items()} == {
        "teams.stats": "figures",
        "teams.players.stats": "figures",
    }
    assert "minutes" in rows["teams.stats"].skip_keys
    assert [reading.extracted for reading in suggestion.readings] == [before]

"""`suggest` finds where values went, for each way in which a layout changes, and proves it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scrapers.parsing.extract import extract
from scrapers.parsing.javascript import read_value
from scrapers.parsing.load import check, load
from scrapers.parsing.page import Page
from scrapers.parsing.replay import Sample
from scrapers.parsing.suggest.run import Pattern, Suggestion, suggest
from scrapers.parsing.suggest.scope import Case
from scrapers.parsing.suggest.solve import Status
from scrapers.settings import ROOT
from scrapers.targets import PageKind, Target
from scrapers.whoscored.needs import unmet
from scrapers.whoscored.proof import judge
from tests.site.world import World
from tests.support.pages import feed_page, match_data, real_match_page, with_match_data

Change = Callable[[str], str]
TODAY = date(2026, 8, 1)


def replaced(*pairs: str) -> Change:
    """Texts replaced one after the other; each must be there."""

    def change(text: str) -> str:
        for old, new in zip(pairs[::2], pairs[1::2], strict=True):
            assert old in text
            text = text.replace(old, new)
        return text

    return change


def resolved(suggestion: Suggestion) -> dict[str, str]:
    """What was found, as `name: place`, of what did not stand."""
    found = {}
    for each in suggestion.solution.findings:
        if each.document is not None:
            found[each.name] = str(each.document.assigned_to or each.document.css)
        elif each.proposals:
            best = each.proposals[0]
            place = best.rows[0] if best.rows else best.found_places[0]
            found[each.name] = str(place.path or place.css or place.xpath)
    return found


def assert_mends(suggestion: Suggestion) -> None:
    """The draft is a good file, reads every page, and gives every value that is known."""
    assert suggestion.problems == []
    assert [reading.detail for reading in suggestion.readings if reading.outcome != "read"] == []
    otherwise = {n: c for n, c in suggestion.compared.items() if c.changed or c.lost or c.gained}
    assert otherwise == {}


# --- data in scripts ------------------------------------------------------------------------

WORLD = World()
MATCHES = [m for m in WORLD.matches() if m.has_match_centre and m.status == "finished"]
MATCH, OTHER = MATCHES[5], MATCHES[9]
FILES = ROOT / "selectors" / "whoscored"


def pattern(kind: str) -> Pattern:
    path = FILES / kind / "2022-08.yaml"
    return Pattern(load(path, unmet), path.read_text())


def feed_pattern() -> Pattern:
    """The month feed's file, as it was before it knew of feeds without a <pre>."""
    given = pattern("schedule")
    text = re.sub(r"(?m)^  feed: .*$", "  feed: {css: pre}", given.text)
    selector, problems = check(Path("schedule", "2022-08.yaml"), unmet, text.encode())
    assert selector is not None
    assert not problems
    return Pattern(selector, text)


def match_case(change: Change, *, is_known: bool = True) -> Case:
    old = WORLD.page(MATCH.id) or b""
    html = change(old.decode()).encode()
    reference = Page(old if is_known else WORLD.page(OTHER.id) or b"")
    values = extract(reference, pattern("match_centre").selector)
    key = Target.match_centre(MATCH.id).key
    sample = Sample("the page", PageKind.MATCH_CENTRE, html, TODAY, key)
    known, alike = (values, None) if is_known else (None, values)
    return Case(sample, Page(html), known, "the test", alike, reference)


def of_match(change: Change, *, is_known: bool = True) -> Suggestion:
    case = match_case(change, is_known=is_known)
    return suggest([pattern("match_centre")], [case], "2026-08", TODAY, unmet, judge)


def data(change: Callable[[dict[str, Any]], Any]) -> Change:
    def changed(text: str) -> str:
        page = text.encode()
        values = match_data(page)
        return with_match_data(page, change(values) or values).decode()

    return changed


def in_json_script(text: str) -> str:
    begin = text.index('require.config.params["args"] = ')
    start, end = text.rindex("<script>", 0, begin), text.index("</script>", begin)
    values = json.dumps(read_value(text, begin + len('require.config.params["args"] = ')))
    return f'{text[:start]}<script type="application/json" id="match-data">{values}{text[end:]}'


def nested_deeper(text: str) -> str:
    begin = text.index('require.config.params["args"] = ')
    end = text.index("</script>", begin)
    literal = text[begin:end].partition(" = ")[2].rstrip().rstrip(";")
    return f'{text[:begin]}window.__DATA__ = {{"props": {{"page": {literal}}}}};\n{text[end:]}'


def renamed_everywhere(values: dict[str, Any]) -> Any:
    text = json.dumps(values).replace('"displayName"', '"label"').replace('"playerId"', '"pid"')
    return json.loads(text)


def in_a_position(values: dict[str, Any]) -> None:
    for event in values["events"]:
        event["position"] = {"x": event.pop("x"), "y": event.pop("y")}


def with_teams_renamed(values: dict[str, Any]) -> None:
    values["homeTeam"], values["awayTeam"] = values.pop("home"), values.pop("away")


DATA_CHANGES: dict[str, tuple[Change, dict[str, str]]] = {
    "a key renamed": (
        replaced('"venueName":', '"groundName":'),
        {"venue_name": "matchCentreData.groundName"},
    ),
    "a group renamed": (
        replaced('"events":', '"incidents":'),
        {"events": "matchCentreData.incidents"},
    ),
    "a key of rows renamed": (replaced('"x":', '"posX":'), {"events.x": "posX"}),
    "the variable renamed": (
        replaced('require.config.params["args"]', "window.pageData"),
        {"documents.args": "window.pageData"},
    ),
    "moved to a script of JSON": (in_json_script, {"documents.args": "script#match-data"}),
    "two teams renamed": (
        data(with_teams_renamed),
        {"teams": "matchCentreData.[homeTeam, awayTeam]"},
    ),
    "a group nested deeper": (
        data(lambda d: {**d, "events": {"list": {"all": d["events"]}}}),
        {"events": "matchCentreData.events.list.all"},
    ),
    "keys of rows nested deeper": (
        data(in_a_position),
        {"events.x": "position.x", "events.y": "position.y"},
    ),
}


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "alike"])
@pytest.mark.parametrize("name", DATA_CHANGES)
def test_data_that_moved(name: str, is_known: bool) -> None:
    change, expected = DATA_CHANGES[name]
    suggestion = of_match(change, is_known=is_known)
    assert resolved(suggestion) == expected
    assert_mends(suggestion)
    status = {each.status for each in suggestion.solution.findings if each.proposals}
    assert status <= ({Status.MOVED} if is_known else {Status.LIKELY})


def test_everything_below_a_new_name() -> None:
    for change, head in (
        (nested_deeper, "props.page.matchCentreData"),
        (replaced("matchCentreData:", "centre:"), "centre"),
    ):
        suggestion = of_match(change)
        assert_mends(suggestion)
        found = resolved(suggestion)
        assert found["venue_name"] == f"{head}.venueName"
        assert found["teams"] == f"{head}.[home, away]"
        assert f"{head}.elapsed == 'Can'" in suggestion.text, "also in expressions"
        assert f"path: {head}, is_null: true" in suggestion.text, "also where absence is told"


def test_keys_renamed_all_over_the_page() -> None:
    suggestion = of_match(data(renamed_everywhere))
    assert_mends(suggestion)
    found = resolved(suggestion)
    assert found["teams.players.player_id"] == "pid"
    assert found["events.qualifiers.name"] == "type.label"


def with_height(write: Callable[[int], Any]) -> Change:
    def change(values: dict[str, Any]) -> None:
        for side in ("home", "away"):
            for player in values[side]["players"]:
                player["height"] = write(player["height"]) if player["height"] else ""

    return data(change)


def with_start(write: Callable[[datetime], Any]) -> Change:
    return data(lambda d: {**d, "startTime": write(datetime.fromisoformat(d["startTime"]))})


def milliseconds(time: datetime) -> int:
    return int(time.replace(tzinfo=ZoneInfo("Europe/London")).timestamp() * 1000)


def per_unit(values: dict[str, Any]) -> None:
    for event in values["events"]:
        event["x"] = round(event["x"] / 100, 6)


@pytest.mark.parametrize(
    ("change", "field", "steps"),
    [
        (with_start(lambda t: f"{t:%d/%m/%Y %H:%M}"), "kickoff_page", "parse_time"),
        (with_start(lambda t: f"{t:%b %d %Y, %H:%M}"), "kickoff_utc", "to_utc"),
        (with_start(milliseconds), "kickoff_page", "to_local"),
        (with_height(lambda cm: f"{cm / 100:.2f}"), "teams.players.height_cm", "multiply"),
        (with_height(lambda cm: f"{cm} cm"), "teams.players.height_cm", "to_integer"),
        (
            data(lambda d: {**d, "attendance": f"{d['attendance']:,}"}),
            "attendance",
            "ungroup",
        ),
        (data(per_unit), "events.x", "multiply"),
    ],
    ids=["date", "date in words", "milliseconds", "metres", "cm in words", "grouped", "shares"],
)
def test_a_value_in_another_unit_or_format(change: Change, field: str, steps: str) -> None:
    suggestion = of_match(change)
    assert_mends(suggestion)
    found = {f.name: f.proposals[0] for f in suggestion.solution.findings if f.proposals}
    assert steps in [step.name for step in found[field].steps or ()]


def test_one_of_several_that_share_an_anchor_changes_alone() -> None:
    suggestion = of_match(data(per_unit))
    draft, problems = check(Path("match_centre", "2026-08.yaml"), unmet, suggestion.text.encode())
    assert draft is not None
    assert not problems
    fields = draft.groups["events"].fields
    assert [step.name for step in fields["x"].transform] == ["to_number", "multiply"]
    assert fields["y"].transform == []


def test_columns_in_another_order() -> None:
    def swapped(text: str) -> str:
        name = r"('(?:[^'\\]|\\.)*')"
        return re.sub(rf"input: \[(\d+),(\d+),{name},{name},", r"input: [\3,\4,\1,\2,", text)

    suggestion = of_match(swapped)
    assert_mends(suggestion)
    assert resolved(suggestion) == {
        "header_home_team_id": "input[2]",
        "header_away_team_id": "input[3]",
    }


def test_an_emptied_value_is_said_to_be_gone() -> None:
    suggestion = of_match(data(lambda d: {**d, "venueName": ""}))
    (finding,) = [f for f in suggestion.solution.findings if f.status != Status.STANDS]
    assert (finding.name, finding.status) == ("venue_name", Status.GONE)
    assert "is not on the page; its place is there and empty" in finding.says


@pytest.mark.parametrize("known", ["of the match", "of another", "nothing"])
def test_a_person_is_found_beside_their_other_names_and_no_place_is_lost(known: str) -> None:
    change = replaced('"firstName":', '"firstTitle":', '"lastName":', '"lastTitle":')
    case = match_case(change, is_known=known == "of the match")
    if known == "nothing":
        case = Case(case.sample, case.page, None, known)
    base = pattern("match_centre")
    suggestion = suggest([base], [case], "2026-08", TODAY, unmet, judge)
    found = resolved(suggestion)
    assert found["referee_first_name"] == "matchCentreData.referee.firstTitle"
    assert found["referee_last_name"] == "matchCentreData.referee.lastTitle"
    draft, _ = check(Path("match_centre", "2026-08.yaml"), unmet, suggestion.text.encode())
    assert draft is not None
    for name in ("referee_first_name", "referee_last_name"):
        was = base.selector.fields[name].places
        assert draft.fields[name].places[1:] == was[1:], "who has no referee says so elsewhere"


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "alike"])
def test_what_only_the_rest_of_the_page_contradicts_is_looked_for(is_known: bool) -> None:
    """Cards are in few events: nothing fails until a card has no colour."""
    suggestion = of_match(replaced('"cardType":', '"cardKind":'), is_known=is_known)
    found = resolved(suggestion)
    assert found["events.card_type"] == "cardKind.displayName"
    assert found["events.card_type_id"] == "cardKind.value"
    assert_mends(suggestion)


def test_what_is_gone_says_what_speaks_against_its_place() -> None:
    suggestion = of_match(data(without_cards), is_known=False)
    (card,) = [f for f in suggestion.solution.findings if f.name == "events.card_type"]
    assert card.status in (Status.UNKNOWN, Status.GONE)
    assert "it gives nothing, but" in card.says
    assert suggestion.pages == ["the page"]
    assert not suggestion.reads_all


def test_a_witness_that_contradicts_a_field_is_not_moved_to_agree_with_it() -> None:
    """The header's kick-off is right, the data's is not; another key has the wrong one too."""
    wrong = "2031-01-01T21:00:00"
    suggestion = of_match(
        data(lambda d: {**d, "startTime": wrong, "startDateTime": wrong}), is_known=False
    )
    assert "header_kickoff_page" not in resolved(suggestion)
    assert not suggestion.reads_all


def without_cards(values: dict[str, Any]) -> None:
    for event in values["events"]:
        event.pop("cardType", None)


def test_a_draft_keeps_its_comments_and_tells_its_layout_from_the_old_one() -> None:
    case = match_case(replaced('"venueName":', '"groundName":'))
    suggestion = suggest([pattern("match_centre")], [case], "2026-08", TODAY, unmet, judge)
    draft, _ = check(Path("match_centre", "2026-08.yaml"), unmet, suggestion.text.encode())
    assert draft is not None
    assert str(draft.effective_from) == "2026-08-01"
    assert {c.path for c in draft.fingerprint.any} == {"matchCentreData.groundName"}
    old_lines = set(pattern("match_centre").text.splitlines())
    lost = old_lines - set(suggestion.text.splitlines())
    assert len(lost) < 12, lost
    assert not [line for line in lost if "#" in line and "{" not in line], "comments stay"


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "alike"])
def test_a_feed_without_its_pre_and_with_other_keys(is_known: bool) -> None:
    stage = int(str(WORLD.follow()[0]["stage_id"]))
    old = feed_page(WORLD.feed(stage, "202210").decode())
    other = feed_page(WORLD.feed(stage, "202211").decode())
    reference = Page(old if is_known else other)
    schedule = feed_pattern()
    values = extract(reference, schedule.selector)
    for change, expected in (
        (replaced("<pre>", "", "</pre>", ""), {"documents.feed": "body"}),
        (
            replaced('"matches"', '"fixtures"', "startTimeUtc", "kickoff"),
            {"tournaments.matches": "fixtures", "tournaments.matches.kickoff_utc": "kickoff"},
        ),
    ):
        html = change(old.decode()).encode()
        sample = Sample(
            "feed", PageKind.SCHEDULE, html, TODAY, f"whoscored/schedule/{stage}/202210"
        )
        known, alike = (values, None) if is_known else (None, values)
        case = Case(sample, Page(html), known, "the test", alike, reference)
        suggestion = suggest([schedule], [case], "2026-08", TODAY, unmet, judge)
        assert resolved(suggestion) == expected
        assert_mends(suggestion)


def test_the_real_page_in_another_layout(shared_data: Path) -> None:
    old = real_match_page(shared_data)
    html = replaced(
        "matchCentreData:", "centre:", '"displayName"', '"label"', "breadcrumb-nav", "crumbs"
    )(old.decode()).encode()
    values = extract(Page(old), pattern("match_centre").selector)
    sample = Sample("real", PageKind.MATCH_CENTRE, html, TODAY, "whoscored/match_centre/1650630")
    case = Case(sample, Page(html), values, "the test", None, Page(old))
    suggestion = suggest([pattern("match_centre")], [case], "2026-08", TODAY, unmet, judge)
    assert_mends(suggestion)
    found = resolved(suggestion)
    assert found["competition_id"] == "#crumbs a[href*='/Tournaments/' i]"
    assert found["events.qualifiers.name"] == "type.label"


# --- elements -------------------------------------------------------------------------------

PREVIEW = """\
page_kind: match_preview
version: 2025-07
effective_from: 2025-07-01
description: a small preview for tests
timezone: Europe/London
fetch: {ready: ["document.querySelector('#preview') !== null"]}
fingerprint:
  all: [{css: "#preview"}]
fields:
  match_id:
    from: [{css: "#preview", attr: data-match}]
    type: integer
    transform: [to_integer]
  venue: {from: [{css: "#facts .venue"}], type: text, transform: [empty_to_null]}
  kickoff:
    from: [{css: "#facts .kickoff"}]
    type: local_time
    transform: [strip, {parse_time: "%d/%m/%Y %H:%M"}]
  links:
    from: [{xpath: "count(//*[@id='lineup']//a[contains(@class, 'player-name')])"}]
    type: integer
    transform: [to_integer]
    range: [1, 40]
  home_goals: {from: [{css: ".guess .home .goals"}], type: integer, transform: [to_integer]}
  away_goals: {from: [{css: ".guess .away .goals"}], type: integer, transform: [to_integer]}
groups:
  line_up:
    rows: [{css: "#lineup ul.player"}]
    min_rows: 1
    fields:
      player_id:
        from: [{xpath: ., attr: data-playerid}]
        type: integer
        transform: [to_integer]
      name: {from: [{css: "a.player-name"}], type: text}
      rating:
        from: [{css: .player-rating, regex: '^(?:N/A|(\\d\\.\\d+))$'}]
        type: number
        transform: [to_number]
        required: false
        present: true
  missing:
    rows: [{css: "#missing table tr.out"}]
    min_rows: 1
    fields:
      name: {from: [{css: td.pn}], type: text}
      status: {from: [{css: td.confirmed}], type: text, one_of: [Out, Doubtful]}
      height_cm:
        from: [{css: td.height, regex: '^(\\d+)cm$'}]
        type: integer
        transform: [to_integer]
        range: [120, 230]
"""
NAMES = ("Anton Berg", "Carlo Dietz", "Emil Falk", "Georg Hahn", "Igor Jung", "Karl Lang")
ABSENT = (("Willi Xaver", "Out", 180), ("Yves Zorn", "Doubtful", 191), ("Abel Braun", "Out", 176))


def rating(number: int, index: int) -> str:
    return f"{6 + number / 10 + index / 7:.2f}" if index else "N/A"


def preview(number: int) -> str:
    """A preview of invented people; each page has values of its own."""
    players = "".join(
        f'<ul class="player" data-playerid="{2000 + 100 * number + i}"><li class="who">'
        f'<a class="player-name" href="/players/{2000 + 100 * number + i}/show/{name[:2]}">{name}'
        f'</a></li><li class="player-rating">{rating(number, i)}</li>'
        "</ul>"
        for i, name in enumerate(NAMES)
    )
    missing = "".join(
        f'<tr class="out"><td class="pn">{name}</td><td class="confirmed">{status}</td>'
        f'<td class="height">{height + number}cm</td></tr>'
        for name, status, height in ABSENT
    )
    return f"""<html><head><title>t</title></head><body><div id="menu"><a href="/x">x</a></div>
<div id="preview" data-match="{1000 + number}"><dl id="facts"><dt>Venue:</dt>
<dd class="venue">Parque {number} Sul</dd><dt>Kick-off:</dt>
<dd class="kickoff"> {10 + number}/02/2023 20:4{number} </dd></dl>
<div id="lineup">{players}</div>
<div id="missing"><table><tbody>{missing}</tbody></table></div>
<div class="guess"><div class="home"><b class="goals">{number}</b></div>
<div class="away"><b class="goals">{(number + 2) % 4}</b></div></div></div></body></html>"""


@pytest.fixture
def small(tmp_path: Path) -> Pattern:
    path = tmp_path / "match_preview" / "2025-07.yaml"
    path.parent.mkdir()
    path.write_text(PREVIEW)
    return Pattern(load(path), PREVIEW)


def of_previews(small: Pattern, change: Change, *, is_known: bool = True) -> Suggestion:
    cases = []
    for number in (1, 2):
        html = change(preview(number))
        reference = Page(preview(number if is_known else number + 4))
        values = extract(reference, small.selector)
        sample = Sample(f"page {number}", PageKind.MATCH_PREVIEW, html.encode(), TODAY)
        known, alike = (values, None) if is_known else (None, values)
        cases.append(Case(sample, Page(html), known, "the test", alike, reference))
    return suggest([small], cases, "2026-08", TODAY)


def as_table(text: str) -> str:
    row = re.compile(
        r'<ul class="player" (data-\w+="\d+")><li class="who">(.*?)</li><li (.*?)</li></ul>'
    )
    text = row.sub(r"<tr \1><td>\2</td><td \3</td></tr>", text)
    text = text.replace('<div id="lineup">', '<div id="lineup"><table><tbody>')
    return text.replace('</div>\n<div id="missing">', '</tbody></table></div>\n<div id="missing">')


def other_columns(text: str) -> str:
    cells = (
        r'<td class="pn">(.*?)</td><td class="confirmed">(.*?)</td><td class="height">(.*?)</td>'
    )
    return re.sub(cells, r"<td>\3</td><td>\1</td><td>\2</td>", text)


ELEMENT_CHANGES: dict[str, Change] = {
    "classes and ids renamed": replaced(
        'id="preview"', 'id="view"', 'id="facts"', 'id="info"', '"venue"', '"stadium"',
        '"kickoff"', '"start"', '"guess"', '"forecast"', '"goals"', '"score"', '"player"', '"man"',
        'id="lineup"', 'id="eleven"', '"player-rating"', '"mark"', '"player-name"', '"called"',
        'id="missing"', 'id="gone"', '"out"', '"row"', '"confirmed"', '"state"',
        '"height"', '"size"', '"pn"', '"nm"',
    ),
    "an element wrapped": replaced(
        "<a class", "<b><a class", "</a></li>", "</a></b></li>", '<div id="lineup">',
        '<section><div id="lineup"><div>', '</div>\n<div id="missing">',
        '</div></div></section>\n<div id="missing">', '<div class="guess">',
        '<div class="forecast"><div class="g">', "</div></div></div></body>",
        "</div></div></div></div></body>",
    ),
    "a list turned into a table": as_table,
    "columns in another order": other_columns,
}  # fmt: skip


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "alike"])
@pytest.mark.parametrize("name", ELEMENT_CHANGES)
def test_elements_that_changed(small: Pattern, name: str, is_known: bool) -> None:
    suggestion = of_previews(small, ELEMENT_CHANGES[name], is_known=is_known)
    assert_mends(suggestion)
    for number, reading in enumerate(suggestion.readings, start=1):
        assert reading.extracted == extract(Page(preview(number)), small.selector)


def test_data_attributes_gone(small: Pattern) -> None:
    suggestion = of_previews(small, lambda text: re.sub(r' data-[a-z]+="[^"]*"', "", text))
    found = {f.name: f for f in suggestion.solution.findings}
    assert found["match_id"].status == Status.GONE, "it stands nowhere else"
    best = found["line_up.player_id"].proposals[0]
    assert (best.places[0].attr, best.places[0].regex) == ("href", r"/players/(\d+)")
    assert best.fit is not None
    assert best.fit.is_proven


def test_units_and_dates_in_elements(small: Pattern) -> None:
    metres = of_previews(small, lambda t: re.sub(r">(\d)(\d\d)cm<", r">\1.\2 m<", t))
    assert_mends(metres)
    dates = of_previews(
        small, lambda t: re.sub(r"(\d\d)/02/2023 (\d\d:\d\d)", r"Feb \1 2023, \2", t)
    )
    assert_mends(dates)


def test_an_emptied_element_is_said_to_be_gone(small: Pattern) -> None:
    suggestion = of_previews(small, lambda t: re.sub(r"Parque \d Sul", "", t))
    found = {f.name: f for f in suggestion.solution.findings if f.status != Status.STANDS}
    assert set(found) == {"venue"}
    assert found["venue"].status == Status.GONE
    assert "its place is there and empty" in found["venue"].says
    assert not suggestion.reads_all


def test_a_place_is_ranked_by_the_pages_it_reads_right(small: Pattern) -> None:
    """A value that stands in two places on one page, and in one of them on the other."""

    def change(text: str) -> str:
        text = text.replace('class="venue"', 'class="stadium"')
        if "Parque 1" in text:
            return text.replace("<dt>Venue:", "<dt class='old'>Parque 1 Sul</dt><dt>Venue:")
        return text.replace("<dt>Venue:", "<dt class='old'>Parque 9 Sul</dt><dt>Venue:")

    suggestion = of_previews(small, change)
    assert_mends(suggestion)
    venue = next(f for f in suggestion.solution.findings if f.name == "venue")
    assert "stadium" in str(venue.proposals[0].places[0].css)
    worse = [p for p in venue.proposals if p.places[0].css and "old" in p.places[0].css]
    assert all(p.fit is not None and p.fit.pages_right < 2 for p in worse)

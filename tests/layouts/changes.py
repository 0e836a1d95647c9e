"""The layout changes, each a function of a stand-in page of a kind.

A change gives None where there is nothing on the page to which it could apply. Which fields it
touches is not written down here: it is what the selector file in force reads otherwise then.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from lxml.builder import E

from scrapers.parsing.model import SelectorFile
from scrapers.parsing.page import Page
from scrapers.targets import PageKind
from tests.layouts.edit import (
    addressed_elements,
    addressed_keys,
    around,
    around_content,
    feed_text,
    has_elements,
    item_maps,
    renamed_targets,
    text_of,
    with_documents,
    with_feed,
    with_keys,
    without_targets,
    written,
)
from tests.site.match_data import SITE_CLOCK

K = PageKind
FEEDS = (K.SCHEDULE, K.TEAM_STATISTICS, K.PLAYER_STATISTICS)
STAGE_PAGES = (K.SEASONS, K.STAGES, K.STANDINGS, K.REFEREE_STATISTICS)
MATCH_PAGES = (K.MATCH_PREVIEW, K.MATCH_REPORT)
# Columns that say what a clock of the page says, whichever it is.
CLOCKS = ("kickoff_page", "data_updated_page")
Apply = Callable[[str, PageKind, SelectorFile], str | None]


@dataclass(frozen=True, slots=True)
class Change:
    """A way in which a site changes its pages.

    Attributes:
        name: what the command line calls it.
        title: what the table calls it.
        says: what is done to the page.
        apply: the page with the change; None: there is nothing to change.
        stands: the values still stand on the page, though elsewhere or written otherwise.
        is_trap: the page keeps its shape, so that only the meaning of the values tells.
        is_of_form: the values stand where they stood, and are written otherwise.
        own_columns: columns that are right with other values after the change.
    """

    name: str
    title: str
    says: str
    apply: Apply
    stands: bool = True
    is_trap: bool = False
    is_of_form: bool = False
    own_columns: tuple[str, ...] = ()


# --- names -----------------------------------------------------------------------------------


def names_renamed(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """Every class and id gets a name that has nothing of the old one."""
    if not has_elements(selector):
        return None
    root = Page(html).root
    for element in root.iter("*"):
        for name in ("class", "id"):
            if words := element.get(name):
                element.set(name, " ".join(map(hashed, words.split())))
    return text_of(root)


def hashed(name: str) -> str:
    """The new name of a class or id."""
    return f"x{zlib.crc32(name.encode()):08x}"


def wrapped(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """One element more around each that is looked for."""
    if not has_elements(selector):
        return None
    page = Page(html)
    done: set[Any] = set()
    for element in addressed_elements(page.root, page, selector):
        if element.tag in ("td", "th", "li"):
            around_content(element, E.div({"class": "cell"}))
        elif element.tag == "option":
            chosen = element.getparent()
            if chosen not in done:
                around_content(chosen, E.optgroup({"label": "All"}))
        elif element.tag == "tr":
            table = next(element.iterancestors("table"))
            if table not in done:
                around(table, E.div({"class": "scroll"}))
            done.add(table)
        elif element.getparent() is not None:
            around(element, E.div({"class": "wrap"}))
        done.add(element.getparent())
    return text_of(page.root)


def list_to_table(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """Lists of links and choices, and lists that are rows, become tables."""
    if not has_elements(selector):
        return None
    page = Page(html)
    lists: dict[Any, None] = {}
    for element in addressed_elements(page.root, page, selector):
        for each in (element, *element.iterancestors()):
            if each.tag in ("ul", "ol", "select"):
                lists[each] = None
                break
    if not lists:
        return None
    for each in lists:
        table = E.table(dict(each.attrib))
        for item in each.iter("li", "option"):
            cell = E.td()
            if item.tag == "option":
                link = E.a({"href": item.get("value", "")}, item.text or "")
                cell.append(link)
                row = E.tr({"class": "selected"} if "selected" in item.attrib else {}, cell)
            else:
                cell.attrib.update(item.attrib)
                cell.text = item.text
                cell.extend(list(item))
                row = E.tr(cell)
            table.append(row)
        table.tail, each.tail = each.tail, None
        each.getparent().replace(each, table)
    return text_of(page.root)


def data_attributes_gone(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """No element has a data-* attribute any more."""
    if not has_elements(selector):
        return None
    root = Page(html).root
    gone = False
    for element in root.iter("*"):
        for name in [name for name in element.attrib if name.startswith("data-")]:
            del element.attrib[name]
            gone = True
    return text_of(root) if gone else None


# --- scripts ---------------------------------------------------------------------------------


def variable_renamed(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """What scripts assign or push their data to has another name."""
    names = {
        name: f"window.__{name.upper()}__" if document.assigned_to else f"{name}List"
        for name, document in selector.documents.items()
        if document.assigned_to or document.pushed_to
    }
    if not names:
        return None
    html = renamed_targets(html, selector, names)
    return html.replace("var window.", "window.")


def script_moved(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """The assignments stand in a script of their own at the end of the body."""
    rest, data = without_targets(html, selector)
    if not data:
        return None
    lines = []
    for name, value in data.items():
        document = selector.documents[name]
        if document.assigned_to is not None:
            lines.append(f"{document.assigned_to} = {written(value)};")
        else:
            lines += [f"{document.pushed_to}.push({written(one)});" for one in value]
    return _at_the_end(rest, f"<script>\n{chr(10).join(lines)}\n</script>")


def script_of_json(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """All data stands in one script of JSON, as sites of today serve it."""
    rest, data = without_targets(html, selector)
    if not data:
        return None
    text = written({"page": data}).replace("</", "<\\/")
    return _at_the_end(rest, f'<script type="application/json" id="__DATA__">{text}</script>')


def _at_the_end(html: str, script: str) -> str:
    end = html.rindex("</body>")
    return html[:end] + script + html[end:]


# --- keys ------------------------------------------------------------------------------------


def snake(name: str) -> str:
    """The new name of a key."""
    found = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return found if found != name else f"{name}_value"


def keys_renamed(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """Every key that is looked for is written in another style."""
    keys = addressed_keys(selector)
    if not keys:
        return None
    names = {key: snake(key) for key in keys}
    maps = item_maps(selector)
    return with_documents(html, selector, lambda _, value: with_keys(value, names, maps))


def document_nested(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """All data of a script or feed lies one key deeper."""
    if not addressed_keys(selector):
        return None
    return with_documents(html, selector, lambda _, value: {"content": value})


def keys_nested(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """Every second of the keys that are looked for lies in an object beside the others."""
    keys = addressed_keys(selector)
    moved = set(sorted(keys)[1::2])
    maps = item_maps(selector)

    def deeper(value: Any, is_map: bool = False) -> Any:
        if isinstance(value, list):
            return [deeper(item) for item in value]
        if not isinstance(value, dict):
            return value
        inner = {k: deeper(v, k in maps and not is_map) for k, v in value.items()}
        found = {k: v for k, v in inner.items() if k in moved and not isinstance(v, dict | list)}
        if is_map or not found or not keys - moved & inner.keys():
            return inner
        return {**{k: v for k, v in inner.items() if k not in found}, "details": found}

    return with_documents(html, selector, lambda _, value: deeper(value)) if keys else None


# --- feeds -----------------------------------------------------------------------------------


def feed_wrapped(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """A feed shown in <pre> stands bare in the body, a bare one in <pre>."""
    if kind not in FEEDS:
        return None
    text = feed_text(html)
    body = text if "<pre>" in html else f"<pre>{text}</pre>"
    return f"<html><head></head><body>{body}</body></html>"


def feed_in_script(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """The feed is embedded in a page of the site, as JSON in a script."""
    if kind not in FEEDS:
        return None
    found: list[Any] = []
    with_feed(html, lambda value: found.append(value) or value)
    text = written(found[0]).replace("</", "<\\/")
    return (
        "<!DOCTYPE html>\n<html><head><title>Data</title></head><body><main>"
        f'<script type="application/json" id="feed">{text}</script></main></body></html>'
    )


# --- order -----------------------------------------------------------------------------------


def columns_rotated(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """The last column of each table stands first, its head with it."""
    if not has_elements(selector):
        return None
    page = Page(html)
    tables = {
        table: None
        for element in addressed_elements(page.root, page, selector)
        for table in element.iterancestors("table")
    }
    for table in tables:
        for row in table.iter("tr"):
            if len(row) > 1:
                row.insert(0, row[-1])
    return text_of(page.root) if tables else None


def positions_rotated(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """Lists that are read by position begin with what stood last."""
    positional = _POSITIONAL.get(kind)
    return with_documents(html, selector, positional(_rotated)) if positional else None


def _rotated(values: list[Any]) -> list[Any]:
    return values[-1:] + values[:-1]


def _in_header(edit: Callable[[list[Any]], list[Any]]) -> Callable[[str, Any], Any]:
    def change(name: str, value: Any) -> Any:
        return {**value, "input": edit(value["input"])} if name == "header" else value

    return change


def _in_standings(edit: Callable[[list[Any]], list[Any]]) -> Callable[[str, Any], Any]:
    return lambda _, value: {**value, "standings": [edit(row) for row in value["standings"]]}


_POSITIONAL = {
    K.MATCH_CENTRE: _in_header,
    K.MATCH_PREVIEW: _in_header,
    K.MATCH_REPORT: _in_header,
    K.STANDINGS: _in_standings,
}


def _swapped(*pairs: tuple[int, int]) -> Callable[[list[Any]], list[Any]]:
    def edit(values: list[Any]) -> list[Any]:
        values = list(values)
        for one, other in pairs:
            if max(one, other) < len(values):
                values[one], values[other] = values[other], values[one]
        return values

    return edit


def sides_swapped(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """What was of the home side stands where the away side's was, and the other way round."""
    if kind is K.STANDINGS:
        edit = _in_standings(_swapped(*((n, n + 9) for n in range(12, 21))))
    elif kind in _POSITIONAL:
        edit = _in_header(_swapped((0, 1), (2, 3), (13, 14)))
    elif kind is K.SCHEDULE:

        def edit(_: str, value: Any) -> Any:
            return _with_matches(value, _sides_of_match)
    else:
        return None
    return with_documents(html, selector, edit)


def _sides_of_match(match: dict[str, Any]) -> dict[str, Any]:
    def other(key: str) -> str:
        if key.startswith("home"):
            return f"away{key[4:]}"
        return f"home{key[4:]}" if key.startswith("away") else key

    return {key: match.get(other(key), value) for key, value in match.items()}


def names_swapped(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """The names of the two teams have changed places, their ids have not."""
    if kind in (K.MATCH_PREVIEW, K.MATCH_REPORT):
        return with_documents(html, selector, _in_header(_swapped((2, 3))))
    return None


def goals_swapped(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """Goals against stand before goals for."""
    if kind is not K.STANDINGS:
        return None
    return with_documents(html, selector, _in_standings(_swapped((8, 9), (17, 18), (26, 27))))


# --- times and units -------------------------------------------------------------------------


def _with_matches(feed: Any, edit: Callable[[dict[str, Any]], Any]) -> Any:
    return {
        **feed,
        "tournaments": [
            {**one, "matches": [edit(match) for match in one["matches"]]}
            for one in feed["tournaments"]
        ],
    }


def _with_times(
    html: str,
    kind: PageKind,
    selector: SelectorFile,
    iso: Callable[[datetime], str],
    header: Callable[[datetime], str],
) -> str | None:
    """The page with its times written anew: those in ISO, and the header's."""

    def of_iso(text: str) -> str:
        return iso(datetime.fromisoformat(text.removesuffix("Z"))) if text else text

    if kind is K.SCHEDULE:

        def edit(_: str, value: Any) -> Any:
            return _with_matches(
                value,
                lambda m: {
                    **m,
                    "startTimeUtc": of_iso(m["startTimeUtc"]),
                    "startTime": of_iso(m["startTime"]),
                },
            )
    elif kind is K.MATCH_CENTRE:

        def edit(name: str, value: Any) -> Any:
            if name == "header":
                values = list(value["input"])
                values[4] = header(_header_time(values[4]))
                return {**value, "input": values}
            data = value["matchCentreData"]
            times = {key: of_iso(data[key]) for key in ("startTime", "timeStamp")}
            return {**value, "matchCentreData": {**data, **times}}
    else:
        return None
    return with_documents(html, selector, edit)


def _header_time(text: str) -> datetime:
    return datetime.strptime(text, "%d/%m/%Y %H:%M:%S")  # noqa: DTZ007 - the page's clock


def dates_written_otherwise(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """2022-09-03T16:30:00 becomes 03/09/2022 16:30:00, and the other way round."""
    return _with_times(
        html, kind, selector, lambda at: f"{at:%d/%m/%Y %H:%M:%S}", lambda at: at.isoformat()
    )


def day_month_swapped(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """The day stands before the month, in ISO times, and after it in the others."""
    end = "Z" if kind is K.SCHEDULE else ""
    return _with_times(
        html, kind, selector, lambda at: f"{at:%Y-%d-%mT%H:%M:%S}{end}",
        lambda at: f"{at:%m/%d/%Y %H:%M:%S}",
    )  # fmt: skip


def clock_changed(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """Times of a match are told in UTC; what a feed calls UTC is on the clock of London."""
    if kind is K.SCHEDULE:

        def edit(_: str, value: Any) -> Any:
            return _with_matches(value, lambda m: {**m, "startTimeUtc": m["startTime"] + "Z"})

        return with_documents(html, selector, edit)

    def in_utc(at: datetime) -> datetime:
        return at.replace(tzinfo=SITE_CLOCK).astimezone(UTC).replace(tzinfo=None)

    return _with_times(
        html, kind, selector, lambda at: in_utc(at).isoformat(),
        lambda at: f"{in_utc(at):%d/%m/%Y %H:%M:%S}",
    )  # fmt: skip


def seasons_written_otherwise(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """2022/2023 becomes 2022-23."""
    if kind not in (*STAGE_PAGES, K.MATCH_CENTRE, K.SCHEDULE):
        return None
    if kind is K.SCHEDULE:
        return with_documents(
            html,
            selector,
            lambda _, value: {
                **value,
                "tournaments": [
                    {**one, "seasonName": short_season(one["seasonName"])}
                    for one in value["tournaments"]
                ],
            },
        )
    return re.sub(r"(?<![\w/-])20\d\d/20\d\d(?![\w/])", lambda m: short_season(m.group()), html)


def short_season(name: str) -> str:
    """2022-23 of 2022/2023."""
    return f"{name[:4]}-{name[-2:]}"


_EVENT_X, _EVENT_Y = ("x", "endX", "blockedX"), ("y", "endY", "blockedY", "goalMouthY")


def _with_events(
    html: str,
    kind: PageKind,
    selector: SelectorFile,
    edit: Callable[[dict[str, Any]], dict[str, Any]],
) -> str | None:
    if kind is not K.MATCH_CENTRE:
        return None

    def change(name: str, value: Any) -> Any:
        if name == "header":
            return value
        data = value["matchCentreData"]
        events = [edit(event) for event in data["events"]]
        return {**value, "matchCentreData": {**data, "events": events}}

    return with_documents(html, selector, change)


def _scaled(event: dict[str, Any], names: Sequence[str], factor: float) -> dict[str, Any]:
    return {n: round(event[n] * factor, 6) for n in names if event.get(n) is not None}


def pitch_in_metres(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """Places on the pitch are in metres, 105 by 68, and not in hundredths of it."""
    return _with_events(
        html,
        kind,
        selector,
        lambda event: {**event, **_scaled(event, _EVENT_X, 1.05), **_scaled(event, _EVENT_Y, 0.68)},
    )


def pitch_in_shares(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """Places on the pitch are shares of 1."""
    return _with_events(
        html,
        kind,
        selector,
        lambda event: {**event, **_scaled(event, _EVENT_X, 0.01), **_scaled(event, _EVENT_Y, 0.01)},
    )


def minutes_in_seconds(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """Minutes are told in seconds."""
    if kind is K.PLAYER_STATISTICS:
        return _with_stats(
            html, kind, selector, lambda k, v, row: v * 60 if k == "minsPlayed" else v
        )
    return _with_events(
        html,
        kind,
        selector,
        lambda event: {**event, **_scaled(event, ("minute", "expandedMinute"), 60)},
    )


def _with_stats(
    html: str,
    kind: PageKind,
    selector: SelectorFile,
    edit: Callable[[str, Any, dict[str, Any]], Any],
) -> str | None:
    if kind not in (K.TEAM_STATISTICS, K.PLAYER_STATISTICS):
        return None
    key = "teamTableStats" if kind is K.TEAM_STATISTICS else "playerTableStats"
    return with_documents(
        html,
        selector,
        lambda _, value: {
            **value,
            key: [{k: edit(k, v, row) for k, v in row.items()} for row in value[key]],
        },
    )


def bodies_otherwise(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """Heights are in metres, weights in grams."""

    def edit(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "height": row["height"] / 100, "weight": row["weight"] * 1000}

    if kind is K.PLAYER_STATISTICS:
        return with_documents(
            html,
            selector,
            lambda _, value: {
                **value,
                "playerTableStats": [edit(row) for row in value["playerTableStats"]],
            },
        )
    if kind is not K.MATCH_CENTRE:
        return None

    def change(name: str, value: Any) -> Any:
        if name == "header":
            return value
        data = dict(value["matchCentreData"])
        for side in ("home", "away"):
            data[side] = {**data[side], "players": [edit(p) for p in data[side]["players"]]}
        return {**value, "matchCentreData": data}

    return with_documents(html, selector, change)


def shares_otherwise(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """Shares of 1 are told in per cent, and what was in per cent as a share of 1."""
    # In decimals, so that reckoning back gives the very numbers.
    factor = Decimal(100 if kind is K.TEAM_STATISTICS else "0.01")
    return _with_stats(
        html,
        kind,
        selector,
        lambda k, v, row: (
            float(Decimal(repr(v)) * factor) if k in ("possession", "passSuccess") else v
        ),
    )


def rates_as_totals(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """What was told per match is told of all matches, under its old name."""

    def edit(key: str, value: Any, row: dict[str, Any]) -> Any:
        if not key.endswith("PerGame"):
            return value
        return round(value * max(row["apps"] + row.get("subOn", 0), 1))

    if kind is K.REFEREE_STATISTICS:
        page = Page(html)
        for row in page.root.cssselect("#referee-statistics tbody tr"):
            apps = int(row[1].text)
            for column in (2, 4, 5, 7):
                if row[column].text != "-":
                    row[column].text = str(round(float(row[column].text) * apps))
        return text_of(page.root)
    return _with_stats(html, kind, selector, edit)


def ratings_otherwise(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """Ratings are told up to 100 and not up to 10."""
    if kind is K.MATCH_PREVIEW:
        return re.sub(
            r'(player-rating rc">|<td class="rating">)(\d+\.\d+)',
            lambda m: f"{m.group(1)}{float(m.group(2)) * 10:.1f}",
            html,
        )
    return _with_stats(
        html, kind, selector, lambda k, v, row: float(Decimal(repr(v)) * 10) if k == "rating" else v
    )


def decimals_with_comma(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """Numbers are written as 6,85."""
    if kind is K.MATCH_PREVIEW:
        pattern = r'((?:player-rating rc">|<td class="rating">)\d+)\.(\d+)'
        return re.sub(pattern, r"\1,\2", html)
    if kind is K.REFEREE_STATISTICS:
        return re.sub(r"(<td>\d+)\.(\d+</td>)", r"\1,\2", html)
    return None


# --- emptied ---------------------------------------------------------------------------------


def rows_emptied(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """The lists and tables are there, and nothing is in them."""
    if kind in _LISTS:

        def edit(name: str, value: Any) -> Any:
            return _emptied(value, _LISTS[kind])

        return with_documents(html, selector, edit)
    return _cut_out(html, _BLOCKS[kind])


_LISTS: dict[PageKind, tuple[str, ...]] = {
    K.TOURNAMENTS: ("",),
    K.SCHEDULE: ("matches",),
    K.STANDINGS: ("standings",),
    K.TEAM_STATISTICS: ("teamTableStats",),
    K.PLAYER_STATISTICS: ("playerTableStats",),
    K.MATCH_CENTRE: ("events", "players"),
}  # fmt: skip
_BLOCKS = {
    K.SEASONS: "#seasons",
    K.STAGES: "#stages, #sub-navigation ul",
    K.REFEREE_STATISTICS: "#referee-statistics tbody",
    K.MATCH_PREVIEW: "#preview-lineups .pitch > div, #missing-players tbody",
    K.MATCH_REPORT: "table.matchstory",
}


def _emptied(value: Any, keys: tuple[str, ...]) -> Any:
    if "" in keys:
        return [] if isinstance(value, list) else {}
    if isinstance(value, list):
        return [_emptied(item, keys) for item in value]
    if isinstance(value, dict):
        return {k: [] if k in keys else _emptied(v, keys) for k, v in value.items()}
    return value


def _cut_out(html: str, css: str, only_text: bool = False) -> str | None:
    root = Page(html).root
    found = root.cssselect(css)
    for element in found:
        if not only_text:
            for child in list(element):
                element.remove(child)
        element.text = None
    return text_of(root) if found else None


def one_table_emptied(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """Only the table of missing players is empty, its section and head are there."""
    return _cut_out(html, "#missing-players tbody") if kind is K.MATCH_PREVIEW else None


def values_emptied(html: str, kind: PageKind, selector: SelectorFile) -> str | None:
    """The keys and elements are there, and what they said is not."""
    if kind in _VALUES:
        names = _VALUES[kind]

        def blank(value: Any) -> Any:
            return "" if isinstance(value, str) else None

        def emptied(value: Any) -> Any:
            if isinstance(value, list):
                return [emptied(item) for item in value]
            if isinstance(value, dict):
                return {k: blank(v) if k in names else emptied(v) for k, v in value.items()}
            return value

        return with_documents(html, selector, lambda _, value: emptied(value))
    return _cut_out(html, _TEXTS[kind], only_text=True)


_VALUES: dict[PageKind, tuple[str, ...]] = {
    K.TOURNAMENTS: ("name",),
    K.SCHEDULE: ("homeScore", "awayScore"),
    K.MATCH_CENTRE: ("score",),
    K.TEAM_STATISTICS: ("teamName",),
    K.PLAYER_STATISTICS: ("minsPlayed", "rating"),
}
_TEXTS = {
    K.SEASONS: "#seasons option",
    K.STAGES: "#stages option, #seasons option",
    K.STANDINGS: "#seasons option, #tournaments option",
    K.REFEREE_STATISTICS: "#referee-statistics td",
    K.MATCH_PREVIEW: ".predicted-score, td.confirmed",
    K.MATCH_REPORT: ".matchstory-text",
}


CHANGES: tuple[Change, ...] = (
    Change("names", "classes and ids renamed", names_renamed.__doc__ or "", names_renamed),
    Change("wrap", "elements wrapped", wrapped.__doc__ or "", wrapped),
    Change("table", "lists turned to tables", list_to_table.__doc__ or "", list_to_table),
    Change("data-attributes", "data-* attributes gone", data_attributes_gone.__doc__ or "",
           data_attributes_gone),
    Change("variable", "script variable renamed", variable_renamed.__doc__ or "", variable_renamed),
    Change("script", "moved to another script", script_moved.__doc__ or "", script_moved),
    Change("json-script", "moved to a script of JSON", script_of_json.__doc__ or "",
           script_of_json),
    Change("keys", "JSON keys renamed", keys_renamed.__doc__ or "", keys_renamed),
    Change("deeper", "JSON data nested deeper", document_nested.__doc__ or "", document_nested),
    Change("details", "JSON keys nested deeper", keys_nested.__doc__ or "", keys_nested),
    Change("feed", "feed wrapped in <pre>, or bare", feed_wrapped.__doc__ or "", feed_wrapped),
    Change("feed-script", "feed in a script", feed_in_script.__doc__ or "", feed_in_script),
    Change("columns", "columns in another order", columns_rotated.__doc__ or "", columns_rotated,
           is_trap=True),
    Change("positions", "positions in another order", positions_rotated.__doc__ or "",
           positions_rotated),
    Change("sides", "home and away swapped", sides_swapped.__doc__ or "", sides_swapped,
           is_trap=True),
    Change("team-names", "team names swapped", names_swapped.__doc__ or "", names_swapped,
           is_trap=True),
    Change("goals", "goals for and against swapped", goals_swapped.__doc__ or "", goals_swapped,
           is_trap=True),
    Change("dates", "dates written otherwise", dates_written_otherwise.__doc__ or "",
           dates_written_otherwise, is_of_form=True),
    Change("day-month", "day and month swapped", day_month_swapped.__doc__ or "",
           day_month_swapped, is_trap=True, is_of_form=True),
    Change("clock", "times on another clock", clock_changed.__doc__ or "", clock_changed,
           is_trap=True, own_columns=CLOCKS, is_of_form=True),
    Change("seasons", "season names written otherwise", seasons_written_otherwise.__doc__ or "",
           seasons_written_otherwise, is_trap=True, is_of_form=True),
    Change("metres", "pitch in metres", pitch_in_metres.__doc__ or "", pitch_in_metres,
           is_trap=True, is_of_form=True),
    Change("shares", "pitch in shares", pitch_in_shares.__doc__ or "", pitch_in_shares,
           is_trap=True, is_of_form=True),
    Change("seconds", "minutes in seconds", minutes_in_seconds.__doc__ or "", minutes_in_seconds,
           is_trap=True, is_of_form=True),
    Change("bodies", "heights in m, weights in g", bodies_otherwise.__doc__ or "",
           bodies_otherwise, is_of_form=True),
    Change("per-cent", "shares and per cent", shares_otherwise.__doc__ or "", shares_otherwise,
           is_trap=True, is_of_form=True),
    Change("totals", "per match as totals", rates_as_totals.__doc__ or "", rates_as_totals,
           stands=False, is_trap=True),
    Change("ratings", "ratings of 100", ratings_otherwise.__doc__ or "", ratings_otherwise,
           is_trap=True, is_of_form=True),
    Change("comma", "decimal comma", decimals_with_comma.__doc__ or "", decimals_with_comma,
           is_of_form=True),
    Change("empty-rows", "lists kept, emptied", rows_emptied.__doc__ or "", rows_emptied,
           stands=False),
    Change("empty-table", "one table kept, emptied", one_table_emptied.__doc__ or "",
           one_table_emptied, stands=False),
    Change("empty-values", "values kept, emptied", values_emptied.__doc__ or "", values_emptied,
           stands=False),
)  # fmt: skip
BY_NAME = {change.name: change for change in CHANGES}

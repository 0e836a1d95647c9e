"""`touchline selectors coverage`: how often each field of a selector version had a value."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Annotated

import typer

from scrapers.cli.console import out, print_json, print_table
from scrapers.errors import ConfigInvalid
from scrapers.settings import settings
from scrapers.targets import PageKind

_NEAR = 5
OUT_OF_FORCE = ", not in force"
_LEGEND = (
    "not in force: it has read these pages and reads no more, as it was taken back or was tried "
    "as a draft; touchline selectors history tells when."
)


def field_coverage(
    field: Annotated[
        str, typer.Argument(help="a field such as events.x, or a pattern such as 'teams.*'")
    ] = "*",
    page_kind: Annotated[PageKind | None, typer.Option(help="of this page kind")] = None,
    version: Annotated[
        str, typer.Option(help="of this selector version, e.g. match_centre/2022-08")
    ] = "",
    date_from: Annotated[
        str, typer.Option("--from", help="first day on which pages were fetched, UTC")
    ] = "",
    date_to: Annotated[str, typer.Option("--to", help="last day, included")] = "",
    by_day: Annotated[bool, typer.Option("--by-day", help="each day by itself")] = False,
    below: Annotated[
        float, typer.Option(min=0, max=1.01, help="only shares below this, 0 to 1")
    ] = 1.01,
    as_json: Annotated[bool, typer.Option("--json", help="print as JSON")] = False,
) -> None:
    """Shares of filled values by page kind, selector version and field, and by day if asked.

    A page counts once for each version that read it, however often it was read again. A group
    of fields, such as events, counts the places where it was looked for and those with rows.
    Versions that read pages and are not in force now are marked.
    Ends with 2 if no page was read by such a version, or has such a field.
    """
    from scrapers.parsing import registry
    from scrapers.pipeline.intervals import parse_day
    from scrapers.warehouse.engine import engine
    from scrapers.warehouse.field_coverage import shares, versions

    warehouse = engine(settings())
    known = versions(warehouse)
    if version and known and version not in known:
        raise ConfigInvalid(
            f"no page was read by a selector version {version!r}: those that read pages are "
            f"{', '.join(known)}"
        )
    found = shares(
        warehouse,
        page_kind=page_kind,
        selector_version=version or None,
        first=parse_day(date_from) if date_from else None,
        last=parse_day(date_to) if date_to else None,
        by_day=by_day,
    )
    if found and not any(fnmatchcase(one.field, field) for one in found):
        raise ConfigInvalid(_no_field(field, sorted({one.field for one in found}), known))
    kept = [
        one
        for one in found
        if fnmatchcase(one.field, field) and (one.share is None or one.share < below)
    ]
    in_force = registry.names_in_force(warehouse)
    if as_json:
        print_json(
            [
                {
                    "page_kind": one.page_kind,
                    "selector_version": one.selector_version,
                    "in_force": one.selector_version in in_force,
                    "field": one.field,
                    "day": one.day,
                    "pages": one.pages,
                    "rows": one.rows,
                    "filled": one.filled,
                    "share": one.share,
                }
                for one in kept
            ]
        )
    elif not kept:
        out.print("No page that was read fits.")
    else:
        days = ("day",) if by_day else ()
        print_table(
            "Field coverage",
            ("version", "field", *days, "pages", "rows", "filled", "share"),
            [
                (
                    one.selector_version
                    + (OUT_OF_FORCE if one.selector_version not in in_force else ""),
                    one.field,
                    *((one.day,) if by_day else ()),
                    one.pages,
                    one.rows,
                    one.filled,
                    None if one.share is None else f"{one.share:.1%}",
                )
                for one in kept
            ],
        )
        if any(one.selector_version not in in_force for one in kept):
            out.print(_LEGEND, markup=False, highlight=False, soft_wrap=True)


def _no_field(asked: str, fields: Sequence[str], versions: Sequence[str]) -> str:
    if asked in versions:
        return f"{asked!r} is a selector version: write --version {asked}"
    if asked in {kind.value for kind in PageKind}:
        return f"{asked!r} is a page kind: write --page-kind {asked}"
    near = get_close_matches(asked, fields, n=_NEAR, cutoff=0.5)
    kinds = sorted({version.partition("/")[0] for version in versions})
    return (
        f"no field {asked!r} was read on these pages. Near: {', '.join(near) or 'none'}; a pattern "
        f"such as 'teams.*' finds more. Page kinds that were read: {', '.join(kinds)}; versions: "
        f"{', '.join(versions)}"
    )

"""`touchline source`: whether the site is asked for pages; pause it, resume it."""

from __future__ import annotations

import getpass
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from scrapers.cli.console import out, print_json
from scrapers.errors import ConfigInvalid
from scrapers.settings import settings
from scrapers.targets import SOURCE

source_app = typer.Typer(
    help="Whether the site is asked for pages; all workers obey at once.", no_args_is_help=True
)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@source_app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="print as JSON")] = False,
) -> None:
    """Whether the source is paused, why, and how many pages were asked of it lately."""
    from scrapers.warehouse.engine import engine
    from scrapers.warehouse.source import describe, end_of_pause

    found = describe(engine(settings()), SOURCE)
    if as_json:
        print_json(found)
        return
    until = end_of_pause(found["paused_until"]) if found["paused_until"] else "no more"
    told = {
        "asked": f"{SOURCE} is asked for pages.",
        "gentle": f"{SOURCE} is asked again, {found['factor']:g} times slower than usual: "
        f"{found['gentle_pages']} pages have been right since its pause.",
        "probing": f"{SOURCE}: the pause is over, one page is trying it.",
        "half-open": f"{SOURCE}: the pause is over, the next page tries it.",
        "paused": f"{SOURCE} is paused {until}.",
    }[found["state"]]
    out.print(told, markup=False)
    if found["reason"] and found["state"] != "asked":
        by = f" (by {found['paused_by']})" if found["paused_by"] else ""
        what = f"{found['failure_class']}: " if found["failure_class"] else ""
        out.print(f"{what}{found['reason']}{by}", markup=False, highlight=False)
    if found["failures"]:
        out.print(f"Pages failing one after another: {found['failures']}.", markup=False)
    for host, counts in found["requests"].items():
        out.print(
            f"Pages asked of {host}: {counts['hour']} this hour, {counts['day']} in 24 hours.",
            markup=False,
        )


@source_app.command()
def pause(
    length: Annotated[
        str, typer.Option("--for", help="such as 30m, 2h or 1d", show_default=False)
    ] = "",
    until: Annotated[
        str, typer.Option(help="a moment, such as 2022-08-13T05:00Z", show_default=False)
    ] = "",
    reason: Annotated[str, typer.Option(help="why, for the others")] = "",
) -> None:
    """Ask the source for no page until then, or until `touchline source resume`.

    Pages under way are finished; what waits keeps its place and its attempts.
    """
    from scrapers.warehouse.engine import engine
    from scrapers.warehouse.source import end_of_pause, pause_by_hand

    end = _end(length, until)
    who = getpass.getuser()
    paused = pause_by_hand(
        engine(settings()), SOURCE, who=who, until=end, reason=reason or "paused by hand"
    )
    out.print(f"{SOURCE} is paused {end_of_pause(paused)}.", markup=False)


@source_app.command()
def resume() -> None:
    """End the pause: one page tries the source, then it is asked slowly, then as usual."""
    from scrapers.warehouse.engine import engine
    from scrapers.warehouse.source import resume as resume_source

    if resume_source(engine(settings()), SOURCE):
        out.print(f"{SOURCE} is resumed: one page tries it, then it is asked slowly at first.")
    else:
        out.print(f"{SOURCE} is not paused.")


def _end(length: str, until: str) -> datetime | None:
    """When the pause is to end; None: when it is resumed."""
    now = datetime.now(UTC)
    if length and until:
        raise ConfigInvalid("--for and --until are both given: keep one of them")
    if length:
        found = re.fullmatch(r"(\d{1,4}(?:\.\d+)?)([smhd])", length.strip())
        if not found or not float(found[1]):
            raise ConfigInvalid(f"--for: {length!r} is no length: write such as 30m, 2h or 1d")
        return now + timedelta(**{_UNITS[found[2]]: float(found[1])})
    if not until:
        return None
    try:
        end = datetime.fromisoformat(until.strip())
    except ValueError:
        raise ConfigInvalid(
            f"--until: {until!r} is no moment: write such as 2022-08-13T05:00Z"
        ) from None
    end = end.replace(tzinfo=UTC) if end.tzinfo is None else end.astimezone(UTC)
    if end <= now:
        raise ConfigInvalid(f"--until: {until} is over: write a moment to come")
    return end

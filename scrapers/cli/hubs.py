"""`touchline hubs`: the browser hubs, their breakers, and an operator's hand on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from scrapers.cli.console import out, print_json, print_legend, print_table
from scrapers.settings import settings

if TYPE_CHECKING:
    from datetime import datetime

    from scrapers.browser.hub import Hub

_LEGEND = (
    "answers, load: asked just now; load is the share of its slots that are taken.",
    "state: closed: used; open: left alone until its next probe; half-open: the probe is under "
    "way. failures: one after another, since a session of it last worked.",
    "sessions: ours, as noted in the warehouse.",
)

hubs_app = typer.Typer(help="The browser hubs: how they are, whether they are used.")


@hubs_app.callback(invoke_without_command=True)
def hubs(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="print as JSON")] = False,
) -> None:
    """Each hub: whether it answers, its load, its breaker, our sessions on it."""
    if context.invoked_subcommand is not None:
        return
    found = _table()
    if as_json:
        print_json(found)
        return
    print_table(
        "Browser hubs",
        ("hub", "answers", "load", "state", "failures", "since (UTC)", "next probe", "sessions",
         "last worked", "latest failure"),
        (
            (
                row["hub"],
                "yes" if row["reachable"] else f"no: {row['said']}",
                None if row["load"] is None else f"{row['load']:.0%}",
                row["state"],
                row["failures"],
                _clock(row["since"]),
                _clock(row["next_probe_at"]),
                row["sessions"],
                _clock(row["worked_at"]),
                row["detail"],
            )
            for row in found
        ),
    )  # fmt: skip
    print_legend(_LEGEND)


@hubs_app.command()
def probe(
    hub: Annotated[str, typer.Argument(help="address of the hub; without, all")] = "",
    page: Annotated[str, typer.Option(help="load this page, instead of an empty one")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="print as JSON")] = False,
) -> None:
    """Open a real session, load a page, quit; a hub left alone is used again if that works."""
    import dataclasses

    from scrapers.browser.breaker import Breakers
    from scrapers.browser.probe import probe_and_tell
    from scrapers.warehouse.engine import engine

    current = settings()
    breakers = Breakers(current, engine(current))
    done = [probe_and_tell(current, one, breakers, page or None) for one in _chosen(hub)]
    if as_json:
        print_json([dataclasses.asdict(one) for one in done])
    else:
        print_table(
            "Probes",
            ("hub", "works", "seconds", "browser", "detail"),
            ((o.hub, "yes" if o.ok else "no", o.seconds, o.browser, o.detail) for o in done),
        )
    if not all(one.ok for one in done):
        raise typer.Exit(1)


@hubs_app.command()
def close(hub: Annotated[str, typer.Argument(help="address of the hub")]) -> None:
    """Use a hub again that is left alone, without a probe; the pages that wait go on."""
    from scrapers.browser.breaker import Breakers
    from scrapers.warehouse.engine import engine

    current = settings()
    (chosen,) = _chosen(hub)
    done = Breakers(current, engine(current)).closed(chosen.url, None)
    out.print(
        f"{chosen.url} is used again." if done else f"{chosen.url} was used all the time.",
        markup=False,
        highlight=False,
    )


def _table() -> list[dict[str, Any]]:
    from scrapers.browser.hub import hub_status, hubs_of
    from scrapers.warehouse import browser_sessions, hub_state
    from scrapers.warehouse.engine import engine

    current = settings()
    warehouse = engine(current)
    seen = hub_state.seen(warehouse)
    sessions = browser_sessions.count_by_hub(warehouse)
    found = []
    for hub in hubs_of(current):
        status, breaker = hub_status(hub), seen.of(hub.url)
        found.append(
            {
                "hub": hub.url,
                "reachable": status.reachable,
                "said": status.said,
                "load": status.load,
                "has_room": status.reachable and status.has_room,
                "state": str(breaker.state),
                "failures": breaker.failures,
                "since": breaker.opened_at,
                "next_probe_at": breaker.next_probe_at,
                "detail": breaker.detail,
                "worked_at": breaker.worked_at,
                "browser": breaker.browser,
                "sessions": sessions.get(hub.url, 0),
            }
        )
    return found


def _chosen(address: str) -> list[Hub]:
    from scrapers.browser.hub import Hub, hubs_of
    from scrapers.errors import ConfigInvalid

    known = hubs_of(settings())
    if not address:
        return known
    wanted = Hub.from_url(address).url
    chosen = [hub for hub in known if hub.url == wanted]
    if not chosen:
        names = ", ".join(hub.url for hub in known)
        raise ConfigInvalid(f"{wanted} is none of the hubs of TOUCHLINE_HUB_URLS: {names}")
    return chosen


def _clock(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else None

"""Active probes: each asks a service itself, in bounded time, and gives what is wrong with it.

A service that is well gives nothing; one whose probe does not end in its time is away. `probe
hubs` opens a real session at each hub, which loads a page and runs a script; the page is an empty
one, since a probe must not use up a turn at the site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

import redis
from sqlalchemy import text

from scrapers import reach
from scrapers.archive.store import Archive
from scrapers.bounded import Run
from scrapers.errors import (
    ArchiveUnavailable,
    ConfigInvalid,
    TouchlineError,
    WarehouseUnavailable,
)
from scrapers.incidents.condition import ARCHIVE, BROKER, CACHE, HUBS, Condition
from scrapers.incidents.conditions import ALL_HUBS
from scrapers.register import Severity
from scrapers.settings import Settings
from scrapers.warehouse.engine import engine, single_connection, transaction

if TYPE_CHECKING:
    from scrapers.browser.hub import Hub

PATIENCE_SECONDS = 5.0
# A hub bounds its own steps by the settings: this is for one that lets its answers drip in.
_HUB_SECONDS = 140.0
Probe = Callable[[Settings], list[Condition]]


def broker(settings: Settings) -> list[Condition]:
    """Whether the broker answers."""
    try:
        with reach.broker(settings, connect=PATIENCE_SECONDS, answer=PATIENCE_SECONDS) as asked:
            if asked.transport.driver_type == "redis":
                asked.default_channel.client.ping()
    except reach.BROKER_ERRORS as error:
        # The words of these errors may hold the address.
        what = f"the broker does not answer ({type(error.__cause__ or error).__name__})"
        return [Condition("BrokerUnavailable", "broker", what, noticed_by=BROKER)]
    return []


def cache(settings: Settings) -> list[Condition]:
    """Whether the cache of the rate limits answers.

    Raises:
        ConfigInvalid: its address is none of a Redis.
    """
    try:
        with reach.cache(settings, connect=PATIENCE_SECONDS, answer=PATIENCE_SECONDS) as client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        what = f"the cache does not answer ({type(error).__name__})"
        return [Condition("CacheUnavailable", "cache", what, noticed_by=CACHE)]
    return []


def archive(settings: Settings) -> list[Condition]:
    """Whether the archive takes an object, gives it back and deletes it."""
    try:
        Archive(settings.archive_url).files.prove()
    except (ArchiveUnavailable, ConfigInvalid) as error:
        return [Condition(error.failure_class, "archive", error.detail, noticed_by=ARCHIVE)]
    return []


def hubs(settings: Settings) -> list[Condition]:
    """Which hubs give no session that loads a page; when none does, that is the trouble.

    Raises:
        ConfigInvalid: a hub's address or a browser argument can't be used.
    """
    # Selenium takes half a second to import: only where hubs are probed.
    from scrapers.browser.hub import Hub

    asked = [Hub.from_url(url) for url in dict.fromkeys(settings.hub_urls)]
    runs = [Run(partial(_hub_failure, settings, hub), _HUB_SECONDS) for hub in asked]
    failures = [
        run.result((hub.url, f"no session that works within {_HUB_SECONDS:g} s"))
        for hub, run in zip(asked, runs, strict=True)
    ]
    broken = [failure for failure in failures if failure is not None]
    all_of_them = len(broken) == len(asked)
    found = [
        Condition("BrowserUnavailable", hub, detail, noticed_by=HUBS, silent=all_of_them)
        for hub, detail in broken
    ]
    if all_of_them:
        detail = f"no hub gives a session that works: {'; '.join(d for _, d in broken)}"
        found.append(
            Condition("BrowserUnavailable", ALL_HUBS, detail, noticed_by=HUBS, severity=Severity.P1)
        )
    return found


def _hub_failure(settings: Settings, hub: Hub) -> tuple[str, str] | None:
    """Address, without a login, and what is wrong with it; None: it is well, or merely full."""
    from scrapers.browser.probe import probe_hub

    # Noted in the warehouse, so that the sweep ends the session if this process is killed.
    done = probe_hub(settings, hub, engine=engine(settings))
    return None if done.ok or done.full else (done.hub, done.detail)


def warehouse(settings: Settings) -> list[Condition]:
    """Whether PostgreSQL answers, over a connection of its own."""
    engine = single_connection(settings)
    try:
        with transaction(engine) as connection:
            connection.execute(text("SELECT 1"))
    except (WarehouseUnavailable, ConfigInvalid) as error:
        # A server that refuses us while it starts again is away all the same.
        return [Condition("WarehouseUnavailable", "warehouse", error.detail)]
    finally:
        engine.dispose()
    return []


QUICK: dict[str, Probe] = {BROKER: broker, CACHE: cache}
THOROUGH: dict[str, Probe] = {**QUICK, ARCHIVE: archive, HUBS: hubs}
# What a probe has found that does not end in its time: class, subject, and the time in seconds.
# Whoever looks has to judge and tell afterwards: Celery's watch lives for 75 s, Airflow's for 240.
_LATE = {
    BROKER: ("BrokerUnavailable", "broker", 30.0),
    CACHE: ("CacheUnavailable", "cache", 30.0),
    ARCHIVE: ("ArchiveUnavailable", "archive", 60.0),
    HUBS: ("BrowserUnavailable", ALL_HUBS, 150.0),
}


def probe_all(
    settings: Settings, probes: dict[str, Probe]
) -> tuple[list[Condition], Iterable[str]]:
    """What the probes find, all at once, and who has looked.

    A setting that a probe can't use is what it finds; the others look all the same. It has not
    looked then: what it found before may well go on. A probe that does not end in its time has
    found just that, and is left to itself.
    """
    kept_from_it: set[str] = set()

    def ask(name: str, probe: Probe) -> list[Condition]:
        try:
            return probe(settings)
        except TouchlineError as error:
            kept_from_it.add(name)
            subject = str(error.facts.get("setting") or name)
            return [Condition(error.failure_class, subject, error.detail, noticed_by=name)]

    runs = {name: Run(partial(ask, name, probe), _LATE[name][2]) for name, probe in probes.items()}
    found: list[Condition] = []
    for name, run in runs.items():
        failure_class, subject, seconds = _LATE[name]
        late = f"{name} has not ended within {seconds:g} s: no answer, or a very slow one"
        found += run.result([Condition(failure_class, subject, late, noticed_by=name)])
    return found, [name for name in probes if name not in kept_from_it]

"""The scenarios: each failure class, at each place of a run where it can strike."""

from __future__ import annotations

from tests.chaos import moments
from tests.chaos.scenario import Scenario
from tests.chaos.strikes import (
    cut_connections,
    empty_redis,
    freeze,
    kill,
    kill_child,
    kill_postgres,
    site_fault,
    site_well,
    start,
    stop,
    thaw,
)

SCENARIOS: tuple[Scenario, ...] = (
    # workers
    Scenario(
        "fetch-process-killed",
        ("WorkerLost",),
        "one process of the fetch worker is killed with a page in hand",
        kill_child("fetch"),
        moments.while_fetching,
        bound=(1.0, 2),
        quick=True,
    ),
    Scenario(
        "fetch-worker-killed",
        ("WorkerLost", "BrowserUnavailable"),
        "the fetch worker is killed with all its processes; their browser sessions are orphans",
        kill("fetch"),
        moments.while_fetching,
        bound=(1.0, 4),
    ),
    Scenario(
        "parse-worker-killed",
        ("WorkerLost",),
        "the parse worker is killed with a page in hand",
        kill("parse"),
        moments.while_parsing,
    ),
    Scenario(
        "beat-killed",
        ("WorkerLost",),
        "what makes the sweep tick is killed",
        kill("beat"),
        moments.while_fetching,
    ),
    # browsers
    Scenario(
        "hub-killed",
        ("BrowserUnavailable",),
        "the browser hub is killed with every browser",
        kill("hub"),
        moments.while_fetching,
        bound=(1.0, 4),
        quick=True,
    ),
    Scenario(
        "hub-frozen",
        ("BrowserUnavailable",),
        "the browser hub stands still for eight seconds, its connections open",
        freeze("hub"),
        moments.while_fetching,
        heal=thaw("hub"),
        heal_after=8,
        bound=(1.0, 4),
    ),
    # broker and cache
    Scenario(
        "redis-killed",
        ("BrokerUnavailable", "CacheUnavailable"),
        "Redis, broker and cache, is killed and comes back empty",
        kill("redis"),
        moments.while_fetching,
        bound=(1.0, 4),
        quick=True,
    ),
    Scenario(
        "redis-away",
        ("BrokerUnavailable", "CacheUnavailable"),
        "Redis, broker and cache, is away for ten seconds",
        stop("redis"),
        moments.at_dispatch,
        heal=start("redis"),
        heal_after=10,
        bound=(1.0, 4),
    ),
    Scenario(
        "messages-lost",
        ("BrokerUnavailable",),
        "every message between broker and workers is lost",
        empty_redis(0),
        moments.while_fetching,
        bound=(1.0, 2),
    ),
    Scenario(
        "cache-emptied",
        ("CacheUnavailable",),
        "the cache forgets every turn",
        empty_redis(1),
        moments.while_fetching,
    ),
    # PostgreSQL
    Scenario(
        "warehouse-killed-fetching",
        ("WarehouseUnavailable",),
        "PostgreSQL is killed as by a power cut, and recovers",
        kill_postgres,
        moments.while_fetching,
        bound=(1.0, 4),
        quick=True,
    ),
    Scenario(
        "warehouse-killed-landing",
        ("WarehouseUnavailable",),
        "PostgreSQL is killed as by a power cut in the middle of the landing",
        kill_postgres,
        moments.while_landing,
    ),
    Scenario(
        "warehouse-connections-cut",
        ("WarehouseUnavailable",),
        "every connection to PostgreSQL is cut, three times running",
        cut_connections,
        moments.while_fetching,
        bound=(1.0, 4),
    ),
    # the site
    Scenario(
        "site-5xx",
        ("SourceUnavailable",),
        "the site answers 503 for six seconds",
        site_fault("/matches/", "status", status=503),
        moments.at_dispatch,
        heal=site_well,
        heal_after=6,
        bound=(2.0, 4),
    ),
)

"""Faults of what keeps things: broker, cache, PostgreSQL, the archive of pages."""

from __future__ import annotations

from tests.chaos import moments
from tests.chaos.place import Place
from tests.chaos.scenario import Scenario
from tests.chaos.steps import catch_up, night_again
from tests.chaos.strikes import (
    archive_back,
    block_rabbitmq,
    break_wire,
    cut_connections,
    cut_wire,
    damage_a_page,
    deadlock,
    empty_redis,
    freeze,
    freeze_s3,
    hold_a_lock,
    kill,
    kill_postgres,
    kill_s3,
    larger_disk,
    let_rabbitmq,
    mend_wire,
    no_archive,
    restart_postgres,
    small_disk,
    start,
    start_rabbitmq,
    start_s3,
    stop,
    stop_rabbitmq,
    take_every_connection,
    thaw,
    thaw_s3,
    to_the_landing,
)

_BROKER = ("BrokerUnavailable",)
_BOTH = ("BrokerUnavailable", "CacheUnavailable")
_CACHE = ("CacheUnavailable",)
_WAREHOUSE = ("WarehouseUnavailable",)
_ARCHIVE = ("ArchiveUnavailable",)
# Holds last six seconds here: a page in hand while PostgreSQL is away may be taken for lost.
_HOLD_LAPSED = (0, 1)


def _closed_incident(failure_class: str) -> object:
    def check(place: Place) -> None:
        query = (
            "SELECT count(*) FROM ops.incident WHERE failure_class = :name "
            "AND closed_at IS NOT NULL"
        )
        place.until(
            f"the incident of {failure_class} is over",
            lambda: place.scalar(query, name=failure_class),
            30,
        )

    return check


SCENARIOS: tuple[Scenario, ...] = (
    # Redis, broker and cache
    Scenario(
        "redis-killed",
        _BOTH,
        "Redis, broker and cache, is killed and comes back empty",
        kill("redis"),
        moments.while_fetching,
        bound=(1.0, 4),
        quick=True,
    ),
    Scenario(
        "redis-away",
        _BOTH,
        "Redis, broker and cache, is away for ten seconds from the first message on; the run is "
        "started again as Airflow does",
        stop("redis"),
        moments.at_dispatch,
        heal=start("redis"),
        heal_after=10,
        ends=(0, 1),
        then=(night_again,),
        bound=(1.0, 4),
    ),
    Scenario(
        "redis-away-long",
        _BOTH,
        "Redis is away for 75 seconds: longer than is borne in silence",
        stop("redis"),
        moments.while_fetching,
        heal=start("redis"),
        heal_after=75,
        bound=(1.0, 4),
        alerts=(1, 1),
        most_seeds=1,
        seconds=240,
        check=_closed_incident("BrokerUnavailable"),
    ),
    Scenario(
        "redis-frozen",
        _BOTH,
        "Redis stands still for eight seconds, its connections open",
        freeze("redis"),
        moments.while_fetching,
        heal=thaw("redis"),
        heal_after=8,
        bound=(1.0, 4),
    ),
    Scenario(
        "messages-lost",
        _BROKER,
        "every message between broker and workers is lost",
        empty_redis(0),
        moments.while_fetching,
        bound=(1.0, 2),
        silent=True,  # all that is left may be in hand already
    ),
    Scenario(
        "cache-emptied",
        _CACHE,
        "the cache forgets every turn",
        empty_redis(1),
        moments.while_fetching,
        silent=True,
    ),
    Scenario(
        "cache-away",
        _CACHE,
        "the cache alone is away for ten seconds: the rate limit stands in PostgreSQL",
        stop("redis"),
        moments.at_dispatch,
        heal=start("redis"),
        heal_after=10,
        place="rabbitmq",
    ),
    # RabbitMQ
    Scenario(
        "rabbitmq-killed",
        _BROKER,
        "RabbitMQ is killed, and comes back with its data after five seconds",
        stop_rabbitmq(),
        moments.while_fetching,
        heal=start_rabbitmq,
        heal_after=5,
        bound=(1.0, 4),
        place="rabbitmq",
    ),
    Scenario(
        "rabbitmq-emptied",
        _BROKER,
        "RabbitMQ is killed, and comes back without a queue or a message",
        stop_rabbitmq(data_too=True),
        moments.while_fetching,
        heal=start_rabbitmq,
        heal_after=5,
        bound=(1.0, 4),
        place="rabbitmq",
    ),
    Scenario(
        "rabbitmq-full",
        _BROKER,
        "RabbitMQ takes no messages for ten seconds: its memory alarm is on",
        block_rabbitmq,
        moments.at_dispatch,
        heal=let_rabbitmq,
        heal_after=10,
        ends=(0, 1),
        then=(night_again,),
        bound=(1.0, 4),
        place="rabbitmq",
        silent=True,  # what waits for its word waits no longer than that
    ),
    # PostgreSQL
    Scenario(
        "warehouse-killed-fetching",
        _WAREHOUSE,
        "PostgreSQL is killed as by a power cut while pages are fetched, and recovers",
        kill_postgres,
        moments.while_fetching,
        alerts=_HOLD_LAPSED,
        bound=(1.0, 4),
        quick=True,
    ),
    Scenario(
        "warehouse-killed-parsing",
        _WAREHOUSE,
        "PostgreSQL is killed while pages are parsed",
        kill_postgres,
        moments.while_parsing,
        alerts=_HOLD_LAPSED,
        bound=(1.0, 4),
    ),
    Scenario(
        "warehouse-killed-judging",
        _WAREHOUSE,
        "PostgreSQL is killed while the gate judges",
        kill_postgres,
        moments.while_judging,
    ),
    Scenario(
        "warehouse-killed-landing",
        _WAREHOUSE,
        "PostgreSQL is killed in the middle of the landing",
        kill_postgres,
        moments.while_landing,
    ),
    Scenario(
        "warehouse-restarted",
        _WAREHOUSE,
        "PostgreSQL is restarted in good order, as by an update",
        restart_postgres,
        moments.while_fetching,
        alerts=_HOLD_LAPSED,
        bound=(1.0, 4),
    ),
    Scenario(
        "warehouse-away-long",
        _WAREHOUSE,
        "PostgreSQL is away for 75 seconds: longer than is borne in silence",
        stop("postgres"),
        moments.while_fetching,
        heal=start("postgres"),
        heal_after=75,
        bound=(1.0, 4),
        alerts=(1, 2),
        most_seeds=1,
        seconds=240,
        check=_closed_incident("WarehouseUnavailable"),
    ),
    Scenario(
        "warehouse-connections-cut",
        _WAREHOUSE,
        "every connection to PostgreSQL is cut, three times running",
        cut_connections,
        moments.while_fetching,
        alerts=_HOLD_LAPSED,
        bound=(1.0, 4),
        silent=True,
    ),
    Scenario(
        "warehouse-connections-exhausted",
        _WAREHOUSE,
        "for six seconds PostgreSQL has no connection left for anybody",
        take_every_connection(6),
        moments.while_fetching,
        alerts=_HOLD_LAPSED,
        bound=(1.0, 4),
        silent=True,  # whoever holds one may need no other meanwhile
    ),
    Scenario(
        "warehouse-locked",
        _WAREHOUSE,
        "somebody holds a table that the landing writes to, for eight seconds",
        hold_a_lock(8),
        moments.while_judging,
        silent=True,  # it is waited for
    ),
    Scenario(
        "warehouse-deadlock",
        _WAREHOUSE,
        "the landing is ended as the victim of a deadlock",
        deadlock,
        moments.while_judging,
        sign=lambda place: (
            "WarehouseUnavailable" in place.running.said or "deadlock" in place.running.said
        ),
    ),
    Scenario(
        "landing-cancelled",
        _WAREHOUSE,
        "a statement of the landing is cancelled",
        to_the_landing("pg_cancel_backend"),
        moments.while_landing,
        silent=True,
    ),
    Scenario(
        "landing-terminated",
        _WAREHOUSE,
        "the connection of the landing is ended",
        to_the_landing("pg_terminate_backend"),
        moments.while_landing,
        silent=True,
    ),
    Scenario(
        "wire-cut",
        _WAREHOUSE,
        "the wire between platform and PostgreSQL is cut for eight seconds",
        cut_wire,
        moments.while_fetching,
        alerts=_HOLD_LAPSED,
        heal=mend_wire,
        heal_after=8,
        bound=(1.0, 4),
        place="wired",
    ),
    Scenario(
        "wire-cut-landing",
        _WAREHOUSE,
        "the wire is cut in the middle of the landing, for five seconds",
        cut_wire,
        moments.while_landing,
        heal=mend_wire,
        heal_after=5,
        place="wired",
    ),
    Scenario(
        "wire-broken-parsing",
        _WAREHOUSE,
        "every connection on the wire breaks while pages are parsed; new ones can be made",
        break_wire,
        moments.while_parsing,
        alerts=_HOLD_LAPSED,
        bound=(1.0, 4),
        place="wired",
        silent=True,
    ),
    # the archive
    Scenario(
        "archive-full",
        _ARCHIVE,
        "the archive's disk is full for ten seconds, or until a page has found no room",
        small_disk,
        None,
        heal=larger_disk,
        heal_after=10,
        bound=(2.5, 0),
        needs_root=True,
    ),
    Scenario(
        "archive-gone",
        _ARCHIVE,
        "the archive's folder is gone for eight seconds",
        no_archive,
        moments.while_fetching,
        heal=archive_back,
        heal_after=8,
        bound=(2.5, 0),
    ),
    Scenario(
        "archive-page-damaged",
        _ARCHIVE,
        "a stored page is damaged before it is parsed; the catch-up fetches it again",
        damage_a_page,
        moments.while_fetching,
        ends=(0, 1),
        then=(catch_up,),
        bound=(1.0, 1),
        alerts=(0, 1),
        most_seeds=1,
    ),
    Scenario(
        "s3-killed",
        _ARCHIVE,
        "the object store of the archive is killed, and comes back after six seconds",
        kill_s3,
        moments.while_fetching,
        heal=start_s3,
        heal_after=6,
        bound=(2.5, 0),
        silent=True,  # a fetch tries for longer; a page is seldom read just then
        place="s3",
    ),
    Scenario(
        "s3-frozen",
        _ARCHIVE,
        "the object store of the archive takes connections and does not answer, for 70 seconds",
        freeze_s3,
        moments.while_fetching,
        heal=thaw_s3,
        heal_after=70,  # a fetch tries for 45 s, and the last try takes 20
        bound=(1.0, 4),  # what was under way is fetched again, and nothing else
        alerts=(0, 1),  # a minute of it is an incident
        seconds=300,
        most_seeds=1,
        place="s3",
    ),
)

"""One rate limit for each host, over all workers and machines.

A worker reserves the host's next free turn and waits for it. Turns are given by Redis, on
Redis' clock, and noted in PostgreSQL, which adds its own word if it has given later ones:

- Redis is gone: PostgreSQL goes on alone from the last turn noted, and each worker leaves one
  interval free when it changes over, for turns that could not be noted.
- Redis is back, perhaps empty: PostgreSQL's note still holds every turn behind the last one.
- Some workers see Redis and others do not: PostgreSQL stands in the way of both.
- PostgreSQL is gone, Redis is there: Redis goes on alone. A worker that sees neither stops.

So a change over makes turns later, never sooner. Clocks are never compared: each store is
told how long to wait from now, not until when.
"""

from __future__ import annotations

import logging
import math
import random
import time
from datetime import timedelta
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Engine, Interval, bindparam, text

from scrapers.errors import CacheUnavailable, ConfigInvalid, WarehouseUnavailable
from scrapers.settings import PREFIX, Settings
from scrapers.warehouse.engine import engine as engine_of
from scrapers.warehouse.engine import transaction

log = logging.getLogger(__name__)

KEY = "touchline:turn:"
LONGEST_WAIT_SECONDS = 600.0
_REDIS_SECONDS = 2.0  # time-out of a call
_LOOK_AGAIN_SECONDS = 5.0  # how long a Redis that is gone is left alone
_KEPT_MS = 60_000  # a key outlives its turn by this, so that an operator can see it

# Milliseconds on Redis' clock. Takes the turn only if it is near enough; gives the wait until
# it, or a negative number: the wait that was too long.
_TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local turn = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
local wait = turn - now
if wait > tonumber(ARGV[2]) then return -wait end
local free = turn + tonumber(ARGV[1])
local kept = string.format('%.0f', free - now + ARGV[3])
redis.call('SET', KEYS[1], string.format('%.0f', free), 'PX', kept)
return wait
"""

# The same in PostgreSQL, `wait` from now at the earliest. No row: the turn is too far away.
# clock_timestamp: another worker's row lock may have held this statement.
_NOTE = text(
    """
    INSERT INTO ops.host_turn AS known (host, next_at)
    VALUES (:host, clock_timestamp() + :wait + :interval)
    ON CONFLICT (host) DO UPDATE
       SET next_at = greatest(known.next_at, clock_timestamp() + :wait) + :interval
     WHERE known.next_at <= clock_timestamp() + :longest
    RETURNING extract(epoch FROM next_at - :interval - clock_timestamp())
    """
).bindparams(
    bindparam("wait", type_=Interval),
    bindparam("interval", type_=Interval),
    bindparam("longest", type_=Interval),
)

_NEXT = text(
    "SELECT extract(epoch FROM next_at - clock_timestamp()) FROM ops.host_turn WHERE host = :host"
)


class Politeness:
    """The rate limit as one worker process sees it.

    Args:
        settings: `page_interval_seconds`, `page_interval_jitter`, `cache_url`, `database_url`.
        engine: the warehouse; without it the settings' own.

    Raises:
        ConfigInvalid: the cache's address is none.
    """

    def __init__(self, settings: Settings, engine: Engine | None = None) -> None:
        self._interval = settings.page_interval_seconds
        self._jitter = settings.page_interval_jitter
        self._engine = engine if engine is not None else engine_of(settings)
        self._redis = _client(settings)
        self._take = self._redis.register_script(_TAKE)
        self._redis_gone_at: float | None = None
        self._look_again_at = 0.0
        self._unnoted = False  # PostgreSQL is known not to know of our last turn

    def wait_turn(self, host: str) -> float:
        """Reserve the host's next free turn, wait for it, and return the seconds waited.

        Raises:
            CacheUnavailable: neither Redis nor PostgreSQL answers, or the turn is more than
                ten minutes away.
        """
        seconds = self.reserve(host)
        if seconds > 0:
            time.sleep(seconds)
        return seconds

    def reserve(self, host: str, factor: float = 1.0, at_most: float = math.inf) -> float:
        """Reserve the host's next free turn; return the seconds from now until it.

        Args:
            factor: the pause after this turn is so many times the usual one.
            at_most: a turn that is farther away, in seconds, is not reserved, only told.

        Raises:
            CacheUnavailable: as `wait_turn`.
        """
        host = host.lower()
        if self._interval == 0:
            return 0.0
        interval = factor * self._interval * (1 + self._jitter * random.random())
        longest = min(at_most, LONGEST_WAIT_SECONDS)
        began = time.monotonic()
        asked = self._from_redis(host, interval, longest)
        if asked is None:
            return self._from_postgres_alone(host, interval, longest)
        if asked > longest:
            return asked
        wait = max(0.0, asked - time.monotonic() + began)
        try:
            noted = self._from_postgres(host, interval, wait, longest)
        except WarehouseUnavailable as error:
            if not self._unnoted:
                log.warning("the rate limit is kept by Redis alone: %s", error.detail)
            self._unnoted = True
            return max(0.0, asked - time.monotonic() + began)
        self._unnoted = False
        return noted

    def _from_redis(self, host: str, interval: float, longest: float) -> float | None:
        """Seconds until the turn that Redis gives, or would; None while it is gone."""
        if self._redis_gone_at is not None and time.monotonic() < self._look_again_at:
            return None
        arguments = [round(interval * 1000), round(longest * 1000), _KEPT_MS]
        try:
            wait = int(self._take(keys=[KEY + host], args=arguments)) / 1000
        except redis.RedisError as error:
            self._lost(error)
            return None
        if self._redis_gone_at is not None:
            seconds = time.monotonic() - self._redis_gone_at
            log.info("Redis is back after %.0f s and keeps the rate limit again", seconds)
            self._redis_gone_at = None
        if wait < -LONGEST_WAIT_SECONDS:
            raise _too_far(host, -wait)
        return abs(wait)

    def _from_postgres_alone(self, host: str, interval: float, longest: float) -> float:
        # The first turn after the change-over leaves room for one that could not be noted.
        wait = self._interval * (1 + self._jitter) if self._unnoted else 0.0
        try:
            turn = self._from_postgres(host, interval, wait, longest)
        except WarehouseUnavailable as error:
            raise CacheUnavailable(
                "no page is asked for without a rate limit: Redis is gone, and so is its "
                f"stand-by ({error.detail})",
                host=host,
            ) from error
        self._unnoted = False
        return turn

    def _from_postgres(self, host: str, interval: float, wait: float, longest: float) -> float:
        values = {
            "host": host,
            "wait": timedelta(seconds=wait),
            "interval": timedelta(seconds=interval),
            "longest": timedelta(seconds=longest),
        }
        with transaction(self._engine) as connection:
            seconds = connection.scalar(_NOTE, values)
            if seconds is None:
                # More than `longest`, whatever the clock does between the two statements.
                seconds = max(connection.scalar(_NEXT, {"host": host}) or 0, longest + 0.001)
                if seconds > LONGEST_WAIT_SECONDS:
                    raise _too_far(host, float(seconds))
        return max(0.0, float(seconds))

    def _lost(self, error: redis.RedisError) -> None:
        now = time.monotonic()
        if self._redis_gone_at is None:
            self._redis_gone_at = now
            self._unnoted = True
            failure = CacheUnavailable(f"Redis: {_said(error)}")
            log.warning(
                "%s: %s; the rate limit is kept by PostgreSQL meanwhile",
                failure.failure_class,
                failure.detail,
            )
        self._look_again_at = now + _LOOK_AGAIN_SECONDS


def _client(settings: Settings) -> Any:
    try:
        return redis.Redis.from_url(
            settings.cache_url.get_secret_value(),
            socket_timeout=_REDIS_SECONDS,
            socket_connect_timeout=_REDIS_SECONDS,
            # Once more: a connection that a restarted Redis has closed is known by its use only.
            retry=Retry(NoBackoff(), 1),
        )
    except ValueError:
        name = f"{PREFIX}CACHE_URL"
        raise ConfigInvalid(
            f"{name} is no address of a Redis: write redis://host:6379/0", setting=name
        ) from None


def _too_far(host: str, seconds: float) -> CacheUnavailable:
    return CacheUnavailable(
        f"the next turn at {host} is {seconds:.0f} s away or more, which no queue of workers "
        f"explains: a clock has jumped, or {KEY}{host} and ops.host_turn hold a wrong time",
        host=host,
        seconds=round(seconds),
    )


def _said(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__

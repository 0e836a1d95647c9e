"""The Redis of the rate limits: does it answer, may we write there, what time is it there."""

from __future__ import annotations

import secrets

import redis

from scrapers import reach
from scrapers.doctor import clock
from scrapers.doctor.context import ANSWER_SECONDS, CONNECT_SECONDS, Context
from scrapers.doctor.result import Check, fail, ok, skipped
from scrapers.errors import CacheUnavailable, ConfigInvalid
from scrapers.settings import PREFIX

SETTING = f"{PREFIX}CACHE_URL"
CONNECTION, CLOCK = "cache.connection", "cache.clock"
CHECKS = {
    CONNECTION: "the Redis of the rate limits answers, takes the login and a key",
    CLOCK: "its clock agrees with this machine's",
}
_KEY = "touchline:turn:doctor-"  # under the rate limits' own names, should rights hang on them
_KEPT_MS = 5_000


def look(context: Context) -> list[Check]:
    """All checks of the cache, by one connection."""
    try:
        with reach.cache(
            context.settings, connect=CONNECT_SECONDS, answer=ANSWER_SECONDS
        ) as client:
            return _by(client)
    except ConfigInvalid:
        found = "is no address of a Redis"
        mend = f"write redis://host:6379/1 into {SETTING}"
        return [fail(CONNECTION, ConfigInvalid, found, mend, subject=SETTING), _no_clock()]
    except (redis.AuthenticationError, redis.exceptions.AuthorizationError) as error:
        found = f"Redis refuses the login ({_said(error)})"
        mend = f"correct the login in {SETTING}"
        return [fail(CONNECTION, ConfigInvalid, found, mend, subject=SETTING), _no_clock()]
    except redis.ResponseError as error:  # read-only, out of memory, no such database
        found = f"Redis answers and does not serve us ({_said(error)})"
        mend = f"mend what it says, or correct {SETTING}; until then PostgreSQL keeps the limits"
        return [fail(CONNECTION, CacheUnavailable, found, mend, subject=SETTING), _no_clock()]
    except redis.RedisError as error:
        found = f"Redis can't be reached ({_said(error)})"
        mend = (
            f"start Redis, or correct {SETTING} if it runs elsewhere; until then PostgreSQL "
            "keeps the limits"
        )
        return [fail(CONNECTION, CacheUnavailable, found, mend, subject=SETTING), _no_clock()]


def _by(client: redis.Redis) -> list[Check]:
    client.ping()
    key = f"{_KEY}{secrets.token_hex(8)}"
    client.set(key, "1", px=_KEPT_MS)
    client.delete(key)

    def ask() -> float:
        seconds, micros = client.time()
        return float(seconds) + float(micros) / 1e6

    place = client.connection_pool.connection_kwargs
    where = place.get("path") or f"{place.get('host')}:{place.get('port')}/{place.get('db', 0)}"
    return [
        ok(CONNECTION, f"Redis at {where}", subject=SETTING),
        clock.compared(CLOCK, "the cache's Redis", ask),
    ]


def _no_clock() -> Check:
    return skipped(CLOCK, "the cache was not reached")


def _said(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__

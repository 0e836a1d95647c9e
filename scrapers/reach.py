"""Broker and cache asked once, in bounded time, by whoever only wants to know whether they answer.

What sends messages has `scrapers.tasks.broker`, which also tells a refusal from an outage.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import amqp.exceptions  # type: ignore[import-untyped]
import redis
from kombu.connection import Connection
from kombu.exceptions import KombuError
from redis.backoff import NoBackoff
from redis.retry import Retry

from scrapers.errors import ConfigInvalid
from scrapers.settings import PREFIX, Settings

CACHE_SETTING = f"{PREFIX}CACHE_URL"
# What is raised by kombu itself, by either client library and by the socket below them.
BROKER_ERRORS: tuple[type[Exception], ...] = (
    KombuError,
    amqp.exceptions.AMQPError,
    redis.RedisError,
    OSError,
)


@contextmanager
def broker(settings: Settings, *, connect: float, answer: float) -> Iterator[Any]:
    """A kombu connection that is open; what goes wrong with it is one of `BROKER_ERRORS`.

    Args:
        connect: seconds it may take to be there.
        answer: seconds it may take over each answer.
    """
    url = settings.broker_url.get_secret_value()
    waits = {"socket_connect_timeout": connect, "socket_timeout": answer}
    connection: Any = Connection(  # type: ignore[no-untyped-call]
        url,
        connect_timeout=connect,
        transport_options=waits if url.startswith("redis") else {"read_timeout": answer},
    )
    try:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=connect)
        yield connection
    finally:
        connection.release()


@contextmanager
def cache(settings: Settings, *, connect: float, answer: float) -> Iterator[redis.Redis]:
    """A client of the cache's Redis that tries once; the arguments are those of `broker`.

    Raises:
        ConfigInvalid: the address is none of a Redis.
    """
    try:
        client = redis.Redis.from_url(
            settings.cache_url.get_secret_value(),
            socket_connect_timeout=connect,
            socket_timeout=answer,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:  # its words hold the address
        raise ConfigInvalid(
            f"{CACHE_SETTING} is no address of a Redis: write redis://host:6379/1",
            setting=CACHE_SETTING,
        ) from None
    try:
        yield client
    finally:
        client.close()

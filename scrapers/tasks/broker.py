"""A connection to the broker for as long as something is sent or counted; never for longer.

Whatever goes wrong with it is one of two failures: `ConfigInvalid` when the broker answers and
does not want us as the settings say, else `BrokerUnavailable`. Every step is bounded in time, so
that nothing waits for a broker that is frozen, or that takes no messages because its memory or
disk is full: RabbitMQ then says nothing at all to whoever publishes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import amqp.exceptions  # type: ignore[import-untyped]
import redis.exceptions
from kombu.connection import Connection

from scrapers.errors import BrokerUnavailable, ConfigInvalid, TouchlineError
from scrapers.reach import BROKER_ERRORS
from scrapers.settings import PREFIX
from scrapers.tasks.app import ANSWER_SECONDS, CONNECT_SECONDS, app

SETTING = f"{PREFIX}BROKER_URL"
_ERRORS = (*BROKER_ERRORS, amqp.exceptions.MessageNacked)


@contextmanager
def connected() -> Iterator[Connection]:
    """A new connection; a pooled one might have died since, and nobody would know.

    Raises:
        BrokerUnavailable: it can't be reached, went away, or does not answer.
        ConfigInvalid: it refuses the user, the password, the virtual host or our queues.
    """
    connection = app.connection_for_write(transport_options=_only_for_sending())
    try:
        connection.ensure_connection(max_retries=1, interval_start=0.5, timeout=2 * CONNECT_SECONDS)
        yield connection
    except _ERRORS as error:
        # Not closed politely: what it still has to say is not worth waiting for.
        connection.collect(socket_timeout=1)
        raise failure(error) from error
    except BrokerUnavailable:
        connection.collect(socket_timeout=1)
        raise
    else:
        connection.release()


def failure(error: Exception) -> TouchlineError:
    """The failure class for an error of the broker; no address and no password is in it."""
    cause = error.__cause__ or error
    if reason := _refusal(cause):
        return ConfigInvalid(f"{SETTING}: {reason}", setting=SETTING)
    if isinstance(cause, TimeoutError | BlockingIOError | redis.exceptions.TimeoutError):
        return BrokerUnavailable(
            f"the broker did not answer within {ANSWER_SECONDS} s ({type(cause).__name__})"
        )
    if isinstance(cause, redis.exceptions.ResponseError | amqp.exceptions.MessageNacked):
        return BrokerUnavailable(f"the broker takes no messages ({type(cause).__name__})")
    return BrokerUnavailable(f"the broker can't be reached ({type(cause).__name__})")


def _refusal(cause: BaseException) -> str | None:
    """Why the broker will never take us as the settings are; None for what may pass."""
    # Their own words may hold the user's name or the address, so they are not repeated.
    if isinstance(cause, amqp.exceptions.AccessRefused):
        return "RabbitMQ refuses its user or password, or that user's permissions: correct them"
    if isinstance(cause, amqp.exceptions.NotAllowed):
        text = str(cause)
        if "not found" in text or ("refused for user" in text and "limit" not in text):
            return "RabbitMQ has no such virtual host for its user: correct what stands after the /"
    if isinstance(cause, amqp.exceptions.PreconditionFailed):
        return (
            "a queue of ours exists there with other properties, such as a classic one: "
            "delete it, or name another virtual host"
        )
    if isinstance(cause, redis.exceptions.AuthenticationError):
        return "Redis refuses its user or password: correct them"
    if isinstance(cause, redis.exceptions.NoPermissionError):
        return "Redis does not permit its user what a broker needs: grant it all commands and keys"
    if isinstance(cause, redis.exceptions.ResponseError) and "DB index" in str(cause):
        return "Redis has no database of that number: correct what stands after the /"
    return None


def _only_for_sending() -> dict[str, object]:
    if app.connection_for_write().transport.driver_type == "amqp":
        # Only a connection that publishes is told that publishing is blocked.
        return {"on_blocked": _blocked}
    return {"socket_timeout": ANSWER_SECONDS, "retry_on_timeout": False}


def _blocked(_: str) -> None:
    raise BrokerUnavailable("the broker takes no messages: its memory or disk is full")

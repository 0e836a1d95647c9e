"""Celery's broker, Redis or RabbitMQ: is it there, are its queues kept, how long are they."""

from __future__ import annotations

from typing import Any

from amqp.exceptions import (  # type: ignore[import-untyped]
    AccessRefused,
    NotAllowed,
    PreconditionFailed,
)
from kombu.exceptions import ChannelError
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    NoPermissionError,
    ResponseError,
)

from scrapers import reach
from scrapers.doctor.context import ANSWER_SECONDS, CONNECT_SECONDS, Context
from scrapers.doctor.result import Check, fail, ok, skipped, warn
from scrapers.errors import BrokerUnavailable, ConfigInvalid
from scrapers.settings import PREFIX

SETTING = f"{PREFIX}BROKER_URL"
CONNECTION, QUEUES, MEMORY = "broker.connection", "broker.queues", "broker.memory"
CHECKS = {
    CONNECTION: "Redis or RabbitMQ answers and takes the login",
    QUEUES: "the queues' lengths; on RabbitMQ each queue that exists is a quorum queue",
    MEMORY: "a Redis broker throws no message away (`maxmemory-policy noeviction`), and whether "
    "it keeps them on disk",
}
# Those of scrapers.tasks.app; a test holds both.
QUEUE_NAMES = ("fetch", "parse", "sweep")
_REFUSALS = (AuthenticationError, AuthorizationError, AccessRefused, NotAllowed)


def look(context: Context) -> list[Check]:
    """All checks of the broker, by one connection."""
    on_redis = context.settings.broker_url.get_secret_value().startswith("redis")
    try:
        with reach.broker(
            context.settings, connect=CONNECT_SECONDS, answer=ANSWER_SECONDS
        ) as connection:
            where = connection.as_uri(include_password=False, mask="")
            found = [ok(CONNECTION, f"answers at {_place(where)}", subject=SETTING)]
            found.append(_queues(connection, on_redis=on_redis))
            found.append(_memory(connection.default_channel.client) if on_redis else _no_redis())
            return found
    except reach.BROKER_ERRORS as error:
        return [_unreachable(error), *(skipped(n, "the broker was not reached") for n in _REST)]


_REST = (QUEUES, MEMORY)


def _place(uri: str) -> str:
    scheme, _, rest = uri.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _unreachable(error: Exception) -> Check:
    cause = error.__cause__ or error
    if isinstance(cause, _REFUSALS) or isinstance(error, _REFUSALS):
        found = f"the broker refuses the login or the virtual host ({type(cause).__name__})"
        mend = f"correct the login in {SETTING}"
        return fail(CONNECTION, ConfigInvalid, found, mend, subject=SETTING)
    found = f"the broker can't be reached ({_said(cause)})"
    mend = f"start the broker, or correct {SETTING} if it runs elsewhere"
    return fail(CONNECTION, BrokerUnavailable, found, mend, subject=SETTING)


def _said(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__


def _queues(connection: Any, *, on_redis: bool) -> Check:
    lengths, classic = [], []
    for name in QUEUE_NAMES:
        length = _length(connection, name)
        lengths.append(f"{name} {length if length is not None else 'not made yet'}")
        if length is not None and not on_redis and not _is_quorum(connection, name):
            classic.append(name)
    told = "messages that wait: " + ", ".join(lengths)
    if classic:
        names = ", ".join(classic)
        mend = (
            f"stop the workers, rabbitmqctl delete_queue {classic[0]} (the sweep sends again what "
            "it held), start them: they make it as a quorum queue"
        )
        return fail(QUEUES, ConfigInvalid, f"no quorum queue: {names}; {told}", mend)
    return ok(QUEUES, told)


def _length(connection: Any, name: str) -> int | None:
    """Messages that wait; None if there is no such queue (an empty one in Redis is none)."""
    channel = connection.channel()
    try:
        return int(channel.queue_declare(queue=name, passive=True).message_count)
    except (ChannelError, *connection.channel_errors):
        return None
    finally:
        _close(channel, connection)


def _is_quorum(connection: Any, name: str) -> bool:
    # A queue does not tell its kind; to declare it as another is refused, with the reason.
    channel = connection.channel()
    try:
        channel.queue_declare(
            queue=name,
            durable=True,
            auto_delete=False,
            exclusive=False,
            arguments={"x-queue-type": "quorum"},
        )
    except PreconditionFailed as error:
        # Its other arguments are the workers' business.
        return "'x-queue-type'" not in str(error)
    finally:
        _close(channel, connection)
    return True


def _close(channel: Any, connection: Any) -> None:
    # A refusal has closed it already, and RabbitMQ's client says so when it is closed again.
    try:
        channel.close()
    except connection.channel_errors:
        return


def _no_redis() -> Check:
    return skipped(MEMORY, "the broker is RabbitMQ: it keeps its quorum queues on disk")


def _memory(client: Any) -> Check:
    try:
        memory, disk = client.info("memory"), client.info("persistence")
    except (NoPermissionError, ResponseError) as error:
        found = f"Redis does not tell how it keeps messages ({type(error).__name__})"
        return warn(MEMORY, found, "let the user run INFO, or look at maxmemory-policy yourself")
    policy = memory.get("maxmemory_policy", "unknown")
    kept = _kept(client, disk)
    if policy != "noeviction":
        found = f"maxmemory-policy is {policy}: Redis throws messages away when it is full; {kept}"
        mend = f"CONFIG SET maxmemory-policy noeviction on the Redis of {SETTING}, and in its file"
        return fail(MEMORY, ConfigInvalid, found, mend, subject=SETTING)
    return ok(MEMORY, f"maxmemory-policy is noeviction; {kept}", subject=SETTING)


def _kept(client: Any, disk: dict[str, Any]) -> str:
    if disk.get("aof_enabled"):
        return "messages are kept on disk (append-only file)"
    try:
        save = client.config_get("save").get("save", "")
    except ResponseError:  # managed Redis servers forbid CONFIG
        return "no append-only file; whether snapshots are kept is not told"
    if save:
        return f"snapshots are kept on disk (save {save})"
    return "nothing is kept on disk: a restart loses what waits, and the sweep sends it again"

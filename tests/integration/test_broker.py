"""What is handed to RabbitMQ (quorum queues) or Redis, and what either does to it.

Real nodes that are killed, frozen, filled up and misconfigured; the workers' side, with a whole
platform, is in `tests/e2e/test_broker_way.py`.
"""

from __future__ import annotations

import os
import secrets
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import amqp
import pytest
import redis
from sqlalchemy import Engine, func, select, text, update

from scrapers.errors import BrokerUnavailable, ConfigInvalid
from scrapers.settings import PREFIX, Settings, settings
from scrapers.targets import SOURCE, PageKind, Target
from scrapers.tasks.tools import Tools
from scrapers.warehouse import holding, ledger, sending, source
from scrapers.warehouse.gaps import open_gaps
from scrapers.warehouse.ops_tables import TargetRow
from scrapers.warehouse.records import CATCH_UP, BatchKey, PlannedTarget, State
from tests.integration.conftest import MakeSettings, Services
from tests.support.airflow import wait_until
from tests.support.rabbitmq import PORTS, USER, Node
from tests.support.redis import redis_gone
from tests.support.source import silent
from tests.support.supervise import Group, free_ports

pytestmark = pytest.mark.timeout(180)

KEY = BatchKey("whoscored_nightly", "scheduled__1", PageKind.MATCH_CENTRE)
TARGETS = [Target.match_centre(number) for number in (1, 2, 3)]
KEYS = {target.key for target in TARGETS}
QUEUES = ("fetch", "parse", "sweep")


@dataclass(frozen=True)
class Broker:
    """One of the two, and what can happen to it.

    Attributes:
        url: its address.
        gone: killed within the block, back after it.
        frozen: takes connections and answers nothing within the block.
        full: takes no messages within the block.
        keeps: whether messages survive `gone`.
        forget: it loses every message.
        settle: what was declared so far is on disk, as it is some seconds later anyway. A message
            is there before it is confirmed; of a new queue RabbitMQ does not promise so much.
    """

    url: str
    gone: Callable[[], AbstractContextManager[None]]
    frozen: Callable[[], AbstractContextManager[None]]
    full: Callable[[], AbstractContextManager[None]]
    keeps: bool
    forget: Callable[[], object]
    settle: Callable[[], object]


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Group]]:
    """The session's RabbitMQ node."""
    home = tmp_path_factory.mktemp("broker")
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    node = Node(home / "rabbitmq", ports, secrets.token_urlsafe(24))
    group = Group(home)
    try:
        own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        group.launch(node.prepare(), own)
        node.start(group)
        yield node, group
    finally:
        group.end()


@pytest.fixture
def on_rabbitmq(rabbitmq: tuple[Node, Group]) -> Broker:
    node, group = rabbitmq

    def forget() -> None:
        with node.gone(group, data_too=True):
            pass

    def settle() -> None:
        for command in ("stop_app", "start_app"):
            node.control(command)
        node.wait(group)

    with (
        amqp.Connection(f"127.0.0.1:{node.ports['rabbitmq']}", USER, node.password) as connection,
        connection.channel() as channel,
    ):
        for queue in QUEUES:
            channel.queue_delete(queue)
    return Broker(
        url=node.url(),
        gone=lambda: node.gone(group),
        frozen=lambda: node.frozen(group),
        full=node.out_of_memory,
        keeps=True,
        forget=forget,
        settle=settle,
    )


@pytest.fixture
def on_redis(services: Services, redis_port: int) -> Broker:
    group = services.group
    client = redis.Redis(port=redis_port)

    @contextmanager
    def frozen() -> Iterator[None]:
        pid = group.pid("redis")
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def full() -> Iterator[None]:
        client.config_set("maxmemory", "1")
        try:
            yield
        finally:
            client.config_set("maxmemory", "0")

    return Broker(
        url=f"redis://127.0.0.1:{redis_port}/0",
        gone=lambda: redis_gone(group, redis_port),
        frozen=frozen,
        full=full,
        keeps=False,
        forget=client.flushall,
        settle=lambda: None,
    )


@pytest.fixture(params=["redis", "rabbitmq"])
def broker(request: pytest.FixtureRequest) -> Broker:
    """Each of the two in turn, without a message."""
    found = request.getfixturevalue(f"on_{request.param}")
    assert isinstance(found, Broker)
    return found


UseBroker = Callable[[str], Settings]


@pytest.fixture
def use(make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[UseBroker]:
    """Lets this process send to the broker of an address: use(url)."""

    def use_broker(url: str) -> Settings:
        made = make_settings(broker_url=url, resend_after_seconds=0.001)
        for name in ("database_url", "broker_url", "cache_url"):
            monkeypatch.setenv(f"{PREFIX}{name.upper()}", getattr(made, name).get_secret_value())
        monkeypatch.setenv(f"{PREFIX}ARCHIVE_URL", made.archive_url)
        settings.cache_clear()
        # These read the process's settings when they are first imported.
        from scrapers.tasks import app as apps
        from scrapers.tasks import broker, send

        for module in (apps, broker, send):
            monkeypatch.setattr(module, "ANSWER_SECONDS", 2)
        for module in (apps, broker):
            monkeypatch.setattr(module, "CONNECT_SECONDS", 2)
        app = apps.make_app(made)
        for module in ("send", "broker"):
            monkeypatch.setattr(f"scrapers.tasks.{module}.app", app)
        return made

    yield use_broker
    settings.cache_clear()


@pytest.fixture
def batch(engine: Engine) -> UUID:
    """Three matches that are due and not sent."""
    return ledger.open_batch(engine, KEY, [PlannedTarget(t, "new") for t in TARGETS], None)


def send(engine: Engine) -> int:
    from scrapers.tasks.send import send_due

    return send_due(engine, State.PLANNED, 10)


def waiting(queue: str = "fetch") -> int:
    import scrapers.tasks.send

    return scrapers.tasks.send.waiting(queue)


def take(*, acknowledge: bool = True) -> list[str]:
    """The targets of all messages that wait to be fetched."""
    from scrapers.tasks.broker import app

    keys = []
    with app.connection_for_read() as connection:
        queue = app.amqp.queues["fetch"](connection.default_channel)
        while message := queue.get(accept=["json"]):
            keys.append(message.payload[0][0])
            if acknowledge:
                message.ack()
    return keys


def attempts(engine: Engine) -> set[int]:
    with engine.connect() as connection:
        return set(connection.scalars(text("SELECT attempts FROM ops.target")))


# --- what is sent ----------------------------------------------------------------------------


def test_what_is_due_is_sent_once_and_counted(broker, use, engine, batch):
    use(broker.url)
    assert waiting() == 0
    assert send(engine) == 3
    assert send(engine) == 0
    assert waiting() == sending.outstanding(engine, State.PLANNED) == 3
    assert waiting("parse") == 0
    assert sorted(take()) == sorted(KEYS)
    assert waiting() == 0


def test_a_message_that_is_not_acknowledged_comes_again(broker, use, engine, batch):
    use(broker.url)
    send(engine)
    assert set(take(acknowledge=False)) == KEYS  # the connection ends, as a worker that dies
    assert set(take()) == KEYS


def test_rabbitmq_s_queues_are_quorum_queues(on_rabbitmq, rabbitmq, use):
    use(on_rabbitmq.url)
    for queue in QUEUES:
        waiting(queue)
    listed = rabbitmq[0].control("list_queues", "name", "type", "durable", "arguments")
    for queue in QUEUES:
        (line,) = (line for line in listed.splitlines() if line.startswith(f"{queue}\t"))
        assert "\tquorum\ttrue\t" in line
        assert "x-delivery-limit" in line


# --- the broker fails ------------------------------------------------------------------------


def unavailable(engine: Engine, words: str) -> None:
    """Nothing can be sent or counted, and the ledger says so."""
    with pytest.raises(BrokerUnavailable, match=words):
        send(engine)
    assert sending.outstanding(engine, State.PLANNED) == 0
    assert attempts(engine) == {0}


def sent_whole(engine: Engine) -> None:
    """What was not sent is sent now; every target is in the queue."""
    assert send(engine) == 3
    assert set(take()) == KEYS
    assert attempts(engine) == {0}


def test_a_broker_that_is_gone_is_told_and_nothing_is_noted_as_sent(broker, use, engine, batch):
    use(broker.url)
    with broker.gone():
        unavailable(engine, "can't be reached")
        with pytest.raises(BrokerUnavailable):
            waiting()
    sent_whole(engine)


def test_a_frozen_broker_is_given_up_in_time(broker, use, engine, batch):
    use(broker.url)
    with broker.frozen():
        unavailable(engine, "did not answer|can't be reached")
        with pytest.raises(BrokerUnavailable):
            waiting()
    sent_whole(engine)


def test_a_broker_that_freezes_while_it_is_sent_to_is_given_up_in_time(
    broker, use, engine, batch, monkeypatch
):
    use(broker.url)
    with during_the_second(monkeypatch, broker.frozen), pytest.raises(BrokerUnavailable):
        send(engine)
    # The second may have got there, nobody knows; it is taken for not sent.
    assert sending.outstanding(engine, State.PLANNED) == 1
    assert send(engine) == 2
    assert set(take()) == KEYS


def test_a_broker_that_is_full_takes_nothing_and_nobody_hangs(broker, use, engine, batch):
    use(broker.url)
    waiting()  # the queue is there: only what it holds is refused
    with broker.full():
        unavailable(engine, "takes no messages")
    sent_whole(engine)


def test_a_broker_killed_between_two_messages_loses_none(broker, use, engine, batch, monkeypatch):
    made = use(broker.url)
    waiting()
    broker.settle()
    with during_the_second(monkeypatch, broker.gone), pytest.raises(BrokerUnavailable):
        send(engine)
    assert sending.outstanding(engine, State.PLANNED) == 1
    # A quorum queue that comes back counts nothing until it has found its leader.
    wait_until("what was confirmed is there", lambda: waiting() == (1 if broker.keeps else 0))

    from scrapers.tasks.sweeping import sweep_once

    # What was confirmed and is gone all the same is missed by the sweep.
    assert sweep_once(Tools(made)) == (2 if broker.keeps else 3)
    assert sorted(take()) == sorted(KEYS)
    assert attempts(engine) == {0}


@pytest.mark.parametrize("is_paused", [False, True])
def test_a_gap_whose_worker_is_lost_has_been_tried(broker, use, engine, batch, is_paused):
    """Whether the site was asked went with the worker; a page that kills it is not for ever new.

    While the site is in trouble, or left alone, nothing is a page's fault.
    """
    made = use(broker.url)
    target = TARGETS[0]
    with engine.begin() as connection:
        connection.execute(
            update(TargetRow).values(state=State.BLOCKED, failure_class="WorkerLost")
        )
    ledger.close_batch(engine, batch, ledger.FAILED, {})
    key = BatchKey("whoscored_catch_up", "first", target.page_kind)
    ledger.open_batch(engine, key, [PlannedTarget(target, CATCH_UP)], None)

    from scrapers.tasks.sweeping import sweep_once

    if is_paused:
        source.pause_by_hand(engine, SOURCE, who="ada", until=None, reason="maintenance")
    tools = Tools(made)
    for _ in range(2):  # of one plan, however often
        assert holding.claim_fetch(engine, target.key, uuid4())
        for _ in range(3):
            sweep_once(tools)
            silent(engine, made.lease_seconds + 1)
        with engine.begin() as connection:
            of_target = TargetRow.target_key == target.key
            found = connection.execute(
                select(TargetRow.state, TargetRow.failure_class).where(of_target)
            ).one()
            assert tuple(found) == (State.PLANNED, "WorkerLost")
            connection.execute(update(TargetRow).where(of_target).values(due_at=func.now()))
    (gap,) = [gap for gap in open_gaps(engine) if gap.target_key == target.key]
    assert gap.tries == (0 if is_paused else 1)
    assert gap.tried_at is not None


def test_the_sweep_sends_again_what_a_broker_without_its_data_has_lost(broker, use, engine, batch):
    made = use(broker.url)
    assert send(engine) == 3
    broker.forget()

    from scrapers.tasks.sweeping import sweep_once

    assert sweep_once(Tools(made)) == 3
    assert sweep_once(Tools(made)) == 0, "what waits is not lost"
    assert sorted(take()) == sorted(KEYS)
    assert attempts(engine) == {0}


@contextmanager
def during_the_second(
    monkeypatch: pytest.MonkeyPatch, strike: Callable[[], AbstractContextManager[None]]
) -> Iterator[None]:
    """Within the block, the broker is struck as the second message is about to be sent."""
    from scrapers.tasks.send import app

    publish = app.send_task
    struck: list[AbstractContextManager[None]] = []
    count = 0

    def send_task(*args: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        if count == 2:
            struck.append(strike())
            struck[0].__enter__()
        return publish(*args, **options)

    with monkeypatch.context() as patched:
        patched.setattr(app, "send_task", send_task)
        try:
            yield
        finally:
            for context in struck:
                context.__exit__(None, None, None)
    assert struck


# --- the broker refuses ----------------------------------------------------------------------


def refused(engine: Engine, words: str) -> None:
    """A matter of the settings: the setting is named, no address and no password is shown."""
    with pytest.raises(ConfigInvalid, match=words) as caught:
        send(engine)
    assert caught.value.detail.startswith("TOUCHLINE_BROKER_URL: ")
    assert caught.value.facts == {"setting": "TOUCHLINE_BROKER_URL"}
    with pytest.raises(ConfigInvalid, match=words):
        waiting()
    assert "sesame" not in "".join(traceback.format_exception(caught.value))
    assert sending.outstanding(engine, State.PLANNED) == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "sesame"}, "user or password"),
        ({"user": "nobody", "password": "sesame"}, "user or password"),
        ({"vhost": "nowhere"}, "no such virtual host"),
    ],
)
def test_rabbitmq_refuses(on_rabbitmq, rabbitmq, use, engine, batch, changes, words):
    use(rabbitmq[0].url(**changes))
    refused(engine, words)


def test_rabbitmq_refuses_a_user_without_permissions(on_rabbitmq, rabbitmq, use, engine, batch):
    node, _ = rabbitmq
    node.control("add_user", "guest2", "sesame")
    try:
        use(node.url(user="guest2", password="sesame"))
        refused(engine, "no such virtual host for its user")
        node.control("set_permissions", "guest2", "^$", "^$", "^$")
        refused(engine, "permissions")
    finally:
        node.control("delete_user", "guest2")


def test_a_classic_queue_in_the_place_of_ours_is_told(on_rabbitmq, rabbitmq, use, engine, batch):
    node, _ = rabbitmq
    with (
        amqp.Connection(f"127.0.0.1:{node.ports['rabbitmq']}", USER, node.password) as connection,
        connection.channel() as channel,
    ):
        channel.queue_declare("fetch", durable=True, auto_delete=False)
    use(on_rabbitmq.url)
    refused(engine, "classic")


@pytest.mark.parametrize("given", ["", ":sesame@"])
def test_redis_refuses_the_password(on_redis, redis_port, use, engine, batch, given):
    client = redis.Redis(port=redis_port)
    use(f"redis://{given}127.0.0.1:{redis_port}/0")
    client.config_set("requirepass", "another")
    try:
        refused(engine, "password")
    finally:
        client.config_set("requirepass", "")


def test_redis_refuses_the_database_s_number(on_redis, redis_port, use, engine, batch):
    use(f"redis://127.0.0.1:{redis_port}/99")
    refused(engine, "no database of that number")


def test_redis_refuses_what_a_user_may_not_do(on_redis, redis_port, use, engine, batch):
    client = redis.Redis(port=redis_port)
    client.acl_setuser("reader", enabled=True, passwords=["+sesame"], categories=["+@read"])
    try:
        use(f"redis://reader:sesame@127.0.0.1:{redis_port}/0")
        refused(engine, "permit")
    finally:
        client.acl_deluser("reader")

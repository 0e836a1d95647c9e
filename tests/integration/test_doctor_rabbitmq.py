"""The doctor and RabbitMQ: queues of the wrong kind, logins it refuses."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import amqp
import pytest

from scrapers.doctor.run import Service
from tests.support.doctor import MARKER, Patient, patient
from tests.support.rabbitmq import PORTS, Node
from tests.support.supervise import Group, free_ports


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with tempfile.TemporaryDirectory(prefix="touchline-doctor-") as folder:
        home = Path(folder)
        ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        made = Node(home / "rabbitmq", ports, secrets.token_hex(12))
        group = Group(home)
        group.launch(list(made.prepare()), dict(os.environ))
        try:
            made.start(group)
            yield made
        finally:
            group.end()


@pytest.fixture
def sick(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Patient:
    made = patient("postgresql://nobody@127.0.0.1:1/none", 1, tmp_path, monkeypatch)
    made.set(broker_url=node.url())
    return made


def declare(node: Node, name: str, **arguments: object) -> None:
    host = f"127.0.0.1:{node.ports['rabbitmq']}"
    with amqp.Connection(host, "touchline", node.password) as connection:
        channel = connection.channel()
        channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)
        channel.basic_publish(amqp.Message("x"), routing_key=name)


def test_queues_that_are_not_made_yet_and_quorum_queues(sick: Patient, node: Node) -> None:
    found = sick.checks(Service.BEAT)
    assert found["broker.connection"][0].result == "ok"
    assert "fetch not made yet" in found["broker.queues"][0].found
    declare(node, "fetch", **{"x-queue-type": "quorum", "x-delivery-limit": 20})
    check = sick.one("broker.queues", Service.BEAT)
    assert check.result == "ok", "its other arguments are the workers' business"
    assert "fetch 1" in check.found


def test_a_classic_queue(sick: Patient, node: Node) -> None:
    declare(node, "parse")
    check = sick.one("broker.queues", Service.BEAT)
    assert (check.result, check.failure) == ("fail", "ConfigInvalid")
    assert "no quorum queue: parse" in check.found
    assert "rabbitmqctl delete_queue parse" in check.mend


@pytest.mark.parametrize("where", ["password", "vhost"])
def test_a_login_that_is_refused(sick: Patient, node: Node, where: str) -> None:
    wrong = node.url(password=MARKER) if where == "password" else node.url(vhost="nowhere")
    sick.set(broker_url=wrong)
    check = sick.one("broker.connection", Service.BEAT)
    assert (check.result, check.failure) == ("fail", "ConfigInvalid"), check
    assert check.subject == "TOUCHLINE_BROKER_URL"
    assert "TOUCHLINE_BROKER_URL" in check.mend
    assert MARKER not in f"{check}"

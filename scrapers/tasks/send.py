"""From the ledger to the broker: what is due is sent once, what the broker lost again."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Engine

from scrapers.errors import BrokerUnavailable, ConfigInvalid
from scrapers.tasks.app import ANSWER_SECONDS, FETCH, PARSE, app
from scrapers.tasks.broker import connected
from scrapers.warehouse import sending
from scrapers.warehouse.engine import engine
from scrapers.warehouse.records import State

# More messages than this never wait at once: the ledger keeps the line, the sweep tops it up.
WINDOW = 200

TASKS = {State.PLANNED: ("touchline.fetch", FETCH), State.ARCHIVED: ("touchline.parse", PARSE)}


def send_batch(batch_id: UUID) -> int:
    """Send what of the batch is due and not sent yet, as far as the window allows; how many.

    Raises:
        BrokerUnavailable: nothing is lost; the sweep sends it, or call again.
        ConfigInvalid: the broker refuses us; nothing is lost either.
    """
    warehouse = engine()
    sent = 0
    for state in TASKS:
        room = WINDOW - sending.outstanding(warehouse, state)
        sent += send_due(warehouse, state, room, batch_id=batch_id)
    return sent


def send_due(
    warehouse: Engine,
    state: State,
    limit: int,
    *,
    batch_id: UUID | None = None,
    target_key: str | None = None,
) -> int:
    """Send up to `limit` due targets of a state to its workers; how many there were.

    Raises:
        BrokerUnavailable: those that the broker did not take are noted as not sent.
        ConfigInvalid: it refuses us; the same.
    """
    if limit <= 0:
        return 0
    keys = sending.to_send(warehouse, state, limit, batch_id=batch_id, target_key=target_key)
    if not keys:
        return 0
    name, queue = TASKS[state]
    sent = 0
    try:
        with connected() as connection, app.amqp.Producer(connection) as producer:
            for key in keys:
                app.send_task(
                    name,
                    args=(key,),
                    queue=queue,
                    producer=producer,
                    # Once more could be twice; whoever called does it again, or the sweep.
                    retry=False,
                    confirm_timeout=ANSWER_SECONDS,
                )
                sent += 1
    except (BrokerUnavailable, ConfigInvalid):
        sending.not_sent(warehouse, keys[sent:])
        raise
    return sent


def waiting(queue: str) -> int:
    """Messages that wait in a queue of the broker, those already with a worker not counted.

    A quorum queue that has no leader just then says 0: the sweep may then send again what is
    not lost, and the ledger lets only one of the two be done.

    Raises:
        BrokerUnavailable: it can't be reached.
        ConfigInvalid: it refuses us.
    """
    with connected() as connection:
        declared = app.amqp.queues[queue](connection.default_channel)
        return int(declared.queue_declare().message_count)

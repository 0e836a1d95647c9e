"""From the ledger to the broker: what is due is sent once, what the broker lost again."""

from __future__ import annotations

from uuid import UUID

from kombu.exceptions import ConnectionError as KombuConnectionError
from kombu.exceptions import OperationalError
from sqlalchemy import Engine

from scrapers.errors import BrokerUnavailable
from scrapers.tasks.app import FETCH, PARSE, app
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
    """
    if limit <= 0:
        return 0
    keys = sending.to_send(warehouse, state, limit, batch_id=batch_id, target_key=target_key)
    name, queue = TASKS[state]
    for number, key in enumerate(keys):
        try:
            app.send_task(name, args=(key,), queue=queue)
        except (OperationalError, KombuConnectionError, OSError) as error:
            sending.not_sent(warehouse, keys[number:])
            raise unavailable(error) from error
    return len(keys)


def waiting(queue: str) -> int:
    """Messages that wait in a queue of the broker, those already with a worker not counted.

    Raises:
        BrokerUnavailable: it can't be reached.
    """
    try:
        with app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, timeout=5)
            declared = app.amqp.queues[queue](connection.default_channel)
            return int(declared.queue_declare().message_count)
    except (OperationalError, KombuConnectionError, OSError) as error:
        raise unavailable(error) from error


def unavailable(error: Exception) -> BrokerUnavailable:
    """The failure for an error of the broker; its address and password are not in it."""
    cause = error.__cause__ or error
    return BrokerUnavailable(f"the broker can't be reached ({type(cause).__name__})")

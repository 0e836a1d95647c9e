"""The Celery app: two queues of work, one page at a time, nothing lost when a worker dies.

`celery --app scrapers.tasks.app worker --queues fetch,sweep --concurrency N`, N browser slots;
the same with `parse,sweep`; and one `beat`, which makes the sweep tick. The sweep has a queue
of its own, so that it never stands in line behind pages. Settings that are missing or wrong
are refused here, before anything starts.
"""

from __future__ import annotations

from celery import Celery
from kombu.entity import Exchange, Queue

from scrapers.settings import Settings, settings

FETCH, PARSE, SWEEP = "fetch", "parse", "sweep"
# Patience with a broker: until it takes a connection, and until it answers on one.
CONNECT_SECONDS = 5
ANSWER_SECONDS = 15
# Between two looks after the browser hubs.
TEND_SECONDS = 5.0
# A page that takes its worker along so often is given up by the queue; the ledger, which counts
# too (`WorkerLost`), has given it up long before. RabbitMQ 4 has this limit anyway, 3 has none.
_DELIVERIES = 20


def make_app(current: Settings) -> Celery:
    """The app for these settings."""
    broker = current.broker_url.get_secret_value()
    on_rabbitmq = broker.startswith(("amqp", "pyamqp"))
    app = Celery(
        "touchline",
        broker=broker,
        include=[f"scrapers.tasks.{name}" for name in ("tasks", "preflight", "heartbeat")],
    )
    app.conf.update(
        task_queues=[_queue(name, on_rabbitmq) for name in (FETCH, PARSE, SWEEP)],
        task_default_queue=PARSE,
        task_create_missing_queues=False,
        # The ledger is the result; Celery keeps none.
        task_ignore_result=True,
        # A page is acknowledged when it is done with; a worker that dies gives it back.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        # A broker that is away is waited for; see BrokerUnavailable for what sends.
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=CONNECT_SECONDS,
        # A queue whose leader is not elected yet after a restart closes the channel, no more.
        broker_channel_error_retry=True,
        # RabbitMQ only: a node that has vanished without a word is missed after twice this.
        broker_heartbeat=30,
        task_publish_retry_policy={"max_retries": 2, "interval_start": 0.2, "interval_max": 1},
        broker_transport_options=_transport(current, on_rabbitmq),
        task_serializer="json",
        accept_content=["json"],
        worker_hijack_root_logger=True,
        worker_send_task_events=False,
        timezone="UTC",
        beat_schedule={
            "sweep": {
                "task": "touchline.sweep",
                "schedule": current.sweep_interval_seconds,
                # A sweep that nobody took up in time is of no use: the next one does its work.
                "options": {
                    "queue": SWEEP,
                    "expires": max(current.sweep_interval_seconds, 1),
                    "confirm_timeout": ANSWER_SECONDS,
                },
            },
            "tend": {
                "task": "touchline.tend",
                "schedule": TEND_SECONDS,
                "options": {
                    "queue": SWEEP,
                    "expires": TEND_SECONDS,
                    "confirm_timeout": ANSWER_SECONDS,
                },
            },
            "watch": {
                "task": "touchline.watch",
                "schedule": current.health_interval_seconds,
                "options": {
                    "queue": SWEEP,
                    "expires": max(current.health_interval_seconds, 1),
                    "confirm_timeout": ANSWER_SECONDS,
                },
            },
        },
        beat_max_loop_interval=max(current.sweep_interval_seconds, 1),
    )
    return app


def _queue(name: str, on_rabbitmq: bool) -> Queue:
    # Quorum queues are kept on several nodes and survive the loss of one. They know no QoS for a
    # whole channel: Celery finds that out by this argument. Nothing of ours has an ETA, which
    # would need further queues: what is due later waits in the ledger.
    arguments: dict[str, object] = {}
    if on_rabbitmq:
        arguments = {"x-queue-type": "quorum", "x-delivery-limit": _DELIVERIES}
    exchange = Exchange(name, type="direct")  # type: ignore[no-untyped-call]
    return Queue(  # type: ignore[no-untyped-call]
        name, exchange, routing_key=name, queue_arguments=arguments
    )


def _transport(current: Settings, on_rabbitmq: bool) -> dict[str, object]:
    if on_rabbitmq:
        return {
            "confirm_publish": True,
            "read_timeout": ANSWER_SECONDS,
            "write_timeout": ANSWER_SECONDS,
        }
    return {
        "visibility_timeout": current.visibility_timeout_seconds,
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": 30,
        "socket_keepalive": True,
        "retry_on_timeout": True,
    }


app = make_app(settings())

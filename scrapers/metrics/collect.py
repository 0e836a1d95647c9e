"""The measures as Prometheus reads them, and the small server that tells them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import redis
from kombu.connection import Connection as BrokerConnection
from kombu.exceptions import OperationalError as BrokerError
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from scrapers.errors import WarehouseUnavailable
from scrapers.metrics.measures import COUNTER, MEASURES, Measure
from scrapers.settings import Settings
from scrapers.warehouse.engine import transaction

log = logging.getLogger(__name__)

PREFIX = "touchline_"
# The parts whose outage the ledger can't tell, by their failure class.
PARTS = {
    "WarehouseUnavailable": "warehouse",
    "BrokerUnavailable": "broker",
    "CacheUnavailable": "cache",
}
_SECONDS = 3.0  # given to a part to answer
_STATEMENT_MS = 10_000  # a measure that takes longer must not hold up the others' night


class LedgerCollector(Collector):
    """Reads every measure when it is asked; a ledger that is away is told as a part that is down.

    Args:
        settings: broker's and cache's addresses.
        engine: the warehouse.
    """

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine

    def describe(self) -> Iterable[Metric]:
        """Nothing: what is told is known when it is asked for."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Every measure, and `touchline_part_up` of warehouse, broker and cache."""
        up = GaugeMetricFamily(
            f"{PREFIX}part_up", "1 while a part of the platform answers, else 0", labels=["part"]
        )
        families: list[Metric] = []
        try:
            families = self._read()
            up.add_metric(["warehouse"], 1)
        except WarehouseUnavailable as error:
            log.warning("%s: %s", error.failure_class, error.detail)
            up.add_metric(["warehouse"], 0)
        up.add_metric(["broker"], int(broker_answers(self._settings)))
        up.add_metric(["cache"], int(cache_answers(self._settings)))
        return [up, *families]

    def _read(self) -> list[Metric]:
        with transaction(self._engine) as connection:
            connection.exec_driver_sql(
                f"SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = {_STATEMENT_MS}"
            )
            found = []
            for measure in MEASURES:
                family = _family(measure)
                for row in connection.execute(measure.statement):  # type: ignore[call-overload]
                    *labels, value = row
                    family.add_metric([str(label) for label in labels], float(value))
                found.append(family)
            return found


def _family(measure: Measure) -> Any:
    family = CounterMetricFamily if measure.kind == COUNTER else GaugeMetricFamily
    return family(f"{PREFIX}{measure.name}", measure.meaning, labels=list(measure.labels))


def broker_answers(settings: Settings) -> bool:
    """Whether the message broker takes a connection."""
    broker: Any = BrokerConnection(  # type: ignore[no-untyped-call]
        settings.broker_url.get_secret_value(),
        connect_timeout=_SECONDS,
        transport_options={"socket_connect_timeout": _SECONDS, "socket_timeout": _SECONDS},
    )
    try:
        broker.ensure_connection(max_retries=1, timeout=_SECONDS, interval_start=0)
    except (BrokerError, *broker.connection_errors):
        return False
    finally:
        broker.release()
    return True


def cache_answers(settings: Settings) -> bool:
    """Whether the cache answers."""
    client = redis.Redis.from_url(
        settings.cache_url.get_secret_value(),
        socket_timeout=_SECONDS,
        socket_connect_timeout=_SECONDS,
    )
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()

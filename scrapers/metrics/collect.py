"""The measures as Prometheus reads them, and the small server that tells them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Any, cast

import redis
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from scrapers import reach
from scrapers.errors import ConfigInvalid, WarehouseUnavailable
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
_STATEMENT_MS = 5_000  # a measure that takes longer is left out; the others are told
_COSTLY_SECONDS = 300.0  # how long a costly measure's values are told again
_CANCELLED = "57014"  # SQLSTATE of a statement that took too long


class LedgerCollector(Collector):
    """Reads every measure when it is asked; a ledger that is away is told as a part that is down.

    Args:
        settings: broker's and cache's addresses.
        engine: the warehouse.
    """

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine
        self._kept: dict[str, tuple[float, Metric]] = {}

    def describe(self) -> Iterable[Metric]:
        """Nothing: what is told is known when it is asked for."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Every measure, the parts that answer (`part_up`), and the measures that are missing."""
        up = GaugeMetricFamily(
            f"{PREFIX}part_up", "1 while a part of the platform answers, else 0", labels=["part"]
        )
        missing = GaugeMetricFamily(
            f"{PREFIX}measure_missing",
            "1 for a measure that took too long to be told, else 0",
            labels=["measure"],
        )
        families: list[Metric] = []
        try:
            for measure in MEASURES:
                family = self._value(measure)
                missing.add_metric([measure.name], int(family is None))
                families += [] if family is None else [family]
            up.add_metric(["warehouse"], 1)
        except (WarehouseUnavailable, ConfigInvalid) as error:
            log.warning("%s: %s", error.failure_class, error.detail)
            up.add_metric(["warehouse"], 0)
        up.add_metric(["broker"], int(broker_answers(self._settings)))
        up.add_metric(["cache"], int(cache_answers(self._settings)))
        return [up, missing, *families]

    def _value(self, measure: Measure) -> Metric | None:
        """A measure as it is, or lately was; None: it took too long."""
        at, kept = self._kept.get(measure.name, (0.0, None))
        if kept is not None and time.monotonic() - at < _COSTLY_SECONDS:
            return kept
        try:
            family = self._read(measure)
        except WarehouseUnavailable as error:
            if error.facts.get("sqlstate") != _CANCELLED:
                raise
            log.warning("the measure %s took more than %d ms", measure.name, _STATEMENT_MS)
            return kept
        if measure.costly:
            self._kept[measure.name] = (time.monotonic(), family)
        return family

    def _read(self, measure: Measure) -> Metric:
        family = _family(measure)
        with transaction(self._engine) as connection:
            connection.exec_driver_sql(
                f"SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = {_STATEMENT_MS}"
            )
            for row in connection.execute(measure.statement):  # type: ignore[call-overload]
                *labels, value = row
                family.add_metric([str(label) for label in labels], float(value))
        return cast(Metric, family)


def _family(measure: Measure) -> Any:
    family = CounterMetricFamily if measure.kind == COUNTER else GaugeMetricFamily
    return family(f"{PREFIX}{measure.name}", measure.meaning, labels=list(measure.labels))


def broker_answers(settings: Settings) -> bool:
    """Whether the message broker takes a connection."""
    try:
        with reach.broker(settings, connect=_SECONDS, answer=_SECONDS):
            return True
    except reach.BROKER_ERRORS:
        return False


def cache_answers(settings: Settings) -> bool:
    """Whether the cache answers."""
    try:
        with reach.cache(settings, connect=_SECONDS, answer=_SECONDS) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False

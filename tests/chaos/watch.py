"""The first sign of a fault: what the platform writes down, or says in its logs."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError

from scrapers.errors import FAILURE_CLASSES
from tests.chaos.place import Place
from tests.chaos.scenario import Scenario

_LOOK_SECONDS = 0.2
# Unix times of what the ledger knows; a row's own time, not that of our look.
_ROWS = """
SELECT extract(epoch FROM min(at)) FROM (
    SELECT at FROM ops.failure
    UNION ALL SELECT opened_at FROM ops.incident
    UNION ALL SELECT opened_at FROM ops.hub_state WHERE state <> 'closed'
    UNION ALL SELECT paused_at FROM ops.source_state
) AS signs WHERE at >= to_timestamp(:since)
"""
# What Celery says of its broker, and the sweep of messages.
_SAID = ("Connection to broker lost", "Cannot connect to", "messages of the queue", "Worker exited")


class Watch:
    """Looks for the first sign of a fault while the night goes on.

    Args:
        since: Unix time of the strike.
    """

    def __init__(self, place: Place, scenario: Scenario, since: float) -> None:
        self._place = place
        self._scenario = scenario
        self._since = since
        self._seen: float | None = None
        self._over = threading.Event()
        self._logs = [*place.stack.group.logs.glob("*.log")]
        self._read = {log: log.stat().st_size for log in self._logs}
        names = scenario.classes or tuple(FAILURE_CLASSES)
        self._pattern = re.compile("|".join([*map(re.escape, names), *_SAID]))
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            at = min(filter(None, (self._of_rows(), self._of_outage(), self._of_rest())), default=0)
            if at:
                self._seen = max(0.0, at - self._since)
                return

    def _of_rows(self) -> float | None:
        try:
            found = self._place.scalar(_ROWS, since=self._since)
        except DBAPIError:
            return None  # PostgreSQL itself is what was struck
        return None if found is None else float(found)

    def _of_outage(self) -> float | None:
        found = self._place.outage_seen()
        return found if found and found >= self._since else None

    def _of_rest(self) -> float | None:
        sign = self._scenario.sign
        try:
            noticed = self._logged(self._logs) or (sign is not None and sign(self._place))
        except DBAPIError:
            return None
        return time.time() if noticed else None

    def _logged(self, logs: Sequence[object]) -> bool:
        for log in self._logs:
            with log.open(encoding="utf-8", errors="replace") as file:
                file.seek(self._read[log])
                text = file.read()
                self._read[log] = file.tell()
            if self._pattern.search(text):
                return True
        return False

    def end(self) -> float | None:
        """Seconds until the first sign; None: none was seen."""
        self._over.set()
        self._thread.join()
        return None if self._seen is None else round(self._seen, 1)

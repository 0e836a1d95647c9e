"""The sweep: every few seconds, what is due is sent, and what got lost is found.

All it knows stands in the ledger and in the broker, so it can be killed, run late, or run twice
at once without harm.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from scrapers.errors import WorkerLost
from scrapers.targets import SOURCE
from scrapers.tasks import fetching, parsing
from scrapers.tasks.send import TASKS, WINDOW, send_due, waiting
from scrapers.tasks.tools import Tools
from scrapers.warehouse import holding, ledger, sending, source
from scrapers.warehouse.records import State

log = logging.getLogger(__name__)

# A note that is older than so many sweeps was not seen by any of them: PostgreSQL was away.
_SWEEPS_LATE = 3
_HELD = {
    State.PLANNED: (State.FETCHING, fetching.STAGE),
    State.ARCHIVED: (State.ARCHIVED, parsing.STAGE),
}


def sweep_once(tools: Tools) -> int:
    """Send what is due, after what got lost was made due again; how many were sent.

    Raises:
        BrokerUnavailable, WarehouseUnavailable: the next sweep does it.
    """
    engine, sent = tools.engine, 0
    patience = timedelta(seconds=tools.settings.resend_after_seconds)
    late = _SWEEPS_LATE * timedelta(seconds=tools.settings.sweep_interval_seconds)
    for batch_id in ledger.close_abandoned(engine):
        log.warning("batch %s is closed: nobody waits for it any more", batch_id)
    for state, (_, queue) in TASKS.items():
        held, stage = _HELD[state]
        for claim in holding.lost_claims(engine, held, late=late):
            error = WorkerLost(f"the worker that held it for its {stage} is gone")
            tried = None
            if held is State.FETCHING:
                # Whether the site was asked went with the worker. It may be the page that kills it,
                # unless the site itself is in trouble.
                tried = source.look(engine, SOURCE) is None
            holding.failed(engine, claim, error, stage, state, expired=True, tried=tried)
            log.warning("%s: %s", claim.target.key, error.detail)
        outstanding = sending.outstanding(engine, state)
        missing = outstanding - waiting(queue) if outstanding else 0
        lost = sending.lost_messages(engine, state, sent_before=patience, at_most=missing)
        if lost:
            log.warning("%d messages of the queue %s were lost, they are sent again", lost, queue)
        sent += send_due(engine, state, WINDOW - outstanding + lost)
    return sent

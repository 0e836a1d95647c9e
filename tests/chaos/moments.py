"""Where in a run a fault strikes: each waits for its moment, by the ledger alone."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from tests.chaos.place import READABLE, Place

Moment = Callable[[Place, random.Random], None]

_MATCHES = "FROM ops.target WHERE page_kind = 'match_centre'"


def at_dispatch(place: Place, rng: random.Random) -> None:
    """The run has begun; hardly anything is sent."""
    place.until("a target is planned", lambda: place.scalar("SELECT count(*) FROM ops.target"))
    time.sleep(rng.uniform(0, 0.2))


def at_matches(place: Place, rng: random.Random) -> None:
    """The schedules have landed; the matches are planned, and hardly one is fetched."""
    place.until("matches are planned", lambda: place.scalar(f"SELECT count(*) {_MATCHES}"))
    time.sleep(rng.uniform(0, 0.2))


def while_fetching(place: Place, rng: random.Random) -> None:
    """Some matches are archived, and one is being fetched."""
    some = rng.randrange(1, max(2, len(READABLE) - 2))
    place.until(
        "matches are being fetched",
        lambda: (
            place.scalar(f"SELECT count(*) {_MATCHES} AND page_hash IS NOT NULL") >= some
            and place.scalar(f"SELECT count(*) {_MATCHES} AND state = 'fetching'")
        ),
    )
    time.sleep(rng.uniform(0, 0.2))


def while_parsing(place: Place, rng: random.Random) -> None:
    """A page is being parsed, or waits for it."""
    some = rng.randrange(0, max(1, len(READABLE) - 2))
    place.until(
        "matches are being parsed",
        lambda: (
            place.scalar(f"SELECT count(*) {_MATCHES} AND state = 'archived'")
            and place.scalar(f"SELECT count(*) {_MATCHES} AND state = 'parsed'") >= some
        ),
    )
    time.sleep(rng.uniform(0, 0.05))


def while_judging(place: Place, rng: random.Random) -> None:
    """All matches are parsed, and the gate looks at them."""
    place.until(
        "the matches are judged",
        lambda: (
            place.scalar(f"SELECT count(*) {_MATCHES} AND state = 'parsed'") >= len(READABLE) - 1
            and not place.scalar(
                f"SELECT count(*) {_MATCHES} AND state IN ('planned', 'fetching', 'archived')"
            )
        ),
    )
    time.sleep(rng.uniform(0, 2.5))


def while_landing(place: Place, rng: random.Random) -> None:
    """The transaction that lands the matches is under way."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND state <> 'idle' AND query ILIKE '%core.%' "
        "AND query ILIKE ANY (ARRAY['%INSERT INTO%', '%UPDATE%', '%DELETE%', '%MERGE%'])"
    )
    while_judging(place, random.Random(0))
    place.until("the matches are landed", lambda: place.scalar(query))
    time.sleep(rng.uniform(0, 0.05))

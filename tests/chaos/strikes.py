"""The faults: processes killed and frozen, connections cut, stores emptied, the site gone bad."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable

import psutil
import redis

from tests.chaos.place import READABLE, Place
from tests.chaos.scenario import Heal, Strike


def tree(place: Place, program: str) -> list[psutil.Process]:
    """A program's process and all that it has started."""
    top = psutil.Process(place.stack.group.pid(program))
    return [top, *top.children(recursive=True)]


def kill(program: str) -> Strike:
    """Kill a program and all that it has started; the supervisor starts it again."""

    def strike(place: Place, _: random.Random) -> None:
        for process in tree(place, program):
            process.kill()

    return strike


def kill_child(program: str) -> Strike:
    """Kill one of a worker's processes."""

    def strike(place: Place, rng: random.Random) -> None:
        rng.choice(psutil.Process(place.stack.group.pid(program)).children()).kill()

    return strike


def freeze(program: str) -> Strike:
    """Let a program and all that it has started stand still, connections open."""

    def strike(place: Place, _: random.Random) -> None:
        for process in tree(place, program):
            process.suspend()

    return strike


def thaw(program: str) -> Heal:
    """Let it go on."""

    def heal(place: Place) -> None:
        for process in tree(place, program):
            process.resume()

    return heal


def stop(program: str) -> Strike:
    """Stop a program for good, as by hand."""

    def strike(place: Place, _: random.Random) -> None:
        place.stack.group.stop(program)

    return strike


def start(program: str) -> Heal:
    """Start it again."""

    def heal(place: Place) -> None:
        place.stack.group.start(program)

    return heal


def kill_postgres(place: Place, _: random.Random) -> None:
    """Kill PostgreSQL as a power cut would; it recovers when the supervisor starts it again."""
    os.kill(place.stack.group.pid("postgres"), signal.SIGQUIT)


def cut_connections(place: Place, rng: random.Random) -> None:
    """End every session of the warehouse but our own, three times running."""
    for _ in range(3):
        place.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> "
            "pg_backend_pid() AND datname = current_database()"
        )
        place.until("a moment", lambda: rng.random() < 0.2)


def empty_redis(database: int) -> Strike:
    """Remove every key: messages (database 0) or turns (database 1)."""

    def strike(place: Place, _: random.Random) -> None:
        with redis.Redis(port=place.stack.ports["redis"], db=database) as client:
            client.flushdb()

    return strike


def site_fault(pattern: str, kind: str, **options: object) -> Strike:
    """Let the site answer badly where path and query match `pattern`."""

    def strike(place: Place, _: random.Random) -> None:
        place.fault(pattern, kind, **options)

    return strike


def a_match(kind: str, **options: object) -> Strike:
    """Let the site answer badly for one match, chosen by the seed."""

    def strike(place: Place, rng: random.Random) -> None:
        place.fault(f"/matches/{rng.choice(READABLE).id}/", kind, **options)

    return strike


def site_well(place: Place) -> None:
    """Take the site's faults away."""
    place.stack.control("faults/clear", b"{}")


def slow_matches(place: Place, seconds: float = 0.6) -> None:
    """Let match pages take their time, so that there is a middle to strike in."""
    place.fault("/matches/", "slow", seconds=seconds)


def both(*strikes: Callable[[Place, random.Random], None]) -> Strike:
    """One strike after the other."""

    def strike(place: Place, rng: random.Random) -> None:
        for single in strikes:
            single(place, rng)

    return strike

"""What strikes the containers: each one killed, the way to the database cut, a network pulled out.

A container is killed from outside, its first process and with it all others, as the kernel does
when memory runs out: `docker kill` would count as an order, after which Docker does not start it
again.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass

from tests.compose.place import PROJECT, Container, Place

WORKERS = ("fetch-worker", "parse-worker")
CUT_SECONDS = 45.0
_REFUSED = ("--protocol", "tcp", "--jump", "REJECT", "--reject-with", "tcp-reset")


@dataclass(frozen=True)
class Strike:
    """Something that happens to the containers while a night runs.

    Attributes:
        name: names it.
        what: it, in words.
        hit: does it.
        killed: the service whose container is to be started again by Docker; None: none is.
        heal: takes it away; None: Docker does.
        heal_after: seconds after which it is taken away.
    """

    name: str
    what: str
    hit: Callable[[Place], None]
    killed: str | None = None
    heal: Callable[[Place], None] | None = None
    heal_after: float = 0.0


def kill(container: Container) -> None:
    """Kill all processes of a container."""
    os.kill(container["State"]["Pid"], signal.SIGKILL)


def killing(service: str) -> Strike:
    """The strike that kills a service's container."""
    return Strike(
        name=service,
        what=f"`{service}` killed",
        hit=lambda place: kill(place.container(service)),
        killed=service,
    )


def _rule(place: Place, action: str) -> None:
    """Add or delete a rule in the workers' own networks: the database resets whatever is sent."""
    database = place.address("postgres")
    for service in WORKERS:
        inside = f"/proc/{place.container(service)['State']['Pid']}/ns/net"
        place.docker.run(
            *("nsenter", f"--net={inside}", "iptables", action, "OUTPUT"),
            *("--destination", database, *_REFUSED),
        )


def _network(place: Place, action: str, *options: str) -> None:
    container = place.container("parse-worker")["Id"]
    place.docker.run("docker", "network", action, *options, f"{PROJECT}_back", container)


CUTS = (
    Strike(
        name="cut",
        what="both workers cut off from PostgreSQL, open connections reset",
        hit=lambda place: _rule(place, "--insert"),
        heal=lambda place: _rule(place, "--delete"),
        heal_after=CUT_SECONDS,
    ),
    Strike(
        name="unplugged",
        what="`parse-worker` taken out of the inner network, open connections left hanging",
        hit=lambda place: _network(place, "disconnect"),
        heal=lambda place: _network(place, "connect", "--alias", "parse-worker"),
        heal_after=CUT_SECONDS,
    ),
)


def all_of(place: Place) -> tuple[Strike, ...]:
    """The cuts, then every lasting service killed."""
    return (*CUTS, *(killing(service) for service in place.lasting))

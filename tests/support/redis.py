"""A Redis that comes and goes, for tests of what happens then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.supervise import Group, listening, wait_for


@contextmanager
def redis_gone(group: Group, port: int) -> Iterator[None]:
    """The group's Redis is gone within the block, and back, empty, after it."""
    group.stop("redis")
    try:
        yield
    finally:
        group.start("redis")
        wait_for("redis", lambda: listening(port), seconds=30, group=group)

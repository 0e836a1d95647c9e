"""The kinds of places that scenarios need, by name."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tests.chaos.place import Place, a_place

PLACES: dict[str, Callable[[Path], AbstractContextManager[Place]]] = {
    "plain": a_place,
}

"""The kinds of places that scenarios need, by name."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from tests.chaos.airflow_place import an_airflow_place
from tests.chaos.place import Place, a_place, a_wired_place, an_s3_place

PLACES: dict[str, Callable[[Path], AbstractContextManager[Place]]] = {
    "plain": a_place,
    "wired": a_wired_place,
    "s3": an_s3_place,
    # A run that does not wait for a source that is out, as one does after hours.
    "impatient": partial(a_place, settings={"source_patience_hours": "0.001"}),
    "rabbitmq": partial(a_place, broker="rabbitmq"),
    "airflow": an_airflow_place,
}

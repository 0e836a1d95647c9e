"""Beat's sign of life: a file that is touched whenever beat has sent a message.

Its schedule's file will not do: when that is written is up to the database that Python keeps it in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from celery.signals import after_task_publish, beat_init

SUFFIX = ".alive"


@beat_init.connect  # type: ignore[untyped-decorator]
def begin(sender: Any, **_: object) -> None:
    """Touch the file from now on; it stands beside the schedule's, with `SUFFIX`."""
    sign = Path(f"{sender.schedule_filename}{SUFFIX}")

    def sent(**_: object) -> None:
        sign.touch()

    # Not weakly: nobody else holds it.
    after_task_publish.connect(sent, weak=False)

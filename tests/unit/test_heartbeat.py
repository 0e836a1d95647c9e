"""Beat's sign of life stands beside its schedule, and is touched with each message."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

from celery.signals import after_task_publish

from scrapers.tasks import heartbeat


def test_a_message_of_beat_touches_its_file(tmp_path: Path) -> None:
    """Before the first message there is no file; a later one makes it new again."""
    before = list(after_task_publish.receivers)
    sign = tmp_path / f"schedule{heartbeat.SUFFIX}"
    try:
        heartbeat.begin(SimpleNamespace(schedule_filename=str(tmp_path / "schedule")))
        assert not sign.exists()
        after_task_publish.send(sender="touchline.sweep")
        assert sign.exists()
        os.utime(sign, (0, 0))
        after_task_publish.send(sender="touchline.sweep")
        assert sign.stat().st_mtime > 0
    finally:
        after_task_publish.receivers = before

"""A desk for the selector tools: a folder of files, a warehouse, an archive, and its pages."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert
from sqlalchemy.dialects.postgresql import insert as upsert
from typer.testing import CliRunner

from scrapers.archive.store import Archive, PageFacts
from scrapers.cli.main import app
from scrapers.settings import ROOT
from scrapers.targets import SOURCE, Target
from scrapers.warehouse.ops_tables import PageRow, TargetRow
from scrapers.warehouse.records import State

FETCHED = datetime(2023, 1, 16, 6, tzinfo=UTC)


@dataclass
class Desk:
    """What a data engineer works with.

    Attributes:
        folder: the selector files, a copy.
        archive: the archive of pages.
        engine: the warehouse.
        golden: folder of golden pages, empty at first.
    """

    folder: Path
    archive: Archive
    engine: Engine
    golden: Path
    _clock: datetime = FETCHED

    def run(self, *call: str, code: int = 0) -> str:
        """Run `touchline selectors …`, which must end with `code`; gives what it printed."""
        if call[0] in ("test", "promote") and "--golden" not in call:
            call = (*call, "--golden", str(self.golden))
        result = CliRunner().invoke(app, ["selectors", *call])
        told = re.sub(r" +\n", "\n", result.output)
        assert result.exit_code == code, f"ended with {result.exit_code}:\n{told}"
        return told

    def data(self, *call: str, code: int = 0) -> Any:
        """The same with `--json`; gives what it printed as data."""
        return json.loads(self.run(*call, "--json", code=code))

    def file(self, name: str) -> Path:
        """The file of `match_centre/2022-08`."""
        return self.folder / SOURCE / f"{name}.yaml"

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text in a file, which must hold it."""
        path = self.file(name)
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def keep(self, target: Target, html: bytes, failure: str | None = None) -> str:
        """Put a page into the archive and the ledger, a day after the one before; its hash."""
        self._clock += timedelta(days=1)
        url = target.url("http://127.0.0.1/")
        facts = PageFacts(
            target_key=target.key, requested_url=url, final_url=url, title="", status=200,
            fetched_at=self._clock, load_seconds=0.1, ready=True, browser="none", hub="none",
        )  # fmt: skip
        page_hash = self.archive.put(html, facts)
        state = State.BLOCKED if failure else State.LANDED
        ledger = {
            "page_kind": target.page_kind.value, "state": state.value, "page_hash": page_hash,
            "fetched_at": self._clock, "failure_class": failure,
        }  # fmt: skip
        with self.engine.begin() as connection:
            connection.execute(
                upsert(TargetRow)
                .values(target_key=target.key, planned_at=self._clock, **ledger)
                .on_conflict_do_update(index_elements=["target_key"], set_=ledger)
            )
            connection.execute(
                insert(PageRow).values(
                    page_hash=page_hash,
                    target_key=target.key,
                    url=url,
                    title="",
                    status=200,
                    browser="none",
                    size_bytes=len(html),
                    ready=True,
                    load_seconds=0.1,
                    first_fetched_at=self._clock,
                    last_fetched_at=self._clock,
                )
            )
        return page_hash


def desk(engine: Engine, folder: Path, environment: Any) -> Desk:
    """Make a desk under `folder`; `environment` is pytest's monkeypatch."""
    selectors, golden = folder / "selectors", folder / "golden"
    shutil.copytree(ROOT / "selectors", selectors)
    golden.mkdir()
    url = engine.url.render_as_string(hide_password=False)
    for name, value in {
        "DATABASE_URL": url,
        "BROKER_URL": "redis://127.0.0.1:1/0",
        "CACHE_URL": "redis://127.0.0.1:1/1",
        "ARCHIVE_URL": (folder / "archive").as_uri(),
        "SELECTORS_DIR": str(selectors),
    }.items():
        environment.setenv(f"TOUCHLINE_{name}", value)
    environment.setenv("COLUMNS", "400")
    environment.chdir(folder)  # no .env is read
    return Desk(selectors, Archive((folder / "archive").as_uri()), engine, golden)

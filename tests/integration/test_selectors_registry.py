"""The registry decides which text reads a page: promotions, rollbacks, edits, lost databases."""

from __future__ import annotations

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, text
from typer.testing import CliRunner

from scrapers.cli.main import app
from scrapers.errors import ConfigInvalid, WarehouseUnavailable
from scrapers.parsing import Page, registry
from scrapers.parsing.in_force import SelectorsInForce
from scrapers.parsing.initial import initial_names
from scrapers.parsing.load import load
from scrapers.parsing.registry import Action
from scrapers.settings import ROOT, Settings
from scrapers.targets import PageKind
from tests.support.pages import SMALL_SELECTOR, small_page, write_selector

KIND = PageKind.MATCH_CENTRE
FIELDS = "fields:\n  name: {from: [{js: data, path: name}], type: text}\n"
GOOD = SMALL_SELECTOR + FIELDS
EDITED = GOOD.replace("path: name", "path: title")
PAGE = Page(small_page({"name": "by name", "title": "by title"}))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_selector(tmp_path, GOOD)
    return tmp_path


@pytest.fixture
def worker(engine: Engine, folder: Path) -> SelectorsInForce:
    """The selector files of a worker that runs, looking at the registry at every page."""
    return SelectorsInForce(engine, folder, look_every=0)


def name_of(versions: SelectorsInForce) -> object:
    return versions.read(PAGE, KIND)[1].fields["name"]


def promote(engine: Engine, folder: Path, content: str, version: str = "small") -> None:
    path = write_selector(folder, content, version)
    registry.promote(engine, load(path), path.read_bytes(), "Ada", {"pages": 3})


def test_the_first_files_are_in_force_and_only_the_first(engine: Engine, folder: Path) -> None:
    assert registry.register(engine, folder, "ops").initial == ["match_centre/small"]
    write_selector(folder, EDITED)
    write_selector(folder, GOOD.replace("version: small", "version: b"), "b")
    again = registry.register(engine, folder, "ops")
    assert (again.initial, again.edited) == ([], ["match_centre/small"])
    assert again.drafts == ["match_centre/b"]
    registry.register(engine, folder, "ops")
    rows = registry.history(engine)
    assert [(row.name, row.action) for row in rows] == [
        ("match_centre/small", Action.INITIAL),
        ("match_centre/b", Action.DRAFT),
    ]
    assert [row.content for row in registry.in_force(engine)] == [GOOD]


def list_initial(folder: Path, text: str) -> None:
    (folder / "initial.yaml").write_text(text, encoding="utf-8")


def test_a_left_over_draft_is_not_in_force_in_a_new_database(engine: Engine, folder: Path) -> None:
    list_initial(folder, "match_centre: [small]\n")
    newer = GOOD.replace("version: small", "version: b").replace("2022-01", "2023-01")
    write_selector(folder, newer, "b")
    write_selector(folder, "page_kind: [", "broken")  # a draft may be anything
    done = registry.register(engine, folder, "ops")
    assert (done.initial, done.is_listed) == (["match_centre/small"], True)
    assert done.drafts == ["match_centre/b", "match_centre/broken"]
    assert [r.name for r in registry.in_force(engine)] == ["match_centre/small"]
    assert [s.version for s in SelectorsInForce(engine, folder).for_kind(KIND)] == ["small"]
    promote(engine, folder, newer, "b")
    assert [s.version for s in SelectorsInForce(engine, folder).for_kind(KIND)] == ["b", "small"]


def test_drafts_alone_are_none_in_force_and_no_beginning(
    engine: Engine, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    list_initial(folder, "schedule: []\n")
    assert registry.register(engine, folder, "ops").initial == []
    with pytest.raises(ConfigInvalid, match="touchline selectors promote"):
        SelectorsInForce(engine, folder).for_kind(KIND)
    assert "is a draft, not in force" in caplog.text
    assert "registered" not in caplog.text
    # Named later, it is the first of its kind still.
    list_initial(folder, "match_centre: [small]\n")
    assert name_of(SelectorsInForce(engine, folder)) == "by name"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("match_centre: [smal]\n", "initial.yaml:1: match_centre: names smal, and there is no"),
        ("schedule: []\nmatch_center: [small]\n", "initial.yaml:2: match_center: is no page kind"),
        ("match_centre: small\n", "is no list of versions"),
        ("match_centre: [2022]\n", 'write it in quotes: ["2022"]'),
        ("match_centre: [\n", "initial.yaml"),
    ],
)
def test_a_list_with_a_fault_is_refused_by_its_line(
    engine: Engine, folder: Path, text: str, wrong: str
) -> None:
    list_initial(folder, text)
    with pytest.raises(ConfigInvalid, match=re.escape(wrong)):
        registry.register(engine, folder, "ops")
    assert registry.history(engine) == []
    linted = CliRunner().invoke(app, ["selectors", "lint", str(folder / "initial.yaml")])
    assert linted.exit_code == 1
    assert wrong in linted.stdout


def test_the_release_names_what_a_new_database_begins_with() -> None:
    names = initial_names(ROOT / "selectors")
    assert names is not None
    assert {name.partition("/")[0] for name in names} == {kind.value for kind in PageKind}


def test_workers_that_start_together_register_once(engine: Engine, folder: Path) -> None:
    def start(_: int) -> object:
        return name_of(SelectorsInForce(engine, folder))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(start, range(4))) == ["by name"] * 4
    assert len(registry.history(engine)) == 1


def test_a_promotion_and_its_rollback_are_taken_up_by_who_runs(
    engine: Engine, folder: Path, worker: SelectorsInForce
) -> None:
    assert name_of(worker) == "by name"
    promote(engine, folder, EDITED)
    assert name_of(worker) == "by title"
    taken_back = registry.roll_back(engine, KIND, "Bob", "wrong title")
    assert (taken_back.who, taken_back.report) == ("Ada", {"pages": 3})
    assert name_of(worker) == "by name"
    with pytest.raises(ConfigInvalid, match="no promotion to take back"):
        registry.roll_back(engine, KIND, "Bob")
    told = [(r.action.value, r.who, r.reason, r.undoes) for r in registry.history(engine, KIND)]
    assert told == [
        ("initial", "first use", None, None),
        ("promote", "Ada", None, None),
        ("rollback", "Bob", "wrong title", taken_back.release_id),
    ]


def test_a_rolled_back_version_that_was_new_is_out_of_force(
    engine: Engine, folder: Path, worker: SelectorsInForce
) -> None:
    assert [s.version for s in worker.for_kind(KIND)] == ["small"]
    promote(engine, folder, EDITED.replace("small", "newer").replace("2022-01", "2023-01"), "newer")
    assert [s.version for s in worker.for_kind(KIND)] == ["newer", "small"]
    registry.roll_back(engine, KIND, "Bob")
    assert [s.version for s in worker.for_kind(KIND)] == ["small"]


def test_the_same_text_is_not_promoted_twice(engine: Engine, folder: Path) -> None:
    registry.register(engine, folder, "ops")
    with pytest.raises(ConfigInvalid, match="in force with exactly this text"):
        promote(engine, folder, GOOD)


def test_an_edit_in_place_is_not_used_and_said_once(
    folder: Path, worker: SelectorsInForce, caplog: pytest.LogCaptureFixture
) -> None:
    assert name_of(worker) == "by name"
    caplog.clear()  # what it said at its start, before the files were registered
    with caplog.at_level(logging.INFO):
        write_selector(folder, EDITED)
        write_selector(folder, "page_kind: [", "broken")
        assert [name_of(worker), name_of(worker)] == ["by name"] * 2
    told = [record.getMessage() for record in caplog.records]
    assert sum("was edited since its promotion" in each for each in told) == 1
    assert sum("is a draft, not in force" in each for each in told) == 1
    (folder / "whoscored/match_centre/small.yaml").unlink()
    assert name_of(worker) == "by name", "the registry holds the text, the folder is not needed"


def test_a_warehouse_that_goes_away_leaves_in_force_what_is_held(
    engine: Engine, folder: Path, worker: SelectorsInForce, caplog: pytest.LogCaptureFixture
) -> None:
    assert name_of(worker) == "by name"
    nowhere = create_engine(engine.url.set(port=1))
    worker._engine = nowhere
    with caplog.at_level(logging.WARNING):
        assert [name_of(worker), name_of(worker)] == ["by name"] * 2
    assert sum("no registry" in record.getMessage() for record in caplog.records) == 1
    promote(engine, folder, EDITED)
    worker._engine = engine
    assert name_of(worker) == "by title"
    with pytest.raises(WarehouseUnavailable):
        SelectorsInForce(nowhere, folder).for_kind(KIND)


def test_between_two_looks_nothing_is_asked(engine: Engine, folder: Path) -> None:
    patient = SelectorsInForce(engine, folder, look_every=3600)
    assert name_of(patient) == "by name"
    patient._engine = create_engine(engine.url.set(port=1))
    assert name_of(patient) == "by name"
    assert not patient._is_away


def test_a_database_without_registry_says_what_to_run(empty_database: str, folder: Path) -> None:
    empty = create_engine(empty_database)
    with pytest.raises(ConfigInvalid, match="run touchline db upgrade"):
        SelectorsInForce(empty, folder).for_kind(KIND)
    with pytest.raises(ConfigInvalid, match="run touchline db upgrade"):
        registry.register(empty, folder, "ops")
    empty.dispose()


def test_a_text_that_this_release_can_t_use_gives_way_to_its_own_but_never_a_promoted_one(
    engine: Engine, folder: Path
) -> None:
    def needs_title(selector: object) -> list[tuple[tuple[str, ...], str, str]]:
        has = "title" in selector.fields  # type: ignore[attr-defined]
        return [] if has else [(("fields",), "lack title", "add title")]

    with_title = GOOD + "  title: {from: [{js: data, path: title}], type: text}\n"
    registry.register(engine, folder, "ops")
    write_selector(folder, with_title)
    done = registry.register(engine, folder, "ops", needs_title)
    assert (done.upgraded, done.edited, done.unusable) == (["match_centre/small"], [], {})
    assert [r.content for r in registry.in_force(engine)] == [with_title]
    promote(engine, folder, EDITED)
    write_selector(folder, with_title)
    done = registry.register(engine, folder, "ops", needs_title)
    assert (done.upgraded, done.edited) == ([], ["match_centre/small"])
    assert "lack title" in done.unusable["match_centre/small"]
    with pytest.raises(ConfigInvalid, match="touchline selectors promote"):
        SelectorsInForce(engine, folder, needs_title).for_kind(KIND)


def test_db_upgrade_registers_the_files(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings.model_construct(
        database_url=SecretStr(empty_database),
        selectors_dir=Settings.model_fields["selectors_dir"].default,
    )
    monkeypatch.setattr("scrapers.cli.db.settings", lambda: settings)
    first = CliRunner().invoke(app, ["db", "upgrade"])
    assert first.exit_code == 0, first.output
    assert "Selector file match_centre/2022-08 is in force." in first.output
    again = CliRunner().invoke(app, ["db", "upgrade"])
    assert again.exit_code == 0
    assert "in force" not in again.output
    made = create_engine(empty_database)
    with made.connect() as connection:
        query = text("SELECT action, who FROM ops.selector_release WHERE version = '2022-08'")
        assert {tuple(row) for row in connection.execute(query)} == {
            ("initial", "touchline db upgrade")
        }
    made.dispose()

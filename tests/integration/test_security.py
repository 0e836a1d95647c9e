"""What hostile pages, files, messages and callers must not be able to do; see the threat model.

Much of it is shown where the thing itself is tested; here is what belongs to no single part.
"""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow.parquet as pq
import pytest
from celery import Celery
from hypothesis import given
from hypothesis import strategies as st
from kombu.exceptions import ContentDisallowed
from lxml import html as lxml_html
from sqlalchemy import Engine, select, text

from scrapers.errors import ConfigInvalid
from scrapers.export.run import export, open_place
from scrapers.pipeline.find import find_competition
from scrapers.settings import PREFIX, Settings
from scrapers.settings import settings as process_settings
from scrapers.targets import PageKind, Target, id_names
from scrapers.tasks.tools import Tools
from scrapers.warehouse.name_tables import NameRow, OwnNameRow
from scrapers.warehouse.tables import Competition, Team
from scrapers.whoscored.own_names import load_names
from tests.support.archived import land_pages
from tests.support.pages import feed, feed_match, feed_page

MONTH = Target.schedule(20934, "202208")
HOSTILE = (
    "'); DROP TABLE core.team; --",
    '"; DELETE FROM ops.target; --',
    "\\'; SELECT pg_sleep(30); --",
    "%s %(name)s {0} $1 :name ?",
    "../../../../etc/x\ty",
)
MARKER = "s3cret-m4rker"


@pytest.fixture
def settings(make_settings: Callable[..., Settings], tmp_path: Path) -> Settings:
    return make_settings(export_url=(tmp_path / "export").as_uri())


def month_of(*names: str, **stage: Any) -> bytes:
    """A month feed with a match of each of these home teams."""
    matches = [
        feed_match(id=1650630 + n, homeTeamId=1000 + n, homeTeamName=name)
        for n, name in enumerate(names)
    ]
    return feed_page(feed(*matches, **stage))


# --- SQL in what is only text ----------------------------------------------------------------


def test_sql_in_names_lands_is_exported_and_is_looked_for_as_text(
    tools: Tools, engine: Engine, settings: Settings, tmp_path: Path
) -> None:
    page = month_of(*HOSTILE, tournamentName=HOSTILE[0], stageName=HOSTILE[1])
    assert land_pages(tools, {MONTH: page}).states == {"landed": 1}
    with engine.connect() as connection:
        teams = connection.scalars(select(Team.name).order_by(Team.team_id)).all()
        assert connection.scalar(select(Competition.name)) == HOSTILE[0]
        assert set(HOSTILE) <= set(connection.scalars(select(NameRow.name)))
        assert connection.scalar(text("SELECT count(*) FROM ops.target")) == 1
    assert set(teams) == {*HOSTILE, "Rayo Vallecano"}

    export(engine, open_place(settings.export_url))
    written = list((tmp_path / "export").rglob("*.parquet"))
    exported = {row["name"] for p in written if "/team/" in f"{p}" for row in rows_of(p)}
    assert exported == set(teams)
    assert all(path.is_relative_to(tmp_path / "export") for path in tmp_path.rglob("*.parquet"))

    assert find_competition(engine, HOSTILE[0]).name == HOSTILE[0]
    for asked in (*HOSTILE[1:], "' OR '1'='1"):
        with pytest.raises(ConfigInvalid, match="no competition is called"):
            find_competition(engine, asked)


def rows_of(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.ParquetFile(path).read().to_pylist()
    return found


def test_sql_in_the_file_of_own_names_is_loaded_as_text(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "names.yaml"
    names = dict(enumerate(HOSTILE, start=1))
    path.write_text("team:\n" + "".join(f"  {n}: {json.dumps(v)}\n" for n, v in names.items()))
    load_names(engine, path)
    with engine.connect() as connection:
        found = connection.execute(select(OwnNameRow.entity_id, OwnNameRow.name)).all()
    assert {row.entity_id: row.name for row in found} == names


@pytest.mark.parametrize(
    "content",
    [
        "team: !!python/object/apply:os.system [touch x]\n",
        "a: &a [x, x]\nb: &b [" + "*a, " * 900 + "]\nteam: [" + "*b, " * 900 + "]\n",
        "team: {7: " + "x" * 1_100_000 + "}\n",
        "team: " + "{7: " * 5_000 + "\n",
        "team: &a {<<: {<<: *a}}\n",
        "team: &a {7: x}\n"
        + "".join(
            f"{name}: &{name} {{<<: [" + f"*{below}, " * 60 + "]}\n"
            for below, name in zip("abcd", "bcde", strict=True)
        ),
    ],
    ids=["tag", "aliases", "huge", "deep", "merged into itself", "merges"],
)
@pytest.mark.timeout(20)
def test_a_hostile_file_of_own_names_is_refused_and_changes_nothing(
    engine: Engine, tmp_path: Path, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "names.yaml"
    path.write_text("team: {7: Before}\n")
    load_names(engine, path)
    path.write_text(content)
    with pytest.raises(ConfigInvalid, match="refused"):
        load_names(engine, path)
    assert not (tmp_path / "x").exists()
    with engine.connect() as connection:
        assert connection.scalars(select(OwnNameRow.name)).all() == ["Before"]


# --- addresses -------------------------------------------------------------------------------


@given(st.sampled_from(list(PageKind)), st.data())
def test_no_id_leads_to_another_host_or_out_of_its_place(kind: PageKind, data: Any) -> None:
    """Ids come from pages, forms and the command line."""
    awkward = st.sampled_from(
        ["1/../..", "//evil.example", "@evil.example", "1?x", "1#", "%2e", "١"]
    )
    ids = {name: data.draw(st.text(max_size=8) | awkward | st.just("7")) for name in id_names(kind)}
    try:
        target = Target.of(kind, **ids)
    except ConfigInvalid:
        return
    address = urlsplit(target.url("https://site.example"))
    assert (address.scheme, address.netloc) == ("https", "site.example")
    assert ".." not in address.path
    assert all((value.isascii() and value.isalnum()) or "-" in value for value in target.ids)
    assert Target.from_key(target.key) == target


# --- pages that people look at ---------------------------------------------------------------


def test_a_page_s_words_are_no_markup_in_the_data_docs(
    tools: Tools, engine: Engine, settings: Settings
) -> None:
    # The lost letter (U+FFFD) breaks an expectation, so that the name is an example of it.
    name = "<img src=x onerror=alert(1)><script>alert(2)</script> \ufffd é"
    assert land_pages(tools, {MONTH: month_of(name)}).states == {"quarantined": 1}
    reports = list((settings.data_docs_dir / "validations").rglob("*.html"))
    assert reports
    shown = 0
    for path in (*reports, settings.data_docs_dir / "index.html"):
        root = lxml_html.fromstring(path.read_bytes())
        assert not root.xpath("//@onerror | //img[@src='x']")
        assert not [s for s in root.xpath("//script/text()") if "alert(" in s]
        shown += "onerror=alert(1)" in root.text_content()
    assert shown


# --- messages --------------------------------------------------------------------------------


class Evil:
    """What runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


@pytest.fixture
def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Celery]:
    """The platform's Celery app on the session's Redis."""
    for name in ("database_url", "broker_url", "cache_url"):
        monkeypatch.setenv(f"{PREFIX}{name.upper()}", getattr(settings, name).get_secret_value())
    monkeypatch.setenv(f"{PREFIX}ARCHIVE_URL", settings.archive_url)
    process_settings.cache_clear()
    from scrapers.tasks.app import make_app  # reads the settings

    yield make_app(settings)
    process_settings.cache_clear()


def test_a_pickled_message_is_refused_before_it_is_read(app: Celery, tmp_path: Path) -> None:
    """Who reaches the broker must not get code to run in a worker."""
    touched = tmp_path / "touched"
    body = pickle.dumps([[Evil(f"touch {touched}")], {}, {}])
    queue = app.conf.task_queues[0]
    with app.connection_for_write() as connection, connection.Producer() as producer:
        producer.publish(
            body,
            content_type="application/x-python-serialize",
            content_encoding="binary",
            exchange=queue.exchange,
            routing_key=queue.routing_key,
            declare=[queue],
        )
        message = queue(connection.default_channel).get(accept=app.conf.accept_content)
        assert message is not None
        with pytest.raises(ContentDisallowed):
            message.decode()
    assert not touched.exists()
    pickle.loads(body)
    assert touched.exists()  # it would have


# --- secrets ---------------------------------------------------------------------------------


def test_settings_show_no_secret_however_they_are_printed(
    make_settings: Callable[..., Settings],
) -> None:
    made = make_settings(
        database_url=f"postgresql+psycopg2://touchline:{MARKER}@localhost/x",
        broker_url=f"amqp://touchline:{MARKER}@localhost//",
        cache_url=f"redis://:{MARKER}@localhost/1",
        alerts_on_call=f"json://user:{MARKER}@localhost/",
        alerts_data_engineers=f"json://user:{MARKER}@localhost/",
    )
    printed = (repr(made), str(made), f"{made.model_dump()}", made.model_dump_json())
    assert not [each for each in printed if MARKER in each]
    assert MARKER in made.database_url.get_secret_value()

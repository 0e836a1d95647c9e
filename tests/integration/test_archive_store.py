"""The archive in a local folder and on a real S3 server: whole, once, proven, or an error."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import zstandard

from scrapers import files as store_files
from scrapers.archive.store import MAX_PAGE_BYTES, Archive, PageFacts
from scrapers.errors import ArchiveUnavailable, ConfigInvalid, LayoutChanged
from scrapers.parsing.page import MAX_BYTES
from scrapers.settings import ROOT, Settings
from tests.support.s3 import S3Server

PAGE = b"<html><body>" + b"<p>Barcelona - Rayo Vallecano</p>" * 500 + b"</body></html>"
AT = datetime(2022, 8, 13, 20, 0, 0, 123456, tzinfo=UTC)
NO_PAGE = "0" * 64


def facts(**changes: Any) -> PageFacts:
    values: dict[str, Any] = {
        "target_key": "whoscored/match_centre/1650630",
        "requested_url": "https://www.whoscored.com/matches/1650630/live",
        "final_url": "https://www.whoscored.com/matches/1650630/live/spain",
        "title": "Barcelona 0-0 Rayo Vallecano – é",
        "status": 200,
        "fetched_at": AT,
        "load_seconds": 0.25,
        "ready": True,
        "browser": "chrome 156.0.8078.79",
        "hub": "http://hub:4444/wd/hub",
    }
    return PageFacts(**{**values, **changes})


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    server = S3Server(tmp_path_factory.mktemp("s3"))
    server.start()
    try:
        server.make_bucket("touchline")
        yield server
    finally:
        server.stop()


@pytest.fixture(params=["file", "s3", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty archive of each kind."""
    if request.param == "file":
        return (tmp_path / "archive").as_uri()
    if request.param == "memory":
        return f"memory://archive/{tmp_path.name}"
    for name, value in request.getfixturevalue("s3").environment.items():
        monkeypatch.setenv(name, value)
    # fsspec reads its part of the environment when it is imported.
    monkeypatch.setitem(
        sys.modules["fsspec"].config.conf,
        "s3",
        {"endpoint_url": request.getfixturevalue("s3").endpoint},
    )
    return f"s3://touchline/{tmp_path.name}"


@pytest.fixture
def archive(url: str) -> Archive:
    return Archive(url)


def stored(archive: Archive) -> dict[str, bytes]:
    """Every object of the archive, by name."""
    files, root = archive.files.open()
    names = files.find(root)
    return {
        name.removeprefix(root.lstrip("/")).split("pages/")[-1]: files.cat(name) for name in names
    }


def damage(archive: Archive, page_hash: str, content: bytes) -> None:
    files, root = archive.files.open()
    files.pipe_file(f"{root}/pages/{page_hash[:2]}/{page_hash}.html.zst", content)


def test_page_limit_is_that_of_the_parser() -> None:
    assert MAX_PAGE_BYTES == MAX_BYTES


def test_what_was_put_comes_back(archive: Archive) -> None:
    page_hash = archive.put(PAGE, facts())
    assert archive.get(page_hash) == PAGE
    assert archive.exists(page_hash)
    assert archive.facts(page_hash) == [facts(size_bytes=len(PAGE))]
    assert not archive.exists(NO_PAGE)
    assert archive.facts(NO_PAGE) == []
    with pytest.raises(ArchiveUnavailable, match=f"page {NO_PAGE} is not in the archive"):
        archive.get(NO_PAGE)


def test_empty_and_awkward_pages_come_back(archive: Archive) -> None:
    for page in (b"", b"\x00\xff" * 1000, os.urandom(300_000)):
        assert archive.get(archive.put(page, facts())) == page


def test_the_same_page_is_one_object_with_the_facts_of_each_fetch(archive: Archive) -> None:
    later = AT + timedelta(days=1)
    first = archive.put(PAGE, facts())
    assert archive.put(PAGE, facts(fetched_at=later, ready=False)) == first
    assert archive.put(PAGE, facts(fetched_at=later, ready=False)) == first  # a repeated put
    names = sorted(stored(archive))
    assert len(names) == 3
    assert names[0] == f"{first[:2]}/{first}.html.zst"
    assert names[1].startswith(f"{first[:2]}/{first}/20220813T200000.123456Z-")
    assert [found.fetched_at for found in archive.facts(first)] == [AT, later]


def test_facts_hold_no_login_and_are_utc(archive: Archive) -> None:
    madrid = AT.astimezone(timezone(timedelta(hours=2)))
    page_hash = archive.put(PAGE, facts(hub="http://me:s3cret@hub:4444/wd/hub", fetched_at=madrid))
    text = b"".join(stored(archive).values())
    assert b"s3cret" not in text
    assert archive.facts(page_hash)[0].hub == "http://hub:4444/wd/hub"
    assert archive.facts(page_hash)[0].fetched_at.utcoffset() == timedelta()
    with pytest.raises(ValueError, match="time zone"):
        facts(fetched_at=AT.replace(tzinfo=None))


def _bomb() -> bytes:
    return zstandard.ZstdCompressor().compress(b"\x00" * (MAX_PAGE_BYTES + 1))


def _liar() -> bytes:
    """A frame that states a size of terabytes."""
    frame = bytearray(b"\x28\xb5\x2f\xfd\xe0") + (1 << 42).to_bytes(8, "little")
    return bytes(frame + b"\x01\x00\x00")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not zstd",
        zstandard.compress(PAGE)[:-50],
        zstandard.compress(PAGE[:-1]),
        zstandard.compress(PAGE + b" "),
        PAGE,
        _bomb(),
        _liar(),
    ],
    ids=["empty", "other", "cut", "shorter", "longer", "uncompressed", "bomb", "liar"],
)
def test_a_damaged_page_is_never_given_out_and_mended_by_the_next_put(
    archive: Archive, content: bytes
) -> None:
    page_hash = archive.put(PAGE, facts())
    damage(archive, page_hash, content)
    with pytest.raises(ArchiveUnavailable, match=page_hash):
        archive.get(page_hash)
    archive.put(PAGE, facts(fetched_at=AT + timedelta(hours=1)))
    assert archive.get(page_hash) == PAGE


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"fetched_at": "x"}', b"\xff", b"null"])
def test_damaged_facts_are_named(archive: Archive, text: bytes) -> None:
    page_hash = archive.put(PAGE, facts())
    files, root = archive.files.open()
    (name,) = files.ls(f"{root}/pages/{page_hash[:2]}/{page_hash}", detail=False)
    files.pipe_file(name, text)
    with pytest.raises(ArchiveUnavailable, match=name.rsplit("/", 1)[-1]):
        archive.facts(page_hash)


def test_facts_of_a_later_version_are_read(archive: Archive) -> None:
    page_hash = archive.put(PAGE, facts())
    files, root = archive.files.open()
    (name,) = files.ls(f"{root}/pages/{page_hash[:2]}/{page_hash}", detail=False)
    files.pipe_file(name, json.dumps(json.loads(files.cat(name)) | {"new": 1}).encode())
    assert archive.facts(page_hash) == [facts(size_bytes=len(PAGE))]


def test_a_page_larger_than_any_is_refused_before_it_is_stored(tmp_path: Path) -> None:
    with pytest.raises(LayoutChanged, match="20 MB"):
        Archive(tmp_path.as_uri()).put(b"x" * (MAX_PAGE_BYTES + 1), facts())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("page_hash", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_what_is_no_hash_is_refused(tmp_path: Path, page_hash: str) -> None:
    archive = Archive(tmp_path.as_uri())
    for ask in (archive.get, archive.exists, archive.facts):
        with pytest.raises(ConfigInvalid, match="no page hash"):
            ask(page_hash)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "no protocol"),
        ("/srv/archive", "no protocol"),
        ("file://archive", "not absolute"),
        ("s3://", "no bucket"),
        ("s3:///prefix", "no bucket"),
        ("nosuch://x/y", "nosuch"),
        ("s3://key:s3cret@bucket/x", "login"),
    ],
)
def test_an_unusable_url_is_refused_at_once(url: str, says: str) -> None:
    with pytest.raises(ConfigInvalid, match="TOUCHLINE_ARCHIVE_URL") as caught:
        Archive(url)
    assert says in caught.value.detail
    assert "s3cret" not in caught.value.detail


# A writer that dies in the middle: the page's file exists under its temporary name only.
_DIES = """
import os, signal, sys
from tests.integration.test_archive_store import PAGE, facts
from scrapers.archive.store import Archive
calls = 0
def die(*arguments):
    global calls
    calls += 1
    if calls == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments)
real = getattr(os, sys.argv[2])
setattr(os, sys.argv[2], die)
Archive(sys.argv[1]).put(PAGE, facts())
"""


def run(code: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize(("call", "number"), [("replace", 1), ("replace", 2)])
def test_a_writer_killed_in_the_middle_leaves_nothing_half(
    tmp_path: Path, call: str, number: int
) -> None:
    url = (tmp_path / "archive").as_uri()
    process = run(_DIES, url, call, str(number))
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    archive = Archive(url)
    page_hash = Archive((tmp_path / "other").as_uri()).put(PAGE, facts())
    # Before the first rename there is no page; after it a whole one, and no facts yet.
    assert archive.exists(page_hash) is (number == 2)
    assert archive.facts(page_hash) == []
    assert archive.put(PAGE, facts()) == page_hash
    assert archive.get(page_hash) == PAGE
    assert archive.facts(page_hash) == [facts(size_bytes=len(PAGE))]


_PUTS = """
import sys
from datetime import timedelta
from tests.integration.test_archive_store import AT, PAGE, facts
from scrapers.archive.store import Archive
archive = Archive(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for number in range(8):
    at = AT + timedelta(seconds=number)
    page_hash = archive.put(PAGE + b"%d" % number, facts(fetched_at=at, title=sys.argv[2]))
    assert archive.get(page_hash) == PAGE + b"%d" % number
"""


@pytest.mark.parametrize("url", ["file", "s3"], indirect=True)
def test_two_processes_put_the_same_pages_at_once(archive: Archive, url: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _PUTS, url, name],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for name in ("one", "two")
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    with ThreadPoolExecutor() as pool:  # both are let go at the same moment
        ends = list(pool.map(lambda each: each.communicate(b"\n", timeout=90), processes))
    assert [process.returncode for process in processes] == [0, 0], ends
    names = sorted(stored(archive))
    assert len([name for name in names if name.endswith(".html.zst")]) == 8
    assert len([name for name in names if name.endswith(".json")]) == 16
    assert not [name for name in names if name.endswith(".part")]


@pytest.mark.parametrize("url", ["file", "s3"], indirect=True)
def test_a_forked_worker_uses_the_archive(archive: Archive) -> None:
    """As Celery's workers do: the archive is made before the fork, and used on both sides."""
    page_hash = archive.put(PAGE, facts())
    began = time.monotonic()
    for number in range(5):
        pid = os.fork()
        if pid == 0:
            signal.alarm(25)
            ok = archive.get(page_hash) == PAGE and archive.put(b"child", facts()) != ""
            os._exit(0 if ok else 1)
        assert archive.get(page_hash) == PAGE
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert archive.get(archive.put(b"%d" % number, facts())) == b"%d" % number
    assert time.monotonic() - began < 25  # a lost answer is waited for longer than that


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    archive = Archive(tmp_path.as_uri())
    (tmp_path / "pages").mkdir()
    for first in range(256):
        (tmp_path / "pages" / f"{first:02x}").mkdir()
    with pytest.raises(ArchiveUnavailable, match="No space left"):
        archive.put(PAGE, facts())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "pages").write_text("in the way")
    archive = Archive(tmp_path.as_uri())
    with pytest.raises(ArchiveUnavailable, match="NotADirectory"):
        archive.put(PAGE, facts())


_NOT_ALLOWED = """
import os, sys
from tests.integration.test_archive_store import PAGE, facts
from scrapers.archive.store import Archive
from scrapers.errors import ArchiveUnavailable
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    Archive(sys.argv[1]).put(PAGE, facts())
except ArchiveUnavailable as error:
    print(error.detail)
"""


def test_a_folder_without_permission_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir(mode=0o500)
    process = run(_NOT_ALLOWED, folder.as_uri())
    output, errors = process.communicate(timeout=60)
    assert b"PermissionError" in output, errors


def reach(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Let this process find the server, by the variables that a platform has; fsspec's settings."""
    conf: dict[str, Any] = sys.modules["fsspec"].config.conf
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    # fsspec reads its part of the environment when it is imported.
    monkeypatch.setitem(conf, "s3", {"endpoint_url": s3.endpoint})
    return conf


def test_s3_refusals_are_told(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    conf = reach(s3, monkeypatch)
    with pytest.raises(ArchiveUnavailable, match="bucket does not exist"):
        Archive("s3://no-such-bucket/x").put(PAGE, facts())
    login = {"key": "touchline", "secret": "wrong"}
    monkeypatch.setitem(conf, "s3", {"endpoint_url": s3.endpoint, **login})
    wrong = Archive("s3://touchline/wrong-login")
    with pytest.raises(
        ArchiveUnavailable, match=r"PermissionError|Forbidden|SignatureDoesNotMatch"
    ):
        wrong.put(PAGE, facts())


def test_s3_that_does_not_answer_is_told_in_time(
    tmp_path: Path, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach(s3, monkeypatch)
    monkeypatch.setitem(store_files._S3_PATIENCE, "read_timeout", 2)
    monkeypatch.setattr(store_files, "ANSWER_SECONDS", 5.0)
    archive = Archive(f"s3://touchline/{tmp_path.name}")
    page_hash = archive.put(PAGE, facts())
    (tmp_path / "large").write_bytes(PAGE)
    files = archive.files
    asks: list[Callable[[], object]] = [
        lambda: archive.get(page_hash),
        lambda: archive.exists(page_hash),
        lambda: archive.facts(page_hash),
        lambda: archive.put(PAGE, facts()),
        lambda: files.prove(),
        lambda: files.delete(["pages/x"]),
        # Whole files of any size, and all names, may take long; but not without an answer.
        lambda: files.put(tmp_path / "large", "large"),
        lambda: files.get(f"pages/{page_hash[:2]}/{page_hash}.html.zst", tmp_path / "got"),
        lambda: files.everything("pages"),
    ]

    def told(ask: Callable[[], object]) -> float:
        began = time.monotonic()
        with pytest.raises(ArchiveUnavailable, match="s3://touchline") as caught:
            ask()
        assert s3.secret_key not in caught.value.detail
        return time.monotonic() - began

    s3.freeze()
    try:
        with ThreadPoolExecutor(len(asks)) as pool:
            took = list(pool.map(told, asks))
    finally:
        s3.thaw()
    # Two tries of the client, and none of s3fs on top; no end of its own has what sends an object.
    assert max(took) < 12
    assert archive.get(page_hash) == PAGE, "the same clients go on"


def test_a_store_is_given_up_well_before_the_task_that_asks_it() -> None:
    limit = Settings.model_fields["parse_soft_limit_seconds"].default
    assert limit > 2 * store_files.ANSWER_SECONDS


def test_s3_that_goes_away_is_told_in_time(
    tmp_path: Path, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach(s3, monkeypatch)
    archive = Archive(f"s3://touchline/{tmp_path.name}")
    page_hash = archive.put(PAGE, facts())
    s3.stop()  # the last test of this module that needs it
    began = time.monotonic()
    for ask in (
        lambda: archive.get(page_hash),
        lambda: archive.exists(page_hash),
        lambda: archive.facts(page_hash),
        lambda: archive.put(PAGE, facts()),
    ):
        with pytest.raises(ArchiveUnavailable, match="s3://touchline") as caught:
            ask()
        assert s3.secret_key not in caught.value.detail
    assert time.monotonic() - began < 30


def test_facts_are_complete() -> None:
    """Every field is written: a later reader has nothing else."""
    written = json.loads(facts(size_bytes=3).to_json())
    assert set(written) == {field.name for field in dataclasses.fields(PageFacts)}
    assert written["fetched_at"] == "2022-08-13T20:00:00.123456+00:00"

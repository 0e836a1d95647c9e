"""The faults: processes killed and frozen, connections cut, stores emptied, the site gone bad."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import redis
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from tests.chaos.place import READABLE, Place
from tests.chaos.scenario import Heal, Step, Strike
from tests.support.supervise import listening


def tree(place: Place, program: str) -> list[psutil.Process]:
    """A program's process and all that it has started."""
    top = psutil.Process(place.stack.group.pid(program))
    return [top, *top.children(recursive=True)]


def kill(*programs: str) -> Strike:
    """Kill programs and all that they have started; the supervisor starts them again."""

    def strike(place: Place, _: random.Random) -> None:
        for program in programs:
            _signal(tree(place, program), psutil.Process.kill)

    return strike


def kill_child(program: str) -> Strike:
    """Kill one of a worker's processes."""

    def strike(place: Place, rng: random.Random) -> None:
        children = psutil.Process(place.stack.group.pid(program)).children()
        rng.choice(children).kill()

    return strike


def kill_every_child(program: str) -> Strike:
    """Kill all processes of a worker, itself not."""

    def strike(place: Place, _: random.Random) -> None:
        _signal(
            psutil.Process(place.stack.group.pid(program)).children(recursive=True),
            psutil.Process.kill,
        )

    return strike


def freeze(*programs: str) -> Strike:
    """Let programs and all that they have started stand still, connections open."""

    def strike(place: Place, _: random.Random) -> None:
        place.tidy.append(lambda: thaw(*programs)(place))
        for program in programs:
            _signal(tree(place, program), psutil.Process.suspend)

    return strike


def thaw(*programs: str) -> Heal:
    """Let them go on."""

    def heal(place: Place) -> None:
        for program in programs:
            with suppress(psutil.NoSuchProcess):
                _signal(tree(place, program), psutil.Process.resume)

    return heal


def _signal(processes: list[psutil.Process], what: Callable[[psutil.Process], object]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            what(process)


def stop(*programs: str) -> Strike:
    """Stop programs for good, as by hand."""

    def strike(place: Place, _: random.Random) -> None:
        place.stack.group.stop(*programs)

    return strike


def start(*programs: str) -> Heal:
    """Start them again."""

    def heal(place: Place) -> None:
        place.stack.group.start(*programs)

    return heal


def hub_back(place: Place) -> None:
    """Start the first hub again, and wait until it listens."""
    place.stack.group.start("hub")
    place.until("the hub listens", lambda: listening(place.stack.ports["hub"]))


def kill_night(place: Place, _: random.Random) -> None:
    """Kill the run itself, as a lost machine of Airflow would."""
    assert place.running is not None
    place.running.kill()
    place.running.wait(10)


def run_again(place: Place) -> None:
    """Start the same run again, as Airflow does with a task that died."""
    place.night()


# browsers


def browsers(place: Place) -> list[psutil.Process]:
    """The browsers that the hubs have started, one for each session."""
    return [
        process
        for hub in place.hubs
        for process in psutil.Process(place.stack.group.pid(hub)).children()
    ]


def kill_browser(place: Place, rng: random.Random) -> None:
    """Kill a browser with all its processes, as the kernel does that is out of memory."""
    browser = rng.choice(browsers(place))
    _signal([browser, *browser.children(recursive=True)], psutil.Process.kill)


def freeze_browsers(place: Place, _: random.Random) -> None:
    """Let every browser stand still, also the one that loads a page; they are killed in the end."""
    family = [
        process
        for browser in browsers(place)
        for process in (browser, *browser.children(recursive=True))
    ]
    place.tidy.append(lambda: _signal(family, psutil.Process.kill))
    _signal(family, psutil.Process.suspend)


# PostgreSQL


def kill_postgres(place: Place, _: random.Random) -> None:
    """Kill PostgreSQL as a power cut would; it recovers when the supervisor starts it again."""
    os.kill(place.stack.group.pid("postgres"), signal.SIGQUIT)


def restart_postgres(place: Place, _: random.Random) -> None:
    """Restart it as an update does: sessions are ended, the shutdown is clean."""
    os.kill(place.stack.group.pid("postgres"), signal.SIGINT)


def cut_connections(place: Place, rng: random.Random) -> None:
    """End every session of the warehouse but our own, three times running."""
    for _ in range(3):
        place.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> "
            "pg_backend_pid() AND datname = current_database()"
        )
        place.until("a moment", lambda: rng.random() < 0.2)


def take_every_connection(seconds: float) -> Strike:
    """Hold every connection that PostgreSQL gives, for so long."""

    def strike(place: Place, _: random.Random) -> None:
        engine = create_engine(place.engine.url, poolclass=NullPool)
        held = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                held.append(engine.connect())
            except OperationalError:
                time.sleep(0.05)  # whoever lets one go finds it taken the next moment
        for connection in held:
            connection.close()
        engine.dispose()

    return strike


_LANDING = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND state <> 'idle' AND query ILIKE '%core.%' "
    "AND query ILIKE ANY (ARRAY['%INSERT INTO%', '%UPDATE%', '%DELETE%', '%MERGE%'])"
)


def to_the_landing(function: str) -> Strike:
    """Call `pg_cancel_backend` or `pg_terminate_backend` for whoever lands now."""

    def strike(place: Place, _: random.Random) -> None:
        place.execute(f"SELECT {function}(pid) FROM ({_LANDING}) AS landing")

    return strike


def hold_a_lock(seconds: float) -> Strike:
    """Hold a table that the landing writes to, from before it until so many seconds later."""

    def strike(place: Place, _: random.Random) -> None:
        ready = threading.Event()

        def hold() -> None:
            with place.engine.begin() as connection:
                connection.execute(text("LOCK TABLE core.event IN SHARE ROW EXCLUSIVE MODE"))
                ready.set()
                time.sleep(seconds)

        threading.Thread(target=hold, daemon=True).start()
        ready.wait(30)

    return strike


def deadlock(place: Place, _: random.Random) -> None:
    """Wait for what the landing holds, while it waits for what we hold: it is the one to go.

    PostgreSQL looks for a deadlock once, a second after a wait has begun, and ends whoever looks;
    we never look.
    """
    with create_engine(place.engine.url, poolclass=NullPool).begin() as connection:
        connection.execute(text("SET deadlock_timeout = '10min'"))
        connection.execute(text("LOCK TABLE core.event IN SHARE ROW EXCLUSIVE MODE"))
        waits = (
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'core.event'::regclass"
        )
        place.until("the landing waits for us", lambda: place.scalar(waits), 90)
        with suppress(DBAPIError):
            connection.execute(text("LOCK TABLE core.match IN ACCESS EXCLUSIVE MODE"))


def cut_wire(place: Place, _: random.Random) -> None:
    """Cut the wire to PostgreSQL; nobody can connect."""
    assert place.wire is not None
    place.wire.cut()
    place.tidy.append(place.wire.mend)


def break_wire(place: Place, _: random.Random) -> None:
    """Break every connection to PostgreSQL; new ones can be made."""
    assert place.wire is not None
    place.wire.break_connections()


def mend_wire(place: Place) -> None:
    """Mend it."""
    assert place.wire is not None
    place.wire.mend()


# Redis and RabbitMQ


def empty_redis(database: int) -> Strike:
    """Remove every key: messages (database 0) or turns (database 1)."""

    def strike(place: Place, _: random.Random) -> None:
        with redis.Redis(port=place.stack.ports["redis"], db=database) as client:
            client.flushdb()

    return strike


def stop_rabbitmq(*, data_too: bool = False) -> Strike:
    """Kill RabbitMQ; it stays away, and may lose what it has written."""

    def strike(place: Place, _: random.Random) -> None:
        place.stack.group.stop("rabbitmq")
        if data_too:
            shutil.rmtree(place.stack.node.home / "data")
        place.tidy.append(lambda: start_rabbitmq(place))

    return strike


def start_rabbitmq(place: Place) -> None:
    """Start it, and wait until it takes clients."""
    place.stack.node.start(place.stack.group)


def block_rabbitmq(place: Place, _: random.Random) -> None:
    """Let its memory alarm go off: it takes no message from anybody."""
    place.stack.node.control("set_vm_memory_high_watermark", "0")
    place.tidy.append(lambda: let_rabbitmq(place))


def let_rabbitmq(place: Place) -> None:
    """Let it take messages again."""
    place.stack.node.control("set_vm_memory_high_watermark", "0.4")


# the archive


def small_disk(place: Place, _: random.Random) -> None:
    """Put the archive on a disk that has room for a page or two."""
    _mount("-t", "tmpfs", "-o", "size=160k", "tmpfs", str(place.archive))
    place.tidy.append(lambda: subprocess.run(["umount", "-l", str(place.archive)], check=True))


def larger_disk(place: Place) -> None:
    """Give it room, once a page has found none."""
    place.until(
        "a page finds no room",
        lambda: place.scalar(
            "SELECT count(*) FROM ops.failure WHERE failure_class = 'ArchiveUnavailable'"
        ),
    )
    _mount("-o", "remount,size=8g", str(place.archive))


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


def no_archive(place: Place, _: random.Random) -> None:
    """Let a file stand where the archive's folder was: nothing can be written or read."""
    away = place.archive.with_name("archive-away")
    place.archive.rename(away)
    place.archive.touch()
    place.tidy.append(lambda: archive_back(place))


def archive_back(place: Place) -> None:
    """Bring the folder back."""
    away = place.archive.with_name("archive-away")
    if away.exists():
        place.archive.unlink()
        away.rename(place.archive)


def damage_a_page(place: Place, rng: random.Random) -> None:
    """Damage the stored bytes of a page that is not parsed yet; the parse worker stands still."""
    place.stack.group.stop("parse")
    waiting = (
        "SELECT min(page_hash) FROM ops.target WHERE state = 'archived' AND holder IS NULL "
        "AND page_kind = 'match_centre'"
    )
    place.until("a page waits to be parsed", lambda: place.scalar(waiting))
    page_hash = place.scalar(waiting)
    (page,) = place.archive.glob(f"pages/*/{page_hash}.html.zst")
    content = bytearray(page.read_bytes())
    content[rng.randrange(len(content) // 4, len(content))] ^= 0xFF
    page.write_bytes(content[: rng.randrange(len(content) // 2, len(content))])
    place.stack.group.start("parse")


def kill_s3(place: Place, _: random.Random) -> None:
    """Kill the object store; it stays away."""
    assert place.s3 is not None
    place.s3.stop()
    place.tidy.append(lambda: start_s3(place))


def start_s3(place: Place) -> None:
    """Start it, with what it has stored."""
    assert place.s3 is not None
    if not place.s3.runs:
        place.s3.start()


def freeze_s3(place: Place, _: random.Random) -> None:
    """Let the object store stand still, connections open."""
    assert place.s3 is not None
    place.s3.freeze()
    place.tidy.append(lambda: thaw_s3(place))


def thaw_s3(place: Place) -> None:
    """Let it go on."""
    assert place.s3 is not None
    place.s3.thaw()


# the export


def no_export(place: Place) -> None:
    """Let a file stand where the export's folder is to be."""
    folder = place.stack.home / "export"
    shutil.rmtree(folder)
    folder.touch()
    place.tidy.append(lambda: export_back(place))


def export_back(place: Place) -> None:
    """Let a folder be there again."""
    folder = place.stack.home / "export"
    if folder.is_file():
        folder.unlink()
        folder.mkdir()


# the site


def site_fault(pattern: str, kind: str, **options: object) -> Strike:
    """Let the site answer badly where path and query match `pattern`."""

    def strike(place: Place, _: random.Random) -> None:
        site_well(place)  # of several faults the first one strikes
        place.fault(pattern, kind, **options)

    return strike


def a_match(kind: str, **options: object) -> Strike:
    """Let the site answer badly for one match, chosen by the seed."""

    def strike(place: Place, rng: random.Random) -> None:
        site_well(place)
        place.fault(f"/matches/{rng.choice(READABLE).id}/", kind, **options)

    return strike


def site_well(place: Place) -> None:
    """Take the site's faults away."""
    place.stack.control("faults/clear", b"{}")


def site_away(place: Place, _: random.Random) -> None:
    """Stop the site's server: connections are refused."""
    place.asked_before += len(place.requests())
    place.stack.group.stop("site")


def site_back(place: Place) -> None:
    """Start it again."""
    place.stack.group.start("site")


def slow_matches(place: Place, seconds: float = 0.6) -> None:
    """Let match pages take their time, so that there is a middle to strike in."""
    place.fault("/matches/", "slow", seconds=seconds)


# our own faults

_DEFECT = """
import sys

if "--queues=parse,sweep" in sys.orig_argv:
    from scrapers.whoscored import read

    whole = read.read_page

    def read_page(html, target, *arguments, **options):
        if target.key.endswith("/{match_id}"):
            return {{}}["a line that nobody has tried"]
        return whole(html, target, *arguments, **options)

    read.read_page = read_page
"""


def defect(place: Place, rng: random.Random) -> None:
    """Let the parse worker run a version of the code that fails on one match."""
    place.injected.mkdir(exist_ok=True)
    file = place.injected / "sitecustomize.py"
    file.write_text(_DEFECT.format(match_id=rng.choice(READABLE).id), encoding="utf-8")
    place.tidy.append(lambda: mended_code(place))
    kill("parse")(place, rng)


def mended_code(place: Place) -> None:
    """Let it run the mended version, as an update does."""
    file: Path = place.injected / "sitecustomize.py"
    if file.exists():
        shutil.rmtree(place.injected)
        place.stack.group.stop("parse")
        place.stack.group.start("parse")


def wrong_setting(*programs: str) -> Strike:
    """Write a setting that is out of range, and let workers start with it."""

    def strike(place: Place, rng: random.Random) -> None:
        env_file(place).write_text("TOUCHLINE_PREVIEW_DAYS=99\n", encoding="utf-8")
        place.tidy.append(lambda: env_file(place).unlink(missing_ok=True))
        kill(*programs)(place, rng)

    return strike


def env_file(place: Place) -> Path:
    """The file of settings that the programs read."""
    return place.stack.group.work / ".env"


# more than one


def both(*strikes: Strike) -> Strike:
    """One strike after the other."""

    def strike(place: Place, rng: random.Random) -> None:
        for single in strikes:
            single(place, rng)

    return strike


def nothing(_: Place, __: random.Random) -> None:
    """No fault."""


def step(strike: Strike) -> Step:
    """A strike as a step of its own."""
    return lambda place: strike(place, random.Random(0))

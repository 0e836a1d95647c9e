"""Files under an fsspec URL: a local folder or an object store, written whole or not at all.

A local folder is written by temporary file, fsync and rename. Any other store has to write an
object whole or not at all, as object stores do.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import fsspec
from fsspec.asyn import AsyncFileSystem, sync
from fsspec.exceptions import FSTimeoutError

from scrapers.errors import ConfigInvalid, TouchlineError

_LOCAL = ("file", "local")
_BLOCK = 1 << 20
_S3 = ("s3", "s3a")
# An object store that does not answer must not hold a worker for minutes: botocore would wait a
# minute for each of several tries, and s3fs would have it do so five times, for a read five times
# over. One second try is left, for a connection that the store has closed meanwhile.
_S3_PATIENCE = {"connect_timeout": 5, "read_timeout": 30, "retries": {"max_attempts": 1}}
_S3FS_TRIES = 1
# What is asked of a store is over by then, also if the answer drips in; but for whole files of any
# size, and all names of it. The client itself waits without end for leave to send an object. A
# parse task lives for a minute.
ANSWER_SECONDS = 20.0
_SLOWEST = 250_000  # bytes a second; a store that takes fewer of a large file is of no use
_PROBES = "probes"  # a folder where nobody looks

# Clients stay for the process's life: a forked worker that let its parent's go would take the
# connections out of the parent's event loop, which both share, and the parent would wait for
# an answer that nobody hands it.
_kept: list[Any] = []


class Files:
    """The files under a URL.

    Args:
        url: file:///folder, s3://bucket/prefix, …; an S3 endpoint and its login come from the
            environment (`FSSPEC_S3_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, …).
        setting: variable that gives the URL; wrong URLs are refused in its name.
        what: what the files are, for messages, e.g. 'archive'.
        failure: class of what goes wrong with the store.

    Raises:
        ConfigInvalid: the URL can't be used: no such protocol, no bucket, not absolute, a login.
    """

    def __init__(self, url: str, *, setting: str, what: str, failure: type[TouchlineError]) -> None:
        self.url = url
        self._setting = setting
        self._what = what
        self._failure = failure
        self._protocol = self._checked_protocol()
        self._store: Any = None
        self._store_pid = 0
        self.errors = _store_errors(self._protocol)
        self.open()  # an unusable URL is refused now, not at the first file

    def open(self) -> tuple[Any, str]:
        """The fsspec file system of this process, and the root within it."""
        # Made anew in a forked worker: an object store's client does not survive a fork.
        if self._store is None or self._store_pid != os.getpid():
            # What other processes write has to be seen, so nothing is remembered of listings.
            options: dict[str, Any] = {"use_listings_cache": False}
            if self._protocol in _S3:
                options["config_kwargs"] = _S3_PATIENCE
            try:
                self._store = fsspec.core.url_to_fs(self.url, **options)
            except (ValueError, ImportError) as error:
                raise self._unusable(str(error)) from error
            except self.errors as error:
                raise self.failed("the store can't be opened", error) from error
            if self._protocol in _S3:
                self._store[0].retries = _S3FS_TRIES  # an attribute, and no option of it
            self._store_pid = os.getpid()
            if self._store not in _kept:
                _kept.append(self._store)
        files, root = self._store
        return files, str(root).rstrip("/")

    def read(self, name: str, limit: int, missing: str) -> bytes:
        """Up to `limit` bytes of a file.

        Args:
            missing: sentence of the failure when there is no such file.

        Raises:
            the store's failure class: it can't be read, or is not there.
        """
        found = self.find(name, limit)
        if found is None:
            raise self.failed(missing)
        return found

    def find(self, name: str, limit: int) -> bytes | None:
        """Up to `limit` bytes of a file; None: there is no such file.

        Raises:
            the store's failure class: it can't be read.
        """
        _, root = self.open()
        try:
            return bytes(self._ask("cat_file", f"{root}/{name}", start=0, end=limit))
        except FileNotFoundError:
            return None
        except self.errors as error:
            raise self.failed(f"{name} can't be read", error) from error

    def write(self, name: str, content: bytes) -> None:
        """Write a file whole, in place of another of its name.

        Raises:
            the store's failure class: it can't be written, or was cut.
        """
        _, root = self.open()
        path = f"{root}/{name}"
        try:
            if self._protocol in _LOCAL:
                _write_whole(path, [content])
                return
            self._ask("pipe_file", path, content)
        except self.errors as error:
            raise self.failed(f"{name} can't be written", error) from error
        self._check_size(name, len(content))

    def put(self, source: Path, name: str) -> None:
        """Write a file whole from a local one; memory stays flat whatever its size.

        Raises:
            the store's failure class: it can't be written, or was cut.
        """
        _, root = self.open()
        path, size = f"{root}/{name}", source.stat().st_size
        try:
            if self._protocol in _LOCAL:
                _write_whole(path, _blocks(source))
                return
            self._ask("put_file", str(source), path, more_seconds=size / _SLOWEST)
        except self.errors as error:
            raise self.failed(f"{name} can't be written", error) from error
        self._check_size(name, size)

    def get(self, name: str, target: Path) -> None:
        """Read a file into a local one; memory stays flat whatever its size.

        Raises:
            the store's failure class: it can't be read, or is not there.
        """
        files, root = self.open()
        try:
            files.get_file(f"{root}/{name}", str(target))
        except FileNotFoundError:
            raise self.failed(f"{name} is not there") from None
        except self.errors as error:
            raise self.failed(f"{name} can't be read", error) from error

    def size(self, name: str) -> int | None:
        """Bytes of a file; None: there is no such file.

        Raises:
            the store's failure class: the store does not tell.
        """
        _, root = self.open()
        try:
            found = self._ask("info", f"{root}/{name}")
        except FileNotFoundError:
            return None
        except self.errors as error:
            raise self.failed(f"{name} can't be looked up", error) from error
        return int(found["size"]) if found["type"] == "file" else None

    def listed(self, folder: str) -> list[str]:
        """Names of the files right under a folder, sorted; none for an unknown folder.

        Raises:
            the store's failure class: it can't be listed.
        """
        _, root = self.open()
        try:
            names = self._ask("ls", f"{root}/{folder}".rstrip("/"), detail=False)
        except FileNotFoundError:
            return []
        except self.errors as error:
            raise self.failed(f"{folder} can't be listed", error) from error
        return sorted(str(name).rsplit("/", 1)[-1] for name in names)

    def everything(self, folder: str) -> list[tuple[str, float]]:
        """Every file anywhere under a folder, with its age: (name, Unix time of writing).

        Raises:
            the store's failure class: it can't be listed.
        """
        files, root = self.open()
        try:
            found = files.find(f"{root}/{folder}", detail=True)
        except FileNotFoundError:
            return []
        except self.errors as error:
            raise self.failed(f"{folder} can't be listed", error) from error
        return [
            (str(path)[len(root) + 1 :], _written_at(info))
            for path, info in sorted(found.items())
            if not str(path).endswith(".part")
        ]

    def delete(self, names: Iterable[str]) -> None:
        """Remove files; one that is gone already is no failure.

        Raises:
            the store's failure class: one can't be removed.
        """
        _, root = self.open()
        for name in names:
            try:
                self._ask("rm_file", f"{root}/{name}")
            except FileNotFoundError:
                continue
            except self.errors as error:
                raise self.failed(f"{name} can't be deleted", error) from error

    def prove(self, size: int = 64) -> None:
        """Write an object of no meaning of `size` bytes, read it back, delete it.

        Raises:
            the store's failure class: one of the three fails, or other bytes come back.
        """
        name, content = f"{_PROBES}/{secrets.token_hex(16)}", secrets.token_bytes(size)
        self.write(name, content)
        back = self.read(name, size, "the probe that was just written is not there")
        self.delete([name])
        if back != content:
            raise self.failed("the probe came back as other bytes")

    def failed(self, what: str, error: BaseException | None = None) -> TouchlineError:
        """The failure that `what` is; the store's URL is in it, which holds no login."""
        cause = f" ({_cause(error)})" if error is not None else ""
        return self._failure(
            f"{self._what} {self.url}: {what}{cause}", **{self._what.replace(" ", "_"): self.url}
        )

    def _ask(self, method: str, *given: Any, more_seconds: float = 0.0, **options: Any) -> Any:
        """Call a method of the store; one that works asynchronously has to answer in time."""
        files, _ = self.open()
        seconds = ANSWER_SECONDS + more_seconds
        if not isinstance(files, AsyncFileSystem):
            return getattr(files, method)(*given, **options)
        asked = getattr(files, f"_{method}")
        try:
            return sync(files.loop, asked, *given, timeout=seconds, **options)
        except FSTimeoutError as error:
            raise TimeoutError(f"no answer within {seconds:.0f} s") from error

    def _check_size(self, name: str, wanted: int) -> None:
        size = self.size(name)
        if size != wanted:
            raise self.failed(f"{name} was cut: {size or 0} of {wanted} bytes are there")

    def _checked_protocol(self) -> str:
        protocol, separator, rest = self.url.partition("://")
        if not separator or not protocol:
            raise self._unusable("it names no protocol")
        if "@" in rest.split("/", 1)[0]:
            # Anything in this URL ends up in messages and logs.
            raise ConfigInvalid(
                f"{self._setting} holds a login: take it out, and set the store's own variables "
                "(AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for S3)",
                setting=self._setting,
            )
        if protocol in _LOCAL and not rest.startswith("/"):
            raise self._unusable("the folder is not absolute")
        if protocol in _S3 and not rest.split("/", 1)[0]:
            raise self._unusable("it names no bucket")
        return protocol

    def _unusable(self, why: str) -> ConfigInvalid:
        return ConfigInvalid(
            f"{self._setting} {self.url!r} can't be used, {why}: write file:///folder or "
            "s3://bucket/prefix",
            setting=self._setting,
        )


def _written_at(info: dict[str, Any]) -> float:
    """Unix time at which a file was written, as the kinds of stores tell it; 0: it does not."""
    for key in ("mtime", "LastModified", "last_modified", "created"):
        value = info.get(key)
        if isinstance(value, int | float):
            return float(value)
        if value is not None and hasattr(value, "timestamp"):
            return float(value.timestamp())
    return 0.0


def _write_whole(path: str, blocks: Iterable[bytes]) -> None:
    folder = os.path.dirname(path)
    _make_folder(folder)
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            for block in blocks:
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    _sync_folder(folder)


def _blocks(source: Path) -> Iterator[bytes]:
    with source.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def _make_folder(folder: str) -> None:
    if os.path.isdir(folder):
        return
    parent = os.path.dirname(folder)
    _make_folder(parent)
    with suppress(FileExistsError):  # another worker made it meanwhile
        os.mkdir(folder)
    _sync_folder(parent)


def _sync_folder(folder: str) -> None:
    # A rename is safe from a power cut only when the folder is written too.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _store_errors(protocol: str) -> tuple[type[Exception], ...]:
    # fsspec's own errors, time-outs included, are OSErrors; S3's client has a family of its own,
    # imported only where it is used.
    if protocol not in _S3:
        return (OSError,)
    from aiohttp import ClientError as HttpError
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

    return (OSError, BotoCoreError, ClientError, HTTPClientError, HttpError)


def _cause(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__

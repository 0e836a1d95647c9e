"""The archive of raw pages: each page once, under its hash, with the facts of every fetch.

    pages/<aa>/<hash>.html.zst                       the page's bytes, compressed
    pages/<aa>/<hash>/<UTC time>-<check>.json        one fetch that gave these bytes

`<aa>` are the hash's first two digits. The page is written before its facts, so facts never
exist without their page; a page is under its name whole or not at all.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import fsspec
import zstandard

from scrapers.errors import ArchiveUnavailable, ConfigInvalid, LayoutChanged
from scrapers.settings import PREFIX

MAX_PAGE_BYTES = 20_000_000  # scrapers.parsing.page refuses larger pages too; a test holds both
_MAX_STORED_BYTES = MAX_PAGE_BYTES + 1_000_000  # what cannot be compressed grows a little
_MAX_FACTS_BYTES = 100_000
_LEVEL = 9  # zstd; 1.24 MB to 111 kB in 21 ms
_LOCAL = ("file", "local")
_HASH = re.compile(r"[0-9a-f]{64}")
_NAME = f"{PREFIX}ARCHIVE_URL"

# An object store that does not answer must not hold a worker for minutes: botocore would wait a
# minute for each of several tries.
_S3_PATIENCE = {"connect_timeout": 5, "read_timeout": 30, "retries": {"max_attempts": 1}}

# Clients stay for the process's life: a forked worker that let its parent's go would take the
# connections out of the parent's event loop, which both share, and the parent would wait for
# an answer that nobody hands it.
_kept: list[Any] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """What is known of one fetch of a page.

    Attributes:
        target_key: key of the target that was asked for, see `scrapers.targets`.
        requested_url: address the browser was sent to.
        final_url: address it ended at.
        title: the document's title.
        status: HTTP status of the document, None if the browser did not tell.
        fetched_at: when the page was taken from the browser, UTC.
        load_seconds: from sending the browser there until the page was taken.
        ready: whether the page was ready, or taken as it stood after the time for that.
        browser: name and version, such as 'chrome 156.0.8078.79'.
        hub: address of the hub; a login in it is not kept.
        size_bytes: bytes of the page, uncompressed; `Archive.put` fills it in.
    """

    target_key: str
    requested_url: str
    final_url: str
    title: str
    status: int | None
    fetched_at: datetime
    load_seconds: float
    ready: bool
    browser: str
    hub: str
    size_bytes: int = 0

    def __post_init__(self) -> None:
        if self.fetched_at.tzinfo is None:
            raise ValueError("fetched_at has no time zone")
        object.__setattr__(self, "fetched_at", self.fetched_at.astimezone(UTC))
        for name in ("requested_url", "final_url", "hub"):
            object.__setattr__(self, name, _without_login(getattr(self, name)))

    def to_json(self) -> bytes:
        """The facts as they are archived."""
        values = dataclasses.asdict(self) | {"fetched_at": self.fetched_at.isoformat()}
        return json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True).encode()

    @classmethod
    def from_json(cls, text: bytes) -> PageFacts:
        """The facts of an archived text; raises ValueError, TypeError or KeyError on another."""
        values = json.loads(text)
        known = {field.name for field in dataclasses.fields(cls)}
        # A later version may have written facts that this one does not know.
        kept = {name: value for name, value in values.items() if name in known}
        return cls(**{**kept, "fetched_at": datetime.fromisoformat(values["fetched_at"])})


class Archive:
    """Raw pages under an fsspec URL.

    A local folder is written by temporary file, fsync and rename. Any other store has to write
    an object whole or not at all, as object stores do.

    Args:
        url: file:///folder, s3://bucket/prefix, …; an S3 endpoint and its login come from the
            environment (`FSSPEC_S3_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, …).

    Raises:
        ConfigInvalid: the URL can't be used: no such protocol, no bucket, not absolute.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._protocol = _protocol(url)
        self._store: Any = None
        self._store_pid = 0
        self._errors = _store_errors(self._protocol)
        self._damage: tuple[type[Exception], ...] = (zstandard.ZstdError, *self._errors)
        self._files()  # an unusable URL is refused now, not at the first page

    def put(self, html: bytes, facts: PageFacts) -> str:
        """Keep a page and the facts of its fetch; return the page's hash.

        The same page again is the same object; an object that has been damaged is replaced.
        The same facts again are the same facts, so a put may be repeated.

        Raises:
            ArchiveUnavailable: the store can't be written.
            LayoutChanged: the page is larger than a page of the source ever is.
        """
        if len(html) > MAX_PAGE_BYTES:
            raise LayoutChanged(
                f"the page has {len(html) / 1e6:.0f} MB, no page of the source has more than "
                f"{MAX_PAGE_BYTES / 1e6:.0f}",
                fields=["page"],
                url=facts.requested_url,
            )
        page_hash = hashlib.sha256(html).hexdigest()
        if not self._has(page_hash, html):
            self._write(_page_name(page_hash), _compressed(html))
        content = dataclasses.replace(facts, size_bytes=len(html)).to_json()
        self._write(_facts_name(page_hash, facts.fetched_at, content), content)
        return page_hash

    def get(self, page_hash: str) -> bytes:
        """The page's bytes, proven to be those that were put.

        Raises:
            ArchiveUnavailable: no such page, the store can't be read, or holds other bytes.
            ConfigInvalid: `page_hash` is no hash.
        """
        _check_hash(page_hash)
        name = _page_name(page_hash)
        stored = self._read(name, _MAX_STORED_BYTES, f"page {page_hash} is not in the archive")
        try:
            html = _decompressed(stored)
        except zstandard.ZstdError as error:
            raise self._failure(f"{name} is damaged, no zstd data: {error}") from error
        if hashlib.sha256(html).hexdigest() != page_hash:
            raise self._failure(
                f"{name} is damaged: {len(html)} bytes that are not the page of this hash"
            )
        return html

    def exists(self, page_hash: str) -> bool:
        """Whether the page is in the archive; its bytes are not looked at.

        Raises:
            ArchiveUnavailable: the store does not tell.
            ConfigInvalid: `page_hash` is no hash.
        """
        _check_hash(page_hash)
        files, root = self._files()
        try:
            return bool(files.info(f"{root}/{_page_name(page_hash)}")["type"] == "file")
        except FileNotFoundError:
            return False
        except self._errors as error:
            raise self._failure(f"{_page_name(page_hash)} can't be looked up", error) from error

    def facts(self, page_hash: str) -> list[PageFacts]:
        """The facts of every fetch that gave this page, oldest first; none for an unknown page.

        Raises:
            ArchiveUnavailable: the store can't be read, or the facts are damaged.
            ConfigInvalid: `page_hash` is no hash.
        """
        _check_hash(page_hash)
        files, root = self._files()
        folder = f"{root}/{_folder(page_hash)}/{page_hash}"
        try:
            names = sorted(str(name) for name in files.ls(folder, detail=False))
        except FileNotFoundError:
            return []
        except self._errors as error:
            raise self._failure(f"the facts of {page_hash} can't be listed", error) from error
        found = []
        for name in names:
            if not name.endswith(".json"):
                continue
            short = f"{_folder(page_hash)}/{page_hash}/{name.rsplit('/', 1)[-1]}"
            content = self._read(short, _MAX_FACTS_BYTES, f"{short} is gone")
            try:
                found.append(PageFacts.from_json(content))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise self._failure(f"{short} is damaged: no facts of a page") from error
        return found

    def _has(self, page_hash: str, html: bytes) -> bool:
        # Compared, not only looked for: a damaged object under this name would otherwise stay
        # damaged for ever, and the page that could repair it would be thrown away.
        if not self.exists(page_hash):
            return False
        files, root = self._files()
        try:
            stored = files.cat_file(
                f"{root}/{_page_name(page_hash)}", start=0, end=_MAX_STORED_BYTES
            )
            return bool(_decompressed(stored) == html)
        except self._damage:
            # Whatever is wrong with it, the write that follows mends it or names the failure.
            return False

    def _read(self, name: str, limit: int, missing: str) -> bytes:
        files, root = self._files()
        try:
            return bytes(files.cat_file(f"{root}/{name}", start=0, end=limit))
        except FileNotFoundError as error:
            raise self._failure(missing, error) from error
        except self._errors as error:
            raise self._failure(f"{name} can't be read", error) from error

    def _write(self, name: str, content: bytes) -> None:
        files, root = self._files()
        path = f"{root}/{name}"
        try:
            if self._protocol in _LOCAL:
                _write_whole(path, content)
                return
            files.pipe_file(path, content)
            size = files.info(path)["size"]
        except self._errors as error:
            raise self._failure(f"{name} can't be written", error) from error
        if size != len(content):
            raise self._failure(f"{name} was cut: {size} of {len(content)} bytes are there")

    def _files(self) -> tuple[Any, str]:
        # Made anew in a forked worker: an object store's client does not survive a fork.
        if self._store is None or self._store_pid != os.getpid():
            # What other processes write has to be seen, so nothing is remembered of listings.
            options: dict[str, Any] = {"use_listings_cache": False}
            if self._protocol in ("s3", "s3a"):
                options["config_kwargs"] = _S3_PATIENCE
            try:
                self._store = fsspec.core.url_to_fs(self.url, **options)
            except (ValueError, ImportError) as error:
                raise _unusable(self.url, str(error)) from error
            except self._errors as error:
                raise self._failure("the store can't be opened", error) from error
            self._store_pid = os.getpid()
            if self._store not in _kept:
                _kept.append(self._store)
        files, root = self._store
        return files, str(root).rstrip("/")

    def _failure(self, what: str, error: BaseException | None = None) -> ArchiveUnavailable:
        cause = f" ({_cause(error)})" if error is not None else ""
        return ArchiveUnavailable(f"archive {self.url}: {what}{cause}", archive=self.url)


def _write_whole(path: str, content: bytes) -> None:
    folder = os.path.dirname(path)
    _make_folder(folder)
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    _sync_folder(folder)


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


def _compressed(html: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(html)


def _decompressed(stored: bytes) -> bytes:
    # Read as a stream: the size that a frame states of itself is not to be trusted.
    with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(stored)) as reader:
        html: bytes = reader.read(MAX_PAGE_BYTES + 1)
    if len(html) > MAX_PAGE_BYTES:
        raise zstandard.ZstdError(f"more than {MAX_PAGE_BYTES} bytes come out")
    return html


def _folder(page_hash: str) -> str:
    return f"pages/{page_hash[:2]}"


def _page_name(page_hash: str) -> str:
    return f"{_folder(page_hash)}/{page_hash}.html.zst"


def _facts_name(page_hash: str, fetched_at: datetime, content: bytes) -> str:
    # Two workers may fetch the same page in the same microsecond; the check tells them apart.
    time = fetched_at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    check = hashlib.sha256(content).hexdigest()[:8]
    return f"{_folder(page_hash)}/{page_hash}/{time}-{check}.json"


def _check_hash(page_hash: str) -> None:
    if not _HASH.fullmatch(page_hash):
        raise ConfigInvalid(
            f"{page_hash[:80]!r} is no page hash: it has 64 digits of 0-9 and a-f",
            page_hash=page_hash[:80],
        )


def _protocol(url: str) -> str:
    protocol, separator, rest = url.partition("://")
    if not separator or not protocol:
        raise _unusable(url, "it names no protocol")
    if "@" in rest.split("/", 1)[0]:
        # Anything in this URL ends up in messages and logs.
        raise ConfigInvalid(
            f"{_NAME} holds a login: take it out, and set the store's own variables "
            "(AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for S3)",
            setting=_NAME,
        )
    if protocol in _LOCAL and not rest.startswith("/"):
        raise _unusable(url, "the folder is not absolute")
    if protocol in ("s3", "s3a") and not rest.split("/", 1)[0]:
        raise _unusable(url, "it names no bucket")
    return protocol


def _unusable(url: str, why: str) -> ConfigInvalid:
    return ConfigInvalid(
        f"{_NAME} {url!r} can't be used, {why}: write file:///folder or s3://bucket/prefix",
        setting=_NAME,
    )


def _store_errors(protocol: str) -> tuple[type[Exception], ...]:
    # fsspec's own errors, time-outs included, are OSErrors; S3's client has a family of its own,
    # imported only where it is used.
    if protocol not in ("s3", "s3a"):
        return (OSError,)
    from aiohttp import ClientError as HttpError
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

    return (OSError, BotoCoreError, ClientError, HTTPClientError, HttpError)


def _cause(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

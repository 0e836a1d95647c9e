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
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit

import zstandard

from scrapers.errors import ArchiveUnavailable, ConfigInvalid, LayoutChanged
from scrapers.files import Files
from scrapers.settings import PREFIX

MAX_PAGE_BYTES = 20_000_000  # scrapers.parsing.page refuses larger pages too; a test holds both
_MAX_STORED_BYTES = MAX_PAGE_BYTES + 1_000_000  # what cannot be compressed grows a little
_MAX_FACTS_BYTES = 100_000
_LEVEL = 9  # zstd; 1.24 MB to 111 kB in 21 ms
_HASH = re.compile(r"[0-9a-f]{64}")


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
    """Raw pages under an fsspec URL; see `scrapers.files`.

    Args:
        url: file:///folder, s3://bucket/prefix, …

    Raises:
        ConfigInvalid: the URL can't be used.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.files = Files(
            url, setting=f"{PREFIX}ARCHIVE_URL", what="archive", failure=ArchiveUnavailable
        )

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
            self.files.write(_page_name(page_hash), _compressed(html))
        content = dataclasses.replace(facts, size_bytes=len(html)).to_json()
        self.files.write(_facts_name(page_hash, facts.fetched_at, content), content)
        return page_hash

    def get(self, page_hash: str) -> bytes:
        """The page's bytes, proven to be those that were put.

        Raises:
            ArchiveUnavailable: no such page, the store can't be read, or holds other bytes.
            ConfigInvalid: `page_hash` is no hash.
        """
        _check_hash(page_hash)
        name = _page_name(page_hash)
        stored = self.files.read(name, _MAX_STORED_BYTES, f"page {page_hash} is not in the archive")
        try:
            html = _decompressed(stored)
        except zstandard.ZstdError as error:
            raise self.files.failed(f"{name} is damaged, no zstd data: {error}") from error
        if hashlib.sha256(html).hexdigest() != page_hash:
            raise self.files.failed(
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
        return self.files.size(_page_name(page_hash)) is not None

    def facts(self, page_hash: str) -> list[PageFacts]:
        """The facts of every fetch that gave this page, oldest first; none for an unknown page.

        Raises:
            ArchiveUnavailable: the store can't be read, or the facts are damaged.
            ConfigInvalid: `page_hash` is no hash.
        """
        _check_hash(page_hash)
        folder = f"{_folder(page_hash)}/{page_hash}"
        found = []
        for name in self.files.listed(folder):
            if not name.endswith(".json"):
                continue
            short = f"{folder}/{name}"
            content = self.files.read(short, _MAX_FACTS_BYTES, f"{short} is gone")
            try:
                found.append(PageFacts.from_json(content))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise self.files.failed(f"{short} is damaged: no facts of a page") from error
        return found

    def _has(self, page_hash: str, html: bytes) -> bool:
        # Compared, not only looked for: a damaged object under this name would otherwise stay
        # damaged for ever, and the page that could repair it would be thrown away.
        if not self.exists(page_hash):
            return False
        try:
            stored = self.files.find(_page_name(page_hash), _MAX_STORED_BYTES)
            return stored is not None and _decompressed(stored) == html
        except (zstandard.ZstdError, ArchiveUnavailable):
            # Whatever is wrong with it, the write that follows mends it or names the failure.
            return False


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


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

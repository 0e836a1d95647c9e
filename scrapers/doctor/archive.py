"""The archive of raw pages: an object is written, read back and deleted."""

from __future__ import annotations

from scrapers.archive.store import Archive
from scrapers.doctor.context import Context
from scrapers.doctor.result import Check, fail, ok
from scrapers.doctor.stores import probe
from scrapers.errors import ArchiveUnavailable, ConfigInvalid
from scrapers.settings import PREFIX

SETTING = f"{PREFIX}ARCHIVE_URL"
PROBE = "archive.probe"
CHECKS = {PROBE: "a probe object is written, read back and deleted"}


def look(context: Context) -> list[Check]:
    """The check of the archive."""
    url = context.settings.archive_url
    try:
        seconds = probe(Archive(url).files)
    except ConfigInvalid as error:
        mend = f"correct {SETTING}"
        return [fail(PROBE, ConfigInvalid, error.detail, mend, subject=SETTING)]
    except ArchiveUnavailable as error:
        return [fail(PROBE, ArchiveUnavailable, error.detail, _mend(url), subject=SETTING)]
    found = f"{url}: written, read back and deleted in {seconds:.2f} s"
    return [ok(PROBE, found, subject=SETTING)]


def _mend(url: str) -> str:
    if url.startswith(("s3:", "s3a:")):
        return (
            f"start the store, make the bucket of {SETTING}, and set FSSPEC_S3_ENDPOINT_URL, "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or AWS_SHARED_CREDENTIALS_FILE)"
        )
    return f"let this program's user write to the folder of {SETTING}, or name another"

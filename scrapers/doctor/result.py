"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scrapers.errors import TouchlineError


class Result(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"  # works, and will bite one day
    FAIL = "fail"
    SKIPPED = "skipped"  # not asked for, or nothing to look at


@dataclass(frozen=True, slots=True)
class Check:
    """One check's outcome.

    Attributes:
        name: of the catalogue, such as `warehouse.schema`; see docs/doctor.md.
        result: how it ended.
        found: what was found, one sentence without a secret.
        mend: what to do about it; empty where nothing has to be done.
        failure: class of `scrapers.errors` that the platform's work would meet; empty if none.
        subject: what of several it is about: a setting, a hub, a folder.
    """

    name: str
    result: Result
    found: str
    mend: str = ""
    failure: str = ""
    subject: str = ""


def ok(name: str, found: str, *, subject: str = "") -> Check:
    """All is well."""
    return Check(name, Result.OK, found, subject=subject)


def warn(name: str, found: str, mend: str, *, subject: str = "") -> Check:
    """It works, but something should be done."""
    return Check(name, Result.WARN, found, mend, subject=subject)


def fail(
    name: str, failure: type[TouchlineError], found: str, mend: str, *, subject: str = ""
) -> Check:
    """The platform's work would end in `failure`."""
    return Check(name, Result.FAIL, found, mend, failure.__name__, subject)


def skipped(name: str, why: str, *, subject: str = "") -> Check:
    """It was not looked at."""
    return Check(name, Result.SKIPPED, why, subject=subject)

"""All checks in groups, side by side, each group within its time; and again while they fail."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from importlib import import_module

from scrapers.bounded import Run
from scrapers.doctor import configuration
from scrapers.doctor.context import Context
from scrapers.doctor.masking import Mask, mask_of
from scrapers.doctor.result import Check, Result, fail, skipped
from scrapers.doctor.stores import load_stores
from scrapers.errors import (
    ArchiveUnavailable,
    BrokerUnavailable,
    BrowserUnavailable,
    CacheUnavailable,
    ConfigInvalid,
    ExportFailed,
    TouchlineError,
    WarehouseUnavailable,
)

AGAIN_SECONDS = 1.0  # between two looks while somebody waits


class Service(StrEnum):
    """Who asks: what a service does not touch is not asked of it."""

    FETCH = "fetch"
    PARSE = "parse"
    BEAT = "beat"
    AIRFLOW = "airflow"


@dataclass(frozen=True, slots=True)
class Group:
    """Checks that share a connection, and are therefore made together.

    Attributes:
        name: its module in this package, imported when it is wanted, and the first part of
            its checks' names.
        services: who needs it.
        seconds: after which it is given up. Its own time-outs end it in a few; this is for what
            has none (a name server, a disk), and generous for the sake of a loaded machine.
        failure: what it is when it does not answer at all.
        outside: whether it hangs on another service, which may be there in a moment.
    """

    name: str
    services: frozenset[Service]
    seconds: float
    failure: type[TouchlineError]
    outside: bool = True

    @property
    def checks(self) -> Mapping[str, str]:
        """Its checks: what each proves, by name."""
        found: Mapping[str, str] = import_module(f"scrapers.doctor.{self.name}").CHECKS
        return found

    @property
    def setting(self) -> str:
        """The setting that leads to what it looks at; empty if it is not one."""
        return str(getattr(import_module(f"scrapers.doctor.{self.name}"), "SETTING", ""))

    def look(self, context: Context) -> list[Check]:
        """Make its checks."""
        found: list[Check] = import_module(f"scrapers.doctor.{self.name}").look(context)
        return found


_ALL = frozenset(Service)
_WORKERS = frozenset({Service.FETCH, Service.PARSE})
_WRITERS = _WORKERS | {Service.AIRFLOW}
GROUPS = (
    Group("warehouse", _WRITERS, 20, WarehouseUnavailable),
    Group("broker", _ALL, 20, BrokerUnavailable),
    Group("cache", frozenset({Service.FETCH}), 20, CacheUnavailable),
    Group("archive", _WRITERS, 30, ArchiveUnavailable),
    Group("hubs", frozenset({Service.FETCH}), 60, BrowserUnavailable),
    Group("selectors", _WRITERS, 30, ConfigInvalid),
    Group("folders", _WRITERS, 20, ConfigInvalid, outside=False),
    Group("handing_on", frozenset({Service.AIRFLOW}), 30, ExportFailed),
    Group("airflow", frozenset({Service.AIRFLOW}), 20, WarehouseUnavailable),
)


def wanted(services: Sequence[Service]) -> tuple[Group, ...]:
    """The groups that any of these services needs; of all of them without one."""
    chosen = set(services) or _ALL
    return tuple(group for group in GROUPS if group.services & chosen)


def catalogue() -> dict[str, str]:
    """Every check: what it proves, by name."""
    found = dict(configuration.CHECKS)
    for group in GROUPS:
        found |= group.checks
    return found


def examine(
    services: Sequence[Service] = (),
    *,
    session: bool = True,
    wait: float = 0.0,
    while_waiting: Callable[[list[Check]], None] | None = None,
) -> list[Check]:
    """Make all checks that the services need, in the catalogue's order.

    Args:
        session: whether to open a real browser session on each hub.
        wait: for so many seconds what hangs on another service is looked at again while it
            fails.
        while_waiting: told the failures before each further look.

    Returns:
        Checks without a secret in any text.
    """
    current, found = configuration.read()
    mask = mask_of(current)
    if current is None:
        found += [
            skipped(name, "the settings are refused")
            for group in wanted(services)
            for name in group.checks
        ]
        return [_masked(check, mask) for check in found]
    context = Context(current, session)
    end = time.monotonic() + wait
    by_group = look(wanted(services), context)
    while again := [group for group in by_group if group.outside and _fails(by_group[group])]:
        if time.monotonic() + AGAIN_SECONDS > end:
            break
        if while_waiting is not None:
            failing = [check for group in again for check in _fails(by_group[group])]
            while_waiting([_masked(check, mask) for check in failing])
        time.sleep(AGAIN_SECONDS)
        by_group |= look(again, context)
    for checks in by_group.values():
        found += checks
    return [_masked(check, mask) for check in found]


def look(groups: Sequence[Group], context: Context) -> dict[Group, list[Check]]:
    """Make the checks of these groups side by side, in their order; secrets are not masked yet.

    A group that does not end in its time is given up: its first check fails, its thread is left
    to itself. What a check did not foresee is raised here.
    """
    # Imported here: threads that import one package at once, each from another end, may find
    # themselves in a deadlock of Python's import locks.
    for group in groups:
        import_module(f"scrapers.doctor.{group.name}")
    load_stores(context.settings)
    runs = {group: Run(partial(group.look, context), group.seconds) for group in groups}
    return {group: run.result(_late(group)) for group, run in runs.items()}


def _late(group: Group) -> list[Check]:
    """The checks of a group that has not ended in its time."""
    first, *rest = group.checks
    text = f"no answer within {group.seconds:.0f} s"
    mend = "look whether a firewall drops what is sent there, or a disk or name server hangs"
    if group.setting:
        mend += f"; correct {group.setting} if it names the wrong place"
    return [
        fail(first, group.failure, text, mend, subject=group.setting),
        *(skipped(name, "not reached in time") for name in rest),
    ]


def _fails(checks: Sequence[Check]) -> list[Check]:
    return [check for check in checks if check.result is Result.FAIL]


def _masked(check: Check, mask: Mask) -> Check:
    return dataclasses.replace(check, found=mask(check.found))

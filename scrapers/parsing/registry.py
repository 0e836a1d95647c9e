"""The registry of selector files in PostgreSQL: what was promoted, by whom, and what is in force.

In force for a page kind is, of each of its versions, the text of the last promotion that was not
taken back: exactly that text, whatever the folder holds by now. Pages that a text read which is
replaced or taken back, and whose rows have not landed, are read anew: in the same transaction.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, Select, func, insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.exc import ProgrammingError

from scrapers.errors import ConfigInvalid
from scrapers.parsing.initial import initial_names
from scrapers.parsing.load import Demands, check, load
from scrapers.parsing.model import SelectorFile
from scrapers.targets import SOURCE, PageKind
from scrapers.warehouse.engine import transaction
from scrapers.warehouse.ops_tables import SelectorReleaseRow
from scrapers.warehouse.replaced import send_back

log = logging.getLogger(__name__)

# Any constant: writers take turns on it, so that ids grow in the order of commits and a reader
# that knows the newest id knows that it has missed nothing.
_LOCK = 7_205_759_403_792_794
_UNDEFINED_TABLE = "42P01"
_table: Any = SelectorReleaseRow.__table__


class Action(StrEnum):
    """What a row of the registry records."""

    INITIAL = "initial"  # the first of its page kind
    DRAFT = "draft"  # seen in the folder, not in force
    PROMOTE = "promote"
    UPGRADE = "upgrade"  # a release of Touchline replaced a file of its own
    ROLLBACK = "rollback"


_PUTS_IN_FORCE = (Action.INITIAL, Action.PROMOTE, Action.UPGRADE)
_SHIPPED = (Action.INITIAL, Action.UPGRADE)


@dataclass(frozen=True, slots=True)
class Release:
    """A row of the registry; see `SelectorReleaseRow`."""

    release_id: int
    at: datetime
    page_kind: str
    version: str
    action: Action
    sha256: str
    content: str = field(repr=False)
    who: str
    reason: str | None
    report: dict[str, Any] | None = field(repr=False)
    undoes: int | None

    @property
    def name(self) -> str:
        """`match_centre/2022-08`."""
        return f"{self.page_kind}/{self.version}"

    def selector(self, demands: Demands | None = None) -> SelectorFile:
        """The selector file of this text.

        Raises:
            ConfigInvalid: this release of Touchline can't use it.
        """
        return load(self.path, demands, self.content.encode())

    @property
    def path(self) -> Path:
        """What messages call the text: it has no file of its own."""
        return Path(f"release {self.release_id}", self.page_kind, f"{self.version}.yaml")


@dataclass(slots=True)
class Registration:
    """What `register` found and did; the lists hold names such as `match_centre/2022-08`.

    Attributes:
        initial: in force from now on, as the first of their page kind.
        is_listed: the folder has a list of what a new database begins with; see `initial`.
        upgraded: this release's file replaced a shipped one that it can no longer use.
        drafts: in the folder and not in force, some of them perhaps for long.
        edited: in force, and the folder holds another text by now.
        unusable: in force, and this release of Touchline can't use the text; why.
    """

    initial: list[str] = field(default_factory=list)
    upgraded: list[str] = field(default_factory=list)
    drafts: list[str] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    unusable: dict[str, str] = field(default_factory=dict)
    is_listed: bool = True


def digest(content: bytes) -> str:
    """The hash by which a selector file's text is known."""
    return hashlib.sha256(content).hexdigest()


def newest(engine: Engine) -> tuple[int, datetime] | None:
    """Id and time of the newest row; as long as it is the same, nothing has changed.

    Raises:
        WarehouseUnavailable: PostgreSQL can't be reached.
        ConfigInvalid: the database has no registry yet.
    """
    query = select(_table.c.release_id, _table.c.at).order_by(_table.c.release_id.desc()).limit(1)
    rows = _read(engine, query)
    return (rows[0].release_id, rows[0].at) if rows else None


def in_force(engine: Engine, kind: PageKind | None = None) -> list[Release]:
    """The promotions that are in force, of all page kinds or one.

    Raises:
        WarehouseUnavailable, ConfigInvalid: as `newest`.
    """
    return _releases(_read(engine, _of_kind(_in_force(), kind)))


def history(engine: Engine, kind: PageKind | None = None) -> list[Release]:
    """All rows, oldest first.

    Raises:
        WarehouseUnavailable, ConfigInvalid: as `newest`.
    """
    return _releases(_read(engine, _of_kind(select(_table).order_by(_table.c.release_id), kind)))


def register(
    engine: Engine,
    folder: Path,
    who: str,
    demands: Demands | None = None,
    kinds: Iterable[PageKind] = PageKind,
) -> Registration:
    """Make the registry know the folder's files; nothing that was promoted is overridden.

    Of a page kind of which nothing was ever in force the files that the folder's `initial.yaml`
    names are in force from now on; without that list, all of them. Every other new text is a
    draft. A text that came with an earlier release and that this one can't use is replaced by
    this release's.

    Raises:
        ConfigInvalid: a file that is to be in force has problems, the list has, or the registry
            is not there.
        WarehouseUnavailable: PostgreSQL can't be reached; nothing is registered.
    """
    listed = initial_names(folder)
    done = Registration(is_listed=listed is not None)
    with transaction(engine) as connection:
        _take_turn(connection)
        known = set(
            connection.scalars(
                select(_table.c.page_kind)
                .where(_table.c.action.in_([action.value for action in _PUTS_IN_FORCE]))
                .distinct()
            )
        )
        held = {r.name: r for r in _releases(connection.execute(_in_force()).all())}
        known_texts = select(_table.c.page_kind, _table.c.version, _table.c.sha256)
        seen = {tuple(row) for row in connection.execute(known_texts)}
        for kind in kinds:
            for path in sorted((folder / SOURCE / kind.value).glob("*.yaml")):
                content = path.read_bytes()
                name = f"{kind.value}/{path.stem}"
                if kind.value not in known and (listed is None or name in listed):
                    first = load(path, demands, content)
                    _insert(connection, first, content, Action.INITIAL, who)
                    done.initial.append(name)
                elif name not in held:
                    draft = _good(path, content, demands)
                    if draft and (kind.value, path.stem, digest(content)) not in seen:
                        _insert(connection, draft, content, Action.DRAFT, who)
                    done.drafts.append(name)
                elif held[name].sha256 != digest(content):
                    mended = _replacement(held[name], path, content, demands)
                    if mended is None:
                        done.edited.append(name)
                        continue
                    _insert(connection, mended, content, Action.UPGRADE, who)
                    del held[name]
                    done.upgraded.append(name)
        for name in done.upgraded:
            _read_anew(connection, PageKind(name.partition("/")[0]))
    for name, release in held.items():
        selector, problems = check(release.path, demands, release.content.encode())
        if selector is None or problems:
            done.unusable[name] = str(problems[0])
    return done


def _replacement(
    held: Release, path: Path, content: bytes, demands: Demands | None
) -> SelectorFile | None:
    """The file that a release of Touchline brings for one of its own that it can't use."""
    if held.action not in _SHIPPED or _good(held.path, held.content.encode(), demands):
        return None
    return _good(path, content, demands)


def _good(path: Path, content: bytes, demands: Demands | None) -> SelectorFile | None:
    selector, problems = check(path, demands, content)
    return None if problems else selector


def promote(
    engine: Engine,
    selector: SelectorFile,
    content: bytes,
    who: str,
    report: dict[str, Any] | None = None,
    reason: str | None = None,
) -> Release:
    """Put a text in force; it is taken up by every worker at its next look.

    What the text that it replaces has read and not landed is read anew.

    Raises:
        ConfigInvalid: exactly this text is in force already.
        WarehouseUnavailable: PostgreSQL can't be reached.
    """
    with transaction(engine) as connection:
        _take_turn(connection)
        held = _releases(connection.execute(_of_kind(_in_force(), selector.page_kind)).all())
        for release in held:
            if release.version == selector.version and release.sha256 == digest(content):
                raise ConfigInvalid(
                    f"{release.name} is in force with exactly this text, since "
                    f"{release.at:%Y-%m-%d %H:%M} UTC: edit the file first"
                )
        release = _insert(connection, selector, content, Action.PROMOTE, who, report, reason)
        _read_anew(connection, selector.page_kind)
        return release


def roll_back(engine: Engine, kind: PageKind, who: str, reason: str | None = None) -> Release:
    """Take the last promotion of a page kind back; returns that promotion.

    What it has read and not landed is read anew.

    Raises:
        ConfigInvalid: there is none that can be taken back.
        WarehouseUnavailable: PostgreSQL can't be reached.
    """
    with transaction(engine) as connection:
        _take_turn(connection)
        undone = select(_table.c.undoes).where(_table.c.undoes.is_not(None))
        last = connection.execute(
            select(_table)
            .where(_table.c.page_kind == kind.value, _table.c.action == Action.PROMOTE.value)
            .where(_table.c.release_id.not_in(undone))
            .order_by(_table.c.release_id.desc())
            .limit(1)
        ).all()
        if not last:
            raise ConfigInvalid(
                f"{kind.value} has no promotion to take back: only the files that came first "
                "are in force, see touchline selectors history"
            )
        release = _releases(last)[0]
        connection.execute(
            insert(_table).values(
                page_kind=release.page_kind,
                version=release.version,
                action=Action.ROLLBACK.value,
                sha256=release.sha256,
                content=release.content,
                who=who,
                reason=reason,
                undoes=release.release_id,
            )
        )
        _read_anew(connection, kind)
        return release


def read_anew(engine: Engine, batch_id: UUID) -> int:
    """Have read anew what a batch has staged that was read by a text out of force; how many.

    A worker may have read by the old text just after its promotion; see `replaced`.

    Raises:
        WarehouseUnavailable: PostgreSQL can't be reached; nothing is changed.
    """
    with transaction(engine) as connection:
        return send_back(connection, _in_force(), batch_id=batch_id)


def _read_anew(connection: Connection, kind: PageKind) -> None:
    pages = send_back(connection, _in_force(), page_kind=kind.value)
    if pages:
        log.info("%s: %d pages are read anew before they land", kind.value, pages)


def _insert(
    connection: Connection,
    selector: SelectorFile,
    content: bytes,
    action: Action,
    who: str,
    report: dict[str, Any] | None = None,
    reason: str | None = None,
) -> Release:
    row = connection.execute(
        insert(_table)
        .values(
            page_kind=selector.page_kind.value,
            version=selector.version,
            action=action.value,
            sha256=digest(content),
            content=content.decode(),
            who=who,
            reason=reason,
            report=report,
        )
        .returning(_table)
    ).one()
    return _releases([row])[0]


def _take_turn(connection: Connection) -> None:
    with _registry_is_there():
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        connection.execute(select(_table.c.release_id).limit(1))


def names_in_force(engine: Engine) -> set[str]:
    """Names of all versions in force, such as `match_centre/2022-08`.

    Raises:
        ConfigInvalid, WarehouseUnavailable: as `in_force`.
    """
    return {release.name for release in in_force(engine)}


def _in_force() -> Select[Any]:
    taken_back = _table.alias()
    return (
        select(_table)
        .ext(distinct_on(_table.c.page_kind, _table.c.version))
        .where(_table.c.action.in_([action.value for action in _PUTS_IN_FORCE]))
        .where(~select(taken_back).where(taken_back.c.undoes == _table.c.release_id).exists())
        .order_by(_table.c.page_kind, _table.c.version, _table.c.release_id.desc())
    )


def _of_kind(query: Select[Any], kind: PageKind | None) -> Select[Any]:
    return query if kind is None else query.where(_table.c.page_kind == kind.value)


def _read(engine: Engine, query: Select[Any]) -> Sequence[Row[Any]]:
    with _registry_is_there(), transaction(engine) as connection:
        return connection.execute(query).all()


@contextmanager
def _registry_is_there() -> Iterator[None]:
    """Tells a database that was never brought to this release's schema."""
    try:
        yield
    except ProgrammingError as error:
        if getattr(error.orig, "pgcode", None) != _UNDEFINED_TABLE:
            raise
        raise ConfigInvalid(
            "the database has no registry of selector files: run touchline db upgrade"
        ) from error


def _releases(rows: Sequence[Row[Any]]) -> list[Release]:
    found = []
    for row in rows:
        values = dict(row._mapping)
        found.append(Release(**{**values, "action": Action(values["action"])}))
    return found

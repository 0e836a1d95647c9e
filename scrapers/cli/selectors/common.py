"""What the commands share: the app, how files and versions are named, what is in force."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scrapers.cli.failures import FailureGroup
from scrapers.errors import ConfigInvalid
from scrapers.parsing.load import load
from scrapers.parsing.model import SelectorFile
from scrapers.settings import PREFIX, Settings, load_settings
from scrapers.targets import SOURCE, PageKind
from scrapers.whoscored.needs import unmet

if TYPE_CHECKING:
    from scrapers.parsing.registry import Release

selectors_app = typer.Typer(
    no_args_is_help=True,
    cls=FailureGroup,
    help="Selector files: write, check, prove and promote them, see how they read a page.",
)

Folder = Annotated[
    Path, typer.Option(envvar=f"{PREFIX}SELECTORS_DIR", help="folder of the selector files")
]
AsJson = Annotated[bool, typer.Option("--json", help="as JSON")]
By = Annotated[str | None, typer.Option("--by", help="who does it; else the system's user")]
_IN_FORCE = "in-force"


@dataclass(frozen=True, slots=True)
class Written:
    """A selector file's text, and the file it makes.

    Attributes:
        selector: the file, held to what the warehouse needs.
        content: its bytes.
        path: where it stands; for a text of the registry, what it is called.
    """

    selector: SelectorFile
    content: bytes
    path: Path


def warehouse_settings() -> Settings | None:
    """The settings; None if no warehouse is configured.

    Raises:
        ConfigInvalid: one is, and the settings are wrong.
    """
    try:
        return load_settings()
    except ConfigInvalid as error:
        problems = error.facts.get("problems")
        missing = f"{PREFIX}DATABASE_URL is missing"
        if isinstance(problems, list) and any(str(p).startswith(missing) for p in problems):
            return None
        raise


def file_named(name: str, folder: Path) -> Path:
    """The file of a version: by path, by `kind/version`, or by the version alone if one has it.

    Raises:
        ConfigInvalid: there is none, or there are several.
    """
    if name.endswith(".yaml"):
        return Path(name)
    root = folder / SOURCE
    found = [
        p for p in sorted(root.glob("*/*.yaml")) if name in (f"{p.parent.name}/{p.stem}", p.stem)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        told = ", ".join(f"{p.parent.name}/{p.stem}" for p in found)
        raise ConfigInvalid(f"{name!r} names several selector files: say which one, {told}")
    raise ConfigInvalid(
        f"there is no selector file {name!r} under {root}: write <page kind>/<version>, "
        "or the file's path"
    )


def written(name: str, folder: Path) -> Written:
    """A selector file by name; `kind/version@in-force` and `@<release>` are of the registry.

    Raises:
        ConfigInvalid: there is none, or it has problems.
        WarehouseUnavailable: PostgreSQL can't be reached.
    """
    plain, at, which = name.partition("@")
    if not at:
        path = file_named(plain, folder)
        content = _bytes(path)
        return Written(load(path, unmet, content), content, path)
    for release in _releases(which):
        if release.name == plain and which in (_IN_FORCE, str(release.release_id)):
            content = release.content.encode()
            return Written(load(release.path, None, content), content, release.path)
    raise ConfigInvalid(
        f"the registry has no {plain} {which}: see touchline selectors history", name=name
    )


def _releases(which: str) -> list[Release]:
    from scrapers.parsing import registry
    from scrapers.warehouse.engine import engine

    warehouse = engine(load_settings())
    return registry.in_force(warehouse) if which == _IN_FORCE else registry.history(warehouse)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigInvalid(f"{path} can't be read: {type(error).__name__}") from error


def kind_named(name: str) -> PageKind | None:
    """The page kind of this name, if it is one."""
    return PageKind(name) if name in {kind.value for kind in PageKind} else None

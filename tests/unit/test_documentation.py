"""The documentation says what is: references, links, commands, settings, files and tests."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from scrapers.cli.main import app
from scrapers.reference.documents import documents
from scrapers.settings import FILE_SUFFIX, PREFIX, ROOT, Settings

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^ *```sh[^\n]*\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_PATH = re.compile(
    r"`((?:scrapers|tests|dags|plugins|selectors|docs|\.ci|\.docker)/[\w./-]+)(::\w+)?`"
)
# They are made in the course of the example, or written by a command.
_EXAMPLES = ("scorers", "2026-08", ".docker/secrets")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_reference_is_what_the_code_gives() -> None:
    stale = [
        name(path)
        for path, text in documents().items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    assert not stale, f"run `python -m scrapers.reference`: {stale}"


def test_the_reference_tells_nothing_of_this_machine() -> None:
    for text in documents().values():
        assert str(ROOT) not in text
        assert str(Path.home()) not in text


def test_every_table_column_and_setting_is_explained() -> None:
    pages = {path.name: text for path, text in documents().items()}
    for page in ("tables.md", "settings.md"):
        rows = [line for line in pages[page].splitlines() if line.startswith("| `")]
        assert len(rows) > 50
        for row in rows:
            assert all(cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:3]), row
    assert "staging" in pages["tables.md"]


def test_the_site_builds_and_no_link_is_broken(tmp_path: Path) -> None:
    """Also: every page has a place in the menu."""
    command = [
        *(sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"),
        *("--config-file", str(ROOT / ".ci" / "mkdocs.yml"), "--site-dir", str(tmp_path / "site")),
    ]
    built = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    for path in (tmp_path / "site").rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert "```" not in page, path.name
        # Nothing is loaded from elsewhere.
        assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=\"(?:https?:)?//", page)


def commands(path: Path) -> Iterator[list[str]]:
    """The calls of `touchline` in a page's blocks for the shell."""
    for block in _BLOCK.findall(path.read_text(encoding="utf-8")):
        for line in block.splitlines():
            if re.match(r" *(?:var/demo/)?touchline ", line) and "OPTIONS" not in line:
                yield shlex.split(line, comments=True)[1:]


def test_the_commands_in_it_exist_with_their_options() -> None:
    program: Any = get_command(app)
    for path in PAGES:
        for arguments in commands(path):
            command, rest = program, list(arguments)
            while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
                if rest[0] not in command.commands and command.invoke_without_command:
                    break
                assert rest[0] in command.commands, (name(path), arguments)
                command = command.commands[rest.pop(0)]
            known = {"--help"} | {
                option for each in command.params for option in (*each.opts, *each.secondary_opts)
            }
            given = {word.partition("=")[0] for word in rest if word.startswith("--")}
            assert given <= known, (name(path), arguments)


def test_the_settings_in_it_exist() -> None:
    settings = {f"{PREFIX}{field.upper()}" for field in (*Settings.model_fields, "x")}
    known = settings | {f"{each}{FILE_SUFFIX}" for each in settings}
    for path in PAGES:
        for found in re.findall(rf"{PREFIX}[A-Z][A-Z_]*", path.read_text(encoding="utf-8")):
            # `TOUCHLINE_ALERTS_…` stands for several.
            is_part = found.endswith("_") and any(each.startswith(found) for each in known)
            assert is_part or found in known, (name(path), found)


def test_the_files_and_tests_in_it_exist() -> None:
    for path in PAGES:
        for where, test in _PATH.findall(path.read_text(encoding="utf-8")):
            if any(word in where for word in _EXAMPLES):
                continue
            found = ROOT / where
            assert found.exists(), (name(path), where)
            if test:
                assert f"def {test[2:]}(" in found.read_text(encoding="utf-8"), (name(path), test)

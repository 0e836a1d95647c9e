"""The documentation says what is: references, links, commands, settings, files and tests."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from scrapers.reference.documents import documents
from scrapers.settings import FILE_SUFFIX, PREFIX, ROOT, Settings
from tests.support.documented import (
    UnknownCommandError,
    blocks_commands,
    check,
    inline_commands,
)

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_COMMAND = re.compile(r"\s*(?:[$>] )?(?:docker compose|make|\S*touchline) [a-z-]")
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


def test_the_commands_in_it_exist_with_their_options() -> None:
    told = dict.fromkeys(PAGES, 0)
    for path in PAGES:
        page = path.read_text(encoding="utf-8")
        for words in (*blocks_commands(page), *inline_commands(page)):
            try:
                check(words)
            except UnknownCommandError as error:
                raise AssertionError(f"{name(path)}: {shlex.join(words)}: {error}") from error
        told[path] = len(list(blocks_commands(page)))
    assert told[ROOT / "docs" / "production.md"] > 20
    assert told[ROOT / "README.md"] > 15


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_command_stands_in_a_block_for_the_shell(path: Path) -> None:
    """Not in a block that is merely indented, or is of no language: nobody would look at it."""
    in_fence = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if fence := re.match(r" *```(\w*)", line):
            in_fence = "" if in_fence else fence[1] or "plain"
        elif in_fence != "sh" and (in_fence or line.startswith(("    ", "\t"))):
            assert not _COMMAND.match(line), f"{name(path)}:{number}: {line}"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("touchline statsu", "no command of touchline"),
        ("touchline backup run --quick", "no option of run"),
        (".venv/bin/touchline backup adpt", "no command of touchline"),
        ("X=1 touchline db grnt", "no command of touchline"),
        ("true; touchline status", "no program"),
        ("make tset", "no target of make"),
        ("docker compose stop fetch-wroker", "no service"),
        ("docker compose up --detach \\\n  parse-wroker", "no service"),
        ("docker compose up --scale parse=3", "no service"),
        ("docker compose --profile monitor up", "no profile"),
        ("docker compose exec parse-worker touchline backup adpt", "no command of touchline"),
        ("docker compose exec redis touchline status", "has no touchline"),
        ("docker compose run --rm init sh -c \\\n 'cd / && touchline db rolls'", "no command of"),
        ("docker compose up --detached", "no option of docker compose up"),
        ("docker pull selenoid/chrome:1.0", "no image"),
        (".docker/make-secret", "no file"),
        ("git pull && dokcer compose build", "no program"),
    ],
)
def test_a_command_that_there_is_not_is_found(line: str, says: str) -> None:
    def look(page: str) -> None:
        for words in blocks_commands(page):
            check(words)

    for indent in ("", "    "):
        block = "".join(f"{indent}{part}\n" for part in ("```sh", *line.split("\n"), "```"))
        with pytest.raises(UnknownCommandError, match=says):
            look(f"A page.\n\n{block}\nMore.\n")


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

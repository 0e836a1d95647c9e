"""What the command line prints of words from elsewhere: they are words, whatever they look like."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scrapers.cli import runs
from scrapers.cli.console import err, out, print_table, problem
from scrapers.settings import ROOT


@pytest.mark.parametrize("said", ["a [/red] b", "[red]x[/]", "[link=http://x]click[/link]", "a]b["])
def test_brackets_in_a_table_are_no_markup(said: str) -> None:
    with out.capture() as printed:
        print_table("t", ["a"], [[said]])
    assert said in printed.get()


@pytest.mark.parametrize("sign", ["\x1b[2J", "\x1b]0;title\x07", "\x9b2J", "\u202e", "\r", "\x00"])
def test_no_sign_that_a_terminal_obeys_is_printed(sign: str) -> None:
    with out.capture() as table:
        print_table("t", ["a"], [[f"Real{sign}Madrid"]])
    with err.capture() as failure:
        problem(f"Real{sign}Madrid\nsecond line")
    for printed in (table.get(), failure.get()):
        assert sign[0] not in printed
        assert "Madrid" in printed
    assert "\nsecond line" in failure.get()


def test_without_a_terminal_progress_is_plain_lines_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not err.is_terminal
    with err.capture() as told, runs.count_bar("pages read") as advance:
        for done in range(41):
            advance(done, 40)
        advance(40, 40)
    assert told.get() == "pages read: 0 of 40 done\npages read: 40 of 40 done\n"
    monkeypatch.setattr(runs, "PLAIN_SECONDS", 0.0)
    with err.capture() as told, runs.count_bar("pages read") as advance:
        for done in range(4):
            advance(done, 3)
    assert told.get().count("\n") == 4


def test_usage_names_the_command_and_not_the_module() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "scrapers.cli", "gaps", "drop"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "Usage: touchline gaps drop" in ended.stderr
    assert "scrapers.cli" not in ended.stderr

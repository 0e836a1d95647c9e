"""What the command line prints of words from elsewhere: they are words, whatever they look like."""

from __future__ import annotations

import pytest

from scrapers.cli.console import err, out, print_table, problem


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

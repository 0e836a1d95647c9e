"""What a message says, and that words from elsewhere take no effect in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scrapers.incidents.condition import tidy
from scrapers.incidents.messages import Told, duration, message
from scrapers.register import Severity, register, runbook

T0 = datetime(2026, 3, 1, 3, tzinfo=UTC)
TOLD = Told(7, "SourceRefused", "whoscored", Severity.P3, T0, None, "403, incident 12-34")
NOW = T0 + timedelta(minutes=95)


@pytest.mark.parametrize("failure_class", list(register()))
def test_every_class_has_a_message_of_its_own(failure_class: str) -> None:
    known = register()[failure_class]
    words = message("opened", replace(TOLD, failure_class=failure_class), now=NOW)
    for part in (known.meaning, known.impact, known.platform, known.person):
        assert " ".join(part.split()) in words.text
        assert " ".join(part.split()) in words.markdown
    assert words.subject.startswith("[P3] ")
    assert "(incident 7)" in words.subject
    assert runbook(failure_class) in words.text
    assert "1 h 35 min" in words.text
    assert "403, incident 12-34" in words.text


def test_the_end_says_from_when_to_when_and_asks_nothing() -> None:
    words = message("closed", replace(TOLD, closed_at=T0 + timedelta(minutes=12)), now=NOW)
    assert words.subject.startswith("[P3] OVER: ")
    assert "from 2026-03-01 03:00 to 2026-03-01 03:12 UTC, 12 min" in words.text
    assert "slow down" not in words.text


def test_the_runbook_can_be_a_link() -> None:
    words = message("opened", TOLD, docs_url="https://docs.example.org/t/", now=NOW)
    assert "https://docs.example.org/t/runbooks/SourceRefused.md" in words.text


@pytest.mark.parametrize(
    ("nasty", "gone"),
    [
        ("<!channel> <@U123> @here @everyone", ["<!", "<@", "@here", "@everyone"]),
        ("see https://evil.example/x and www.evil.example", ["https://", "www.evil"]),
        ("[click](javascript:x) <http://x|y>", ["](", "|y"]),
        ("a\r\nBcc: everybody@example.org\x00\x1b[2J", ["\r", "\x00", "\x1b", "\nBcc", "@"]),
        ("\u202egnp.exe ``` **b**", ["\u202e", "```", "**b"]),
        ("postgresql://user:MARKER@host/db", ["MARKER"]),
    ],
)
def test_words_from_elsewhere_are_defused(nasty: str, gone: list[str]) -> None:
    words = message("opened", replace(TOLD, subject=nasty, detail=nasty), now=NOW)
    for part in gone:
        assert part not in words.subject + words.text + words.markdown
    assert "\n" not in words.subject


def test_words_from_elsewhere_are_short() -> None:
    words = message("opened", replace(TOLD, subject="s" * 9000, detail="d" * 9000), now=NOW)
    assert len(words.subject) <= 200
    assert len(words.text) < 3000


def test_a_login_may_hold_anything() -> None:
    assert tidy("redis://:p@ss:w@h:1/0 x") == "redis://h:1/0 x"
    assert tidy("redis://:p/w@h:1/0 x") == "redis://h:1/0 x"
    assert tidy("http://h/a b@c") == "http://h/a b@c"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (3_900, "1 h 5 min"), (187_200, "2 d 4 h")],
)
def test_durations_are_read_at_a_glance(seconds: int, words: str) -> None:
    assert duration(timedelta(seconds=seconds)) == words

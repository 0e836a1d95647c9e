"""docs/doctor.md lists the checks that there are; run as a module, this writes the list."""

from __future__ import annotations

from scrapers.doctor.docs import BEGIN, END, table
from scrapers.settings import ROOT

PAGE = ROOT / "docs" / "doctor.md"


def _written() -> str:
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def test_the_list_of_checks_is_the_codes() -> None:
    assert PAGE.read_text(encoding="utf-8") == _written(), f"run python -m {__name__}"


def test_no_word_of_a_check_breaks_the_table() -> None:
    assert all(line.count("|") == 5 for line in table().splitlines())


if __name__ == "__main__":
    PAGE.write_text(_written(), encoding="utf-8")

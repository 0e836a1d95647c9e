"""The bench's arithmetic: order of the samples, medians, ratios, and how they read."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from rich.console import Console

from scrapers.settings import ROOT
from scrapers.whoscored.read import read_page, selector_files
from tests.bench import __main__ as bench
from tests.bench import export, figures, season
from tests.bench.figures import BenchError, Figure


def figure(**changes: object) -> Figure:
    given = {
        "measure": "parse",
        "what": "a page",
        "ours": [2.0, 9.0, 3.0],
        "against": "a plain one",
        "beside": [1.0, 2.0, 90.0],
    }
    return Figure(**{**given, **changes})  # type: ignore[arg-type]


def test_works_are_run_in_turn():
    seen: list[str] = []
    taken = figures.alternate(3, a=lambda: seen.append("a"), b=lambda: seen.append("b"))
    assert seen == ["a", "b", "a", "b", "a", "b"]
    assert {name: len(samples) for name, samples in taken.items()} == {"a": 3, "b": 3}
    assert all(seconds >= 0 for samples in taken.values() for seconds in samples)


def test_the_ratio_is_of_the_medians_so_that_one_disturbance_does_not_show():
    assert figure().ratio == 1.5
    assert figure(beside=[0.0]).ratio is None


def test_what_is_more_in_each_pair():
    assert figures.differences([5.0, 7.0], [2.0, 8.0]) == [3.0, -1.0]
    with pytest.raises(ValueError, match="shorter"):
        figures.differences([5.0, 7.0], [2.0])


def test_rates_are_for_each_sample():
    assert figures.rates(100, [2.0, 4.0]) == [50.0, 25.0]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.00234, "s", "2.34 ms"),
        (0.123, "s", "123 ms"),
        (-0.5, "s", "-500 ms"),
        (12.34, "s", "12.3 s"),
        (0.5, "pages/s", "0.5 pages/s"),
        (54237.4, "rows/s", "54,237 rows/s"),
    ],
)
def test_amounts_read_well(value: float, unit: str, text: str):
    assert figures.amount(value, unit) == text


def test_a_spread_is_told_where_there_is_one():
    assert figures.spread([4.0]) == "4.0"
    assert figures.spread([4.0, 1.0, 2.0]) == "2.0 (1.0 to 4.0)"


@pytest.mark.parametrize(
    ("changes", "text"),
    [({}, "× 1.50"), ({"share": True}, "150%"), ({"beside": [0.0]}, "–"), ({"ours": [-1.0]}, "–")],
)
def test_ratios_read_as_what_they_are(changes: dict[str, object], text: str):
    assert figures.ratio_text(figure(**changes)) == text


def test_the_table_names_a_measure_once_and_shows_every_figure():
    console = Console(width=140, record=True)
    shown = [figure(), figure(what="another"), figure(measure="gate", note="[s] of it")]
    console.print(figures.table(shown, "a caption"))
    text = console.export_text()
    assert text.count("parse") == 1
    assert text.count("gate") == 1
    assert text.count("× 1.50") == 3
    assert "another" in text
    assert "[s] of it" in text


def test_the_report_holds_all_samples(tmp_path):
    file = tmp_path / "var" / "bench.json"
    figures.write(file, [figure()], {"quick": True})
    found = json.loads(file.read_text())
    (one,) = found["figures"]
    assert found["quick"] is True
    assert one["ours"] == [2.0, 9.0, 3.0]
    assert (one["ours_median"], one["beside_median"], one["ratio"]) == (3.0, 2.0, 1.5)


def test_the_measures_have_their_names():
    assert list(bench.MEASURES) == [
        *("parse", "import", "airflow", "browser", "season", "export", "landing", "gate")
    ]


@pytest.mark.long  # it makes a season's pages; each run of the bench takes them as they are
def test_a_season_is_as_long_as_is_wanted_with_every_match_once():
    found = dict(season.pages(171))
    assert len(found) == 171
    targets = list(found)
    assert int(targets[-1].ids[0]) - int(targets[3].ids[0]) == 100_000
    copied = read_page(found[targets[-1]], targets[-1], "", selector_files(ROOT / "selectors"))
    assert {row["match_id"] for row in copied.rows["event"]} == {int(targets[-1].ids[0])}


@pytest.mark.parametrize("wrong", ["0", "-3", "many"])
def test_a_season_of_no_matches_is_refused(wrong: str, capsys, tmp_path):
    with pytest.raises(SystemExit) as ended:
        bench.main(["--home", str(tmp_path / "home"), "--matches", wrong, "season"])
    assert ended.value.code == 2
    assert "--matches" in capsys.readouterr().err


def test_what_has_not_landed_is_no_figure():
    with pytest.raises(BenchError, match="of 3 pages the re-parse says"):
        season._landed({"published": {"states": {"landed": 2, "blocked": 1}, "rows": {}}}, 3)
    with pytest.raises(BenchError, match="says None"):
        season._landed({"published": None}, 3)


def test_an_unknown_measure_is_named_and_nothing_starts(capsys, tmp_path):
    with pytest.raises(SystemExit) as ended:
        bench.main(["--home", str(tmp_path / "home"), "speed"])
    assert ended.value.code == 2
    assert "unknown: speed; choose of parse, import, airflow" in capsys.readouterr().err
    assert not (tmp_path / "home").exists()


def test_a_process_tells_the_most_memory_that_it_held(tmp_path):
    told = tmp_path / "peak"
    command = [sys.executable, "-m", "tests.bench.peak", str(told), "--help"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert "touchline" in ended.stdout
    assert 5e6 < int(told.read_text()) < 2e9


def test_an_export_stands_beside_copy_in_rows_and_in_bytes_of_the_same_text():
    def exported(seconds: float, peak: int) -> export._Export:
        return export._Export(1000, 2_000_000, 3, seconds, seconds + 1, peak)

    copied = export._Copied(1000, 8_000_000)
    ours, few = [exported(4.0, 300_000_000)], [exported(1.0, 200_000_000)]
    rows, size, s3, memory = export._figures(380, ours, [exported(8.0, 1)], few, [1.0], copied)
    assert (rows.ours, rows.beside, rows.ratio) == ([250.0], [1000.0], 0.25)
    assert (size.ours, size.beside, size.ratio) == ([2.0], [8.0], 0.25)
    assert "1.0 s of the command's start" in rows.note
    assert s3.ratio == 0.125
    assert (memory.ours, memory.beside, memory.ratio) == ([300.0], [200.0], 1.5)

"""`python -m tests.compose`: bring the compose file up, run nights, strike them, take it down.

It takes about an hour and some gigabytes: all images are made here. `--keep` leaves it running.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from scrapers.settings import ROOT
from tests.compose import promises, report
from tests.compose.daemon import Docker, DockerError, daemon
from tests.compose.nights import Night, Nights
from tests.compose.place import Place
from tests.compose.report import Figures
from tests.compose.scaled import SCALED, scaled
from tests.compose.strikes import all_of
from tests.compose.twice import compare

_PAGE = ROOT / "docs" / "compose.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do it; the exit code: 1 if anything is not as it has to be."""
    parser = argparse.ArgumentParser(prog="python -m tests.compose", description=__doc__)
    default = Path(tempfile.gettempdir()) / "touchline-compose"
    parser.add_argument("--home", type=Path, default=default, help="the daemon's folder")
    parser.add_argument("--only", action="append", help="only these strikes, by name; repeatable")
    parser.add_argument("--write", action="store_true", help="write docs/compose.md")
    parser.add_argument(
        "--twice", action="store_true", help="only build the image twice, and compare the files"
    )
    parser.add_argument("--keep", action="store_true", help="leave it running until Enter")
    chosen = parser.parse_args(arguments)
    try:
        with daemon(chosen.home) as docker:
            if chosen.twice:
                return _twice(docker)
            figures = _measure(docker, chosen)
    except (DockerError, TimeoutError) as error:
        print(f"compose-test: {error}", file=sys.stderr)
        return 1
    report.show(figures)
    if figures.problems:
        return 1
    print("compose-test: everything is as it has to be")
    return 0


def _twice(docker: Docker) -> int:
    place = Place(docker)
    place.build()
    same = compare(docker, ROOT, place.services["init"]["image"])
    print(f"compose-test: two builds hold the same {same} files, with the same times")
    return 0


def _measure(docker: Docker, chosen: argparse.Namespace) -> Figures:
    place, only = Place(docker), chosen.only
    strikes = [one for one in all_of(place) if not only or one.name in only]
    if only and len(strikes) < len(set(only)):
        known = ", ".join(one.name for one in all_of(place))
        raise DockerError(f"no such strike; there are {known}")
    _say("images")
    place.build()
    try:
        _say("up")
        place.down()  # what an earlier one has left behind, volumes included
        healthy = place.up()
        promises.look(place)
        _say(f"healthy after {healthy:.0f} s; a night without a strike")
        nights = Nights(place)
        quiet = nights.undisturbed()
        _say(f"landed in {quiet.ended:.0f} s; a dump")
        place.touchline("backup", "run")
        place.touchline("backup", "check")
        figures = Figures(
            docker.versions(), healthy, len(place.lasting), nights.day, nights.rows, quiet
        )
        later: list[tuple[str, Callable[[], Night]]] = [
            (strike.what, partial(nights.struck, strike)) for strike in strikes
        ]
        if not only:
            later.insert(0, (SCALED, partial(scaled, place, nights)))
        for what, run in later:
            _say(what)
            figures.struck.append(_told(run()))
            if chosen.write:  # at once: what is cut short counts
                _PAGE.write_text(report.page(figures), encoding="utf-8")
        if chosen.keep:
            input("running; Enter ends it: ")
        return figures
    finally:
        _say("down")
        place.down()


def _told(night: Night) -> Night:
    back = "" if night.healthy is None else f"healthy after {night.healthy:.0f} s, "
    _say(
        f"  {back}night over after {night.ended:.0f} s: {'; '.join(night.problems) or 'as it was'}"
    )
    return night


def _say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

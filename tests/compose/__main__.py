"""`python -m tests.compose`: bring the compose file up, run nights, strike them, take it down.

It takes about an hour and some gigabytes: all images are made here. `--keep` leaves it running.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

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
    # Whoever ends it by a signal wants the containers and the daemon gone too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with daemon(chosen.home) as docker:
            if chosen.twice:
                return _twice(docker)
            figures = _measure(docker, chosen)
    except (DockerError, TimeoutError, httpx.HTTPError) as error:
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
        _say(f"landed in {quiet.seconds:.0f} s; a dump")
        place.touchline("backup", "run")
        place.touchline("backup", "check")
        figures = Figures(
            docker.versions(), healthy, len(place.lasting), nights.day, nights.rows, quiet
        )
        while strikes:
            _say(f"{strikes[0].what}, and more; {len(strikes)} are left")
            night = nights.struck(strikes)
            _note(night, figures, chosen)
            done = [hit.strike for hit in night.hits] or strikes[:1]
            strikes = [strike for strike in strikes if strike not in done]
        if not only:
            _say(SCALED)
            _note(scaled(place, nights), figures, chosen)
        if chosen.keep:
            input("running; Enter ends it: ")
        return figures
    finally:
        _say("down")
        place.down()


def _note(night: Night, figures: Figures, chosen: argparse.Namespace) -> None:
    """Say what became of a night, and write it down at once: what is cut short counts."""
    figures.struck.append(night)
    for hit in night.hits:
        back = "" if hit.healthy is None else f"healthy after {hit.healthy:.0f} s, "
        _say(f"  {hit.strike.what}: {back}run over after {hit.ended:.0f} s")
    _say(f"  {'; '.join(night.problems) or 'as the undisturbed night'}")
    if chosen.write:
        _PAGE.write_text(report.page(figures), encoding="utf-8")


def _say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

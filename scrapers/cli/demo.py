"""`touchline demo`: the whole platform on this machine; needs the project's own folder.

The demo's stack (embedded PostgreSQL, Redis, the stand-in site) belongs to the tests, which
are not installed with the package, so it is run as a program of its own.
"""

from __future__ import annotations

import subprocess
import sys

import typer

from scrapers import ROOT

demo_app = typer.Typer(
    help="The whole platform on this machine: up, down, status.", no_args_is_help=True
)


@demo_app.command()
def up() -> None:
    """Start everything, run a night of football, show the rows; it is left running."""
    _run("up")


@demo_app.command()
def down() -> None:
    """Stop everything the demo started; no process and no port is left."""
    _run("down")


@demo_app.command()
def status() -> None:
    """The demo's processes and addresses."""
    _run("status")


def _run(action: str) -> None:
    if not (ROOT / "tests" / "demo").is_dir():
        from scrapers.errors import ConfigInvalid

        raise ConfigInvalid(
            "the demo needs the project's folder with tests/: clone the repository and run "
            "`make demo` in it"
        )
    ended = subprocess.run([sys.executable, "-m", "tests.demo", action], cwd=ROOT, check=False)
    raise typer.Exit(ended.returncode)

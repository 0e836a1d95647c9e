"""`python -m tests.site --port N`: run the stand-in site."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from tests.site.captured import Captured
from tests.site.control import parse_now
from tests.site.server import HOST, Server, serve
from tests.site.state import State
from tests.site.world import DEFAULT_NOW, DEFAULT_SEED, World


def _moment(text: str) -> datetime:
    return parse_now(text)


def main() -> None:
    """Read the arguments and serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m tests.site", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0: a free one")
    parser.add_argument("--seed", default=DEFAULT_SEED, help="which season (%(default)s)")
    parser.add_argument(
        "--now", type=_moment, default=DEFAULT_NOW, help="the site's clock (2023-01-15T12:00Z)"
    )
    parser.add_argument("--captured", type=Path, help="folder of captured real pages")
    chosen = parser.parse_args()
    state = State(World(chosen.seed, chosen.now), Captured.of(chosen.captured))
    server = Server(state, chosen.port)
    print(f"http://{HOST}:{server.server_port}", flush=True)
    serve(server)


if __name__ == "__main__":
    main()

"""A process with a browser, as a worker has one; does what its standard input says, line by line.

`load URL` prints the hub that loaded it, or the failure's class and detail. Settings come from
the environment. It is there to be killed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Self

from scrapers.browser.plan import FetchPlan
from scrapers.browser.session import Browser
from scrapers.errors import TouchlineError
from scrapers.settings import PREFIX, ROOT, Settings, load_settings
from scrapers.warehouse.engine import engine


class Worker:
    """Such a process; killed at the end, as by the kernel."""

    def __init__(self, settings: Settings) -> None:
        own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        self._environment = own | {
            f"{PREFIX}{name.upper()}": value
            for name, value in {
                "database_url": settings.database_url.get_secret_value(),
                "broker_url": settings.broker_url.get_secret_value(),
                "cache_url": settings.cache_url.get_secret_value(),
                "archive_url": settings.archive_url,
                "base_url": settings.base_url,
                "allowed_hosts": ",".join(settings.allowed_hosts),
                "hub_urls": ",".join(settings.hub_urls),
                "browser_args": ",".join(settings.browser_args),
                "hub_failures_to_open": str(settings.hub_failures_to_open),
                "hub_probe_seconds": str(settings.hub_probe_seconds),
                "session_idle_minutes": str(settings.session_idle_minutes),
                "session_start_timeout_seconds": str(settings.session_start_timeout_seconds),
            }.items()
        }

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.browser_worker"],
            env=self._environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def say(self, line: str) -> None:
        """Give an order."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        """Wait for the answer to an order."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def load(self, url: str) -> str:
        """Load a page; the hub, or the failure."""
        self.say(f"load {url}")
        return self.answer()

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait(timeout=10)


def main() -> None:
    """Do what standard input says."""
    settings = load_settings(_env_file=None)
    browser = Browser(settings, engine(settings))
    for line in sys.stdin:
        url = line.split()[1]
        try:
            said = browser.load(url, FetchPlan()).hub
        except TouchlineError as error:
            said = f"{error.failure_class}: {error.detail}"
        print(said, flush=True)


if __name__ == "__main__":
    main()

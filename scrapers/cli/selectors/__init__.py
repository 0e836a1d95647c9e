"""`touchline selectors …`: the selector file as its users' own tool.

Every command ends with 0 if all is well, with 1 if it found something, with 2 if the call or the
configuration is wrong; `--json` gives what it found as data.
"""

from scrapers.cli.field_coverage import field_coverage
from scrapers.cli.selectors import (
    checking,
    explaining,
    promoting,
    suggesting,
    testing,
    writing,
)
from scrapers.cli.selectors.common import selectors_app

selectors_app.command("coverage")(field_coverage)

__all__ = [
    "checking",
    "explaining",
    "promoting",
    "selectors_app",
    "suggesting",
    "testing",
    "writing",
]

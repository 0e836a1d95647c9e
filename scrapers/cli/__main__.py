"""`python -m scrapers.cli`: the same as `touchline`."""

from scrapers.cli.main import app

app(prog_name="touchline")

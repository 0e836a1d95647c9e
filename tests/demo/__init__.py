"""The demo: the whole platform on one machine, a night of football, and what came of it."""

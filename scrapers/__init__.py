"""Touchline: from a page of the source to validated rows in PostgreSQL.

The packages below are the rooms of the data's way, in its order: `targets`, `browser`,
`archive`, `parsing`, `whoscored`, `quality`, `warehouse`; `tasks` and `cli` stand on top.
Nothing in here imports Airflow.
"""

from pathlib import Path

# The folder that the project was cloned into, with selectors/, docs/ and tests/.
ROOT = Path(__file__).resolve().parent.parent

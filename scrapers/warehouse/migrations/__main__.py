"""Write a new revision: `python -m scrapers.warehouse.migrations "what it does"`."""

from __future__ import annotations

import sys

from scrapers.settings import settings
from scrapers.warehouse.migrations import revise

revise(settings(), sys.argv[1])

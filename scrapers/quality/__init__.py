"""The quality gate: Great Expectations suites, and what follows from them.

Great Expectations logs hundreds of lines a run at INFO: its logger is set before it is imported.
"""

import logging

logging.getLogger("great_expectations").setLevel(logging.WARNING)

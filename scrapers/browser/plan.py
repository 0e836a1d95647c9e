"""How a page kind is to be loaded; stands in the selector file, carried to the browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class FetchPlan:
    """Loading of one page kind.

    Attributes:
        load_strategy: WebDriver's page-load strategy; 'eager' returns at DOMContentLoaded.
        ready: JavaScript expressions; the page is ready when one of them is true. Empty: ready
            as soon as it is loaded.
        ready_timeout_seconds: how long to wait for that; the page is archived as it stands
            afterwards, and the selector engine says what is missing.
    """

    load_strategy: Literal["none", "eager", "normal"] = "eager"
    ready: tuple[str, ...] = ()
    ready_timeout_seconds: float = 10.0

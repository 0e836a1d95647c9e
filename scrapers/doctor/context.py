"""What the checks are given."""

from __future__ import annotations

from dataclasses import dataclass

from scrapers.settings import Settings

CONNECT_SECONDS = 3  # for a connection; a service of ours that takes longer is not well
ANSWER_SECONDS = 5  # for an answer


@dataclass(frozen=True, slots=True)
class Context:
    """How to look.

    Attributes:
        settings: the platform's.
        session: whether to open a real browser session on each hub.
    """

    settings: Settings
    session: bool = True

"""More workers, by nothing but `--scale`: the same night, shared out."""

from __future__ import annotations

from tests.compose.nights import Night, Nights
from tests.compose.place import Place

NUMBER = 3
SCALED = f"nothing, with {NUMBER} containers of each worker"
# What a worker logs of a task that it takes up.
_TAKEN = {"fetch-worker": "Task touchline.fetch[", "parse-worker": "Task touchline.parse["}


def scaled(place: Place, nights: Nights) -> Night:
    """A night with so many containers of each worker, of each of which a new one must take part."""
    place.scale(dict.fromkeys(_TAKEN, NUMBER))
    night = nights.again(SCALED)
    for service, taken in _TAKEN.items():
        lines = place.compose("logs", "--no-color", service).splitlines()
        # Each line begins with its container's name; the first container's logs are older.
        busy = {line.partition("|")[0].strip() for line in lines if taken in line}
        if len(place.containers()[service]) != NUMBER or len(busy) < 2:
            night.problems.append(f"of {service} took part: {', '.join(sorted(busy)) or 'none'}")
    return night

"""The control routes: what the world holds, what was asked for, faults, corrections, the clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from tests.site.amend import AmendError, Amendment
from tests.site.faults import JSON, Answer, Fault, FaultError
from tests.site.match import Match
from tests.site.state import State
from tests.site.world import World

PREFIX = "/__control/"


class _RequestError(ValueError):
    """The control call is wrong; the text says why."""


def answer(state: State, method: str, path: str, body: bytes) -> Answer:
    """Answer a control call; a wrong one gets 400 and `{"error": …}`."""
    routes: dict[tuple[str, str], Callable[[State, dict[str, Any]], object]] = {
        ("GET", "world"): lambda s, _: describe(s.world),
        ("GET", "requests"): lambda s, _: s.requests(),
        ("POST", "requests/clear"): _clear_requests,
        ("POST", "faults"): _add_fault,
        ("POST", "faults/clear"): _clear_faults,
        ("POST", "amend"): _amend,
        ("POST", "amend/clear"): _clear_amendments,
        ("POST", "now"): _set_now,
    }
    route = routes.get((method, path.removeprefix(PREFIX).strip("/")))
    if route is None:
        return _json(HTTPStatus.NOT_FOUND, {"error": f"no control route {method} {path}"})
    try:
        stated = json.loads(body) if body.strip() else {}
        if not isinstance(stated, dict):
            raise _RequestError("the body is no JSON object")
        return _json(HTTPStatus.OK, route(state, stated))
    except (FaultError, AmendError, _RequestError, json.JSONDecodeError) as error:
        return _json(HTTPStatus.BAD_REQUEST, {"error": str(error)})


def _json(status: int, content: object) -> Answer:
    return Answer(status, JSON, json.dumps(content, ensure_ascii=False).encode())


def describe(world: World) -> dict[str, object]:
    """The world in JSON; see the package's docstring."""
    matches = world.matches()
    days: dict[str, int] = {}
    for match in matches:
        day = str((match.kickoff_utc - timedelta(hours=5)).date())
        complete = match.status == "finished" and match.has_match_centre
        days[day] = days.get(day, 0) + complete
    kinds: dict[str, Callable[[Match], bool]] = {
        "postponed": lambda m: m.status == "postponed",
        "moved": lambda m: m.fixture.postponement is not None and m.status != "postponed"
        and m.kickoff_utc != m.fixture.kickoff,
        "abandoned": lambda m: m.status == "abandoned",
        "no_match_centre": lambda m: m.status == "finished" and not m.has_match_centre,
        "scheduled": lambda m: m.status == "scheduled",
        "live": lambda m: m.status == "live",
        "extra_time": lambda m: m.status == "finished" and m.outcome.extra_time,
        "shoot_out": lambda m: m.status == "finished" and bool(m.outcome.shoot_out),
        "own_goal": lambda m: m.status == "finished"
        and any(goal.how == "own" for goal in m.outcome.goals),
        "red_card": lambda m: m.status == "finished" and bool(m.outcome.dismissals),
    }  # fmt: skip
    return {
        "seed": world.seed,
        "now": f"{world.now:%Y-%m-%dT%H:%M:%SZ}",
        "follow": world.follow(),
        "days": days,
        "special": {kind: [m.id for m in matches if fits(m)] for kind, fits in kinds.items()},
    }


def _clear_requests(state: State, _: dict[str, Any]) -> object:
    state.clear_requests()
    return {}


def _add_fault(state: State, stated: dict[str, Any]) -> object:
    state.faults.add(Fault.of(stated))
    return {}


def _clear_faults(state: State, _: dict[str, Any]) -> object:
    state.faults.clear()
    return {}


def _amend(state: State, stated: dict[str, Any]) -> object:
    try:
        amendment = Amendment(**stated)
    except TypeError as error:
        raise _RequestError(str(error)) from error
    try:
        state.world.amend(amendment)
    except KeyError as error:
        raise _RequestError(f"there is no match {stated.get('match_id')}") from error
    match = state.world.match(amendment.match_id)
    return {"score": match.score, "events": match.events} if match else {}


def _clear_amendments(state: State, _: dict[str, Any]) -> object:
    state.world.clear_amendments()
    return {}


def _set_now(state: State, stated: dict[str, Any]) -> object:
    state.world.now = parse_now(str(stated.get("now")))
    return {"now": f"{state.world.now:%Y-%m-%dT%H:%M:%SZ}"}


def parse_now(text: str) -> datetime:
    """A moment such as 2023-01-15T12:00Z; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _RequestError(f"{text!r} is no moment: write 2023-01-15T12:00Z") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

"""How a text becomes a value: the steps tried on what stands at a place.

The old steps come first, then those of the closed list that may make a value of the field's
type. Only steps that give the known values are proposed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from scrapers.parsing.compare import equal
from scrapers.parsing.fields import NamedStep, named_steps, regex_step
from scrapers.parsing.model import SelectorField
from scrapers.parsing.notation import TransformStep
from scrapers.parsing.places import MISSING
from scrapers.parsing.suggest.html_places import may_hold
from scrapers.parsing.values import CHECKS, FieldType, MisfitError

_DATES = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%m/%d/%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y-%m-%d",
          "%Y.%m.%d", "%d %b %Y", "%b %d %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%d/%m/%y",
          "%d-%b-%Y", "%d-%b-%y", "%a, %b %d %Y", "%a, %d-%b-%y", "%a %d %b %Y",
          "%A, %b %d %Y", "%Y%m%d")  # fmt: skip
_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%H.%M", "%Hh%M")
_JOINS = (" ", ", ", "T", " at ", " - ")
_FACTORS = (100, 0.01, 1000, 0.001, 10, 0.1, 60)
_WRONG = 0.4  # of the known values, at most, may be others by now
_MAP_SIZE = 15
_NULL_WORDS = 4  # ways in which a page may say that there is no value
_LONGEST_WORD = 15
_PLAUSIBLE = 3
_RATIOS = 5  # values, at least, by which a ratio is told
_KEPT_RUNNERS = 4096
_LONGEST_REGEX = 60  # a longer one repeats the page's own words


def step(name: str, argument: Any = None) -> TransformStep:
    """A transform as the selector file writes it."""
    return TransformStep(name=name, argument=argument)


_FIGURE = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_CONVERSIONS = (
    (step("to_integer"),),
    (step("strip"),),
    (step("collapse_spaces"),),
    (step("strip"), step("to_integer")),
    (step("to_number"),),
    (step("to_text"),),
)


@dataclass(frozen=True, slots=True)
class Chain:
    """Steps from what stands at a place to the field's value.

    Attributes:
        regex: the place's regular expression.
        place_steps: the place's own transforms.
        field_steps: the field's transforms.
        is_old: as the selector file had them.
    """

    regex: str | None = None
    place_steps: tuple[TransformStep, ...] = ()
    field_steps: tuple[TransformStep, ...] = ()
    is_old: bool = False

    def ready(self, zone: ZoneInfo) -> list[NamedStep]:
        """The steps, ready to run."""
        first = [regex_step(self.regex)] if self.regex is not None else []
        return first + named_steps((*self.place_steps, *self.field_steps), zone)


class Runner:
    """A chain that is run on values."""

    def __init__(self, chain: Chain, zone: ZoneInfo, type_: FieldType) -> None:
        self.chain = chain
        self._steps = chain.ready(zone)
        self._check = CHECKS[type_]

    def run(self, value: Any) -> Any:
        """The value after all steps; `MISSING` if they don't fit or give another type."""
        value = None if value is MISSING else value
        try:
            for each in self._steps:
                if value is not None or each.takes_null:
                    value = each.run(value)
            if value is not None:
                self._check(value)
        except MisfitError:
            return MISSING
        return value

    def right(self, raws: Sequence[Any], wants: Sequence[Any]) -> float:
        """Share of the known values that come out; 0 as soon as it is too low."""
        known = sum(want is not None for want in wants)
        allowed = int(len(wants) * _WRONG)
        wrong = 0
        for raw, want in zip(raws, wants, strict=True):
            got = self.run(raw)
            if got is MISSING or not _same(got, want):
                wrong += 1
                if wrong > allowed:
                    return 0.0
        return 1 - wrong / len(wants) if known else 0.0


def _same(got: Any, want: Any) -> bool:
    if type(got) is float and type(want) in (int, float):
        return bool(abs(got - want) <= 1e-9 * max(1.0, abs(want)))
    return bool(equal(got, want))


def old_chains(field: SelectorField) -> list[Chain]:
    """The steps of the field as it is, one for each of its places."""
    field_steps = tuple(field.transform)
    found = [Chain(p.regex, tuple(p.transform), field_steps, is_old=True) for p in field.places]
    return list({repr(chain): chain for chain in found}.values())  # a map's table has no hash


def fitting(
    field: SelectorField, raws: Sequence[Any], wants: Sequence[Any], zone: ZoneInfo
) -> Iterator[tuple[Chain, float]]:
    """Chains that make the known values of what stands at a place, the plainest first."""
    for chain in old_chains(field):
        if share := _runner(chain, zone, field.type).right(raws, wants):
            yield chain, share
    if not _may_be_made(field, raws, wants):
        return
    best: tuple[Chain, float] | None = None
    for chain in _new_chains(field, raws, wants):
        share = _runner(chain, zone, field.type).right(raws, wants)
        if share and (best is None or share > best[1]):
            best = chain, share
            if share == 1:
                break  # what follows says the same in more words
    if best is not None:
        yield best


def _may_be_made(field: SelectorField, raws: Sequence[Any], wants: Sequence[Any]) -> bool:
    """Whether enough known values may be written in what stands there; cheap, and no proof."""
    if field.type not in (FieldType.TEXT, FieldType.INTEGER, FieldType.NUMBER) or _has_map(field):
        return True
    pairs = [(r, w) for r, w in zip(raws, wants, strict=True) if w is not None]
    if _ratio(raws, wants) is not None:
        return True
    may = sum(raw not in (MISSING, None) and _may_say(raw, want) for raw, want in pairs)
    return may >= (1 - _WRONG) * len(pairs)


def _ratio(raws: Sequence[Any], wants: Sequence[Any]) -> float | int | None:
    """By what numbers must be divided to give the known values, where it is one for most."""
    ratios = []
    for raw, want in zip(raws, wants, strict=True):
        number = _number(raw)
        if number and type(want) in (int, float) and want:
            ratios.append(number / want)
    if len(ratios) < _RATIOS:
        return None
    middle = sorted(ratios)[len(ratios) // 2]
    near = sum(abs(ratio - middle) <= 1e-3 * abs(middle) for ratio in ratios)
    ratio = float(f"{middle:.4g}")
    if near < (1 - _WRONG) * len(ratios) or ratio in (0.0, 1.0):
        return None
    return int(ratio) if ratio.is_integer() else ratio


def _number(raw: Any) -> float | None:
    if type(raw) in (int, float):
        return float(raw)
    found = _FIGURE.fullmatch(raw.strip()) if type(raw) is str else None
    return float(found.group().replace(",", ".")) if found is not None else None


def _may_say(raw: Any, want: Any) -> bool:
    if type(want) is str:
        return may_hold(str(raw), want)
    if type(raw) is str:
        found = _FIGURE.search(raw)
        if found is None:
            return False
        if may_hold(raw, want):
            return True
        raw = float(found.group().replace(",", "."))
    if type(raw) not in (int, float):
        return False
    close = 1e-6 * max(1.0, abs(want))
    return any(abs(raw * factor - want) <= close for factor in (1, *_FACTORS))


def _has_map(field: SelectorField) -> bool:
    steps = (*field.transform, *(s for place in field.places for s in place.transform))
    return field.one_of is not None or any(each.name == "map" for each in steps)


def plausible(field: SelectorField, raws: Sequence[Any], zone: ZoneInfo) -> list[Chain]:
    """Steps that make values of the field's type, where no value is known: the old ones first."""
    given = [raw for raw in raws if raw not in (MISSING, None)]
    found: list[Chain] = []
    if not given:
        return found
    for chain in (*old_chains(field), *_new_chains(field, given, [None] * len(given))):
        runner = _runner(chain, zone, field.type)
        if all(_is_sane(field, runner.run(raw)) for raw in given):
            found.append(chain)
            if chain.is_old or len(found) >= _PLAUSIBLE:
                break
    return found


def _is_sane(field: SelectorField, value: Any) -> bool:
    """Whether a value is one that the field may have, as far as its checks tell."""
    if value is MISSING or (value is None and field.required):
        return False
    if value is None:
        return True
    if field.one_of is not None and value not in field.one_of:
        return False
    if field.range is None or type(value) not in (int, float):
        return True
    return bool(field.range[0] <= value <= field.range[1])


_runners: dict[tuple[str, str, FieldType], Runner] = {}


def _runner(chain: Chain, zone: ZoneInfo, type_: FieldType) -> Runner:
    key = (repr(chain), zone.key, type_)  # arguments may be dictionaries, which have no hash
    if key not in _runners:
        if len(_runners) >= _KEPT_RUNNERS:
            _runners.clear()
        _runners[key] = Runner(chain, zone, type_)
    return _runners[key]


def _new_chains(field: SelectorField, raws: Sequence[Any], wants: Sequence[Any]) -> Iterator[Chain]:
    plain = {
        FieldType.TEXT: _texts,
        FieldType.INTEGER: _integers,
        FieldType.NUMBER: _numbers,
        FieldType.BOOLEAN: _booleans,
        FieldType.LOCAL_TIME: _local_times,
        FieldType.UTC_TIME: _utc_times,
    }.get(field.type)
    if plain is None:
        yield Chain()
        return
    yield from _converted(field)
    nulls = _null_steps(raws, wants)
    regexes: list[str | None] = [None]
    if field.type in (FieldType.TEXT, FieldType.INTEGER, FieldType.NUMBER):
        regexes += _null_words(field, raws, wants)
        regexes += _old_regexes(field)
        regexes += _regexes(field.type, raws, wants)
    for regex in regexes:
        for steps in plain(raws):
            yield Chain(regex, (), (*nulls, *steps))
            if field.type in (FieldType.INTEGER, FieldType.NUMBER) and nulls:
                yield Chain(regex, (), (*steps, *nulls))
    ratio = _ratio(raws, wants) if field.type in (FieldType.INTEGER, FieldType.NUMBER) else None
    if ratio is not None:
        whole = (step("to_integer"),) if field.type == FieldType.INTEGER else ()
        for before in ((), (step("to_number"),), (step("decimal", ","), step("to_number"))):
            yield Chain(None, (), (*nulls, *before, step("divide", ratio), *whole))
    if mapped := _map(field, raws, wants):
        yield mapped


def _null_steps(raws: Sequence[Any], wants: Sequence[Any]) -> tuple[TransformStep, ...]:
    """Steps for what stands there where there is no value."""
    idle = [r for r, w in zip(raws, wants, strict=True) if w is None and r not in (MISSING, None)]
    if not idle or len(idle) == len(raws):
        return ()
    if all(type(raw) is str and not raw.strip() for raw in idle):
        return (step("empty_to_null"),)
    if all((type(raw) in (int, float) and raw == 0) or _is_nought(raw) for raw in idle):
        return (step("zero_to_null"),)
    return ()


def _is_nought(raw: Any) -> bool:
    return type(raw) is str and re.fullmatch(r"\s*0+(?:[.,]0+)?\s*", raw) is not None


def _converted(field: SelectorField) -> Iterator[Chain]:
    """The old steps, with what makes of the new raw value one of the old type before them."""
    for old in old_chains(field):
        if not old.place_steps and not old.field_steps:
            continue
        for before in _CONVERSIONS:
            if old.regex is None or before[0].name in ("strip", "collapse_spaces"):
                yield Chain(old.regex, (*before, *old.place_steps), old.field_steps)


def _old_regexes(field: SelectorField) -> list[str]:
    return [place.regex for place in field.places if place.regex is not None]


def _null_words(field: SelectorField, raws: Sequence[Any], wants: Sequence[Any]) -> list[str]:
    """A regular expression that takes what is written where there is no value ('-', 'N/A').

    Where no value is known, words without a figure are taken for such in an optional number.
    """
    texts = [(r, w) for r, w in zip(raws, wants, strict=True) if type(r) is str and r.strip()]
    if any(want is not None for want in wants):
        idle = {raw.strip() for raw, want in texts if want is None}
    elif field.type != FieldType.TEXT and not field.required:
        idle = {raw.strip() for raw, _ in texts if not any(char.isdigit() for char in raw)}
    else:
        return []
    said = {raw.strip() for raw, want in texts if want is not None}
    if not 0 < len(idle) <= _NULL_WORDS or max(map(len, idle)) > _LONGEST_WORD or idle & said:
        return []
    if all(_is_nought(word) for word in idle):
        return []
    what = {
        FieldType.TEXT: r".*\S",
        FieldType.INTEGER: r"[+-]?[\d.,]*\d",
        FieldType.NUMBER: r"[+-]?[\d.,]*\d",
    }[field.type]
    words = "|".join(re.escape(word) for word in sorted(idle))
    return [rf"^\s*(?:{words}|({what}))\s*$"]


def _texts(raws: Sequence[Any]) -> Iterator[tuple[TransformStep, ...]]:
    yield ()
    yield (step("collapse_spaces"),)
    yield (step("to_text"),)


def _integers(raws: Sequence[Any]) -> Iterator[tuple[TransformStep, ...]]:
    whole = step("to_integer")
    yield ()
    yield (whole,)
    yield (step("strip"), whole)
    for mark in (",", ".", " ", "\u00a0", "'"):
        yield (step("ungroup", mark), whole)
    for factor in _FACTORS:
        yield (step("to_number"), step("multiply", factor), whole)
        yield (step("decimal", ","), step("to_number"), step("multiply", factor), whole)


def _numbers(raws: Sequence[Any]) -> Iterator[tuple[TransformStep, ...]]:
    yield ()
    yield (step("to_number"),)
    yield (step("strip"), step("to_number"))
    yield (step("decimal", ","), step("to_number"))
    for mark in (",", " "):
        yield (step("ungroup", mark), step("to_number"))
    for factor in _FACTORS:
        yield (step("to_number"), step("multiply", factor))
        yield (step("decimal", ","), step("to_number"), step("multiply", factor))


def _booleans(raws: Sequence[Any]) -> Iterator[tuple[TransformStep, ...]]:
    yield ()
    yield (step("default", False),)
    yield (step("default", True),)
    for yes, no in (
        (1, 0),
        ("1", "0"),
        ("true", "false"),
        ("yes", "no"),
        ("Y", "N"),
        ("Yes", "No"),
    ):
        mapped = step("map", {no: False, yes: True})
        yield (mapped,)
        yield (mapped, step("default", False))


def _shape(text: str) -> str:
    """How a text is written: its digits and its letters are all alike."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", " ".join(text.split())))


@lru_cache(maxsize=1)
def _patterns() -> dict[str, list[str]]:
    """Patterns of times by how what they read is written."""
    found: dict[str, list[str]] = {}
    sample = datetime(2022, 8, 13, 20, 15, 30)  # noqa: DTZ001 - any time, for its looks
    for date, join, clock in product(_DATES, _JOINS, _CLOCKS):
        for pattern in (f"{date}{join}{clock}", f"{clock}{join}{date}"):
            found.setdefault(_shape(sample.strftime(pattern)), []).append(pattern)
    return found


def _patterns_for(raws: Sequence[Any]) -> list[str]:
    first = next((raw for raw in raws if type(raw) is str and raw.strip()), "")
    return _patterns().get(_shape(first), [])


def _local_times(raws: Sequence[Any]) -> Iterator[tuple[TransformStep, ...]]:
    local = step("to_local")
    yield (step("iso_time"),)
    yield (step("iso_time"), local)
    yield (step("strip"), step("iso_time"))
    for unit in ("seconds", "milliseconds"):
        yield (step("unix_time", unit), local)
    for pattern in _patterns_for(raws):
        yield (step("collapse_spaces"), step("parse_time", pattern))


def _utc_times(raws: Sequence[Any]) -> Iterator[tuple[TransformStep, ...]]:
    yield (step("iso_time"),)
    yield (step("iso_time"), step("to_utc"))
    for unit in ("seconds", "milliseconds"):
        yield (step("unix_time", unit),)
    for pattern in _patterns_for(raws):
        yield (step("collapse_spaces"), step("parse_time", pattern), step("to_utc"))


def _map(field: SelectorField, raws: Sequence[Any], wants: Sequence[Any]) -> Chain | None:
    """A map of what stands there to the known values, where such a field has few of them."""
    table: dict[Any, Any] = {}
    first: tuple[TransformStep, ...] = ()
    for raw, want in zip(raws, wants, strict=True):
        if want is None or raw in (MISSING, None):
            continue
        if type(raw) is float and raw.is_integer():
            raw, first = int(raw), (step("to_integer"),)  # what an XPath counts
        if type(raw) not in (str, int, bool) or table.setdefault(raw, want) != want:
            return None
    had_map = _has_map(field)
    few = bool(table) and len(table) <= _MAP_SIZE and (len(table) * 4 <= len(wants) or had_map)
    if not few or not (field.one_of or had_map or field.type == FieldType.BOOLEAN):
        return None
    if field.type == FieldType.BOOLEAN and len(table) > 2:
        return None
    return Chain(None, (), (*first, step("map", table)))


def _regexes(type_: FieldType, raws: Sequence[Any], wants: Sequence[Any]) -> list[str]:
    """Regular expressions that cut the known values out of the texts around them."""
    pairs = [
        (raw, str(want))
        for raw, want in zip(raws, wants, strict=True)
        if type(raw) is str and want is not None and len(raw) < 2000
    ]
    if pairs and all(raw.strip() == want for raw, want in pairs):
        return []
    if not pairs and (type_ == FieldType.TEXT or any(want is not None for want in wants)):
        return []
    sign = "[+-]?" if any(want.startswith("-") for _, want in pairs) else ""
    what = {
        FieldType.TEXT: r"(.+?)",
        FieldType.INTEGER: rf"({sign}\d+)",
        FieldType.NUMBER: rf"({sign}\d+(?:[.,]\d+)?)",
    }[type_]
    around = [_around(raw, want) for raw, want in pairs]
    befores = {a[0] for a in around if a is not None}
    afters = {a[1] for a in around if a is not None}
    # Of several texts before the value the end that all share: '/teams/' of '/teams/12/…'.
    before = _common_end(befores) if befores else ""
    after = _common_begin(afters) if afters else ""
    found = []
    if len(befores) == 1 and len(afters) == 1:
        found.append(f"^{before}{what}{after}$")
    if before:
        found.append(f"{before}{what}" + (after if type_ == FieldType.TEXT and after else ""))
    if after:
        found.append(f"{what}{after}")
    if type_ != FieldType.TEXT:
        found.append(what)
        found.append(rf"({sign}\d+[.,]\d+)")
    return [regex for regex in found if len(regex) <= _LONGEST_REGEX]


def _around(raw: str, want: str) -> tuple[str, str] | None:
    """What stands before and after a value in a text, as patterns: digits and spaces may vary."""
    digits = r"(?<!\d)" + re.escape(want) + r"(?!\d)" if want[-1:].isdigit() else re.escape(want)
    match = re.search(digits, raw)
    if match is None:
        return None
    return _pattern(raw[: match.start()]), _pattern(raw[match.end() :])


def _pattern(text: str) -> str:
    parts = re.findall(r"\d+|\s+|[^\d\s]+", text)
    return "".join(
        r"\d+" if p.isdigit() else r"\s*" if p.isspace() else re.escape(p) for p in parts
    )


def _parts(pattern: str) -> list[str]:
    return re.findall(r"\\d\+|\\s\*|\\?.", pattern)


def _common_begin(patterns: set[str]) -> str:
    lists = [_parts(each) for each in patterns]
    common = []
    for parts in zip(*lists, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return "".join(common[:40])


def _common_end(patterns: set[str]) -> str:
    lists = [_parts(each)[::-1] for each in patterns]
    common = []
    for parts in zip(*lists, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return "".join(common[:40][::-1])

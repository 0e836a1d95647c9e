"""The model of a selector file: one page kind's layout, as plain data.

The descriptions here are what editors show and what `docs/selector.schema.json` says.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from scrapers.parsing.notation import (
    AssignmentTarget,
    Css,
    JmesPath,
    Name,
    Regex,
    Steps,
    TimeZone,
    XPath,
)
from scrapers.parsing.values import FieldType
from scrapers.targets import PageKind


class Strict(BaseModel):
    """Base: no key that the format does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False, strict=True)


def _one_of_places(place: Any, names: tuple[str, ...], need: str) -> None:
    given = [name for name in names if getattr(place, name) is not None]
    if len(given) != 1 and not (given and need == "any"):
        many = " and ".join(given) if given else "nothing"
        raise PydanticCustomError(
            "place",
            "{what}",
            {"what": f"names {many} as the place", "mend": f"name one of {', '.join(names)}"},
        )


class Document(Strict):
    """A value in the page that other places refer to by name."""

    assigned_to: AssignmentTarget | None = Field(
        None, description="target of the assignment in a script, e.g. require.config.params['args']"
    )
    pushed_to: AssignmentTarget | None = Field(
        None, description="list that scripts fill by calls, e.g. tables of tables.push({…})"
    )
    css: Css | None = Field(None, description="element whose text is JSON")
    xpath: XPath | None = Field(None, description="element whose text is JSON")

    @model_validator(mode="after")
    def _one_place(self) -> Document:
        _one_of_places(self, ("assigned_to", "pushed_to", "css", "xpath"), "one")
        return self


class Condition(Strict):
    """Something that is on the page: an element, a document, or a value in a document."""

    css: Css | None = Field(None, description="an element that this finds")
    xpath: XPath | None = Field(None, description="an element or text that this finds")
    js: str | None = Field(None, description="a document of this name that can be read")
    path: JmesPath | None = Field(None, description="with js: a value there that is not null")
    is_null: bool = Field(
        False, description="with path: instead, the key is there and its value is null"
    )

    @model_validator(mode="after")
    def _one_place(self) -> Condition:
        _one_of_places(self, ("css", "xpath", "js"), "one")
        if self.path is not None and self.js is None:
            raise PydanticCustomError(
                "place", "has a path without a document", {"mend": "add js: <document>"}
            )
        if self.is_null and self.path is None:
            raise PydanticCustomError(
                "place", "is_null without a path", {"mend": "add path: <key that must be null>"}
            )
        return self


class Conditions(Strict):
    """Conditions on a page; each of the given parts must hold."""

    all: list[Condition] = Field(default=[], description="each of these holds")
    any: list[Condition] = Field(default=[], description="at least one of these holds")
    none: list[Condition] = Field(default=[], description="none of these holds")

    @model_validator(mode="after")
    def _some(self) -> Conditions:
        if not (self.all or self.any or self.none):
            raise PydanticCustomError(
                "empty", "has no condition", {"mend": "add one under all, any or none"}
            )
        return self


class AbsentRule(Conditions):
    """When a page says that there is nothing to read; the target is then recorded as absent."""

    says: str = Field(min_length=10, description="the sentence that the ledger keeps")


class Fetch(Strict):
    """How a browser is to load pages of this kind."""

    load_strategy: Literal["none", "eager", "normal"] = Field(
        "eager", description="WebDriver's page-load strategy; eager returns at DOMContentLoaded"
    )
    ready: list[str] = Field(
        default=[], description="JavaScript expressions; ready when one is true; empty: when loaded"
    )
    ready_timeout_seconds: float = Field(
        10.0, gt=0, le=120, description="how long to wait for that, in seconds"
    )


class Place(Strict):
    """One of the places where a field's value may stand; the first that gives a value wins."""

    css: Css | None = Field(None, description="the first element that this finds: its text")
    xpath: XPath | None = Field(None, description="the first element or text that this finds")
    js: str | None = Field(None, description="name of a document; with path: the value there")
    path: JmesPath | None = Field(
        None, description="JMESPath in the document, or in the row if js is left out"
    )
    attr: str | None = Field(None, min_length=1, description="attribute instead of the text")
    regex: Regex | None = Field(
        None,
        description="must be found in the text: its group, or all of it, is the value; "
        "blank text is null",
    )
    transform: Steps = Field(default=[], description="steps for this place only")

    @model_validator(mode="after")
    def _one_place(self) -> Place:
        _one_of_places(
            self, ("css", "xpath", "js", "path"), "one" if self.css or self.xpath else "any"
        )
        if self.attr is not None and self.css is None and self.xpath is None:
            raise PydanticCustomError(
                "place", "has attr without an element", {"mend": "add css or xpath, or drop attr"}
            )
        return self


class SelectorField(Strict):
    """A field: where its value stands, what it is, and what of it is sane."""

    places: list[Place] = Field(
        alias="from", min_length=1, description="places in order; the first with a value wins"
    )
    type: FieldType = Field(strict=False, description="type that the value must have in the end")
    unit: str | None = Field(None, min_length=1, description="unit, for people: minutes, cm, …")
    description: str | None = Field(None, min_length=1, description="what it is, for people")
    transform: Steps = Field(default=[], description="steps from what the page says to the value")
    required: bool = Field(True, description="false: the value may be null")
    present: bool = Field(
        False,
        description="the key or element must be on the page though its value may be null; "
        "for optional fields, so that a renamed key is noticed",
    )
    min_filled: int = Field(
        0,
        ge=0,
        description="so many of the group's rows on the page, at least, state a value",
    )
    range: tuple[float, float] | None = Field(
        None,
        strict=False,
        description="lowest and highest sane number, both allowed; of a list, for each",
    )
    one_of: list[str | int | bool] | None = Field(
        None, min_length=1, description="the only values there may be"
    )


class Rows(Strict):
    """One of the places where a group's rows may stand."""

    css: Css | None = Field(None, description="each element that this finds is a row")
    xpath: XPath | None = Field(None, description="each element that this finds is a row")
    js: str | None = Field(None, description="name of a document")
    path: JmesPath | None = Field(
        None, description="list in the document, or in the row above if js is left out"
    )
    items: bool = Field(
        False, description="rows are an object's members, each as {key: …, value: …}"
    )
    skip_keys: list[str] = Field(default=[], description="with items: members that are no rows")

    @model_validator(mode="after")
    def _one_place(self) -> Rows:
        _one_of_places(
            self, ("css", "xpath", "js", "path"), "one" if self.css or self.xpath else "any"
        )
        if self.skip_keys and not self.items:
            raise PydanticCustomError(
                "place", "has skip_keys without items", {"mend": "add items: true"}
            )
        if self.items and (self.css is not None or self.xpath is not None):
            raise PydanticCustomError(
                "place", "has items of an element", {"mend": "items is for js and path"}
            )
        return self


class Group(Strict):
    """A repeated part of the page: each row gives the same fields."""

    rows: list[Rows] = Field(min_length=1, description="places in order; the first there wins")
    required: bool = Field(True, description="false: the place of the rows may be missing")
    min_rows: int = Field(0, ge=0, description="fewer rows than this are a failure")
    fields: dict[Name, SelectorField] = Field(min_length=1, description="fields of a row")
    groups: dict[Name, Group] = Field(default={}, description="groups within a row")


class SelectorFile(Strict):
    """One version of the layout of a page kind."""

    page_kind: PageKind = Field(strict=False, description="kind of page; the folder's name")
    version: str = Field(
        pattern=r"^[0-9a-z][0-9a-z.-]{0,40}$", description="name of the version; the file's name"
    )
    effective_from: date = Field(strict=False, description="day from which the layout is known")
    description: str = Field(min_length=10, description="what this layout is, for people")
    timezone: TimeZone = Field(description="clock of the page's times, for to_utc")
    fetch: Fetch = Field(description="how a browser loads it")
    fingerprint: Conditions = Field(description="what tells this layout from others")
    documents: dict[Name, Document] = Field(default={}, description="values referred to by name")
    absent: list[AbsentRule] = Field(default=[], description="pages that have nothing to read")
    fields: dict[Name, SelectorField] = Field(default={}, description="the page's fields")
    groups: dict[Name, Group] = Field(default={}, description="the page's repeated parts")

    def __hash__(self) -> int:
        # Lists and dictionaries within have no hash; what is equal has these equal.
        return hash((self.page_kind, self.version))

    @property
    def name(self) -> str:
        """Name that every landed row carries: `match_centre/2022-08`."""
        return f"{self.page_kind.value}/{self.version}"

"""Conditions on a page: fingerprints of layouts, and pages that have nothing to read."""

from __future__ import annotations

from scrapers.parsing.fields import document_value
from scrapers.parsing.model import Condition, Conditions, Document
from scrapers.parsing.page import Page
from scrapers.parsing.places import MISSING, elements_getter, is_element, json_getter
from scrapers.parsing.values import MisfitError


def holds(conditions: Conditions, page: Page, documents: dict[str, Document]) -> bool:
    """Whether all the given parts hold: all, any, none."""
    return not failed(conditions, page, documents)


def failed(conditions: Conditions, page: Page, documents: dict[str, Document]) -> list[str]:
    """The conditions that do not hold, each in a few words."""
    lacking = [f"{told(c)} is not there" for c in conditions.all if not is_met(c, page, documents)]
    lacking += [f"{told(c)} is there" for c in conditions.none if is_met(c, page, documents)]
    if conditions.any and not any(is_met(c, page, documents) for c in conditions.any):
        lacking.append(f"none of {', '.join(told(c) for c in conditions.any)} is there")
    return lacking


def is_met(condition: Condition, page: Page, documents: dict[str, Document]) -> bool:
    """Whether a condition holds."""
    try:
        if condition.js is None:
            there = elements_getter(condition.css, condition.xpath)(page.root)
            # An XPath may also compute its answer: count(//tr) > 3.
            return any(is_element(item) or bool(item) for item in there)
        value = document_value(page, documents[condition.js])
        if condition.path is None:
            return value is not MISSING
        found = json_getter(condition.path)(value)
    except MisfitError:
        return False
    return found is None if condition.is_null else found is not MISSING and found is not None


def told(condition: Condition) -> str:
    """A condition as messages name it."""
    if condition.js is not None:
        where = (
            f"{condition.js}: {condition.path}" if condition.path else f"document {condition.js}"
        )
        return f"{where} = null" if condition.is_null else where
    return condition.css if condition.css is not None else str(condition.xpath)

"""Where a value stands: CSS, XPath and JMESPath made into plain getters.

A getter gives what it finds, `None` for a null on the page, or `MISSING` where the place is
not on the page at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import jmespath
from cssselect import SelectorError
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from lxml import etree
from lxml import html as lxml_html
from parsel.csstranslator import HTMLTranslator

from scrapers.parsing.values import MisfitError

Getter = Callable[[Any], Any]


class _Missing:
    def __repr__(self) -> str:
        return "nothing there"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()

_PLAIN_PATH = re.compile(r"[A-Za-z_]\w*(?:\[\d+\])*(?:\.[A-Za-z_]\w*(?:\[\d+\])*)*", re.ASCII)
_PATH_PART = re.compile(r"[A-Za-z_]\w*|\[\d+\]", re.ASCII)
_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")
_CALL = re.compile(r"([A-Za-z_][\w.:-]*)\s*\(")
_XPATH_FUNCTIONS = {
    *("last", "position", "count", "id", "local-name", "namespace-uri", "name", "string"),
    *("concat", "starts-with", "contains", "substring-before", "substring-after", "substring"),
    *("string-length", "normalize-space", "translate", "boolean", "not", "true", "false", "lang"),
    *("number", "sum", "floor", "ceiling", "round"),
    *("node", "text", "comment", "processing-instruction", "and", "or", "div", "mod"),
}
_NO_TEXT = ("script", "style")
_shown_text = etree.XPath(".//text()[not(parent::script or parent::style)]")
_translator = HTMLTranslator()
_EMPTY_PAGE = lxml_html.document_fromstring("<html><body><p>x</p></body></html>")


@lru_cache(maxsize=1024)
def json_getter(path: str) -> Getter:
    """Getter of a JMESPath in JSON; paths such as `a.b[0].c` cost no more than dictionaries.

    Raises:
        ValueError: the text is no JMESPath.
    """
    if _PLAIN_PATH.fullmatch(path):
        parts = [int(p[1:-1]) if p[0] == "[" else p for p in _PATH_PART.findall(path)]
        if len(parts) == 1:
            return _member(str(parts[0]))
        return _member_of_members(tuple(parts))
    try:
        compiled = jmespath.compile(path)
    except JMESPathError as error:
        raise ValueError(f"is no JMESPath: {_first_line(error)}") from error
    if unknown := _functions(compiled.parsed) - set(Functions.FUNCTION_TABLE):
        raise ValueError(f"is no JMESPath: there is no function {min(unknown)}()")

    def search(value: Any) -> Any:
        try:
            found = compiled.search(value)
        except JMESPathError as error:
            raise MisfitError(f"the path does not suit the data: {_first_line(error)}") from error
        return MISSING if found is None else found

    return search


def _functions(tree: Any) -> set[str]:
    """Names of the functions that a parsed JMESPath calls."""
    if not isinstance(tree, dict):
        return set()
    called = {tree["value"]} if tree.get("type") == "function_expression" else set()
    return called.union(*(_functions(child) for child in tree.get("children", ())))


def _member(name: str) -> Getter:
    def get(value: Any) -> Any:
        return value.get(name, MISSING) if type(value) is dict else MISSING

    return get


def _member_of_members(parts: tuple[str | int, ...]) -> Getter:
    def get(value: Any) -> Any:
        for part in parts:
            if type(value) is dict:
                value = value.get(part, MISSING)
            elif type(value) is list and type(part) is int and part < len(value):
                value = value[part]
            else:
                return MISSING
        return value

    return get


@lru_cache(maxsize=1024)
def elements_getter(css: str | None, xpath: str | None) -> Callable[[Any], list[Any]]:
    """All elements (or texts) that a CSS or XPath finds under an element, in page order.

    What an XPath computes (a number, true or false) is the only item.

    Raises:
        ValueError: the text is no CSS or XPath.
    """
    try:
        source = _translator.css_to_xpath(css) if css is not None else str(xpath)
        compiled = etree.XPath(source)
        compiled(_EMPTY_PAGE)
        # Evaluated on no element, a step's condition shows nothing of an unknown function.
        called = set(_CALL.findall(_QUOTED.sub("''", source)))
        if unknown := called - _XPATH_FUNCTIONS:
            raise ValueError(f"there is no function {min(unknown)}()")
    except (etree.XPathError, SelectorError, ValueError) as error:
        kind = "CSS selector" if css is not None else "XPath"
        raise ValueError(f"is no {kind}: {_first_line(error)}") from error

    def find(element: Any) -> list[Any]:
        try:
            found = compiled(element)
        except etree.XPathError as error:
            raise MisfitError(f"the XPath does not suit the page: {error}") from error
        return found if isinstance(found, list) else [found]

    return find


def is_element(found: Any) -> bool:
    """Whether something found is an element of the page."""
    return isinstance(found, etree._Element)


def element_value(found: Any, attr: str | None) -> Any:
    """Text of an element (or its attribute); strings and numbers of XPath as they are.

    Scripts and styles within an element are no text of it.
    """
    if is_element(found):
        if attr is None:
            if any(one is not found for one in found.iter(*_NO_TEXT)):
                return "".join(map(str, _shown_text(found)))
            return "".join(str(part) for part in found.itertext())
        value = found.get(attr)
        return MISSING if value is None else str(value)
    return str(found) if isinstance(found, str) else found


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__

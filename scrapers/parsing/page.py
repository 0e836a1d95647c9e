"""A page as the selector engine sees it: its elements, and the values in its scripts."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

import orjson
from lxml import etree
from lxml import html as lxml_html

from scrapers.errors import LayoutChanged
from scrapers.parsing.javascript import (
    NotDataError,
    assigned_value_starts,
    pushed_values,
    read_value,
)
from scrapers.parsing.model import Document
from scrapers.parsing.places import MISSING, element_value, elements_getter
from scrapers.parsing.values import MisfitError

MAX_BYTES = 20_000_000
# The parser compares each attribute of a tag with those before it: 60,000 of them take a minute.
MAX_ATTRIBUTES = 5_000
_LONG_TAG = re.compile(r"<[a-zA-Z][^<]{20000,}")
_TAG = re.compile(r"<(?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


class Page:
    """An archived page. Elements and values are read when first asked for, then kept.

    Args:
        html: the page as archived, UTF-8 if bytes.
        url: where it came from, for messages.

    Attributes:
        text: the page as text.

    Raises:
        LayoutChanged: larger than 20 MB, or not UTF-8.
    """

    def __init__(self, html: bytes | str, url: str = "") -> None:
        self.url = url
        if len(html) > MAX_BYTES:
            raise LayoutChanged(
                f"the page has {len(html) / 1e6:.0f} MB, no page of the source has more than "
                f"{MAX_BYTES / 1e6:.0f}",
                fields=["page"],
                url=url,
            )
        try:
            self._bytes = html if isinstance(html, bytes) else html.encode()
            self.text = self._bytes.decode()
        except UnicodeError as error:
            raise LayoutChanged(
                f"the page is not UTF-8: {error.reason} at byte {error.start}"
                if isinstance(error, UnicodeDecodeError)
                else "the page holds half character pairs",
                fields=["page"],
                url=url,
            ) from error
        self._values: dict[Document, Any] = {}

    @cached_property
    def root(self) -> Any:
        """The page's root element.

        Raises:
            LayoutChanged: there is nothing in it, a tag has more attributes than any has, or the
                parser gave the page up for its size or depth.
        """
        for stretch in _LONG_TAG.finditer(self.text):
            tag = _TAG.match(stretch.group())
            attributes = len(_QUOTED.sub(" ", tag.group()).split()) if tag else 0
            if attributes > MAX_ATTRIBUTES:
                raise LayoutChanged(
                    f"an element has {attributes} attributes, more than {MAX_ATTRIBUTES}",
                    fields=["page"],
                    url=self.url,
                )
        # Limits of the parser stay on. It cuts what is deeper or larger than a page ever is, and
        # says so in its log only: half a page must not be taken for a whole one.
        parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
        try:
            root = lxml_html.document_fromstring(self._bytes, parser=parser)
        except (etree.ParserError, etree.XMLSyntaxError, AssertionError) as error:
            raise LayoutChanged("the page is empty", fields=["page"], url=self.url) from error
        for entry in parser.error_log:
            if entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
                raise LayoutChanged(
                    f"the page is too large or too deep for the parser: {entry.message}",
                    fields=["page"],
                    url=self.url,
                )
        return root

    @cached_property
    def scripts(self) -> list[str]:
        """Texts of the page's inline scripts, in page order."""
        return [text for element in self.root.iter("script") if (text := element.text)]

    def value(self, document: Document) -> Any:
        """The value of a document, or `MISSING` if it is not on the page.

        Of several assignments to the same target the last one holds, as in a browser.

        Raises:
            NotDataError: it is there and can't be read.
        """
        if document not in self._values:
            try:
                self._values[document] = self._read(document)
            except NotDataError as error:
                self._values[document] = error
        value = self._values[document]
        if isinstance(value, NotDataError):
            raise value
        return value

    def _read(self, document: Document) -> Any:
        if document.assigned_to is not None:
            for script in reversed(self.scripts):
                if starts := assigned_value_starts(script, document.assigned_to):
                    return read_value(script, starts[-1])
            return MISSING
        if document.pushed_to is not None:
            pushed = [
                v for script in self.scripts for v in pushed_values(script, document.pushed_to)
            ]
            return pushed or MISSING
        try:
            found = elements_getter(document.css, document.xpath)(self.root)
        except MisfitError as error:
            raise NotDataError(str(error)) from error
        if not found:
            return MISSING
        text = str(element_value(found[0], None)).strip()
        if text.startswith("<!--") and text.endswith("-->"):
            text = text[4:-3].strip()  # the site's way of hiding JSON in a script
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            is_cut = text[:1] in ("{", "[") and text[-1:] not in ("}", "]")
            raise NotDataError(f"the text is no JSON: {error.msg}", cut=is_cut) from error

"""The selector engine: a page and a selector file give typed values."""

from scrapers.parsing.extract import Extracted, extract
from scrapers.parsing.files import SelectorFiles
from scrapers.parsing.model import SelectorFile
from scrapers.parsing.page import Page
from scrapers.parsing.versions import Versions

__all__ = ["Extracted", "Page", "SelectorFile", "SelectorFiles", "Versions", "extract"]

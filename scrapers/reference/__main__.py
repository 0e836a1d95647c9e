"""`python -m scrapers.reference` writes the reference pages anew."""

from __future__ import annotations

from scrapers.reference.documents import documents


def main() -> None:
    """Write them; a test refuses pages that are not what the code gives."""
    for path, text in documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

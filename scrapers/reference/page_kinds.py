"""The kinds of page as a page: address, key, step of a run, layouts, tables."""

from __future__ import annotations

from scrapers.pipeline.steps import KINDS
from scrapers.reference.markdown import GENERATED, code, table
from scrapers.settings import ROOT, Settings
from scrapers.targets import PageKind, Target, id_names
from scrapers.warehouse.tables import CORE_TABLES

_HEAD = f"""\
# Kinds of page

{GENERATED.format(source="scrapers/targets.py")}
A target is a page: its kind, and the ids in its address. Its key is its name in the ledger, in
staging and in the archive, and what commands take as `--target`. `TOUCHLINE_PAGE_KINDS` says which
kinds runs collect. How a kind is added: [contributing](../contributing.md).

"""


def page_kinds_page() -> str:
    """The page, Markdown."""
    return _HEAD + "\n".join(map(_section, PageKind))


def _section(kind: PageKind) -> str:
    steps = ", ".join(code(step.value) for step, kinds in KINDS.items() if kind in kinds)
    layouts = sorted((ROOT / "selectors" / "whoscored" / kind.value).glob("*.yaml"))
    replaced = [code(f"core.{t.name}") for t in CORE_TABLES if t.info.get("page") is kind]
    target = Target(kind, tuple(f"<{name}>" for name in id_names(kind)))
    default = kind in Settings.model_fields["page_kinds"].default
    rows = [
        ("key", code(target.key)),
        ("address", code(target.url("https://host")[len("https://host") :])),
        ("step", steps),
        ("collected", "by default" if default else "if it is asked for"),
        ("layouts", ", ".join(code(f"{kind.value}/{path.stem}") for path in layouts)),
        ("tables whose rows it replaces", ", ".join(replaced) or "none: it adds to others"),
    ]
    return f"## {kind.value}\n\n" + table(("", ""), rows)

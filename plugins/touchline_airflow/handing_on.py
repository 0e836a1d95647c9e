"""The tasks that hand the landed rows on, and that keep them safe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class ExportOperator(BaseOperator):
    """Export what changed since the last export; its output says how much there is.

    Args:
        full: write everything anew.
    """

    template_fields = ("full",)
    ui_color = "#d9ead3"

    def __init__(self, *, full: bool | str = False, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.full = full

    def execute(self, context: Context) -> dict[str, Any]:
        """Export; see scrapers.export.run."""
        from scrapers.export.run import export, open_place
        from scrapers.settings import settings
        from scrapers.warehouse.engine import engine

        current = settings()
        full = self.full if isinstance(self.full, bool) else self.full == "True"
        return export(engine(current), open_place(current.export_url), full=full).as_json()


class BackupOperator(BaseOperator):
    """Dump the warehouse, read the dump back, let the oldest dumps go."""

    ui_color = "#d9ead3"

    def execute(self, context: Context) -> dict[str, Any]:
        """Back up; see scrapers.backup.dump."""
        from scrapers.backup.dump import as_json, back_up, open_place
        from scrapers.settings import settings
        from scrapers.warehouse.engine import engine

        current = settings()
        return as_json(back_up(engine(current), current, open_place(current.backup_url)))

"""Dashboards, alert rules and Prometheus' file ask for what is there, in words it understands."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from scrapers.metrics.collect import PREFIX
from scrapers.metrics.measures import COUNTER, MEASURES
from scrapers.metrics.rules import rules
from scrapers.settings import ROOT

DOCKER = ROOT / ".docker"
BOARDS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((DOCKER / "grafana" / "dashboards").glob("*.json"))
}
SOURCE = yaml.safe_load(
    (DOCKER / "grafana/provisioning/datasources/prometheus.yml").read_text(encoding="utf-8")
)["datasources"][0]
PROMETHEUS = yaml.safe_load((DOCKER / "prometheus/prometheus.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = yaml.safe_load(
    (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
)["services"]
# Grafana's own names in an expression.
_LABELS = re.compile(r"\{\{(\w+)\}\}")
_NAME = re.compile(rf"\b((?:{PREFIX}|airflow_)\w+)")
_SELECTED = re.compile(rf"\b({PREFIX}\w+)\{{([^}}]*)\}}")


def told() -> dict[str, set[str]]:
    """What our metrics service tells: the labels, by name."""
    found = {
        f"{PREFIX}{measure.name}{'_total' if measure.kind == COUNTER else ''}": set(measure.labels)
        for measure in MEASURES
    }
    return {**found, f"{PREFIX}part_up": {"part"}, f"{PREFIX}measure_missing": {"measure"}}


def airflow_told() -> set[str]:
    """What Airflow tells by its own list, as the exporter writes it."""
    package = find_spec("airflow")
    assert package is not None
    assert package.submodule_search_locations
    place = Path(next(iter(package.submodule_search_locations)))
    text = (place / "_shared/observability/metrics/metrics_template.yaml").read_text("utf-8")
    names = re.findall(r'- name: "([\w.{}-]+)"', text)
    assert len(names) > 50
    return {f"airflow_{name.replace('.', '_')}" for name in names}


def expressions() -> dict[str, tuple[str, str]]:
    """Every expression of the dashboards with its legend, by dashboard, panel and letter."""
    return {
        f"{board}: {panel['title']} {target['refId']}": (target["expr"], target["legendFormat"])
        for board, file in BOARDS.items()
        for panel in file["panels"]
        for target in panel["targets"]
    }


def test_the_night_is_there() -> None:
    """What a person looks for first in the morning."""
    text = json.dumps(BOARDS["night"])
    for name in (
        *("night_targets", "time_to_land_seconds", "held_targets", "browser_sessions"),
        *("due_targets", "newest_match_timestamp_seconds", "incident_open", "part_up"),
    ):
        assert f"{PREFIX}{name}" in text
    assert BOARDS["night"]["title"] == "Night at a glance"
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert Path(home).name == "night.json"


@pytest.mark.parametrize("where", sorted(expressions()))
def test_panels_ask_for_measures_and_labels_that_exist(where: str) -> None:
    """A measure that is renamed leaves an empty panel, which looks like a quiet night."""
    expression, legend = expressions()[where]
    known = told()
    names = set(_NAME.findall(expression))
    assert names
    assert {name for name in names if name.startswith(PREFIX)} <= set(known)
    assert {name for name in names if name.startswith("airflow_")} <= airflow_told()
    for name, selector in _SELECTED.findall(expression):
        assert set(re.findall(r"(\w+)=", selector)) <= known[name]
    if all(name in known for name in names):
        labels = set().union(*(known[name] for name in names))
        for text in re.findall(r"\bby \(([^)]*)\)", expression):
            assert {label.strip() for label in text.split(",")} <= labels
        assert set(_LABELS.findall(legend)) <= labels


def test_alert_rules_ask_for_what_exists() -> None:
    """The rules are generated; this is the same promise as for the panels."""
    asked = {
        name
        for group in yaml.safe_load(rules())["groups"]
        for rule in group["rules"]
        for name in _NAME.findall(rule["expr"])
    }
    assert asked
    assert asked <= set(told())


def test_boards_can_be_provisioned() -> None:
    """Their source is the provisioned one, ids are theirs alone, panels lie side by side."""
    assert len({board["uid"] for board in BOARDS.values()}) == len(BOARDS) > 1
    for board in BOARDS.values():
        cells: set[tuple[int, int]] = set()
        ids = [panel["id"] for panel in board["panels"]]
        assert len(set(ids)) == len(ids)
        for panel in board["panels"]:
            assert panel["description"], panel["title"]
            for item in (panel, *panel["targets"]):
                assert item["datasource"] == {"type": SOURCE["type"], "uid": SOURCE["uid"]}
            at = panel["gridPos"]
            assert at["x"] + at["w"] <= 24
            taken = {
                (x, y)
                for x in range(at["x"], at["x"] + at["w"])
                for y in range(at["y"], at["y"] + at["h"])
            }
            assert not cells & taken, panel["title"]
            cells |= taken


def test_everything_is_where_it_is_looked_for() -> None:
    """Grafana's folders, Prometheus' targets and the services' ports are the same in all files."""
    mounts = dict(
        volume.split(":")[:2][::-1]
        for volume in SERVICES["grafana"]["volumes"]
        if ".docker" in volume
    )
    provider = yaml.safe_load(
        (DOCKER / "grafana/provisioning/dashboards/touchline.yml").read_text(encoding="utf-8")
    )["providers"][0]
    assert mounts[provider["options"]["path"]] == "./.docker/grafana/dashboards"
    assert SOURCE["url"] == "http://prometheus:9090"
    asked = {
        job["job_name"]: job["static_configs"][0]["targets"] for job in PROMETHEUS["scrape_configs"]
    }
    assert asked.pop("prometheus") == ["localhost:9090"]
    for (target,) in asked.values():
        assert target.partition(":")[0] in SERVICES
    metrics = SERVICES["metrics"]["command"]
    assert asked["touchline"] == [f"metrics:{metrics[metrics.index('--port') + 1]}"]
    assert "--web.listen-address=:9102" in SERVICES["statsd-exporter"]["command"]
    assert PROMETHEUS["rule_files"] == ["rules.yml"]


def test_prometheus_understands_all_of_it(tmp_path: Path) -> None:
    """Its own checker reads its file, the rules, and each panel's expression as a rule."""
    promtool = shutil.which("promtool")
    assert promtool, "run .ci/setup monitoring"
    read = run(promtool, "check", "config", str(DOCKER / "prometheus" / "prometheus.yml"))
    assert read.returncode == 0, read.stderr
    asked = [
        {"record": f"panel:{number}", "expr": expression}
        for number, (expression, _) in enumerate(expressions().values())
    ]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": asked}]}))
    read = run(promtool, "check", "rules", str(file))
    assert read.returncode == 0, read.stderr
    assert f"{len(asked)} rules found" in read.stdout
    asked[0]["expr"] = "sum by (x"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": asked}]}))
    assert run(promtool, "check", "rules", str(file)).returncode != 0


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)

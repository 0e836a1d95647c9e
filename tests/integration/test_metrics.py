"""What Prometheus is told, from a real ledger; the alert rules by Prometheus' own promtool."""

from __future__ import annotations

import shutil
import subprocess
import urllib.request
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, insert, text

from scrapers.errors import FAILURE_CLASSES
from scrapers.metrics import collect
from scrapers.metrics.collect import LedgerCollector
from scrapers.metrics.measures import MEASURES, Measure
from scrapers.metrics.rules import rules
from scrapers.register import register
from scrapers.settings import Settings
from scrapers.warehouse.engine import engine as engine_of
from scrapers.warehouse.health_tables import HubStateRow, IncidentRow, RequestHourRow
from scrapers.warehouse.ops_tables import FailureRow, SourceStateRow, TargetRow
from tests.support.supervise import free_ports

Told = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def told(settings: Settings, engine: Engine) -> Told:
    """The samples by name and labels."""
    registry = CollectorRegistry()
    registry.register(LedgerCollector(settings, engine))
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def value(found: Told, name: str, **labels: str) -> float:
    return found[(f"touchline_{name}", tuple(sorted(labels.items())))]


def target(key: str, state: str) -> dict[str, object]:
    kind = key.split("/")[1]
    return {"target_key": key, "page_kind": kind, "state": state, "planned_at": text("now()")}


def test_the_measures_are_what_the_ledger_says(make_settings, engine):
    with engine.begin() as connection:
        for number, state in enumerate(("landed", "landed", "quarantined"), start=1):
            row = target(f"whoscored/match_centre/{number}", state)
            connection.execute(insert(TargetRow).values(**row))
        for _ in range(2):
            connection.execute(
                insert(FailureRow).values(
                    target_key="whoscored/match_centre/3",
                    stage="parse",
                    failure_class="LayoutChanged",
                    severity="P3",
                    detail="no score",
                    facts={},
                    attempt=1,
                )
            )
        for hour in ("2022-08-13 20:00Z", "2022-08-13 21:00Z"):
            connection.execute(
                insert(RequestHourRow).values(host="site", hour=text(f"'{hour}'"), requests=7)
            )
        connection.execute(
            insert(SourceStateRow).values(
                source="whoscored", paused_until=text("now() + interval '1 h'")
            )
        )
        connection.execute(insert(HubStateRow).values(hub="http://hub:4444", state="open"))
        connection.execute(
            text(
                "INSERT INTO ops.gap (target_key, failure_class, closed_at, closed_by) "
                "SELECT target_key, 'SourceRefused', now() - interval '1 day', 'given up' "
                "FROM ops.target WHERE target_key = 'whoscored/match_centre/3'"
            )
        )
        for subject, watch in (("whoscored", {"announced_at": "2022-08-14T04:00Z"}), ("b", {})):
            connection.execute(
                insert(IncidentRow).values(
                    failure_class="SourceRefused",
                    subject=subject,
                    severity="P3",
                    detail="it refuses us",
                    facts={"watch": watch},
                )
            )
    found = told(make_settings(), engine)
    assert value(found, "targets", page_kind="match_centre", state="landed") == 2
    assert value(found, "quarantined", page_kind="match_centre") == 1
    assert value(found, "failures_total", failure_class="LayoutChanged", stage="parse") == 2
    assert value(found, "requests_total", host="site") == 14
    assert value(found, "source_paused", source="whoscored") == 1
    assert value(found, "gaps_given_up", failure_class="SourceRefused") == 1
    assert value(found, "hub_usable", hub="http://hub:4444") == 0
    assert value(found, "due_targets", state="planned") == 0
    labels = {"failure_class": "SourceRefused", "subject": "whoscored", "severity": "P3"}
    assert value(found, "incident_open", **labels) == 1
    assert value(found, "incidents_total", failure_class="SourceRefused") == 1
    for part in ("warehouse", "broker", "cache"):
        assert value(found, "part_up", part=part) == 1


def test_parts_that_are_away_are_told_and_keep_nothing_else_from_being_told(make_settings, engine):
    (nobody,) = free_ports(1)
    settings = make_settings(
        broker_url=f"redis://127.0.0.1:{nobody}/0", cache_url=f"redis://127.0.0.1:{nobody}/1"
    )
    found = told(settings, engine)
    assert value(found, "part_up", part="broker") == 0
    assert value(found, "part_up", part="cache") == 0
    assert value(found, "part_up", part="warehouse") == 1
    address = f"postgresql+psycopg2://touchline:secret@127.0.0.1:{nobody}/touchline"
    away = make_settings(database_url=address)
    found = told(away, engine_of(away))
    assert value(found, "part_up", part="warehouse") == 0
    assert value(found, "part_up", part="broker") == 1


def test_a_measure_that_takes_too_long_is_left_out_and_nothing_else_is(
    make_settings, engine, monkeypatch
):
    slow = Measure("slow", "gauge", "takes long", (), "SELECT pg_sleep(5)::text::int")
    monkeypatch.setattr(collect, "MEASURES", (slow, *MEASURES))
    monkeypatch.setattr(collect, "_STATEMENT_MS", 200)
    found = told(make_settings(), engine)
    assert value(found, "measure_missing", measure="slow") == 1
    assert value(found, "measure_missing", measure="targets") == 0
    assert value(found, "part_up", part="warehouse") == 1
    assert value(found, "due_targets", state="planned") == 0


def test_a_costly_measure_is_not_asked_for_at_each_scrape(make_settings, engine):
    registry = CollectorRegistry()
    registry.register(LedgerCollector(make_settings(), engine))

    def landed() -> list[str]:
        text_told = generate_latest(registry).decode()
        lines = text_told.splitlines()
        return [
            line for line in lines if line.startswith(("touchline_pages_total", "touchline_gaps{"))
        ]

    assert landed() == []
    with engine.begin() as connection:
        row = target("whoscored/match_centre/1", "blocked")
        connection.execute(insert(TargetRow).values(**row))
        connection.execute(
            text(
                "INSERT INTO raw.page (page_hash, target_key, url, title, browser, size_bytes, "
                "ready, load_seconds, first_fetched_at, last_fetched_at) VALUES ('a', "
                "'whoscored/match_centre/1', 'u', 't', 'b', 1, true, 1, now(), now())"
            )
        )
        connection.execute(
            text(
                "INSERT INTO ops.gap (target_key, failure_class) VALUES "
                "('whoscored/match_centre/1', 'SourceRefused')"
            )
        )
    assert [line.partition("{")[0] for line in landed()] == ["touchline_gaps"]


def test_they_are_served_over_http(make_settings, engine):
    registry = CollectorRegistry()
    registry.register(LedgerCollector(make_settings(), engine))
    (port,) = free_ports(1)
    server, thread = start_http_server(port, addr="127.0.0.1", registry=registry)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            text_told = answer.read().decode()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    for measure in MEASURES:
        assert f"# TYPE touchline_{measure.name}" in text_told


@pytest.fixture(scope="module")
def promtool() -> str:
    """Prometheus' own tool, which the set-up of the tests installs."""
    found = shutil.which("promtool")
    assert found, "promtool is missing: run `.ci/setup monitoring`"
    return found


def test_prometheus_takes_the_rules_and_each_fires_when_it_should(promtool, tmp_path):
    (tmp_path / "rules.yml").write_text(rules(), encoding="utf-8")
    checked = subprocess.run(
        [promtool, "check", "rules", tmp_path / "rules.yml"], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr + checked.stdout
    tests = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [*_fires_in_turn(), _all_is_well()],
    }
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(tests), encoding="utf-8")
    ran = subprocess.run(
        [promtool, "test", "rules", "tests.yml"], cwd=tmp_path, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


_DOWN = {
    "WarehouseUnavailable": "warehouse",
    "BrokerUnavailable": "broker",
    "CacheUnavailable": "cache",
}


def _fires_in_turn() -> list[dict[str, object]]:
    """A test for each class: it fires for the trouble, for nothing else, and ends with it."""
    made: list[dict[str, object]] = []
    for name in FAILURE_CLASSES:
        known = register()[name]
        if known.incident is None:
            continue
        severity = "P1"  # the incident's own may be worse than its class's
        if part := _DOWN.get(name):
            severity = str(known.severity)
            series = {"series": f'touchline_part_up{{part="{part}"}}', "values": "1 0x20 1x20"}
            subject, labels = part, {"part": part}
        else:
            series = {
                "series": f'touchline_incident_open{{failure_class="{name}",subject="it",'
                f'severity="{severity}"}}',
                "values": "_ 1x20 stale",
            }
            subject, labels = "it", {"failure_class": name, "subject": "it"}
        fires = {
            "exp_labels": {"severity": severity, "audience": str(known.audience)} | labels,
            "exp_annotations": {
                "summary": f"{known.meaning}: {subject}",
                "impact": known.impact,
                "platform": known.platform,
                "person": known.person,
                "runbook": f"docs/runbooks/{name}.md",
            },
        }
        alert = f"Touchline{name}"
        made.append(
            {
                "interval": "1m",
                "input_series": [series],
                "alert_rule_test": [
                    {"eval_time": "0m", "alertname": alert, "exp_alerts": []},
                    {"eval_time": "15m", "alertname": alert, "exp_alerts": [fires]},
                    {"eval_time": "30m", "alertname": alert, "exp_alerts": []},
                ],
            }
        )
    return made


def _all_is_well() -> dict[str, object]:
    up = [
        {"series": f'touchline_part_up{{part="{part}"}}', "values": "1x60"}
        for part in _DOWN.values()
    ]
    names = [f"Touchline{name}" for name in register()] + ["TouchlineSilent"]
    return {
        "interval": "1m",
        "input_series": up,
        "alert_rule_test": [
            {"eval_time": "30m", "alertname": name, "exp_alerts": []} for name in names
        ],
    }


def test_the_rules_that_are_handed_to_prometheus_stand_where_it_looks():
    assert Path(".docker/prometheus/rules.yml").is_file()

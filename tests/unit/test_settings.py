"""Settings: defaults, then a file, then variables, then arguments; and complaints that help."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from sluice.settings import Loaded, SettingError, Settings, load


def loaded(directory: Path, *, file: str = "", **given: Any) -> Loaded:
    """Return the settings of a file's text, `SLUICE_*` variables and lower-case arguments."""
    (directory / "sluice.toml").write_text(file)
    variables = {name: value for name, value in given.items() if name.isupper()}
    arguments = {name: value for name, value in given.items() if not name.isupper()}
    return load(arguments, variables, directory)


def test_without_anything_the_defaults_are_in_force(tmp_path: Path) -> None:
    found = load({}, {}, tmp_path)

    assert found.settings == Settings()
    assert set(found.origins.values()) == {"default"}


def test_every_setting_has_a_sentence() -> None:
    sentences = [setting.metadata["sentence"] for setting in fields(Settings)]

    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in sentences)


@pytest.mark.parametrize(
    ("given", "port", "origin"),
    [
        ({"file": "port = 1"}, 1, "sluice.toml"),
        ({"file": "port = 1", "SLUICE_PORT": "2"}, 2, "SLUICE_PORT"),
        ({"file": "port = 1", "SLUICE_PORT": "2", "port": 3}, 3, "argument"),
        ({"file": "port = 1", "SLUICE_PORT": "2", "port": None}, 2, "SLUICE_PORT"),
        ({"port": 0}, 0, "argument"),
    ],
    ids=["a file", "a variable", "an argument", "no argument", "an argument of zero"],
)
def test_the_later_source_wins(
    tmp_path: Path, given: dict[str, Any], port: int, origin: str
) -> None:
    found = loaded(tmp_path, **given)

    assert found.settings.port == port
    assert found.origins["port"].endswith(origin)


def test_a_variable_names_another_file(tmp_path: Path) -> None:
    file = tmp_path / "elsewhere.toml"
    file.write_text("port = 5")

    found = loaded(tmp_path, file="port = 1", SLUICE_CONFIG=str(file))

    assert (found.settings.port, found.origins["port"]) == (5, str(file))


def test_a_named_file_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"Cannot read .*gone.toml: No such file"):
        loaded(tmp_path, SLUICE_CONFIG=str(tmp_path / "gone.toml"))


@pytest.mark.parametrize(
    ("written", "meant"),
    [("1", True), ("true", True), ("Yes", True), ("0", False), ("FALSE", False), ("no", False)],
)
def test_a_variable_says_yes_or_no_in_words_or_numbers(
    tmp_path: Path, written: str, meant: bool
) -> None:
    assert loaded(tmp_path, SLUICE_HTTPS_REQUIRED=written).settings.https_required is meant


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"file": "prot = 1"}, "sets prot, which is no setting. Did you mean port?"),
        ({"file": "zebra = 1"}, "sets zebra, which is no setting."),
        ({"file": "port = "}, "is no TOML"),
        ({"file": "port = true"}, "must be a whole number"),
        ({"file": "host = 1"}, "must be a text"),
        ({"SLUICE_PORT": "many"}, "port = 'many' (SLUICE_PORT) must be a whole number"),
        ({"SLUICE_PORT": "-1"}, "must be a whole number"),
        ({"port": -1}, "port = -1 (argument) is too small"),
        ({"port": 65536}, "port (argument) must be from 0 to 65535"),
        ({"port": 9000, "SLUICE_TLS_PORT": "9000"}, "HTTP and HTTPS need a port each"),
        ({"SLUICE_MAX_BODY_BYTES": "0"}, "is too small"),
        ({"SLUICE_MAX_DEPTH": "201"}, "must be at most 200"),
        ({"SLUICE_LOG_LEVEL": "loud"}, "must be debug, info, warning or error"),
        ({"SLUICE_TIME_ZONE": "Mars/Olympus"}, "is no IANA time zone"),
        ({"SLUICE_TIME_ZONE": "../UTC"}, "is no IANA time zone"),
        ({"SLUICE_TIME_ZONE": ""}, "is no IANA time zone"),
        ({"SLUICE_HTTPS_REQUIRED": "perhaps"}, "must be true or false"),
        ({"SLUICE_LOG_FORMAT": "xml"}, "must be text or json"),
        ({"SLUICE_METRICS": "some"}, "must be one of off, local, token, all"),
        ({"SLUICE_METRICS": "token", "SLUICE_METRICS_TOKEN": "short"}, "of 16 characters or more"),
        ({"SLUICE_TRUSTED_PROXIES": "10.0.0.0/8, proxy"}, "must be addresses or networks"),
    ],
)
def test_what_cannot_be_used_is_told(tmp_path: Path, given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SettingError) as told:
        loaded(tmp_path, **given)

    assert complaint in str(told.value)


def test_two_free_ports_are_two_ports(tmp_path: Path) -> None:
    assert loaded(tmp_path, port=0, tls_port=0)


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("sqlite:///relative.db", "relative.db"),
        ("sqlite:///some/where.db", "some/where.db"),
        ("sqlite:////srv/absolute.db", "/srv/absolute.db"),
    ],
)
def test_an_address_names_a_file(address: str, path: str) -> None:
    assert Settings(database=address).database_path == Path(path)


def test_an_address_may_be_in_the_users_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/anna")

    assert Settings(database="sqlite:///~/portal.db").database_path == Path("/home/anna/portal.db")


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("portal.db", "is no address. Use sqlite:///relative.db"),
        ("sqlite://portal.db", "is no address"),
        ("sqlite:///", "is no address"),
        ("mysql:///portal", "is no address"),
        ("sqlite:///:memory:", "never in memory alone"),
    ],
)
def test_an_address_that_names_no_file_is_refused(address: str, complaint: str) -> None:
    with pytest.raises(SettingError) as told:
        _ = Settings(database=address).database_path

    assert complaint in str(told.value)


@pytest.mark.parametrize(
    ("variables", "directory"),
    [
        ({"HOME": "/home/anna"}, "/home/anna/.local/share/sluice"),
        ({"HOME": "/home/anna", "XDG_DATA_HOME": "/data"}, "/data/sluice"),
        ({"HOME": "/home/anna", "XDG_DATA_HOME": ""}, "/home/anna/.local/share/sluice"),
    ],
    ids=["home", "a data directory of the desktop's", "an empty one"],
)
def test_the_default_places_are_the_users(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], directory: str
) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    settings = Settings()

    assert settings.database_path == Path(directory) / "portal.db"
    assert settings.authority_path == Path(directory) / "ca"


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.delenv("HOME")
    # A user whom the system does not know, as containers start one.
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_000)

    with pytest.raises(SettingError, match="SLUICE_DATA_DIR"):
        _ = Settings().database_path

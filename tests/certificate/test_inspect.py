"""The command `inspect`: its options, its JSON and what it shows."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from wizard import cli

from .authority import DOMAIN
from .test_findings import OTHER, good

AT = "2026-12-15T12:00:00Z"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """A private authority's certificate, its key (plain and locked), and the root."""
    bundle = good(OTHER, sct=0)
    assert bundle.key is not None
    locked = BestAvailableEncryption(b"open sesame")
    contents = {
        "chain.pem": bundle.chain_pem().encode(),
        "key.pem": bundle.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "locked.pem": bundle.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked),
        "root.pem": OTHER.certificate.public_bytes(Encoding.PEM),
        "password": b"open sesame\n",
    }
    for name, raw in contents.items():
        (tmp_path / name).write_bytes(raw)
    return {name: str(tmp_path / name) for name in contents}


def inspect(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = cli.run(["inspect", *arguments, "--domain", DOMAIN, "--json"])
    return code, json.loads(capsys.readouterr().out)


def codes(said: dict[str, Any]) -> list[str]:
    return [each["code"] for each in said["findings"]]


def test_files_alone(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    code, said = inspect(capsys, files["chain.pem"], files["key.pem"], "--at", AT)
    assert code == cli.FAILED
    assert codes(said) == ["private-ca"]
    assert said["trusted"] is False
    assert said["leaf"]["names"] == [DOMAIN]
    assert said["chain"] == []
    assert {"code", "severity", "message"} <= set(said["findings"][0])
    assert not any(each["accepted"] for each in said["clients"])
    assert all(each["name"] and each["reason"] for each in said["clients"])


def test_a_root_that_is_added_is_trusted_but_not_by_the_app(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    given = [files["chain.pem"], "--key", files["key.pem"], "--extra-roots", files["root.pem"]]
    code, said = inspect(capsys, *given, "--at", AT)
    assert code == cli.OK
    assert codes(said) == ["extra-root-only"]
    assert said["trusted"] is True
    accepted = {each["name"] for each in said["clients"] if each["accepted"]}
    assert "CHT app on Android 7.0" not in accepted
    assert "Firefox" in accepted


def test_a_locked_key_is_opened_with_a_password_from_a_file(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    locked = [files["chain.pem"], "--key", files["locked.pem"], "--at", AT]
    code, said = inspect(capsys, *locked)
    assert (code, said["error"]["code"]) == (cli.FAILED, "passphrase-needed")
    _, said = inspect(capsys, *locked, "--password-file", files["password"])
    assert codes(said) == ["private-ca"]


@pytest.mark.parametrize(
    ("at", "code"), [("2001-01-01", "not-yet-valid"), ("2027-06-01", "expired"), (AT, "")]
)
def test_any_moment_may_be_asked_about(
    files: dict[str, str], capsys: pytest.CaptureFixture[str], at: str, code: str
) -> None:
    given = [files["chain.pem"], files["key.pem"], "--extra-roots", files["root.pem"]]
    _, said = inspect(capsys, *given, "--at", at)
    assert said["trusted"] is (not code)
    assert said["findings"][0]["code"] == (code or "extra-root-only")
    assert "no-clock" not in codes(said)


def test_people_are_shown_a_table_of_who_accepts_it(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    given = [files["chain.pem"], files["key.pem"], "--extra-roots", files["root.pem"], "--at", AT]
    assert cli.run(["inspect", *given, "--domain", DOMAIN]) == cli.OK
    shown = " ".join(capsys.readouterr().out.split())
    assert "Who accepts it" in shown
    assert "CHT app on Android 7.0 and" in shown
    assert "2027-03-01" in shown

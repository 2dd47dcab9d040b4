"""The command `inspect`: folders, zip files, and what a chain lacks."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.certificate.authority import DOMAIN, NOW, ROOT
from tests.certificate.test_fetch import HOST, ISSUER, ONE, Web, body, der
from wizard import cli


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    made = Web()
    made.thread.start()
    monkeypatch.setattr("wizard.certificate.fetch._dial", made.dial)
    made.answers["/0"] = body(der(ISSUER.certificate))
    yield made
    made.server.shutdown()
    made.thread.join()
    made.server.server_close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "root.pem"
    path.write_bytes(ROOT.certificate.public_bytes(Encoding.PEM))
    return path


def inspect(capsys: pytest.CaptureFixture[str], root: Path, *words: object) -> dict[str, Any]:
    command = ["inspect", *map(str, words), "--domain", DOMAIN, "--json", "--at", NOW.isoformat()]
    cli.run([*command, "--extra-roots", str(root)])
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    return said


def packed(tmp_path: Path) -> Path:
    path = tmp_path / "download.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("site/cert.pem", ONE.chain_pem())
        archive.writestr("site/key.pem", ONE.key_pem())
    return path


def test_nothing_is_fetched_unasked(
    web: Web, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = inspect(capsys, root, packed(tmp_path))
    assert not said["trusted"]
    (finding,) = [each for each in said["findings"] if each["code"] == "chain-incomplete"]
    assert f"http://{HOST}/0" in finding["detail"]
    assert web.asked == []


def test_what_is_missing_is_fetched_if_the_user_says_so(
    web: Web, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = inspect(capsys, root, packed(tmp_path), "--fetch-missing")
    assert said["trusted"]
    assert len(said["chain"]) == 1
    assert "chain-fetched" in [each["code"] for each in said["findings"]]
    assert web.asked == [f"{HOST}/0"]


def test_a_host_that_does_not_answer_is_named(
    web: Web, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    web.answers["/0"] = body(b"", 500)
    said = inspect(capsys, root, packed(tmp_path), "--fetch-missing")
    assert said["error"]["code"] == "fetch-failed"
    assert HOST in said["error"]["message"]


def test_a_folder(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "from-the-authority"
    folder.mkdir()
    (folder / "a").write_text(
        ONE.chain_pem() + ISSUER.certificate.public_bytes(Encoding.PEM).decode()
    )
    (folder / "b").write_text(ONE.key_pem())
    assert inspect(capsys, root, folder)["trusted"]

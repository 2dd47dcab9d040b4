"""Files that are replaced while somebody reads them: Windows refuses that for a moment."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from wizard import requesting
from wizard.agent import disk
from wizard.agent.wire import KeyRequest
from wizard.handover import files
from wizard.site import toml
from wizard.site.model import Site

REQUEST = KeyRequest(0.0, "ec", ("clinic.example.org",), "", "the request")


@pytest.mark.parametrize(
    ("write", "word"),
    [
        (lambda path: toml.save(Site(name="Kisumu"), path), "Kisumu"),
        (lambda path: files.write(path, lambda part: part.write_text("new")), "new"),
        (lambda path: requesting.write(path, REQUEST), "the request"),
    ],
)
def test_a_reader_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], object], word: str
) -> None:
    refused: list[str] = []

    def replace(one: str, other: str) -> None:
        if len(refused) < 3:
            refused.append(one)
            raise PermissionError(13, "is being used by another process")
        os.replace(one, other)

    path = tmp_path / "file"
    path.write_text("old")
    monkeypatch.setattr(disk, "os", SimpleNamespace(name="nt", replace=replace))
    write(path)
    assert len(refused) == 3
    assert word in path.read_text()
    assert os.listdir(tmp_path) == ["file"]

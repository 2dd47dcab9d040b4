"""Windows to walk through, and clinics that stay when a window is closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from tests.gui.walks.walker import Walker
from wizard.gui.app import window
from wizard.practice.clinic import SITE, Clinic
from wizard.site.model import CertificateFiles, Site
from wizard.sites import SiteStore

NewClinic = Callable[..., Clinic]
SitDown = Callable[..., Walker]
Remember = Callable[..., Site]
Practising = tuple[Walker, Callable[[], Clinic]]

LAPTOP = "clinic/data"  # where the practice clinic remembers what its staff met


class Standing(Clinic):
    """A clinic whose server stays on when the window is closed."""

    def close(self) -> None:
        """It was the window that wanted it."""

    def switch_off(self) -> None:
        super().close()


@pytest.fixture
def new_clinic(tmp_path: Path) -> Iterator[NewClinic]:
    """Make clinics; they are ended after the windows."""
    made: list[Standing] = []

    def make(name: str = "clinic", **more: Any) -> Clinic:
        made.append(Standing(tmp_path / name, **more))
        return made[-1]

    yield make
    for each in made:
        each.switch_off()


@pytest.fixture
def clinic(new_clinic: NewClinic) -> Clinic:
    """A clinic at which windows are opened as at a real site: nothing is called practice."""
    return new_clinic()


@pytest.fixture
def sit_down(new_clinic: NewClinic, qtbot: QtBot, tmp_path: Path) -> Iterator[SitDown]:
    """Open windows. `away`: without a way to the clinic; `name`: the laptop's folder."""
    walkers: list[Walker] = []

    def make(clinic: Clinic | None = None, name: str = LAPTOP, *, away: bool = False) -> Walker:
        roots = [clinic.folder / "root.pem"] if clinic is not None else []
        detour = clinic.detour if clinic is not None and not away else None
        shell = window(tmp_path / name, extra_roots=roots, detour=detour)
        qtbot.addWidget(shell)
        with qtbot.waitActive(shell):
            shell.show()
        walkers.append(Walker(shell))
        return walkers[-1]

    yield make
    for each in walkers:
        each.shell.desk.close()


@pytest.fixture
def practising(
    new_clinic: NewClinic, sit_down: SitDown, monkeypatch: pytest.MonkeyPatch
) -> Practising:
    """A window on its first page, and what is practised in once that was chosen."""
    made: list[Clinic] = []

    def make(**more: Any) -> Clinic:
        made.append(new_clinic(**more))
        return made[-1]

    monkeypatch.setattr("wizard.gui.pages.start.Clinic", make)
    return sit_down(), lambda: made[-1]


@pytest.fixture
def remember(clinic: Clinic, tmp_path: Path) -> Remember:
    """Let a laptop remember a complete site that was never applied."""

    def save(name: str = LAPTOP) -> Site:
        files = tuple(str(path) for path in clinic.certificates["good"])
        site = replace(SITE, name="Kibera clinic", certificate=CertificateFiles(files))
        SiteStore(tmp_path / name / "sites").save(site)
        return site

    return save

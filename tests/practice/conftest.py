from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.practice.laptop import Laptop
from wizard.practice.clinic import Clinic


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    with Clinic(tmp_path / "clinic") as clinic:
        yield clinic


@pytest.fixture
def laptop(clinic: Clinic) -> Laptop:
    return Laptop(clinic)

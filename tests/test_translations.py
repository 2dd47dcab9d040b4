"""Every sentence that a room below the window says is gathered for the translators."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from wizard import outcome, review
from wizard.certificate import checklist, wording
from wizard.handover import visit_words
from wizard.readiness.judge import SERVICES
from wizard.site.tasks import TASKS

PROGRAM = Path(__file__).resolve().parents[1] / "packaging" / "translations.py"
TABLES = {
    "checklist": checklist.GOOD.values(),
    "findings": (text for pair in wording.FINDINGS.values() for text in pair),
    "outcome": (*outcome.HEADLINES.values(), outcome.LEFT),
    "review": (review.UNDECIDED,),
    "tasks": TASKS.values(),
    "visits": visit_words.HEADLINES.values(),
    # A name of one word, such as ssh, is the same in every language.
    "readiness": [text for text in SERVICES.values() if " " in text],
}


@pytest.fixture(scope="module")
def gathered() -> set[str]:
    return set(runpy.run_path(str(PROGRAM))["sentences"]())


@pytest.mark.parametrize("table", TABLES)
def test_it_is_gathered(gathered: set[str], table: str) -> None:
    assert [text for text in TABLES[table] if text and text not in gathered] == []

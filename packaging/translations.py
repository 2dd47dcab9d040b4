"""Renews the texts to be translated, for Qt Linguist.

Each `resources/translations/cht-offline-setup_LANGUAGE.ts` is brought up to date; a new language
begins as a copy of `build/cht-offline-setup.ts`, which is always made. The window's own texts are
found by lupdate. The rooms below know no Qt: their sentences stand in tables, which are turned
into something lupdate reads, in the context "rooms".
"""

from __future__ import annotations

import ast
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ROOT / "resources" / "translations"
ROOMS = (
    "words.py", "visit_words.py", "wording.py", "topics.py", "sentences.py",
    "tasks.py", "checklist.py", "judge.py", "outcome.py", "review.py",
)  # fmt: skip


def sentences() -> Iterator[str]:
    """Yield every text of the tables below the window, once."""
    seen: set[str] = set()
    for path in sorted((ROOT / "wizard").rglob("*.py")):
        if path.name not in ROOMS or "gui" in path.parts or "agent" in path.parts:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
                if id(node) not in notes and _words(text) and text not in seen:
                    seen.add(text)
                    yield text


def _words(text: str) -> bool:
    """Whether a text is for people: words, or one with a capital letter; not a code."""
    return " " in text.strip() or text[:1].isupper()


def main() -> int:
    """Renew every file; lupdate keeps what is translated already."""
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    rooms = build / "rooms.py"
    lines = [f'QCoreApplication.translate("rooms", {text!r})\n' for text in sentences()]
    rooms.write_text("".join(lines), "utf-8")
    sources = [str(p.relative_to(ROOT)) for p in sorted((ROOT / "wizard" / "gui").rglob("*.py"))]
    lupdate = Path(sysconfig.get_path("scripts")) / "pyside6-lupdate"
    command = [str(lupdate), "-locations", "none", "-silent", *sources, "build/rooms.py"]
    targets = [build / "cht-offline-setup.ts", *sorted(LANGUAGES.glob("*.ts"))]
    return subprocess.run([*command, "-ts", *targets], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

"""What the program remembers of its user's wishes; never a secret, never anything of a site."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "settings.json"
APPEARANCES = ("system", "light", "dark")


@dataclass(frozen=True)
class Settings:
    """`appearance` is one of APPEARANCES."""

    appearance: str = "system"


def load(folder: Path) -> Settings:
    """Read the settings; a file that is missing, broken or of a later program is no obstacle."""
    try:
        plain = json.loads((folder / FILE).read_text(encoding="utf-8"))
        appearance = plain["appearance"]
    except (OSError, ValueError, KeyError, TypeError):
        return Settings()
    return Settings(appearance) if appearance in APPEARANCES else Settings()


def save(settings: Settings, folder: Path) -> None:
    """Write the settings; a disk that is full does not stop anybody."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / FILE).write_text(json.dumps(asdict(settings)) + "\n", encoding="utf-8")

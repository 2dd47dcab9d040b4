"""Files that come with the program: icons, templates, help, translations."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path


def resource(*parts: str) -> Path:
    """Return the path of a file or folder of `resources/`; it need not exist."""
    return _folder().joinpath(*parts)


@cache
def _folder() -> Path:
    # An installed program carries resources/ inside; a checkout has it beside the package.
    packed = Path(str(files("wizard"))) / "_resources"
    return packed if packed.is_dir() else Path(__file__).parents[1] / "resources"

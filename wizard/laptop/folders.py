"""Where this program keeps its own files on this laptop, after each platform's custom."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

NAME = "cht-offline-setup"


def data_folder(env: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Return the folder of what must be kept: known servers."""
    return _folder(env, platform, "XDG_DATA_HOME", ".local/share", "data")


def config_folder(env: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Return the folder of settings."""
    return _folder(env, platform, "XDG_CONFIG_HOME", ".config", "config")


def log_folder(env: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Return the folder of logs."""
    return _folder(env, platform, "XDG_STATE_HOME", ".local/state", "log")


def _folder(env: Mapping[str, str], platform: str, variable: str, usual: str, part: str) -> Path:
    """Make and return a folder that only its owner may enter.

    Linux: the XDG Base Directory Specification, relative values ignored as it says. Windows:
    the local (not roaming) application data; its access list comes from the profile.
    """
    home = Path(env.get("USERPROFILE" if platform == "win32" else "HOME") or Path.home())
    if platform == "win32":
        path = Path(env.get("LOCALAPPDATA") or home / "AppData" / "Local") / NAME / part
    else:
        given = env.get(variable, "")
        path = (Path(given) if given.startswith("/") else home / usual) / NAME
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    if platform != "win32":
        path.chmod(0o700)
    return path

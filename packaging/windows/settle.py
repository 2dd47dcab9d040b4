"""What the installer and the uninstaller leave to Python, on the user's own Windows.

    settle.py compile          translate all modules once, so that each start is quick
    settle.py path-add         put the console command on the user's PATH
    settle.py path-remove      take it off again
    settle.py forget           remove passwords that the user let Windows keep

NSIS reads no more than 1024 characters of a PATH, and would write a longer one back cut off.
"""

from __future__ import annotations

import compileall
import ctypes
import py_compile
import sys
import winreg
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
SERVICE = "cht-offline-setup"  # as wizard/laptop/passwords.py has it
_BROADCAST, _SETTING_CHANGE, _ABORT_IF_HUNG = 0xFFFF, 0x1A, 0x2


def compile_all() -> None:
    """Translate every module; one that cannot be read is left to the start."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(HERE / "packages", quiet=2, invalidation_mode=mode)


def path_add() -> None:
    """Put the folder of the command at the end of the user's PATH, once."""
    _change(lambda places, ours: [*places, ours])


def path_remove() -> None:
    """Take the folder of the command off the user's PATH."""
    _change(lambda places, _ours: places)


def _change(wanted) -> None:
    ours = str(HERE / "bin")
    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, "Environment") as key:
        try:
            before, kind = winreg.QueryValueEx(key, "Path")
        except FileNotFoundError:
            before, kind = "", winreg.REG_EXPAND_SZ
        if kind not in (winreg.REG_SZ, winreg.REG_EXPAND_SZ):
            return  # somebody's own doing
        places = [p for p in before.split(";") if p and p.rstrip("\\").lower() != ours.lower()]
        after = ";".join(wanted(places, ours))
        if after == before:
            return
        if after:
            winreg.SetValueEx(key, "Path", 0, kind, after)
        else:
            winreg.DeleteValue(key, "Path")
    # Explorer reads it anew, and so do programs that are started from now on.
    ctypes.windll.user32.SendMessageTimeoutW(
        _BROADCAST, _SETTING_CHANGE, 0, "Environment", _ABORT_IF_HUNG, 2000, None
    )


def forget() -> None:
    """Remove this program's entries of Windows' Credential Manager, and no others."""
    from win32ctypes.pywin32 import win32cred

    for each in win32cred.CredEnumerate(None, 0):
        target = each["TargetName"]
        if target == SERVICE or target.endswith(f"@{SERVICE}"):
            win32cred.CredDelete(target, each["Type"])


if __name__ == "__main__":
    acts = {
        "compile": compile_all, "path-add": path_add, "path-remove": path_remove, "forget": forget,
    }  # fmt: skip
    acts[sys.argv[1]]()

"""Makes this checkout the program of the virtual environment that runs this file."""

import os
import stat
import sys
import sysconfig
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
COMMAND = """#!{python}
import sys
from wizard.__main__ import main
sys.exit(main())
"""


def main() -> None:
    """Write a path file and the console command."""
    if sys.prefix == sys.base_prefix:
        sys.exit("develop.py: run this with the Python of a virtual environment")
    (Path(sysconfig.get_path("purelib")) / "cht-offline-setup.pth").write_text(f"{CHECKOUT}\n")
    command = Path(sysconfig.get_path("scripts")) / "cht-offline-setup"
    command.write_text(COMMAND.format(python=sys.executable))
    command.chmod(command.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    os.utime(command)


if __name__ == "__main__":
    main()

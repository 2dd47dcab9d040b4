"""Where the packed program begins."""

import os
import sys

# PyInstaller leads this process to the packed libraries by a variable that would also lead the
# system's own programs there (openssl, xdg-open), which were linked with others.
before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
if before is None:
    os.environ.pop("LD_LIBRARY_PATH", None)
else:
    os.environ["LD_LIBRARY_PATH"] = before
# The same goes for Qt's parts, which the packed Qt finds by itself; a browser may have another Qt.
for name in ("QT_PLUGIN_PATH", "QML2_IMPORT_PATH"):
    os.environ.pop(name, None)
# Without the first variable another start of this program has to find its libraries anew.
os.environ["PYINSTALLER_RESET_ENVIRONMENT"] = "1"

from wizard.__main__ import main  # noqa: E402

sys.exit(main())

"""Where the packed program begins."""

import sys

from wizard.__main__ import main

sys.exit(main())

"""The way to the server: SSH login, host keys, sudo, the agent, discovery, the lifeline."""

import sys
from typing import Any

# paramiko takes `invoke` along for "Match exec" in an ssh_config, which is not used here; without
# it the program starts in two thirds of the time. None means "not there" (importlib).
_modules: dict[str, Any] = sys.modules
_modules.setdefault("invoke", None)

"""Opens a TCP connection to the target, and names what is in the way."""

from __future__ import annotations

import socket

from wizard.check.base import Look


class Unreached(Exception):
    """No connection; `variant` is refused, no-answer or unreachable."""

    def __init__(self, variant: str, detail: str) -> None:
        super().__init__(detail)
        self.variant, self.detail = variant, detail


def connect(look: Look, port: int, most: float = 60.0) -> socket.socket:
    """Connect to a port of the target (as `Target.connect` leads it). Raises Unreached."""
    host, real = look.target.where(port)
    try:
        return socket.create_connection((host, real), timeout=look.left(most))
    except ConnectionRefusedError as error:
        raise Unreached("refused", str(error)) from error
    except TimeoutError as error:
        raise Unreached("no-answer", f"{host} port {real}: {error}") from error
    except OSError as error:
        raise Unreached("unreachable", f"{host} port {real}: {error}") from error

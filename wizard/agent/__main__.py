"""The agent's command line: `python3 -B agent.pyz VERB`."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import IO, List, Optional

from .changes import Timings
from .host import Host

USAGE = (
    "agent serve --connection STR | run-apply | rollback --reason R | "
    "recover --stage files|containers | install | uninstall | status"
)


def main(
    argv: Optional[List[str]] = None,
    host: Optional[Host] = None,
    timings: Optional[Timings] = None,
    incoming: Optional[IO[bytes]] = None,
    outgoing: Optional[IO[bytes]] = None,
) -> int:
    """Run one verb and return the exit code; the practice clinic gives its own host and streams."""
    words = sys.argv[1:] if argv is None else argv
    verb = words[0] if words else ""
    options = {words[i]: words[i + 1] for i in range(1, len(words) - 1, 2)}
    if host is None:
        os.umask(0o077)
    machine = host or Host("")
    if verb == "serve":
        return _serve(machine, options.get("--connection", ""), timings, incoming, outgoing)
    if verb == "run-apply":
        from .apply import Apply

        Apply(machine, timings).run()
        return 0
    if verb == "rollback":
        return _roll_back(machine, options.get("--reason", "user"), timings)
    if verb == "recover" and options.get("--stage") in ("files", "containers"):
        from .restore import recover

        recover(machine, options["--stage"], timings)
        return 0
    if verb in ("install", "uninstall", "status"):
        return _plain(machine, verb)
    sys.stderr.write(USAGE + "\n")
    return 2


def _serve(
    host: Host,
    connection: str,
    timings: Optional[Timings],
    incoming: Optional[IO[bytes]],
    outgoing: Optional[IO[bytes]],
) -> int:
    import threading

    from .serve import Serve

    if threading.current_thread() is threading.main_thread():
        import signal

        if hasattr(signal, "SIGHUP"):  # the session's end shows as the end of the input
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if incoming is not None and outgoing is not None:
        Serve(host, connection, incoming, outgoing, timings).run()
        return 0
    Serve(host, connection, sys.stdin.buffer, sys.stdout.buffer, timings).run()
    # After `bye` the reader still waits for input; an ordinary exit would wait for it in turn.
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    os._exit(0)


def _roll_back(host: Host, reason: str, timings: Optional[Timings]) -> int:
    from .restore import roll_back
    from .transaction import Refused

    if reason not in ("timeout", "died", "user", "leftover"):
        sys.stderr.write(USAGE + "\n")
        return 2
    try:
        roll_back(host, reason, timings)
    except Refused as refused:
        sys.stderr.write("%s\n" % refused)
        return 1
    return 0


def _plain(host: Host, verb: str) -> int:
    import json

    from .install import InstallError, install
    from .transaction import Refused, last, pending

    result: object
    try:
        if verb == "install":
            import hashlib

            archive = getattr(globals().get("__loader__"), "archive", "")
            with open(archive, "rb") as stream:
                data = stream.read()
            result = {"path": install(data, hashlib.sha256(data).hexdigest(), host)}
        elif verb == "uninstall":
            from .uninstall import uninstall

            result = uninstall(host, False)
        else:
            result = {"pending": pending(host), "last": last(host)}
    except (Refused, InstallError, OSError) as error:
        sys.stderr.write("%s\n" % error)
        return 1
    print(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What can be done, a sentence each: on the first page, in its help, for the command line."""

from __future__ import annotations

from collections.abc import Mapping

TASKS: Mapping[str, str] = {
    "setup": "Make a CHT server work on its own network, without Internet.",
    "renew": "Put a new certificate on a server that is set up, and change nothing else.",
    "check": "Find out whether phones can work with a server, and if not, why.",
    "watch": "Show who arrives on the network, and where phones stop.",
    "practise": "Try all of it on a pretended server on this laptop. Nothing can break.",
    "request": "Let the server make a key, which stays there, and a request for a certificate.",
    "readiness": "Tell what being offline means for this server, and what only people can answer.",
}

"""CHT Offline Setup: a CHT server for a LAN without Internet, set up and proved."""

__version__ = "0.1.0"

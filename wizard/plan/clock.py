"""The server's clock against the laptop's: one of them is wrong when they differ."""

from __future__ import annotations

from datetime import UTC, datetime

from wizard.plan.draft import Draft

# CHT's own limit: its web app warns when a phone differs more from the server (CheckDateService).
ALLOWED = 600.0  # seconds


def clock(draft: Draft, now: datetime) -> None:
    """Warn when laptop and server differ by more than ten minutes."""
    server = draft.facts.clock.now
    if abs(server - now.timestamp()) <= ALLOWED:
        return
    draft.problem(
        "clocks-differ",
        "",
        "warning",
        server=f"{datetime.fromtimestamp(server, UTC):%Y-%m-%d %H:%M} UTC",
        laptop=f"{now.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
    )

"""What only the server can tell: the next start, CHT's inner names, unfinished changes."""

from __future__ import annotations

from wizard.agent import names
from wizard.check.base import Check, Look, Said, failed, passed, skipped

_RESTARTED = ("always", "unless-stopped")  # "on-failure" does not come back with Docker


class Boot(Check):
    """Everything that phones need is enabled for the next start, and runs now."""

    code = "boot"
    page = "dns_dhcp"
    limit = 3.0

    def _ask(self, look: Look) -> Said:
        health = look.around.health
        if health is None:
            return skipped("no-health")
        off, down = [], []
        ours = next((s for s in health.services if s.unit == names.DNSMASQ_UNIT), None)
        if look.target.dns_dhcp:
            if ours is None or ours.enabled != "enabled":
                off.append("DNS and DHCP")
            if ours is None or ours.active != "active":
                down.append("DNS and DHCP")
        if look.target.cht:
            if not health.docker_enabled:
                off.append("Docker")
            off += [c.container for c in health.containers if c.restart_policy not in _RESTARTED]
            down += [c.container for c in health.containers if not c.running]
        if off:
            return failed("disabled", names=", ".join(off))
        if down:
            return failed("inactive", names=", ".join(down))
        return passed()


class Containers(Check):
    """Name resolution inside CHT's containers still works after ours was set up."""

    code = "containers"
    page = "dns_dhcp"
    limit = 3.0

    def _ask(self, look: Look) -> Said:
        health = look.around.health
        if not look.target.cht:
            return skipped("not-cht")
        if health is None:
            return skipped("no-health")
        if not health.lookups:
            return skipped("none")
        lost = [each for each in health.lookups if not each.found]
        if lost:
            detail = "; ".join(f"{e.container}: {e.name}: {e.detail}" for e in lost)
            return failed(
                "lost", detail, names=", ".join(f"{e.name} ({e.container})" for e in lost)
            )
        return passed()


class Confirmed(Check):
    """No change waits for its confirmation, and none was left unfinished."""

    code = "confirmed"
    page = "static_ip"
    limit = 3.0

    def _ask(self, look: Look) -> Said:
        health = look.around.health
        if health is None:
            return skipped("no-health")
        pending = health.pending
        if pending is None:
            return passed()
        detail = f"{pending.id} {pending.state}"
        if pending.seconds_left is not None:
            return failed("waiting", detail, seconds=f"{max(0.0, pending.seconds_left):.0f}")
        return failed("running" if pending.alive else "remains", detail, who=pending.who)

"""Programs that the server lacks; the place where carrying them to it belongs later."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.agent import wire
from wizard.plan import clock
from wizard.plan.draft import Draft
from wizard.site import radio

NEEDED_FOR_DNS = "dnsmasq-base"  # Debian's package with the program and without its service
NEEDED_FOR_WIFI = ("hostapd", "iw")
RULES = "wireless-regdb"  # of the countries' channels, where the kernel has none


def packages(draft: Draft) -> tuple[wire.InstallPackages, ...]:
    """Plan what has to be installed; it comes from the server's own package source.

    Without apt, without a source that has it, or without a way to the Internet: a problem with
    the list, and nothing is planned.
    """
    facts = draft.facts
    wanted: tuple[str, ...] = (NEEDED_FOR_DNS,) if draft.site.dns_dhcp.enabled else ()
    wanted += clock.installs(draft)
    if draft.site.access_point.kind == "server":
        wanted += NEEDED_FOR_WIFI
        wanted += (RULES,) if radio.without_rules(draft.site.access_point, facts) else ()
    missing = tuple(n for n in wanted if not _installed(facts, n))
    if not missing:
        return ()
    where = "dns_dhcp.enabled" if NEEDED_FOR_DNS in missing else "access_point.kind"
    unknown = [n for n in missing if not _candidate(facts, n)]
    if facts.packages.system != "apt":
        why = "Its package system is not apt."
    elif unknown:
        why = "Its package lists do not have them."
    elif facts.packages.reachable is False:
        why = "It has no way to the Internet to fetch them."
    elif facts.packages.lock:
        draft.problem("packages-locked", where, process=facts.packages.lock)
        return ()
    else:
        return tuple(_installed_beside(missing, facts))
    draft.problem("packages-missing", where, names=", ".join(missing), why=why)
    return ()


def _installed_beside(
    missing: tuple[str, ...], facts: wire.Facts
) -> Iterator[wire.InstallPackages]:
    """Yield what is installed together; alone what has to take the place of something else."""
    instead = clock.replaced(facts) if clock.CHRONY in missing else ()
    together = tuple(n for n in missing if n != clock.CHRONY or not instead)
    if together:
        yield wire.InstallPackages(together, topic="packages")
    if instead:
        yield wire.InstallPackages((clock.CHRONY,), topic="packages", replaces=instead)


def _installed(facts: wire.Facts, name: str) -> bool:
    package = facts.package(name)
    return package is not None and bool(package.installed)


def _candidate(facts: wire.Facts, name: str) -> bool:
    package = facts.package(name)
    return package is not None and bool(package.candidate)

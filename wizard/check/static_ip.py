"""Is the laptop in the site's network, and is it our server that answers there?"""

from __future__ import annotations

import ipaddress

from wizard.check.base import Check, Look, Said, failed, passed, skipped, warning
from wizard.check.model import LocalAddress
from wizard.check.reach import Unreached, connect
from wizard.problem import UserError


def own_addresses(look: Look) -> list[LocalAddress]:
    """Return the laptop's usable IPv4 addresses on the interfaces that may lead to the site."""
    local = ipaddress.ip_address(look.target.address).is_loopback
    return [
        each
        for each in _candidates(look)
        if each.address
        and (ip := ipaddress.ip_address(each.address.partition("%")[0])).version == 4
        and not ip.is_link_local
        and ip.is_loopback == local
    ]


def elsewhere(look: Look) -> str:
    """Return the laptop's addresses in words if none is in the site's network, else ""."""
    own = own_addresses(look)
    if any(ipaddress.ip_address(each.address) in look.target.network for each in own):
        return ""
    return ", ".join(each.address for each in own)


def _candidates(look: Look) -> list[LocalAddress]:
    wanted = look.target.interface
    return [
        each for each in look.around.interfaces or () if each.up and wanted in ("", each.interface)
    ]


class Link(Check):
    """The laptop has an interface up with an address in the site's subnet."""

    code = "link"
    page = "static_ip"
    limit = 3.0

    def _ask(self, look: Look) -> Said:
        if look.target.connect:
            return skipped("practice")
        if look.around.interfaces is None:
            return skipped("unknown")
        own = own_addresses(look)
        plugged = [e for e in _candidates(look) if not _loopback(e)]
        if not own:
            detail = ", ".join(sorted({each.interface for each in plugged}))
            return failed("no-address" if plugged else "no-link", detail)
        for each in own:
            if each.address == look.target.address and not _loopback(each):
                return failed("same-address", each.interface)
        for each in own:
            if ipaddress.ip_address(each.address) in look.target.network:
                return passed(own=each.address, interface=each.interface)
        # Not "failed": a router may lead there, and then everything else can be proved.
        return warning("elsewhere", own=elsewhere(look))


def _loopback(each: LocalAddress) -> bool:
    address = each.address.partition("%")[0]
    return each.interface == "lo" or bool(address and ipaddress.ip_address(address).is_loopback)


class Server(Check):
    """The server's SSH port takes connections."""

    code = "server"
    page = "static_ip"
    needs = ("link",)
    limit = 6.0

    def _ask(self, look: Look) -> Said:
        port = look.target.ssh_port
        try:
            connect(look, port).close()
        except Unreached as error:
            own = elsewhere(look)
            if error.variant != "refused" and own and look.around.interfaces:
                return failed("elsewhere", error.detail, own=own)
            return failed(error.variant, error.detail, port=port)
        return passed()


class Ssh(Check):
    """The machine at the address has the host key of the server that was set up."""

    code = "ssh"
    page = "static_ip"
    needs = ("server",)
    limit = 15.0

    def _ask(self, look: Look) -> Said:
        if look.around.ssh is None:
            return skipped("not-asked")
        try:
            found = look.around.ssh()
        except UserError as error:
            return failed(
                "refused",
                f"{error.code} {error.detail}",
                reason=error.message,
                remedy=error.cure or "Check again.",
            )
        except OSError as error:
            return failed("failed", f"{type(error).__name__}: {error}")
        expected = look.around.expected_fingerprint
        if expected and found != expected:
            return failed("other-key", f"expected {expected}, found {found}")
        return passed(detail=found)

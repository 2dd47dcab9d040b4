"""Does the site's name lead to the server, for every question a phone asks?"""

from __future__ import annotations

import ipaddress
import secrets
import time

import dns.reversename

from wizard.check.ask_dns import NoReply, ask
from wizard.check.base import Check, Look, Said, failed, passed, skipped, warning


class _Ours(Check):
    """A question to the server's own DNS service; pointless when another device does DNS."""

    page = "domain"
    needs = ("dns_udp",)
    limit = 5.0

    def _ask(self, look: Look) -> Said:
        return self._question(look) if look.target.dns_dhcp else skipped("not-ours")

    def _question(self, look: Look) -> Said:
        raise NotImplementedError


def _address(look: Look, tcp: bool) -> Said | None:
    """Ask for the IPv4 address; None stands for no reply at all."""
    try:
        reply = ask(look, look.target.domain, "A", tcp=tcp)
    except NoReply:
        return None
    found = reply.data("A")
    if found == (look.target.address,):
        return passed()
    if found:
        return failed("wrong", str(reply), found=", ".join(found))
    return failed("missing", str(reply), rcode=reply.rcode)


class DnsUdp(_Ours):
    """The server's DNS gives the address of the domain over UDP."""

    code = "dns_udp"
    needs = ("link",)

    def _question(self, look: Look) -> Said:
        said = _address(look, tcp=False)
        if said is not None:
            return said
        health = look.around.health
        if health is None:
            return failed("no-reply")
        return failed("blocked" if health.dns_listening else "not-running")


class DnsTcp(_Ours):
    """The same over TCP, which resolvers use after a truncated answer (RFC 7766)."""

    code = "dns_tcp"

    def _question(self, look: Look) -> Said:
        said = _address(look, tcp=True)
        return failed("no-reply") if said is None else said


class DnsAaaa(_Ours):
    """AAAA gives the IPv6 address, or NODATA where there is none (RFC 2308, RFC 4074)."""

    code = "dns_aaaa"

    def _question(self, look: Look) -> Said:
        try:
            reply = ask(look, look.target.domain, "AAAA")
        except NoReply as error:
            return failed("no-reply", str(error))
        if reply.rcode != "NOERROR":
            return failed("missing", str(reply), rcode=reply.rcode)
        wanted = look.target.address6
        found = tuple(str(ipaddress.ip_address(each)) for each in reply.data("AAAA"))
        if found == ((str(ipaddress.ip_address(wanted)),) if wanted else ()):
            return passed(found=found[0]) if found else passed("nodata")
        if not found:
            return failed("missing", str(reply), rcode="no address")
        return failed("wrong", str(reply), found=", ".join(found), wanted=wanted or "absent")


class DnsOtherTypes(_Ours):
    """HTTPS (RFC 9460, asked by Chrome) and MX get an empty NOERROR, not REFUSED."""

    code = "dns_other_types"
    KINDS = ("HTTPS", "MX")

    def _question(self, look: Look) -> Said:
        for kind in self.KINDS:
            try:
                reply = ask(look, look.target.domain, kind)
            except NoReply as error:
                return failed("no-reply", str(error), kind=kind)
            if reply.rcode != "NOERROR":
                return failed("missing", str(reply), kind=kind, rcode=reply.rcode)
            if reply.count:
                return failed("surplus", str(reply), kind=kind)
        return passed()


class DnsNegative(_Ours):
    """A name nobody has is answered in less than a second, and negatively."""

    code = "dns_negative"
    QUICK = 1.0

    def _question(self, look: Look) -> Said:
        if look.target.upstream:
            return skipped("upstream")
        begun = time.monotonic()
        try:
            # One try: a repetition would hide how long a phone waits.
            reply = ask(look, f"{secrets.token_hex(8)}.example.com", "A", tries=1)
        except NoReply as error:
            return failed("no-reply", str(error))
        seconds = time.monotonic() - begun
        if found := reply.data("A"):
            return failed("wildcard", str(reply), found=", ".join(found))
        if seconds >= self.QUICK:
            return failed("slow", str(reply), seconds=f"{seconds:.1f}")
        if reply.rcode not in ("NXDOMAIN", "REFUSED", "NOERROR"):
            return warning("servfail", str(reply), rcode=reply.rcode)
        return passed(rcode=reply.rcode, ms=round(seconds * 1000))


class DnsPtr(_Ours):
    """The address leads back to the name."""

    code = "dns_ptr"

    def _question(self, look: Look) -> Said:
        name = dns.reversename.from_address(look.target.address).to_text()
        try:
            reply = ask(look, name, "PTR")
        except NoReply as error:
            return warning("missing", str(error), rcode="no answer")
        found = tuple(each.rstrip(".").lower() for each in reply.data("PTR"))
        if look.target.domain in found:
            return passed()
        if found:
            return warning("wrong", str(reply), found=", ".join(found))
        return warning("missing", str(reply), rcode=reply.rcode)


class DnsSystem(Check):
    """The laptop's own resolver gives the server's address and nothing else."""

    code = "dns_system"
    page = "domain"
    needs = ("dns_udp",)
    limit = 12.0

    def _ask(self, look: Look) -> Said:
        target = look.target
        if target.connect:
            return skipped("practice")
        wanted = {target.address} | ({target.address6} if target.address6 else set())
        try:
            found = set(look.around.lookup(target.domain))
        except OSError as error:
            if foreign := self._foreign(look):
                return failed("other-dns", str(error), dns=", ".join(foreign))
            return failed("not-found", str(error))
        if target.address in found and found <= wanted:
            return passed(found=", ".join(sorted(found)))
        shown = ", ".join(sorted(found - wanted)) or ", ".join(sorted(found))
        if self._in_hosts_file(look):
            return failed("hosts-file", found=shown, file=look.around.hosts)
        if target.address in found:
            return failed("too-many", found=shown)
        return failed("wrong", f"DNS of the laptop: {look.around.resolvers}", found=shown)

    @staticmethod
    def _foreign(look: Look) -> list[str]:
        # 127.0.0.53 and the like: a local service that passes the question on, nobody knows where
        servers = [each.partition("%")[0] for each in look.around.resolvers]
        known = (look.target.address, look.target.address6)
        return [
            each
            for each in servers
            if each not in known and not ipaddress.ip_address(each).is_loopback
        ]

    @staticmethod
    def _in_hosts_file(look: Look) -> bool:
        try:
            text = look.around.hosts.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return False
        lines = (line.partition("#")[0].lower().split() for line in text.splitlines())
        return any(look.target.domain in words[1:] for words in lines)

"""Is the certificate that is served the imported one, and will phones accept it?"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

from cryptography import x509

from wizard.certificate import look as about
from wizard.certificate.bundle import Bundle, chain_of, shown_names
from wizard.certificate.findings import Finding, Severity, judge
from wizard.certificate.roots import ChainRefused, verify_chain
from wizard.certificate.rules.case import BUILT
from wizard.certificate.rules.dates import shown
from wizard.check.base import Check, Look, Said, failed, passed, skipped, warning
from wizard.check.reach import Unreached, connect
from wizard.check.served import TlsFailed, open_tls, served_chain

# Findings of the certificate room that have a sentence of their own here, the most telling first:
# CHT's self-made certificate has a wrong name and a long life as well. Others bring their words.
_OWN_WORDS = {
    "unreadable": "unreadable",
    "self-signed": "self-signed",
    "private-ca": "private-ca",
    "untrusted": "private-ca",
    "chain-incomplete": "chain-incomplete",
    "expired": "expired",
    "not-yet-valid": "not-yet-valid",
    "name-mismatch": "wrong-name",
    "name-wildcard-apex": "wrong-name",
    "name-wildcard-depth": "wrong-name",
    "name-wildcard-public": "wrong-name",
    "name-is-address": "wrong-name",
}
_RANK = list(_OWN_WORDS)
# The key stays on the server, and the clocks have a check of their own.
_NOT_OURS = {
    "key-missing",
    "laptop-clock-behind",
    "server-clock-behind",
    "clocks-differ",
    "no-clock",
}


class Tcp443(Check):
    """The HTTPS port takes connections."""

    code = "tcp_443"
    page = "certificate"
    needs = ("link",)
    limit = 6.0

    def _ask(self, look: Look) -> Said:
        port = look.target.https_port
        try:
            connect(look, port).close()
        except Unreached as error:
            return failed(error.variant, error.detail, port=port)
        return passed(port=port)


class TlsHandshake(Check):
    """A TLS connection with SNI can be made at all; what is served is kept for later checks."""

    code = "tls_handshake"
    page = "certificate"
    needs = ("tcp_443",)
    limit = 8.0

    def _ask(self, look: Look) -> Said:
        try:
            with open_tls(look) as connection:
                look.notes.chain = served_chain(connection)
                version = connection.version() or "TLS"
        except (TlsFailed, Unreached) as error:
            variant = error.variant if isinstance(error, TlsFailed) else "broken"
            return failed(variant, error.detail, port=look.target.https_port)
        count = len(look.notes.chain)
        if not count:
            return failed("protocol", "no certificate was sent")
        return passed(version=version, count=count)


class TlsSame(Check):
    """The served chain is the imported one, certificate by certificate, in the same order.

    nginx takes up a new certificate only when it is told to reload; a copied file proves nothing.
    """

    code = "tls_same"
    page = "certificate"
    needs = ("tls_handshake",)
    limit = 3.0

    def _ask(self, look: Look) -> Said:
        wanted = tuple(each.lower() for each in look.target.chain)
        if not wanted:
            return skipped("unknown")
        found = tuple(sha256(each).hexdigest() for each in look.notes.chain)
        detail = f"served {', '.join(found)}; imported {', '.join(wanted)}"
        if found == wanted:
            return passed()
        if found[0] != wanted[0]:
            subject, end = _told(look.notes.chain[0])
            return failed("other", detail, subject=subject, end=end)
        shorter = len(found) < len(wanted) and set(found) < set(wanted)
        return failed("chain-shorter" if shorter else "chain-other", detail)


def _told(der: bytes) -> tuple[str, str]:
    try:
        leaf = x509.load_der_x509_certificate(der)
        return shown_names(leaf), f"{leaf.not_valid_after_utc:%Y-%m-%d}"
    except about.READ_ERRORS:
        return "one that cannot be read", "?"


class Tls(Check):
    """The served chain alone leads to a bundled public root, for this name, today."""

    code = "tls"
    page = "certificate"
    needs = ("tls_handshake",)
    limit = 6.0

    def _ask(self, look: Look) -> Said:
        try:
            pool = [x509.load_der_x509_certificate(each) for each in look.notes.chain]
        except about.READ_ERRORS as error:
            return failed("unreadable", f"{type(error).__name__}: {error}")
        leaf, *rest = pool
        chain = chain_of(leaf, rest)
        bundle = Bundle(leaf, chain, extra=tuple(each for each in rest if each not in chain))
        now, server = datetime.fromtimestamp(look.now(), UTC), server_time(look)
        findings = judge(
            bundle,
            look.target.domain,
            now=now,
            server_now=server,
            cht_version=look.target.version or None,
            roots=look.around.roots,
        )
        told = [each for each in findings if each.code not in _NOT_OURS]
        detail = "; ".join(f"{each.code} ({each.detail})" for each in told)
        words = _words(leaf, pool[-1], now)
        problems = [each for each in told if each.severity is Severity.PROBLEM]
        if problems:
            worst = min(problems, key=_rank)
            words |= {"reason": worst.message, "remedy": worst.cure}
            return failed(_OWN_WORDS.get(worst.code, "finding"), detail, **words)
        # A clock from before this program was made is not asked.
        at = next((c for c in (now, server) if c is not None and c >= BUILT), BUILT)
        try:
            verify_chain(leaf, rest, look.target.domain, at, look.around.roots)
        except ChainRefused as error:
            return failed("refused", f"{error}; {detail}")
        for each in told:
            if each.severity is Severity.WARNING:
                return warning("remark", detail, reason=each.message, remedy=each.cure)
        return passed(detail=detail, days=about.days_left(leaf, at), **words)


def _rank(finding: Finding) -> int:
    return _RANK.index(finding.code) if finding.code in _RANK else len(_RANK)


def _words(leaf: x509.Certificate, top: x509.Certificate, now: datetime) -> dict[str, str]:
    return {
        **_dates(leaf),
        "now": shown(now),
        "names": shown_names(leaf),
        "issuer": about.or_else(lambda: about.title(top.issuer), "?"),
    }


def _dates(leaf: x509.Certificate) -> dict[str, str]:
    try:
        begin, end = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    except about.READ_ERRORS:
        return {"begin": "?", "end": "?"}
    return {"begin": f"{begin:%Y-%m-%d}", "end": f"{end:%Y-%m-%d}"}


def server_time(look: Look) -> datetime | None:
    """Return the server's clock as of now, if the server was asked."""
    health, asked = look.around.health, look.around.health_at
    if health is None or asked is None:
        return None
    try:
        return datetime.fromtimestamp(health.clock + look.now() - asked, UTC)
    except (ValueError, OverflowError, OSError):
        return None

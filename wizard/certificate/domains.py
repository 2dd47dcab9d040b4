"""Domain names as users type them, and whether a certificate is for one (RFC 6125, RFC 5891)."""

import ipaddress
import re

import idna
from cryptography import x509

from wizard.certificate import look

# Letters, digits, hyphen: an underscore is legal in the DNS but not in the name of a host
# (RFC 1123 2.1), and no public authority signs it.
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


class BadDomain(ValueError):
    """What was typed cannot be the name of a host."""


def normal(domain: str) -> str:
    """The name in the form of the wire: lower case, A-labels, no dot at the end.

    An IP address comes back in its usual writing. Raises BadDomain and nothing else.
    """
    typed = domain.strip()
    # No host name is so long, and an address with a zone is good on one machine only.
    if len(typed) > 1000 or "%" in typed:
        raise BadDomain(domain)
    try:
        return str(ipaddress.ip_address(typed))
    except ValueError:
        pass
    try:
        name = typed.lower() if typed.isascii() else idna.encode(typed, uts46=True).decode()
    except (UnicodeError, ValueError) as error:
        raise BadDomain(domain) from error
    name = name.removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadDomain(domain)
    # "192.168.1" or "1.2.3.4.5" is a mistyped address: no top-level domain is a number (RFC 3696).
    if labels[-1].isdigit():
        raise BadDomain(domain)
    return name


def is_address(domain: str) -> bool:
    """Whether this is an IP address, not a name."""
    try:
        ipaddress.ip_address(domain.strip())
    except ValueError:
        return False
    return True


def covers(certificate: x509.Certificate, domain: str) -> bool:
    """Whether the certificate is for the domain; a name that makes no sense is never covered.

    Only the SAN counts; a star stands for exactly one whole label at the left (RFC 6125 6.4.3).
    """
    try:
        wanted = normal(domain)
        if is_address(wanted):
            return ipaddress.ip_address(wanted) in look.addresses(certificate)
        return any(fits(name, wanted) for name in look.names(certificate))
    except look.READ_ERRORS:
        return False


def fits(pattern: str, domain: str) -> bool:
    """Whether one name of a certificate, maybe with a star, fits a normal domain."""
    pattern = pattern.lower()
    if not pattern.startswith("*."):
        return pattern == domain
    label, dot, rest = domain.partition(".")
    return bool(label and dot) and rest == pattern[2:]

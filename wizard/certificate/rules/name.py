"""The domain and the names in the certificate (RFC 6125)."""

from collections.abc import Iterator, Sequence
from functools import cache

from wizard.certificate import domains, look
from wizard.certificate.bundle import shown_names
from wizard.certificate.rules.case import Case, Remark


def fits(case: Case) -> Iterator[Remark]:
    """The certificate is for the domain; if not, the reason that helps most."""
    try:
        domain = domains.normal(case.domain)
    except domains.BadDomain:
        detail = "letters, digits, hyphens and dots make a host name (RFC 1123, RFC 5891)"
        yield Remark("domain-invalid", {"domain": case.domain}, detail)
        return
    names = look.names(case.leaf)
    detail = f"subjectAltName: {', '.join(names) or 'none'}"
    words = {"domain": domain, "names": shown_names(case.leaf)}
    if domains.covers(case.leaf, domain):
        if star := _for_everybody(names, domain):
            yield Remark("name-wildcard-public", {**words, "wildcard": star}, detail)
        return
    if not names:
        common = look.common_name(case.leaf.subject) or "-"
        yield Remark("name-missing", {"domain": domain, "common_name": common}, detail)
        return
    if domains.is_address(domain):
        yield Remark("name-is-address", words, detail)
        return
    for name in (each.lower() for each in names if each.startswith("*.")):
        words["wildcard"] = name
        if domain == name[2:]:
            yield Remark("name-wildcard-apex", words, detail)
            return
        if domain.endswith(name[1:]):
            yield Remark("name-wildcard-depth", words, detail)
            return
    yield Remark("name-mismatch", words, detail)


def _for_everybody(names: Sequence[str], domain: str) -> str:
    """The star that fits, where nothing else does and strangers register below it ("*.org").

    Chromium takes none of these; private parts of the list, such as github.io, it lets pass.
    """
    fitting = [each for each in names if domains.fits(each, domain)]
    if not fitting or not all(each.startswith("*.") for each in fitting):
        return ""
    return next((each for each in fitting if _public_suffix(each[2:].lower())), "")


@cache
def _public_suffix(name: str) -> bool:
    if "." not in name:
        return True
    # Reading the list takes a tenth of a second, and few certificates with a star need it.
    from publicsuffixlist import PublicSuffixList

    return bool(PublicSuffixList(only_icann=True).is_public(name))

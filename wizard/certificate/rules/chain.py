"""The way from the certificate to a root that phones know."""

from collections.abc import Container, Iterator

from cryptography import x509

from wizard.certificate import look
from wizard.certificate.rules.case import Case, Remark

# CA/Browser Forum policies DV, OV, IV, EV: only public authorities write them (BR 7.1.6.1).
_FORUM = ("2.23.140.1.2.", "2.23.140.1.1")
_ISRG = "Internet Security Research Group"


def trusted(case: Case) -> Iterator[Remark]:
    """The chain ends at a root we know, over parts that are valid; if not, tell why."""
    words = {"issuer": case.issuer, "domain": case.domain}
    if look.self_signed(case.leaf):
        yield Remark("self-signed", words, f"issuer: {case.leaf.issuer.rfc4514_string()}")
        return
    if not case.anchors:
        yield _unanchored(case, words)
        return
    unfit = {look.sha256(each): each for each in case.bundle.chain if _unfit(each, case)}
    if not _reaches_root(case, unfit.keys()):
        for each in unfit.values():
            yield _unfit_remark(each)
        return
    if not case.public:
        code = "practice-root" if case.roots.practice else "extra-root-only"
        yield Remark(code, {**words, "issuer": look.title(case.anchors[0].subject)})


def order(case: Case) -> Iterator[Remark]:
    """Say that the order was mended, so that nobody wonders about the difference."""
    if case.bundle.reordered:
        yield Remark("chain-reordered")


def filled(case: Case) -> Iterator[Remark]:
    """Say what was added that nobody chose, and from where."""
    for each in case.bundle.filled:
        words = {"subject": look.title(each.certificate.subject), "host": each.source}
        detail = f"sha256 {look.sha256(each.certificate)}"
        yield Remark("chain-fetched" if each.source else "chain-filled", words, detail)


def old_android(case: Case) -> Iterator[Remark]:
    """Let's Encrypt's roots came late to Android: X1 with 7.1.1, X2 with 14."""
    isrg = [
        look.common_name(root.subject)
        for root in case.anchors
        if _ISRG in look.organisations(root.subject)
    ]
    if "ISRG Root X1" in isrg:
        yield Remark("android-before-7.1.1")
    elif isrg:
        yield Remark("android-before-14")


def _unanchored(case: Case, words: dict[str, str]) -> Remark:
    """Intermediate missing, private authority or fallen root: one text in every other program."""
    whole = (case.leaf, *case.bundle.chain)
    root = next(
        (
            each
            for each in case.bundle.extra
            if look.self_signed(each) and any(look.issued(each, below) for below in whole)
        ),
        None,
    )
    public = _from_public_authority(case)
    detail = f"no root for issuer: {whole[-1].issuer.rfc4514_string()}"
    if root is not None:
        return Remark("untrusted" if public else "private-ca", words, detail)
    if not public:
        return Remark("private-ca", words, detail)
    namesake = [
        each for each in case.bundle.extra if each.subject == whole[-1].issuer and each not in whole
    ]
    if namesake:
        detail += "; a certificate of that name was given, but it did not sign this one"
    if addresses := look.issuer_addresses(whole[-1]):
        detail += f"; it can be had from {', '.join(addresses)}"
    return Remark("chain-incomplete", words, detail)


def _from_public_authority(case: Case) -> bool:
    """Traces that only an authority under a known root leaves in what it signs."""
    policies = look.extension(case.leaf, x509.CertificatePolicies) or ()
    if any(each.policy_identifier.dotted_string.startswith(_FORUM) for each in policies):
        return True
    if look.extension(case.leaf, x509.PrecertificateSignedCertificateTimestamps) is not None:
        return True
    known = case.roots.organisations()
    whole = (case.leaf, *case.bundle.chain)
    return any(name in known for each in whole for name in look.organisations(each.issuer))


def _unfit(certificate: x509.Certificate, case: Case) -> bool:
    return not look.alive(certificate, case.at) or look.weak_hash(certificate) is not None


def _unfit_remark(certificate: x509.Certificate) -> Remark:
    words = {"subject": look.title(certificate.subject)}
    if weak := look.weak_hash(certificate):
        return Remark("chain-certificate-weak", {**words, "hash": weak})
    words["begin"] = f"{certificate.not_valid_before_utc:%Y-%m-%d}"
    words["end"] = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
    return Remark("chain-certificate-expired", words, f"sha256 {look.sha256(certificate)}")


def _reaches_root(case: Case, barred: Container[str]) -> bool:
    """Whether a root can be reached without the barred ones; another cross-sign may do."""
    rest = [each for each in case.bundle.chain if look.sha256(each) not in barred]
    queue = [case.leaf]
    while queue:
        below = queue.pop()
        if case.roots.issuers_of(below):
            return True
        above = [each for each in rest if look.issued(each, below)]
        rest = [each for each in rest if each not in above]
        queue += above
    return False

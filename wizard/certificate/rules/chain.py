"""The way from the certificate to a root that phones know."""

from collections.abc import Container, Iterator

from cryptography import x509

from wizard.certificate import look, stores
from wizard.certificate.roots import ChainRefused, verify_strictly
from wizard.certificate.rules.case import CHOICES, Case, Remark

# CA/Browser Forum policies DV, OV, IV, EV: only public authorities write them (BR 7.1.6.1).
_FORUM = ("2.23.140.1.2.", "2.23.140.1.1")
# What only phones of before 7.1.1 lack: ISRG Root X1 came with that version.
_OLD = ("5.0", "6.0", "7.0")


def trusted(case: Case) -> Iterator[Remark]:
    """The chain ends at a root we know, over parts that are valid; if not, tell why."""
    words = {"issuer": case.issuer, "domain": case.domain}
    if look.self_signed(case.leaf) and case.leaf not in case.roots.extra:
        yield _unless_accepted(
            case, Remark("self-signed", words, f"issuer: {case.leaf.issuer.rfc4514_string()}")
        )
        return
    if not case.anchors and case.leaf not in case.roots.extra:
        yield _unless_accepted(case, _unanchored(case, words))
        return
    unfit = {look.sha256(each): each for each in case.bundle.chain if _unfit(each, case)}
    if case.anchors and not _reaches_root(case, unfit.keys()):
        for each in unfit.values():
            yield _unfit_remark(each)
        return
    if not case.public:
        root = next(iter(case.anchors), case.leaf)
        code = "practice-root" if case.roots.practice else "extra-root-only"
        words["issuer"] = look.title(root.subject)
        yield Remark(code, words, f"root: sha256 {look.sha256(root)}")


def regular(case: Case) -> Iterator[Remark]:
    """An authority of one's own that strict programs refuse, though browsers take it."""
    if case.public or case.roots.practice or not case.ways:
        return
    try:
        verify_strictly(case.leaf, case.bundle.chain, case.domain, case.at, case.roots)
    except ChainRefused as error:
        root = case.ways[0].root
        yield Remark("root-irregular", {"issuer": look.title(root.subject)}, str(error))


def _unless_accepted(case: Case, remark: Remark) -> Remark:
    """The staff may choose an authority of their own, knowing that the CHT app refuses it."""
    if remark.code not in case.accept or remark.code not in CHOICES:
        return remark
    return Remark("browsers-only", remark.arguments, remark.detail)


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
    """A phone knows the authorities that it was made with; some came late, some were dropped."""
    if not case.public or not case.ways:
        return
    lacking = [
        version
        for version in stores.VERSIONS
        if not any(way.key in case.roots.known_by(version) for way in case.ways)
    ]
    if not lacking:
        return
    top = case.ways[0]
    words = {"root": look.title(top.root.subject), "versions": ", ".join(lacking)}
    detail = f"root: {top.root.subject.rfc4514_string()}, sha256(subject, key) {top.key}"
    fixed = [version for version in stores.VERSIONS if version != stores.UPDATED]
    if lacking == list(_OLD):
        yield Remark("android-before-7.1.1", words, detail)
    elif set(lacking) >= set(fixed):
        yield Remark("android-before-14", words, detail)
    else:
        yield Remark("android-versions", words, detail)


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
        detail = f"sha256 {look.sha256(certificate)}"
        return Remark("chain-certificate-weak", {**words, "hash": weak}, detail)
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

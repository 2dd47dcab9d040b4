"""The certificate: which web server gets it, and whether it has it already."""

from __future__ import annotations

from dataclasses import replace

from wizard.agent import wire
from wizard.certificate.bundle import Bundle, of_pem
from wizard.plan.draft import Draft

WHERE = "certificate.files"
WEB = "certificate.web"
REQUEST, KEPT = "request", "kept:"  # wire.InstallCertificate.source

KUBERNETES_CURE = (
    "On the server, with the files there: kubectl -n NAMESPACE create secret tls api-tls-secret"
    " --cert=cert.pem --key=key.pem --dry-run=client -o yaml | kubectl apply -f -"
)
PROXY_CURE = (
    "Give the two files to {holder} in its own way and reload it; or, if it is listed as a web"
    " server of its own, name it under [certificate] web."
)


def certificate(
    draft: Draft, bundle: Bundle | None, *, renew: bool
) -> tuple[wire.InstallCertificate, ...]:
    """Plan the installation, unless the very same chain is there and served.

    On a renewal, which is about nothing else, all that prevents it is a problem; at a set-up
    the rest can go ahead without it, so the staff may accept it.
    """
    severity = "problem" if renew else "warning"
    if bundle is None:
        draft.problem("no-certificate", WHERE, severity)
        return ()
    web = _chosen(draft, severity)
    if web is None or _there(web, bundle):
        return ()
    if not web.certificate_path or not web.key_path:
        draft.problem("web-no-path", WEB, name=name(web))
        return ()
    bundle = held(bundle, draft.facts)
    if bundle.key is None and not bundle.key_place:
        draft.problem("no-key", WHERE)
        return ()
    return (
        wire.InstallCertificate(
            target="container" if web.container else "files",
            container=web.container,
            web=web.kind,
            chain=bundle.chain_pem(),
            key="" if bundle.key is None else bundle.key_pem(),
            source=bundle.key_place if bundle.key is None else "",
            certificate_path=web.certificate_path,
            key_path=web.key_path,
            unit=web.unit,
            https_port=web.https_port or 443,
            domain=draft.site.domain,
            leaf_sha256=bundle.sha256,
        ),
    )


def held(bundle: Bundle, facts: wire.Facts | None, waiting: str = "") -> Bundle:
    """Return the bundle with the place of its key on the server, if that is where it is.

    `waiting` is what counts while nothing is known of the server: the SHA-256 of the public key
    of a request that the site remembers.
    """
    if bundle.key is not None:
        return bundle
    place = bundle.key_place
    if facts is None:
        if not place and bundle.spki_sha256 == waiting:
            place = REQUEST
    elif facts.request is not None and facts.request.spki_sha256 == bundle.spki_sha256:
        place = REQUEST
    else:
        place = next((KEPT + pair.name for pair in facts.pairs if _same_key(pair, bundle)), "")
    return bundle if place == bundle.key_place else replace(bundle, key_place=place)


def _same_key(pair: wire.KeptPair, bundle: Bundle) -> bool:
    there = of_pem(pair.chain)
    return there is not None and there.spki_sha256 == bundle.spki_sha256


def previous(web: wire.WebServer | None, facts: wire.Facts) -> Bundle | None:
    """Return the pair that was served last before the one that is there now, or None."""
    present = web.certificate_sha256 if web is not None else ""
    for pair in facts.pairs:
        if pair.sha256 != present:
            return of_pem(pair.chain, KEPT + pair.name)
    return None


def name(web: wire.WebServer) -> str:
    """What the site file calls a web server: its container, or its unit."""
    return web.container or web.unit


def _there(web: wire.WebServer, bundle: Bundle) -> bool:
    same = web.chain_sha256 == bundle.chain_sha256 and web.key_kept
    return same and (not web.running or web.served_sha256 == bundle.sha256)


def _chosen(draft: Draft, severity: str) -> wire.WebServer | None:
    facts, wanted = draft.facts, draft.site.certificate.web
    listed = ", ".join(name(web) for web in facts.web)
    if wanted:
        for web in facts.web:
            if wanted in (web.container, web.unit, web.unit.removesuffix(".service")):
                return web
        if facts.web:
            draft.problem("web-unknown", WEB, web=wanted, names=listed)
            return None
    cht = [web for web in facts.web if web.kind in ("cht", "cht3")]
    if facts.kubernetes and not cht:
        why = f"the CHT runs in Kubernetes here ({facts.kubernetes}), which keeps it elsewhere"
        draft.problem("certificate-elsewhere", WEB, severity, why=why, cure=KUBERNETES_CURE)
        return None
    if not facts.web:
        docker = facts.docker
        state = "Docker is not installed." if not docker.installed else ""
        if docker.installed and not docker.running:
            state = "Docker is not running."
        unread = next((each for each in facts.problems if each.startswith("web: ")), "")
        draft.problem("web-none", WEB, severity, docker=docker.error or state or unread)
        return None
    if cht and (holder := _proxy(facts, cht)):
        why = f"port 443 belongs to {holder}, which stands in front of the CHT"
        cure = PROXY_CURE.format(holder=holder)
        draft.problem("certificate-elsewhere", WEB, severity, why=why, cure=cure)
        return None
    # A CHT goes before any other web server of the machine.
    first = cht or list(facts.web)
    if len(first) > 1:
        draft.problem("web-several", WEB, names=listed)
        return None
    return first[0]


def _proxy(facts: wire.Facts, cht: list[wire.WebServer]) -> str:
    """Who answers on port 443 instead of the CHT, or ""."""
    if any(web.https_port == 443 for web in cht):
        return ""
    for web in facts.web:
        if web.kind == "files" and web.https_port == 443 and web.running:
            return name(web)
    for item in facts.listeners:
        if item.port == 443 and item.protocol == "tcp":
            if item.process == "docker-proxy":
                return "another container"
            return item.unit or item.process or "another program"
    return ""

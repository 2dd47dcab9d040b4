"""What a name that somebody asks for tells about a phone; other names are nobody's business."""

from __future__ import annotations

from typing import Iterable

# Asked to find out whether a network leads to the Internet: Android, makers of phones, others.
CHECKS = frozenset(
    {
        "captive.apple.com",
        "clients3.google.com",
        "conn1.coloros.com",
        "conn1.oppomobile.com",
        "connect.rom.miui.com",
        "connectivity-check.ubuntu.com",
        "connectivitycheck.android.com",
        "connectivitycheck.cbg-app.huawei.com",
        "connectivitycheck.gstatic.com",
        "connectivitycheck.platform.hicloud.com",
        "detectportal.firefox.com",
        "nmcheck.gnome.org",
        "play.googleapis.com",
        "wifi.vivo.com.cn",
        "www.google.com",
        "www.gstatic.com",
        "www.msftconnecttest.com",
        "www.msftncsi.com",
    }
)
# Providers of encrypted DNS: what stands in Android's Private DNS, or a browser's Secure DNS.
PROVIDERS = (
    "adguard-dns.com",
    "alidns.com",
    "cleanbrowsing.org",
    "cloudflare-dns.com",
    "controld.com",
    "dns.adguard.com",
    "dns.google",
    "dns.mullvad.net",
    "dns0.eu",
    "dot.pub",
    "libredns.gr",
    "nextdns.io",
    "one.one.one.one",
    "opendns.com",
    "quad9.net",
    "rethinkdns.com",
)


def sort(name: str, ours: Iterable[str], others: Iterable[str] = ()) -> str:
    """Return what a name is: domain, near (mistyped), check, provider, other.

    `others` are names that the site has for other machines.
    """
    own = tuple(ours)
    if name in own:
        return "domain"
    if name in others:
        return "other"
    if name in CHECKS:
        return "check"
    if any(name == each or name.endswith("." + each) for each in PROVIDERS):
        return "provider"
    return "near" if any(near(name, each) for each in own) else "other"


def near(name: str, own: str) -> bool:
    """Tell whether somebody may have meant `own`: a part of it, more than it, or mistyped."""
    if not name or name == own:
        return False
    labels = name.count(".") + 1
    if name.endswith("." + own) or own.startswith(name + "."):
        return True
    if labels > 1 and own.endswith("." + name):
        return True
    most = 1 if len(own) < 10 else 2 if len(own) < 16 else 3
    return distance(name, own, most) <= most


def distance(one: str, other: str, most: int) -> int:
    """Return how many letters have to be changed (Levenshtein); beyond `most`, something more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
        if min(row) > most:
            return most + 1
    return row[-1]

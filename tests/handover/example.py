"""The handover of a usual clinic, and one whose every value is meant to do harm."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from wizard.certificate import Client, Finding
from wizard.certificate.limits import Authority
from wizard.check import Report, Result
from wizard.handover import Certificate, Handover, Item, Server, Wifi
from wizard.site.model import AccessPoint, DnsDhcp, Name, Reservation, Site, StaticIp

PASSPHRASE = "seven brave Cranes 29"

NAIROBI = timezone(timedelta(hours=3))
WHEN = datetime(2026, 12, 15, 14, 5, tzinfo=NAIROBI)

SITE = Site(
    name="Kaloleni Health Centre",
    domain="cht.kaloleni.example.org",
    static_ip=StaticIp(interface="enp1s0", address="10.20.0.1/24"),
    dns_dhcp=DnsDhcp(
        first="10.20.0.100",
        last="10.20.0.200",
        reservations=(
            Reservation("b0:be:76:11:22:33", "10.20.0.2", "access-point"),
            Reservation("00:80:92:aa:bb:cc", "10.20.0.20", "printer"),
        ),
        ntp=True,
    ),
    access_point=AccessPoint(kind="own", ssid="Kaloleni CHT"),
)

CERTIFICATE = Certificate(
    names=("cht.kaloleni.example.org",),
    issuer="R12 (Let's Encrypt)",
    not_before=datetime(2026, 12, 10, 9, 30, tzinfo=UTC),
    not_after=datetime(2027, 3, 10, 9, 30, tzinfo=UTC),
    sha256="3f" * 32,
    clocks=(datetime(2026, 12, 10, 9, 30, tzinfo=UTC), datetime(2027, 3, 10, 9, 30, tzinfo=UTC)),
    authority=Authority.LETS_ENCRYPT,
)

READINESS = (
    Item("hardware", "Hardware", "good", "The server has 8 GB of memory; the CHT asks for 8 GB."),
    Item("hardware", "Hardware", "good", answer="Locked cupboard in the pharmacy."),
    Item("alerting", "Alerting", "good", answer="The clerk syncs one phone every morning."),
    Item("power", "Power failures and restarts", "good", "All parts start by themselves (7)."),
    Item(
        "power",
        "Power failures and restarts",
        "good",
        answer="Twice a week for up to an hour. A UPS holds 40 minutes, for the server and the "
        "access point. It switches itself on: tried on 3 March.",
    ),
    Item("backups", "Backups", "good", answer="Two USB disks, changed on Fridays."),
    Item("disaster_recovery", "Disaster recovery", "good", answer="One disk is at the office."),
    Item("scale", "Scale", "good", "There is room for five times the database."),
    Item("scale", "Scale", "good", answer="Twelve users now, twenty in two years."),
    Item(
        "updates",
        "Updates",
        "asked",
        "Who brings updates of the CHT and of the server's system, how, and how often?",
        "For example: The district's technician, twice a year, with a stick.",
    ),
    Item("security", "Security", "good", answer="The matron has the key and the passwords."),
    Item(
        "privacy",
        "Privacy",
        "attention",
        "The disk of the server is not encrypted: whoever takes it away can read it.",
        "Plan to install the server anew with an encrypted disk.",
    ),
    Item("privacy", "Privacy", "good", answer="All phones have a screen lock."),
    Item("renewals", "Renewals", "good", answer="Amina fetches the certificate at the office."),
    Item("same_domain", "Same domain at several sites", "good", answer="Only this site."),
)


def report(*extra: Result) -> Report:
    """A live check that went well, but for what is added."""
    good = tuple(
        Result(code, name, "passed", message)
        for code, name, message in (
            ("server", "The server answers", "10.20.0.1 answers."),
            ("dns_udp", "The server knows the name", "It says 10.20.0.1."),
            ("tls", "Phones accept the certificate", "All of them."),
        )
    )
    return Report((*good, *extra), seconds=3.2)


def handover(**changed: Any) -> Handover:
    """A usual clinic."""
    usual = Handover(
        site=SITE,
        when=WHEN,
        program="0.1.0",
        server=Server("Debian GNU/Linux 12", "4.21.1", "cht", "enp1s0", "52:54:00:12:34:56"),
        certificate=CERTIFICATE,
        findings=(Finding("android-before-7.1.1", {"root": "ISRG Root X1"}),),
        clients=(
            Client("app-7.0", "refused", "unknown", "It does not know it."),
            Client("app-7.1", "accepted", "known", "It knows it.", CERTIFICATE.not_after),
            Client("firefox", "accepted", "known", "It knows it.", CERTIFICATE.not_after),
        ),
        changes=(
            "Write the fixed address (netplan) (/etc/netplan/99-cht-offline-setup.yaml).",
            "Let enp1s0 change over to 10.20.0.1/24.",
            "Start the site's DNS and DHCP, also at every start of the server.",
            "Install the certificate for cht.kaloleni.example.org in cht-nginx-1 and try it.",
        ),
        outcome="confirmed",
        report=report(),
        readiness=READINESS,
        wifi=Wifi("Kaloleni CHT", passphrase=PASSPHRASE),
    )
    return replace(usual, **changed)


BAD = '<script>alert("1")</script>\'&amp;</style></title>{{ 7*7 }}\x00\u202egnp'


def hostile() -> Handover:
    """Every text that people or machines may choose, chosen badly."""
    return Handover(
        site=Site(
            name=BAD * 3,
            domain="a" * 60 + "." + "b" * 60 + "." + "c" * 60 + ".example.org",
            static_ip=StaticIp("e<b>0", "10.20.0.1/24", "10.20.0.254", "fd00:20::1/64"),
            dns_dhcp=DnsDhcp(
                first="10.20.0.100",
                last="10.20.0.200",
                lease=BAD,
                reservations=(Reservation(BAD, BAD, BAD),) * 9,
                names=(Name(BAD, BAD),),
                upstream=(BAD, "1.1.1.1"),
                ntp=True,
            ),
            access_point=AccessPoint(kind="server", ssid=BAD),
        ),
        when=WHEN,
        program=BAD,
        practice=True,
        server=Server(BAD, BAD, BAD, BAD, BAD, 8443),
        certificate=replace(CERTIFICATE, names=(BAD,), issuer=BAD),
        findings=(Finding("expires-soon", {"days": BAD, "end": BAD, "date": BAD}),),
        changes=(BAD,),
        outcome=BAD,
        report=report(Result(BAD, BAD, "failed", BAD, BAD, BAD, BAD, 1.0, BAD, BAD, BAD)),
        readiness=(Item(BAD, BAD, "attention", BAD, BAD, BAD), Item(BAD, BAD, "good", BAD)),
        wifi=Wifi("عيادة 🏥 <b>", passphrase='a"\\;,: <i>x'),
    )

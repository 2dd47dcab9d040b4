"""Every contradiction has a code: a table of decisions, and what is said about each."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.site import examples
from wizard.agent import names as agent_names
from wizard.agent import wire
from wizard.site import model, names
from wizard.site.dns_dhcp import lease_seconds
from wizard.site.model import Name, Reservation
from wizard.site.problems import problems, unaccepted
from wizard.site.words import NOTES, PROBLEMS, WARNINGS

MAC = "52:54:00:12:34:56"  # locally administered, as virtual machines have it
NIC = "00:1b:21:12:34:56"
KEPT = Reservation(NIC, "10.20.0.50", "printer")

Case = tuple[dict[str, Any], str]


def rows(field: str, *pairs: tuple[Any, str], also: str = "", **more: Any) -> list[Case]:
    """One row for each (value, codes) of one field; `also` are codes that `more` brings about."""
    return [({field: value, **more}, f"{codes} {also}") for value, codes in pairs]


# What is decided -> codes, in order, "" = nothing is wrong. Codes may be followed by "@field".
DECISIONS: list[Case] = [
    ({}, ""),
    *rows("version", (2, "version_unknown"), (0, "version_unknown"), (10**5000, "version_unknown")),
    *rows(
        "name",
        ("", "site_name_missing"),
        ("  ", "site_name_missing"),
        ("Clinic\nserver=8.8.8.8", "site_name_invalid"),
        ("x" * 101, "site_name_invalid"),
        ("Clínica de São José 医院", ""),
    ),
    *rows(
        "visit_every",
        (60, ""),
        (730, ""),
        (731, "visit_every_invalid@visit_every"),
        (-1, "visit_every_invalid"),
        (10**5000, "visit_every_invalid"),
    ),
    # server
    *rows(
        "server__host",
        ("", "host_missing@server.host"),
        (" ", "host_missing"),
        ("server", ""),
        ("server.local", ""),
        ("my_server.lan", ""),
        ("server.example.org.", ""),
        ("fd00::5", ""),
        ("fe80::5054:ff:fe12:3456%eth0", ""),
        ("fe80::1%12", ""),
        ("127.0.0.1", ""),
        ("fe80::1", "host_zone_missing"),
        ("fe80::1%", "host_invalid"),
        ("fe80::1%eth0;reboot", "host_invalid"),
        ("10.0.0.300", "host_invalid"),
        ("10.0.0", "host_invalid"),
        ("0.0.0.0", "host_invalid"),
        ("::", "host_invalid"),
        ("255.255.255.255", "host_invalid"),
        ("224.0.0.1", "host_invalid"),
        ("-oProxyCommand=reboot", "host_invalid"),
        ("two words", "host_invalid"),
        ("sérver", "host_invalid"),
        ("root@10.0.0.1", "host_user"),
        ("ssh://root:pass@10.0.0.1", "host_user"),
        ("https://10.0.0.1", "host_url"),
        ("10.0.0.1/24", "host_url"),
        ("10.0.0.1:22", "host_port"),
        ("[fd00::1]:22", "host_port"),
        ("server:22", "host_port"),
    ),
    *rows(
        "server__port",
        (0, "port_invalid@server.port"),
        (65535, ""),
        (65536, "port_invalid"),
        (-1, "port_invalid"),
        (10**5000, "port_invalid"),
    ),
    *rows(
        "server__user",
        ("", "user_missing@server.user"),
        ("root", ""),
        ("mary@example.org", ""),
        ("CLINIC\\mary", ""),
        ("root:secret", "user_invalid"),
        ("two words", "user_invalid"),
        ("-l", "user_invalid"),
        ("a\x00b", "user_invalid"),
    ),
    *rows(
        "server__key",
        ("", ""),
        ("C:\\Users\\mary\\id_rsa", ""),
        ("keys/server.ppk", ""),
        ("~/.ssh/id_ed25519.pub", "key_public@server.key"),
        ("~/.ssh/", "key_path"),
        (" ", "key_path"),
        ("a\nb", "key_path"),
    ),
    # static_ip
    *rows(
        "static_ip__interface",
        ("", "interface_missing@static_ip.interface"),
        ("enp3s0f1np1", ""),
        ("eth0.100", ""),
        ("lo", "interface_loopback"),
        ("eth0:1", "interface_invalid"),
        ("veth1@if2", "interface_invalid"),
        ("..", "interface_invalid"),
        ("-eth0", "interface_invalid"),
        ("eth0\n[Match]", "interface_invalid"),
        ("abcdefghijklmnop", "interface_invalid"),
        ("abcdefghijklmno", ""),
    ),
    *rows(
        "static_ip__address",
        ("", "address_missing@static_ip.address"),
        ("10.20.0.1", "address_prefix_missing"),
        ("10.20.0.1/", "address_prefix_invalid"),
        ("10.20.0.1/33", "address_prefix_invalid"),
        ("10.20.0.1/024", "address_prefix_invalid"),
        ("10.20.0.1/" + "9" * 5000, "address_prefix_invalid"),
        ("10.20.0.1/٢٤", "address_prefix_invalid"),
        ("10.20.0.1/255.255.255.0", "address_netmask"),
        ("10.20.0.256/24", "address_invalid"),
        ("010.020.000.001/24", "address_invalid"),
        (" 10.20.0.1/24", "address_invalid"),
        ("10.20.0.1 /24", "address_invalid"),
        ("eth0", "address_invalid"),
        ("fd00::1/64", "address_is_ipv6"),
        ("fd00::1", "address_is_ipv6"),
        ("10.20.0.0/24", "address_network"),
        ("10.20.0.255/24", "address_broadcast"),
        ("10.20.0.1/16", ""),
        ("10.20.0.1/15", "address_prefix_large"),
        ("10.20.0.1/8", "address_prefix_large"),
        ("10.20.0.1/7", "address_beyond_private"),
        ("10.20.0.1/0", "address_beyond_private"),
        ("10.20.0.1/31", "address_prefix_small"),
        ("10.20.0.1/32", "address_prefix_small"),
        ("10.20.0.100/24", "range_holds_server@dns_dhcp.first"),
        ("10.20.0.199/24", "range_holds_server"),
        ("10.20.0.99/24", ""),
        ("10.20.1.1/24", "range_outside@dns_dhcp.first range_outside@dns_dhcp.last"),
        ("10.20.0.5/30", "range_outside range_outside"),
    ),
    *rows(
        "static_ip__address",
        ("192.168.1.1/24", ""),
        ("172.16.0.1/12", "address_prefix_large"),
        ("172.16.0.1/11", "address_beyond_private"),
        ("192.168.1.1/15", "address_beyond_private"),
        ("172.31.255.254/16", ""),
        ("172.32.0.1/16", "address_public"),
        ("100.64.0.1/24", "address_cgnat"),
        ("0.0.0.1/24", "address_unspecified"),
        ("0.0.0.0/0", "address_unspecified address_network"),
        ("127.0.0.1/24", "address_loopback"),
        ("169.254.1.1/24", "address_link_local"),
        ("224.0.0.1/24", "address_multicast"),
        ("240.0.0.1/24", "address_reserved"),
        ("198.18.0.1/24", "address_reserved"),
        ("192.0.2.1/24", "address_documentation"),
        ("198.51.100.1/24", "address_documentation"),
        ("203.0.113.1/24", "address_documentation"),
        ("8.8.8.8/24", "address_public"),
        ("255.255.255.255/24", "address_reserved address_broadcast"),
        dns_dhcp__enabled=False,
        also="dns_dhcp_off",
    ),
    *rows(
        "static_ip__gateway",
        ("10.20.0.254", ""),
        ("10.20.0.254/24", "gateway_invalid@static_ip.gateway"),
        ("router", "gateway_invalid"),
        (" ", "gateway_invalid"),
        ("fd00::1", "gateway_invalid"),
        ("10.20.1.1", "gateway_outside"),
        ("10.20.0.1", "gateway_is_server"),
        ("10.20.0.0", "gateway_not_host"),
        ("10.20.0.255", "gateway_not_host"),
        ("10.20.0.150", "range_holds_gateway@dns_dhcp.first"),
    ),
    *rows(
        "static_ip__address6",
        ("fd00:20::1/64", ""),
        ("FD00:0020:0::1/64", ""),
        ("fd00:20::1", "address6_prefix_missing@static_ip.address6"),
        ("fd00:20::1/", "address6_invalid"),
        ("fd00:20::1/129", "address6_invalid"),
        ("fd00:20::1%eth0/64", "address6_invalid"),
        ("nonsense", "address6_invalid"),
        (" ", "address6_invalid"),
        ("10.20.0.1/24", "address6_is_ipv4"),
        ("fd00:20::/64", "address6_network"),
        ("fd00:20::1/48", "address6_prefix_unusual"),
        ("fd00:20::1/128", "address6_prefix_unusual"),
        ("fc00:20::1/64", "address6_not_fd"),
        ("2a00:1450::1/64", "address6_global"),
        ("2001:db8::1/64", "address6_reserved"),
        ("2002:a00:1::1/64", "address6_reserved"),
        ("::1/64", "address6_reserved"),
        ("::ffff:10.0.0.1/64", "address6_reserved"),
        ("fec0::1/64", "address6_reserved"),
        ("fe80::1/64", "address6_link_local"),
        ("ff02::1/64", "address6_multicast"),
    ),
    # domain
    *rows(
        "domain",
        ("", "domain_missing@domain"),
        (" ", "domain_missing"),
        ("clinic.or.ke", ""),
        ("a.clinic", ""),
        ("clinic.org.za", ""),
        ("clinic.za", ""),
        ("org.za", "domain_public_suffix"),
        ("xn--klinik-mnchen-3ob.example.org", ""),
        ("123.example.org", ""),
        ("clinic", "domain_single_label"),
        ("https://clinic.example.org/", "domain_url"),
        ("clinic.example.org/login", "domain_url"),
        ("10.20.0.1/24", "domain_url"),
        ("clinic.example.org:8443", "domain_port"),
        ("clinic .example.org", "domain_spaces"),
        (" clinic.example.org", "domain_spaces"),
        ("clinic.example.org\n", "domain_spaces"),
        ("10.20.0.1", "domain_ip"),
        ("fd00::1", "domain_ip"),
        ("[fd00::1]", "domain_ip"),
        ("10.20.0.300", "domain_numeric"),
        ("*.example.org", "domain_wildcard"),
        ("clinic.example.org.", "domain_trailing_dot"),
        (".example.org", "domain_empty_label"),
        ("clinic..example.org", "domain_empty_label"),
        (".", "domain_empty_label"),
        ("klinik-münchen.example.org", "domain_idn"),
        ("クリニック.example.org", "domain_idn"),
        ("clinic。example.org", "domain_idn"),
        ("🏥.example.org", "domain_idn_broken"),
        ("cli\u200bnic.example.org", "domain_idn"),
        ("my_clinic.example.org", "domain_underscore"),
        ("mary@example.org", "domain_characters"),
        ("clinic,example.org", "domain_characters"),
        ("clinic#1.example.org", "domain_characters"),
        ("clinic\x00.example.org", "domain_characters"),
        ("-clinic.example.org", "domain_hyphen"),
        ("clinic-.example.org", "domain_hyphen"),
        ("xn--.example.org", "domain_hyphen"),
        ("xn--a.example.org", "domain_punycode"),
        ("a" * 63 + ".example.org", ""),
        ("a" * 64 + ".example.org", "domain_label_long"),
        (".".join(["a" * 50] * 6) + ".org", "domain_long"),
        ("clinic.local", "domain_local"),
        ("CLINIC.LOCAL", "domain_local"),
        ("clinic.localhost", "domain_special"),
        ("clinic.invalid", "domain_special"),
        ("clinic.onion", "domain_special"),
        ("clinic.test", "domain_reserved"),
        ("clinic.example", "domain_reserved"),
        ("clinic.internal", "domain_reserved"),
        ("clinic.home.arpa", "domain_reserved"),
        ("home.arpa", "domain_reserved"),
        ("clinic.lan", "domain_unknown_ending"),
        ("co.ke", "domain_public_suffix"),
        ("CO.KE", "domain_public_suffix domain_uppercase"),
        ("duckdns.org", "domain_public_suffix"),
        ("foo.ck", "domain_public_suffix"),
        ("www.ck", ""),
        ("xn--55qx5d.cn", "domain_public_suffix"),
        ("Clinic.Example.org", "domain_uppercase"),
        ("10-20-0-1.local-ip.medicmobile.org", "domain_shared_key"),
        ("10-20-0-1.my.local-ip.co", "domain_shared_key"),
    ),
    # certificate
    *rows(
        "certificate__files",
        ((), "certificate_none@certificate.files"),
        (("a.p12",), ""),
        (("", "key.pem"), "certificate_path@certificate.files[0]"),
        (("a\nb",), "certificate_path"),
        (("a.pem", "a.pem"), "certificate_repeated@certificate.files[1]"),
    ),
    *rows(
        "certificate__web",
        ("cht-nginx-1", ""),
        ("nginx.service", ""),
        ("a b", "certificate_web_invalid@certificate.web"),
        ("--help", "certificate_web_invalid"),
    ),
    # dns_dhcp
    ({"dns_dhcp__enabled": False}, "dns_dhcp_off@dns_dhcp.enabled"),
    ({"dns_dhcp": model.DnsDhcp(enabled=False)}, "dns_dhcp_off"),
    (
        {"dns_dhcp": model.DnsDhcp(enabled=False, router_advertisements=True)},
        "dns_dhcp_off ra_off_with_dns_dhcp",
    ),
    ({"dns_dhcp": model.DnsDhcp()}, "range_missing@dns_dhcp.first range_missing@dns_dhcp.last"),
    *rows(
        "dns_dhcp__first",
        ("", "range_missing@dns_dhcp.first"),
        ("10.20.0.100/24", "range_invalid"),
        ("first", "range_invalid"),
        ("fd00::100", "range_invalid"),
        ("10.20.0.0", "range_not_host"),
        ("10.20.0.1", "range_holds_server"),
        ("10.20.0.2", ""),
        ("10.19.255.255", "range_outside"),
        ("10.20.0.200", "range_reversed"),
        ("10.20.0.190", ""),
        ("10.20.0.191", "range_small@dns_dhcp.last"),
        ("10.20.0.199", "range_small"),
    ),
    *rows(
        "dns_dhcp__last",
        ("10.20.0.254", ""),
        ("10.20.0.255", "range_not_host@dns_dhcp.last"),
        ("10.20.1.10", "range_outside@dns_dhcp.last"),
    ),
    *rows(
        "dns_dhcp__lease",
        ("", "lease_invalid@dns_dhcp.lease"),
        ("12", "lease_too_short"),
        ("0h", "lease_too_short"),
        ("119s", "lease_too_short"),
        ("2m", "lease_short"),
        ("9m", "lease_short"),
        ("10m", ""),
        ("3600", ""),
        ("7d", ""),
        ("30d", ""),
        ("31d", "lease_long"),
        ("5w", "lease_long"),
        ("99999999d", "lease_invalid"),
        ("infinite", "lease_invalid"),
        ("12 h", "lease_invalid"),
        ("12H", "lease_invalid"),
        ("-1h", "lease_invalid"),
        ("1.5h", "lease_invalid"),
        ("١٢h", "lease_invalid"),
    ),
    *[
        ({"dns_dhcp__reservations": tuple(kept)}, codes)
        for kept, codes in (
            ([KEPT], ""),
            ([Reservation(NIC, "10.20.0.150", "")], ""),
            ([Reservation(NIC.upper(), "10.20.0.50")], ""),
            (
                [Reservation("", "10.20.0.50")],
                "reservation_mac_invalid@dns_dhcp.reservations[0].mac",
            ),
            ([Reservation("00:1b:21:12:34", "10.20.0.50")], "reservation_mac_invalid"),
            ([Reservation("00:00:00:00:00:00", "10.20.0.50")], "reservation_mac_invalid"),
            ([Reservation("00:1b:21:12:34:5g", "10.20.0.50")], "reservation_mac_invalid"),
            ([Reservation("00-1B-21-12-34-56", "10.20.0.50")], "reservation_mac_form"),
            ([Reservation("001b.2112.3456", "10.20.0.50")], "reservation_mac_form"),
            ([Reservation("001b21123456", "10.20.0.50")], "reservation_mac_form"),
            ([Reservation("ff:ff:ff:ff:ff:ff", "10.20.0.50")], "reservation_mac_group"),
            ([Reservation("01:00:5e:00:00:01", "10.20.0.50")], "reservation_mac_group"),
            ([Reservation(MAC, "10.20.0.50")], "reservation_mac_private"),
            (
                [Reservation(NIC, "")],
                "reservation_address_invalid@dns_dhcp.reservations[0].address",
            ),
            ([Reservation(NIC, "10.20.0.50/24")], "reservation_address_invalid"),
            ([Reservation(NIC, "fd00::50")], "reservation_address_invalid"),
            ([Reservation(NIC, "10.20.1.50")], "reservation_outside"),
            ([Reservation(NIC, "10.20.0.0")], "reservation_not_host"),
            ([Reservation(NIC, "10.20.0.255")], "reservation_not_host"),
            ([Reservation(NIC, "10.20.0.1")], "reservation_is_server"),
            ([Reservation(NIC, "10.20.0.50", "a.b")], "reservation_name_invalid"),
            ([Reservation(NIC, "10.20.0.50", "my printer")], "reservation_name_invalid"),
            ([Reservation(NIC, "10.20.0.50", "x,ignore")], "reservation_name_invalid"),
            (
                [KEPT, Reservation(NIC.upper(), "10.20.0.51")],
                "reservation_mac_repeated@dns_dhcp.reservations[1].mac",
            ),
            (
                [KEPT, Reservation("00:1b:21:00:00:01", "10.20.0.50")],
                "reservation_address_repeated@dns_dhcp.reservations[1].address",
            ),
            (
                [KEPT, Reservation("00:1b:21:00:00:01", "10.20.0.51", "Printer")],
                "reservation_name_repeated@dns_dhcp.reservations[1].name",
            ),
        )
    ],
    (
        {
            "static_ip__gateway": "10.20.0.254",
            "dns_dhcp__reservations": (Reservation(NIC, "10.20.0.254"),),
        },
        "reservation_is_gateway",
    ),
    *[
        ({"dns_dhcp__names": tuple(extra)}, codes)
        for extra, codes in (
            ([Name("printer", "10.20.0.50")], ""),
            ([Name("printer.clinic.example.org", "10.20.0.50")], ""),
            ([Name("watchdog.lan", "fd00:20::5")], ""),
            ([Name("p", "10.20.0.50"), Name("p", "fd00:20::5")], ""),
            ([Name("p", "10.20.0.1")], ""),
            ([Name("", "10.20.0.50")], "name_missing@dns_dhcp.names[0].name"),
            ([Name("Clinic.example.org", "10.20.0.1")], "name_is_domain"),
            ([Name("p", "")], "name_address_invalid@dns_dhcp.names[0].address"),
            ([Name("p", "10.20.0.50/24")], "name_address_invalid"),
            ([Name("p", "127.0.0.1")], "name_address_unusable"),
            ([Name("p", "255.255.255.255")], "name_address_unusable"),
            ([Name("p", "fe80::1")], "name_address_unusable"),
            ([Name("p", "192.168.7.1")], "name_outside"),
            ([Name("p", "10.20.0.150")], "name_in_range"),
            (
                [Name("p", "10.20.0.50"), Name("P", "10.20.0.51")],
                "name_several_addresses@dns_dhcp.names[1].name",
            ),
            ([Name("p", "10.20.0.50"), Name("p", "10.20.0.50")], "name_repeated"),
        )
    ],
    *[
        ({"dns_dhcp__names": (Name(name, "10.20.0.50"),)}, f"name_{code}")
        for name, code in (
            ("http://printer", "url"),
            ("my printer", "spaces"),
            ("10.20.0.50", "ip"),
            ("printer:631", "port"),
            ("*.clinic.example.org", "wildcard"),
            ("printer.", "trailing_dot"),
            ("a..b", "empty_label"),
            ("drückerei", "idn"),
            ("🖨", "idn_broken"),
            ("my_printer", "underscore"),
            ("a/b,c", "url"),
            ("a,b", "characters"),
            ("-a", "hyphen"),
            ("a" * 64, "label_long"),
            ("a." * 127 + "a", "long"),
            ("xn--a", "punycode"),
            ("1", "numeric"),
            ("printer.local", "local"),
            ("localhost", "special"),
        )
    ],
    (
        {
            "dns_dhcp__names": (Name("p", "10.20.0.150"),),
            "dns_dhcp__reservations": (Reservation(NIC, "10.20.0.150"),),
        },
        "",
    ),
    (
        {
            "dns_dhcp__names": (Name("printer", "10.20.0.51"),),
            "dns_dhcp__reservations": (KEPT,),
        },
        "name_several_addresses",
    ),
    *rows(
        "dns_dhcp__upstream",
        (("10.20.0.254",), ""),
        (("9.9.9.9",), "upstream_unreachable@dns_dhcp.upstream[0]"),
        (("fd00::53",), ""),
        (("dns.example.org",), "upstream_invalid"),
        (("",), "upstream_invalid"),
        (("10.20.0.254#5353",), "upstream_invalid"),
        (("0.0.0.0",), "upstream_invalid"),
        (("10.20.0.1",), "upstream_is_server"),
        (("127.0.0.53",), "upstream_is_server"),
        (("::1",), "upstream_is_server"),
        (("10.20.0.254", "10.20.0.254"), "upstream_repeated@dns_dhcp.upstream[1]"),
    ),
    ({"static_ip__gateway": "10.20.0.254", "dns_dhcp__upstream": ("9.9.9.9",)}, ""),
    (
        {"static_ip__address6": "fd00:20::1/64", "dns_dhcp__upstream": ("fd00:20:0::1",)},
        "upstream_is_server",
    ),
    (
        {"static_ip__gateway": "10.20.0.254", "dns_dhcp__names": (Name("p", "192.168.7.1"),)},
        "",
    ),
    ({"dns_dhcp__router_advertisements": True}, "ra_without_address6"),
    *rows(
        "static_ip__address6",
        ("fd00:20::1/64", ""),
        ("fd00:20::1/48", "address6_prefix_64"),
        dns_dhcp__router_advertisements=True,
    ),
    # access_point
    ({"access_point__kind": "router"}, "ap_kind_unknown@access_point.kind"),
    ({"access_point__kind": "own"}, ""),
    *rows(
        "access_point__ssid",
        ("Clinic", ""),
        ("x" * 33, "ap_ssid_long"),
        ("   ", "ap_ssid_missing"),
        access_point__kind="own",
    ),
    (
        {"access_point__kind": "server"},
        "ap_interface_missing ap_ssid_missing ap_country_missing",
    ),
    *[
        ({"access_point": model.AccessPoint(**{**GOOD, **change})}, codes)  # type: ignore[arg-type]
        for GOOD in (
            {
                "kind": "server",
                "interface": "wlan0",
                "ssid": "Clinic",
                "country": "KE",
                "bridge": True,
            },
        )
        for change, codes in (
            ({}, ""),
            ({"interface": "wlan 0"}, "ap_interface_invalid@access_point.interface"),
            ({"interface": "eth0", "bridge": True}, "ap_bridge_same@access_point.bridge"),
            ({"bridge": False}, "ap_layout@access_point.interface"),
            ({"bridge": False, "interface": "eth0"}, ""),
            ({"ssid": "ü" * 16}, ""),
            ({"ssid": "ü" * 17}, "ap_ssid_long@access_point.ssid"),
            ({"ssid": "a\nb"}, "ap_ssid_control"),
            ({"ssid": "a\x00b"}, "ap_ssid_control"),
            ({"ssid": "\ud800"}, "ap_ssid_control"),
            ({"ssid": "Clinic "}, "ap_ssid_spaces"),
            ({"country": "ke"}, "ap_country_invalid@access_point.country"),
            ({"country": "Kenya"}, "ap_country_invalid"),
            ({"country": "00"}, "ap_country_invalid"),
            ({"channel": 6}, ""),
            ({"channel": 36}, ""),
            ({"channel": 3}, "ap_channel_overlap@access_point.channel"),
            ({"channel": 13}, "ap_channel_overlap"),
            ({"channel": 14}, "ap_channel_unknown"),
            ({"channel": 100}, "ap_channel_radar"),
            ({"channel": 37}, "ap_channel_unknown"),
            ({"channel": -1}, "ap_channel_unknown"),
            ({"channel": -(10**5000)}, "ap_channel_unknown"),
            ({"security": "open"}, "ap_security_unknown@access_point.security"),
            ({"security": "wpa3"}, ""),
        )
    ],
    # readiness, accept
    *rows(
        "readiness__answers",
        ((("backups", "USB disk, Fridays"),), ""),
        ((("backup", "USB disk"),), "readiness_unknown@readiness.backup"),
        ((("power", "a"), ("power", "b")), "readiness_repeated@readiness.power"),
    ),
    *rows(
        "accept",
        (("lease_long", "gateway_dropped", "android_below_7"), ""),
        (("lease_lang",), "accept_unknown_near@accept[0]"),
        (("domain_missing",), "accept_not_warning"),
        (("Lease long",), "accept_invalid"),
    ),
    # One page after the other, all of them empty.
    (
        {"server": model.Login(), "static_ip": model.StaticIp(), "domain": "", "name": ""},
        "site_name_missing host_missing user_missing interface_missing address_missing "
        "domain_missing",
    ),
]

ETH0 = ("192.168.1.20/24",)
LO = examples.interface("lo", "127.0.0.1/8", kind="loopback", manager="")
WLAN0 = examples.interface("wlan0", kind="wifi")
RADIO = wire.Radio("phy0", "wlan0", ap=True, blocked="", sae=True, mfp=True)
WAY = wire.Route("192.168.1.1", "eth0", 4, 100)


def eth0(*addresses: str, **changes: Any) -> dict[str, Any]:
    there = addresses or ETH0
    return {"interfaces": (LO, examples.interface("eth0", *there, **changes))}


def beside(*others: wire.Interface) -> dict[str, Any]:
    return {"interfaces": (LO, examples.interface("eth0", *ETH0), *others)}


def radio(**change: Any) -> dict[str, Any]:
    """A server with a radio beside its cable."""
    return {**beside(WLAN0), "radios": (dataclasses.replace(RADIO, **change),)}


def scan(*numbers: int, bar: str = "", **change: Any) -> wire.RadioScan:
    """What that radio said of its channels in Kenya."""
    known = tuple(wire.Channel(n, 2407 + 5 * n, bar) for n in numbers or (1, 6, 11))
    said = wire.RadioScan("wlan0", "KE", "KE", False, known, (), True)
    return dataclasses.replace(said, **change)


AP = {
    "static_ip__interface": "wlan0",
    "access_point": model.AccessPoint("server", "wlan0", "Clinic", "KE"),
}
OVER_OUR_WIFI = {
    **radio(),
    "connection": wire.Connection("10.1.1.2", 4000, "10.1.1.1", 22, "wlan0"),
    "services": (wire.Service(agent_names.HOSTAPD_UNIT, "loaded", "enabled", "active"),),
}
SIX = {"static_ip__address6": "fd00:20::1/64"}

# What is decided, what the server is -> codes.
ON_A_SERVER: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {}, ""),
    ({"static_ip__interface": "eth1"}, {}, "interface_unknown@static_ip.interface"),
    ({"static_ip__interface": "eth1"}, {"interfaces": ()}, "interface_unknown"),
    ({"static_ip__interface": "docker0"}, {}, "interface_virtual"),
    (
        {"static_ip__interface": "br-0123456789ab"},
        beside(examples.interface("br-0123456789ab", kind="bridge")),
        "interface_virtual",
    ),
    ({"static_ip__interface": "br0"}, beside(examples.interface("br0", kind="bridge")), ""),
    ({"static_ip__interface": "lo"}, {}, "interface_loopback"),
    ({}, eth0(master="br0"), "interface_member"),
    ({}, eth0(carrier=False), "interface_no_link"),
    ({"static_ip__interface": "wlan0"}, beside(WLAN0), "interface_wifi"),
    (AP, {**beside(WLAN0), "radios": (RADIO,)}, ""),
    ({}, eth0(manager=""), "interface_unmanaged"),
    ({}, eth0(manager="networkmanager"), "interface_other_manager"),
    ({}, {**eth0(manager="networkmanager"), "network__manager": ""}, ""),
    # addresses
    (
        {"static_ip__address": "172.17.5.1/24", "dns_dhcp__enabled": False},
        {},
        "address_overlaps_docker@static_ip.address dns_dhcp_off",
    ),
    (
        {"static_ip__address": "172.16.0.1/12", "dns_dhcp__enabled": False},
        {},
        "address_prefix_large address_overlaps_docker dns_dhcp_off",
    ),
    ({**SIX}, {"docker__networks": ("fd00::/16",)}, "address_overlaps_docker@static_ip.address6"),
    ({}, {"docker__networks": ("nonsense", "")}, ""),
    ({}, beside(examples.interface("eth1", "10.20.0.9/16")), "address_overlaps_interface"),
    ({}, beside(examples.interface("eth1", "10.20.0.1/24")), "address_on_other_interface"),
    ({}, beside(examples.interface("eth1", "10.21.0.1/24", "nonsense")), ""),
    (SIX, beside(examples.interface("eth1", "fd00:20::9/64")), "address_overlaps_interface"),
    # A bridge and its port, or a bond, are one link.
    (
        {"static_ip__interface": "br0"},
        {
            "interfaces": (
                examples.interface("eth0", "10.20.0.9/24", master="br0"),
                examples.interface("br0", kind="bridge"),
            )
        },
        "",
    ),
    ({}, eth0("10.20.0.9/24"), "address_same_network"),
    ({}, eth0("10.20.0.1/24"), ""),
    # the way out
    ({}, {"routes": (WAY,)}, "gateway_dropped@static_ip.gateway"),
    ({"static_ip__gateway": "10.20.0.254"}, {"routes": (WAY,)}, ""),
    ({}, {"routes": (WAY, wire.Route("10.9.0.1", "eth1", 4, 200))}, ""),
    ({}, {"routes": (wire.Route("fe80::1", "eth0", 6, 100),)}, ""),
    # IPv6
    ({}, eth0(ipv6=False), "no_lifeline@static_ip.interface"),
    (SIX, eth0(ipv6=False), "ipv6_disabled@static_ip.address6"),
    # web servers
    ({"certificate__web": "cht-nginx-1"}, {}, ""),
    ({"certificate__web": "nginx.service"}, {}, "certificate_web_unknown@certificate.web"),
    ({}, {"web": (examples.web("a"), examples.web("b"))}, "certificate_web_several"),
    ({}, {"web": (examples.web("a"), examples.web("", "files", "nginx.service"))}, ""),
    ({"certificate__web": "b"}, {"web": (examples.web("a"), examples.web("b"))}, ""),
    ({"certificate__web": "b"}, {"web": ()}, "certificate_web_unknown"),
    # radios
    (AP, {**beside(WLAN0), "radios": (RADIO,)}, ""),
    (AP, beside(WLAN0), ""),
    (AP, {}, "interface_unknown ap_interface_unknown@access_point.interface"),
    (
        AP,
        {**beside(WLAN0), "radios": (dataclasses.replace(RADIO, ap=False),)},
        "ap_radio_unable",
    ),
    (AP, radio(blocked="hard"), "ap_radio_off@access_point.interface"),
    (AP, radio(blocked="soft"), ""),
    (AP, radio(sae=False), "ap_security_less@access_point.security"),
    (
        {**AP, "access_point": model.AccessPoint("server", "wlan0", "A", "KE", security="wpa3")},
        radio(sae=False),
        "ap_security_unable@access_point.security",
    ),
    ({**AP, "static_ip__gateway": "10.20.0.254"}, radio(), "ap_gateway@static_ip.gateway"),
    (AP, {**radio(), "scan": scan(in_force="00")}, "ap_country_refused@access_point.country"),
    (
        AP,
        {**radio(self_managed=True), "scan": scan(in_force="US", self_managed=True)},
        "ap_country_fixed@access_point.country",
    ),
    (AP, radio(self_managed=True, country="US"), "ap_country_fixed@access_point.country"),
    (AP, {**radio(), "scan": scan()}, ""),
    (AP, {**radio(), "scan": scan(1, bar="no-ir")}, "ap_channel_none@access_point.country"),
    (
        {**AP, "access_point": model.AccessPoint("server", "wlan0", "A", "KE", channel=11)},
        {**radio(), "scan": scan(1)},
        "ap_channel_illegal@access_point.channel",
    ),
    (
        {"access_point": model.AccessPoint("server", "wlan0", "A", "KE", bridge=True)},
        radio(),
        "",
    ),
    (
        {"access_point": model.AccessPoint("server", "wlan0", "A", "KE", bridge=True)},
        {
            **radio(),
            "interfaces": (examples.interface("eth0", "192.168.1.20/24", kind="vlan"), WLAN0),
        },
        "ap_bridge_none@access_point.bridge",
    ),
    (
        AP,
        {**radio(), "connection": wire.Connection("10.1.1.2", 4000, "10.1.1.1", 22, "wlan0")},
        "ap_radio_carries@access_point.interface",
    ),
    (AP, OVER_OUR_WIFI, ""),
    (
        {"access_point": model.AccessPoint("server", "wlan0", "A", "KE", bridge=True)},
        OVER_OUR_WIFI,
        "ap_radio_carries@access_point.interface",
    ),
]


def _label(part: object) -> str:
    """The fields that a case sets, and the codes that it expects."""
    return " ".join(part) if isinstance(part, dict) else str(part).strip() or "fine"


def agree(found: tuple[Any, ...], codes: str) -> None:
    wanted = [w.partition("@") for w in codes.split()]
    assert [p.code for p in found] == [code for code, _, _ in wanted], found
    for problem, (_, _, field) in zip(found, wanted, strict=True):
        assert not field or problem.field == field


@pytest.mark.parametrize(("changes", "codes"), DECISIONS, ids=_label)
def test_decisions(changes: dict[str, Any], codes: str) -> None:
    agree(problems(examples.site(**changes)), codes)


@pytest.mark.parametrize(("changes", "server", "codes"), ON_A_SERVER, ids=_label)
def test_decisions_on_a_server(changes: dict[str, Any], server: dict[str, Any], codes: str) -> None:
    found = problems(examples.site(**changes), examples.facts(**server))
    agree(found, codes)


def test_every_code_has_a_case_and_every_case_a_sentence() -> None:
    cases = [c for _, c in DECISIONS] + [c for _, _, c in ON_A_SERVER]
    raised = {code.partition("@")[0] for codes in cases for code in codes.split()}
    raised |= {"accept_unknown"}  # test_accepted_codes_of_other_rooms
    assert raised == {*PROBLEMS, *WARNINGS, *NOTES}


def test_severities_do_not_overlap() -> None:
    assert not PROBLEMS.keys() & WARNINGS.keys()
    assert not NOTES.keys() & (PROBLEMS.keys() | WARNINGS.keys())


def test_findings_say_what_and_how_to_mend_it() -> None:
    for changes, _ in DECISIONS:
        for problem in problems(examples.site(**changes)):
            assert problem.message.endswith((".", ")")) or ": " in problem.message
            assert len(problem.cure) > 10
            assert "{" not in problem.message + problem.cure


def test_a_cure_that_can_be_copied_is_right() -> None:
    site = examples.site(domain="klinik-münchen.example.org")
    (problem,) = problems(site)
    assert problem.cure == "Write it as xn--klinik-mnchen-3ob.example.org"
    assert problems(dataclasses.replace(site, domain=problem.cure.split()[-1])) == ()

    kept = Reservation("00-1B-21-12-34-56", "10.20.0.50")
    (problem,) = problems(examples.site(dns_dhcp__reservations=(kept,)))
    assert problem.cure.endswith(" 00:1b:21:12:34:56")

    (problem,) = problems(examples.site(domain="https://mary:x@clinic.example.org:8443/login"))
    assert problem.cure.endswith(": clinic.example.org")


@pytest.mark.parametrize(
    "changes",
    [
        {"server__host": "root:hunter2@10.0.0.1"},
        {"server__host": "ssh://root:hunter2@10.0.0.1"},
        {"server__user": "root:hunter2"},
    ],
)
def test_a_password_in_the_wrong_field_is_not_repeated(changes: dict[str, Any]) -> None:
    found = problems(examples.site(**changes))
    assert found
    assert "hunter2" not in repr(found)


def test_accepted_codes_of_other_rooms() -> None:
    site = examples.site(accept=("android_below_7", "lease_long"))
    assert problems(site, acceptable={"android_below_7"}) == ()
    agree(problems(site, acceptable=()), "accept_unknown@accept[0]")
    agree(problems(site, acceptable={"android_below_8"}), "accept_unknown_near")


def test_what_stands_in_the_way() -> None:
    found = problems(
        examples.site(
            dns_dhcp__lease="31d",
            domain="Clinic.lan",
            static_ip__gateway="x",
            accept=("lease_long",),
        )
    )
    agree(found, "gateway_invalid domain_unknown_ending domain_uppercase lease_long")
    agree(unaccepted(found, ("lease_long",)), "gateway_invalid domain_unknown_ending")
    # A problem cannot be accepted away.
    agree(unaccepted(found, tuple(p.code for p in found)), "gateway_invalid")


def test_lease_times() -> None:
    assert [lease_seconds(t) for t in ("45m", "12h", "7d", "1w", "90", "90s")] == [
        2700,
        43200,
        604800,
        604800,
        90,
        90,
    ]


def test_public_suffixes_agree_with_the_list_itself() -> None:
    from publicsuffixlist import PSLFILE, PublicSuffixList

    whole = PublicSuffixList(accept_unknown=False)
    with open(PSLFILE, encoding="utf-8") as file:
        rules = [line.split()[0] for line in file if line.strip() and line[0] != "/"]
    names_ = {rule.lstrip("!").replace("*", "x") for rule in rules[::7]}
    names_ |= {f"x.{name}" for name in names_} | {n.partition(".")[2] or n for n in names_}
    # The package also counts what stands behind the star of a rule; the list's algorithm does not.
    for name in names_ - {rule[2:] for rule in rules if rule.startswith("*.")}:
        assert names.is_public_suffix(name) == (whole.publicsuffix(name) == name), name
        assert names.is_known_ending(name), name


# Totality: whatever is typed, pasted or read from a file, there is an answer.

ODD = [
    "",
    " ",
    ".",
    "/",
    "\x00",
    "\ud800",
    "%",
    "[",
    "::",
    "@",
    "xn--",
    "*",
    "{}",
    "{0}",
    "fe80::1%",
    "é",
]
PARTS = st.sampled_from(
    [*ODD, "10.20.0.1", "/24", "fd00::1", "/64", "eth0", "clinic", ".example.org", ".local", ":22"]
)
TEXT = st.one_of(
    st.text(max_size=300),
    st.text(st.characters(exclude_categories=()), max_size=20),
    st.lists(PARTS, max_size=6).map("".join),
    st.sampled_from(["a." * 2000, "9" * 5000, "ü" * 1000, "xn--" + "9" * 3000]),
)
KINDS: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.one_of(st.integers(), st.sampled_from([10**5000, -(10**5000)])),
    bool: st.booleans(),
}


def anything(kind: Any, kinds: dict[Any, st.SearchStrategy[Any]] = KINDS) -> Any:
    """Return a strategy for any value of a field's type."""
    if kind in kinds:
        return kinds[kind]
    if typing.get_origin(kind) is tuple:
        inner = typing.get_args(kind)
        if inner[-1] is Ellipsis:
            return st.lists(anything(inner[0], kinds), max_size=3).map(tuple)
        return st.tuples(*(anything(i, kinds) for i in inner))
    fields = typing.get_type_hints(kind)
    return st.builds(kind, **{name: anything(hint, kinds) for name, hint in fields.items()})


FIELDS = [
    (f"{table}__{name}" if table else name, hint)
    for table, kind in (("", model.Site), *typing.get_type_hints(model.Site).items())
    if dataclasses.is_dataclass(kind)
    for name, hint in typing.get_type_hints(kind).items()
    if not dataclasses.is_dataclass(hint)
]
SERVERS = [
    examples.facts(),
    examples.facts(**eth0("nonsense/99", ipv6=False), docker__networks=("nonsense",)),
    examples.facts(interfaces=(), web=()),
]


@pytest.mark.parametrize(("field", "hint"), FIELDS, ids=[f for f, _ in FIELDS])
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_value_in_one_field_gives_an_answer(data: st.DataObject, field: str, hint: Any) -> None:
    site = examples.site(**{field: data.draw(anything(hint))})
    for facts in (None, *SERVERS):
        for problem in problems(site, facts, acceptable=("x",)):
            assert problem.plain()["message"].encode()


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(site=anything(model.Site), facts=st.sampled_from([None, *SERVERS]))
def test_any_site_gives_an_answer(site: model.Site, facts: wire.Facts | None) -> None:
    assert problems(site, facts) == problems(site, facts)

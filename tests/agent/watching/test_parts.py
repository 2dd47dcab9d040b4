"""Parsing and limits: torn and hostile frames, names, floods, a laptop that falls silent."""

from __future__ import annotations

import socket
import ssl
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.agent.host import Host
from wizard.agent.probe import COOKIE, colons
from wizard.agent.watching import frames, tls, watch
from wizard.agent.watching.names import distance, sort
from wizard.agent.watching.sightings import BURST, DEVICES, RATE, Place, Sightings

DOMAIN = "cht.clinic-a.example.org"
OWN = "02:00:00:00:00:01"
PLACE = Place(OWN, frozenset({"10.20.0.1"}), (DOMAIN,))


def phone(number: int) -> bytes:
    return b"\x02\x00\x00\x01" + struct.pack("!H", number)


def question(number: int, name: str = DOMAIN) -> bytes:
    labels = b"".join(bytes([len(p)]) + p.encode() for p in name.split("."))
    data = struct.pack("!HHHHHH", 1, 0x100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"
    udp = struct.pack("!HHHH", 40000, 53, 8 + len(data), 0) + data
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
    ip += bytes([10, 20, number >> 8, number & 255]) + socket.inet_aton("10.20.0.1")
    return b"\x02\0\0\0\0\1" + phone(number) + b"\x08\0" + ip + udp


def hello(name: str | None) -> bytes:
    """What a real TLS library sends first."""
    context = ssl.create_default_context()
    context.check_hostname = name is not None
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def whats(found: list[dict[str, Any]]) -> list[str]:
    return [one["what"] for one in found]


@pytest.mark.parametrize("cut", [6, 60, 300, 516])
def test_a_hello_that_comes_in_two_packets(cut: int) -> None:
    whole = hello(DOMAIN)
    handshake = tls.Handshake()
    assert handshake.hear(whole[:cut]) == []
    assert handshake.hear(whole[cut:]) == [("hello", DOMAIN)]


def test_a_hello_without_a_name() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing).do_handshake()
    assert tls.Handshake().hear(outgoing.read()) == [("hello", "")]


def test_an_encrypted_refusal_is_told_from_the_end_of_the_handshake() -> None:
    """TLS 1.3 hides the alert; its length gives it away (recorded from Chromium)."""
    change, alert = b"\x14\3\3\0\1\1", b"\x17\3\3\0\x13" + bytes(19)
    finished, request = b"\x17\3\3\0\x45" + bytes(69), b"\x17\3\3\1\0" + bytes(100)
    for ending, told in (
        (alert, [("refused", "")]),
        (finished + request, [("finished", ""), ("opened", "")]),
        (finished + alert, [("finished", ""), ("unused", "")]),
    ):
        handshake = tls.Handshake()
        handshake.hear(hello(DOMAIN))
        assert handshake.hear(change + ending) == told


@pytest.mark.parametrize(
    "end",
    [
        b"\x17\3\3\0\x13" + bytes(19),
        b"\x14\3\3\0\1\1\x16\3\3\0\x28" + bytes(40) + b"\x15\3\3\0\x1a" + bytes(26),
    ],
    ids=["TLS 1.3", "TLS 1.2"],
)
def test_the_end_of_a_connection_whose_begin_was_not_seen(end: bytes) -> None:
    told = tls.Handshake().hear(end)
    assert "unused" not in [what for what, _ in told]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=700))
def test_no_frame_can_do_harm(data: bytes) -> None:
    sightings = Sightings(PLACE, lambda _: ("", ""))
    for frame in (data, question(1)[:40] + data, question(1)[:12] + b"\x86\xdd" + data):
        sightings.hear(frame, 1.0)
    tls.Handshake().hear(data)
    tls.server_name(data)
    frames.dhcp(data)
    frames.question(data)
    frames.host_header(data)


HELLO = hello(DOMAIN)


@settings(deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_no_handshake_can_do_harm(one: bytes, other: bytes) -> None:
    handshake = tls.Handshake()
    for data in (HELLO[: len(one) + 6], one, b"\x16\3\1\1\0" + other, other):
        handshake.hear(data)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (DOMAIN, "domain"),
        ("cht.clinic-a.exmple.org", "near"),
        ("www.cht.clinic-a.example.org", "near"),
        ("clinic-a.example.org", "near"),
        ("cht", "near"),
        ("cht.clinic-a", "near"),
        ("org", "other"),
        ("connectivitycheck.gstatic.com", "check"),
        ("dns.google", "provider"),
        ("abc123.dns.nextdns.io", "provider"),
        ("notdns.google", "other"),
        ("diagnosis.example.net", "other"),
    ],
)
def test_what_a_name_tells(name: str, kind: str) -> None:
    assert sort(name, (DOMAIN,)) == kind


def test_names_of_other_machines_are_not_the_chts() -> None:
    printer = f"printer.{DOMAIN}"
    assert sort(printer, (DOMAIN,)) == "near"
    assert sort(printer, (DOMAIN,), (printer,)) == "other"


def test_how_far_names_are_apart() -> None:
    assert distance("kitten", "sitting", 3) == 3
    assert distance("abc", "abc", 2) == 0
    assert distance("abc", "xyzxyz", 2) > 2


def test_what_has_nothing_to_do_with_the_site_is_not_told() -> None:
    sightings = Sightings(PLACE, lambda _: ("", ""))
    sightings.hear(question(1, "my-illness.example.net"), 0.0)
    found = sightings.take()
    assert whats(found) == ["present", "other"]
    assert "illness" not in str(found)


def test_the_same_is_told_again_only_after_a_while() -> None:
    sightings = Sightings(PLACE, lambda _: ("10.20.0.1", ""))
    for moment in (0.0, 1.0, 19.0, 21.0):
        sightings.hear(question(1), moment)
    assert whats(sightings.take()) == ["leased", "domain", "domain"]


CHANGE, FINISHED = b"\x14\3\3\0\1\1", b"\x17\3\3\0\x45" + bytes(69)
REQUEST, ALERT = b"\x17\3\3\1\0" + bytes(256), b"\x17\3\3\0\x13" + bytes(19)
OPENS, REFUSES = CHANGE + FINISHED + REQUEST, CHANGE + ALERT


def secure(number: int, port: int, *parts: bytes) -> list[bytes]:
    """A connection to the web server: its begin, and what the phone sends."""
    return [tcp(number, port, 0x02, b""), *(tcp(number, port, 0x18, part) for part in parts)]


def tcp(number: int, port: int, flags: int, data: bytes) -> bytes:
    body = struct.pack("!HHIIBBHHH", port, 443, 1, 1, 0x50, flags, 1000, 0, 0) + data
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, 6, 0)
    ip += bytes([10, 20, number >> 8, number & 255]) + socket.inet_aton("10.20.0.1")
    return b"\x02\0\0\0\0\1" + phone(number) + b"\x08\0" + ip + body


def dhcp(number: int, kind: int, more: bytes = b"", server: int = 0) -> bytes:
    """What a phone says of its address, or what is said to it by the device with that number."""
    bootp = struct.pack("!BBBB", 2 if server else 1, 1, 6, 0) + bytes(12)
    bootp += bytes([10, 20, number >> 8, number & 255]) + bytes(8) + phone(number)
    bootp += bytes(10 + 192) + COOKIE + b"\x35\1" + bytes([kind]) + more + b"\xff"
    ports = (67, 68) if server else (68, 67)
    udp = struct.pack("!HHHH", *ports, 8 + len(bootp), 0) + bootp
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
    ip += (bytes([10, 20, 0, server]) if server else bytes(4)) + b"\xff" * 4
    sender = b"\x02\0\0\0\0" + bytes([server]) if server else phone(number)
    return b"\xff" * 6 + sender + b"\x08\0" + ip + udp


def test_what_undoes_the_step_before_is_told_at_once() -> None:
    """The Wi-Fi off and on within seconds; a refusal, its cure, and the next refusal."""
    sightings = Sightings(PLACE, lambda _: ("", ""))
    mac = colons(phone(1))

    def comes(moment: float) -> list[str]:
        sightings.station("joined", mac, moment)
        for frame in (dhcp(1, 3), dhcp(1, 5, server=1), question(1)):
            sightings.hear(frame, moment + 1)
        return whats(sightings.take())

    assert comes(1.0) == ["joined", "asked", "given", "domain"]
    sightings.station("left", mac, 4.0)
    assert whats(sightings.take()) == ["left"]
    assert comes(5.0) == ["joined", "asked", "given", "domain"]
    for number, (ending, told) in enumerate(
        ((REFUSES, "refused"), (OPENS, "opened"), (REFUSES, "refused"), (OPENS, "opened"))
    ):
        for frame in secure(1, 50000 + number, HELLO, ending):
            sightings.hear(frame, 8.0 + number)
        assert whats(sightings.take())[-1] == told
    for name, told in (("dns.google", "provider"), (DOMAIN, "domain"), ("dns.google", "provider")):
        sightings.hear(question(1, name), 15.0)
        assert whats(sightings.take()) == [told]
    for port, name in ((50010, "other.example.org"), (50011, DOMAIN), (50012, DOMAIN)):
        for frame in secure(1, port, hello(name)):
            sightings.hear(frame, 16.0)
    assert whats(sightings.take()) == ["hello", "hello"]


def test_a_connection_after_a_while_is_followed_to_its_end() -> None:
    """Its begin is told again, and so is that it opened the CHT, however short ago that was."""
    sightings = Sightings(PLACE, lambda _: ("", ""))
    for frame in secure(1, 50000, HELLO, CHANGE + FINISHED):
        sightings.hear(frame, 1.0)
    sightings.hear(tcp(1, 50000, 0x18, REQUEST), 5.0)
    for frame in secure(1, 50001, HELLO, OPENS):
        sightings.hear(frame, 22.0)
    told = whats(sightings.take())
    assert [one for one in told if one in ("hello", "opened")] == ["hello", "opened"] * 2


def test_who_changes_all_the_time_is_told_no_more_than_a_laptop_can_take_in() -> None:
    sightings = Sightings(PLACE, lambda _: ("", ""))
    for number in range(5000):
        for frame in secure(1, 1024 + number, HELLO, OPENS if number % 2 else REFUSES):
            sightings.hear(frame, 0.001 * number)
    assert BURST <= len(sightings.take()) <= BURST + 5.0 * RATE


ROUTER = PLACE._replace(ignored=frozenset({"10.20.0.9"}))
THE_ROUTER = b"\x36\4" + socket.inet_aton("10.20.0.9")


def test_the_router_is_no_phone() -> None:
    sightings = Sightings(ROUTER, lambda _: ("", ""))
    sightings.hear(question(9), 0.0)
    assert sightings.take() == []


def test_what_the_router_gives_is_told_of_the_phone() -> None:
    sightings = Sightings(ROUTER, lambda _: ("", ""))
    sightings.hear(question(9), 0.0)
    sightings.hear(dhcp(1, 5, THE_ROUTER, server=9), 1.0)
    found = sightings.take()
    assert [(one["what"], one["mac"]) for one in found] == [("other-dhcp", colons(phone(1)))]


def test_an_offer_that_nobody_takes_is_no_news() -> None:
    sightings = Sightings(PLACE, lambda _: ("", ""))
    sightings.hear(dhcp(1, 1), 0.0)
    sightings.hear(dhcp(1, 5, server=1), 0.2)
    sightings.hear(dhcp(1, 2, THE_ROUTER, server=9), 1.5)
    assert whats(sightings.take()) == ["asked", "given"]
    sightings.hear(dhcp(1, 3, THE_ROUTER), 2.0)
    assert whats(sightings.take()) == ["other-dhcp"]


def test_who_was_on_the_wifi_before_is_known_by_its_lease() -> None:
    leases = {"02:00:00:00:00:07": ("10.20.0.57", "Moto-G")}
    sightings = Sightings(PLACE, lambda mac: leases.get(mac, ("", "")))
    for mac in ("02:00:00:00:00:07", "02:00:00:00:00:08"):
        sightings.station("was-there", mac, 0.1)
    assert sightings.take() == [
        {"what": "was-there", "mac": "02:00:00:00:00:07", "at": 0.1},
        {
            "what": "leased",
            "mac": "02:00:00:00:00:07",
            "at": 0.1,
            "address": "10.20.0.57",
            "name": "Moto-G",
        },
        {"what": "was-there", "mac": "02:00:00:00:00:08", "at": 0.1},
    ]


def test_a_flood_costs_neither_memory_nor_the_laptop() -> None:
    sightings = Sightings(PLACE, lambda _: ("", ""))
    for number in range(5000):
        sightings.hear(question(number), 0.0)
    assert len(sightings.take()) == BURST
    assert sightings.lost == 2 * 5000 - BURST
    assert len(sightings._devices) <= DEVICES
    sightings.hear(question(7), 30.0)  # later there is room again
    assert whats(sightings.take())[-1] == "domain"


class Silent(Host):
    """A machine on whose network nothing happens."""

    def __init__(self) -> None:
        super().__init__("/nonexistent")
        self.end, self.other = socket.socketpair()

    def read(self, path: str, limit: int = 1 << 20) -> str | None:
        return "02:00:00:00:00:01\n" if path.endswith("/address") else None

    def tap(self, interface: str, https: int, http: int) -> socket.socket:
        return self.end


def test_a_laptop_that_falls_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("UNHEARD", 0.3), ("BEAT", 0.1), ("LISTEN", 0.05)):
        monkeypatch.setattr(watch, name, seconds)
    host = Silent()
    said: list[dict[str, Any]] = []
    result = watch.watch(host, {"interface": "eth0"}, "", said.append, lambda ask: None)
    assert result["why"] == "unheard"
    assert [one["kind"] for one in said][:2] == ["begun", "beat"]
    assert host.end.fileno() == -1
    host.other.close()


def test_stations_say_who_joins(monkeypatch: pytest.MonkeyPatch) -> None:
    from wizard.agent.watching.stations import Stations

    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    stations = Stations(ours)
    assert [theirs.recv(100) for _ in range(2)] == [b"ATTACH", b"STA-FIRST"]
    for text in (
        "OK\n",
        "02:00:00:00:00:07\nflags=[AUTH][ASSOC][AUTHORIZED]\naid=1\n",
        "<3>AP-STA-CONNECTED 02:00:00:00:00:08",
        "<3>AP-STA-POSSIBLE-PSK-MISMATCH 02:00:00:00:00:09",
        "<3>CTRL-EVENT-TERMINATING",
        "<3>AP-STA-DISCONNECTED 02:00:00:00:00:08",
    ):
        theirs.send(text.encode())
    assert stations.hear() == [
        ("was-there", "02:00:00:00:00:07"),
        ("joined", "02:00:00:00:00:08"),
        ("wrong-password", "02:00:00:00:00:09"),
        ("left", "02:00:00:00:00:08"),
    ]
    assert theirs.recv(100) == b"STA-NEXT 02:00:00:00:00:07"
    stations.close()
    assert theirs.recv(100) == b"DETACH"
    theirs.close()

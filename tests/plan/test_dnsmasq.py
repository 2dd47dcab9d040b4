"""What the real dnsmasq makes of the settings: its own test, and questions of a client."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.plan import golden
from tests.plan.lan import Lan, dnsmasq, lan, needs
from wizard.agent import names, wire
from wizard.plan.dns_dhcp import CAPABILITIES

QUICK = 0.5  # seconds; a question that waits for somebody takes whole ones


def _settings(name: str) -> tuple[golden.Case, str]:
    case = golden.load(name)
    for change in case.plan().changes:
        if isinstance(change, wire.WriteFile) and change.path == names.DNSMASQ_CONF:
            return case, change.content or ""
    return case, ""


CONFIGURED = [name for name in golden.names() if _settings(name)[1]]


def test_dnsmasq_accepts_all_settings(tmp_path: Path) -> None:
    needs("dnsmasq")
    texts = {_settings(name)[1] for name in CONFIGURED}
    assert len(texts) > 8
    for index, text in enumerate(sorted(texts)):
        conf = tmp_path / f"{index}.conf"
        conf.write_text(text)
        argv = ["/usr/sbin/dnsmasq", "--test", f"--conf-file={conf}"]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{done.stderr}\n{text}"


@pytest.fixture(scope="module", params=["ifupdown-other-subnet", "ifupdown-ipv6"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[golden.Case, Lan]]:
    """The real service with a client; its own lease file is the only thing that is changed."""
    case, text = _settings(request.param)
    folder = tmp_path_factory.mktemp("leases")
    folder.chmod(0o755)
    conf = folder / "dnsmasq.conf"
    conf.write_text(text.replace(names.LEASES, str(folder)))
    wanted = case.site.static_ip
    addresses = (wanted.address, *((wanted.address6,) if wanted.address6 else ()))
    # Run with no more rights than the unit gives.
    bounded = "-all" + "".join(f",+{c.removeprefix('CAP_').lower()}" for c in CAPABILITIES.split())
    wrapper = ("setpriv", f"--bounding-set={bounded}", f"--inh-caps={bounded}", "--no-new-privs")
    needs("setpriv")
    with lan(wanted.interface, addresses) as made, dnsmasq(made, conf, wrapper):
        made.ask({"address": "10.20.0.210/24"})
        yield case, made


def _ask(served: tuple[golden.Case, Lan], name: str, kind: str, **more: Any) -> dict[str, Any]:
    case, made = served
    server = case.site.static_ip.address.partition("/")[0]
    question = {"name": name, "type": kind, "server": server, **more}
    answer: dict[str, Any] = made.ask(question)[0]
    return answer


@pytest.mark.parametrize("tcp", [False, True])
def test_the_domain_leads_to_the_server(served: tuple[golden.Case, Lan], tcp: bool) -> None:
    answer = _ask(served, served[0].site.domain, "A", tcp=tcp)
    assert (answer["rcode"], answer["answers"]) == ("NOERROR", ["10.20.0.1"])


def test_aaaa_is_the_second_address_or_nothing(served: tuple[golden.Case, Lan]) -> None:
    answer = _ask(served, served[0].site.domain, "AAAA")
    expected = ["fd00:20::1"] if served[0].site.static_ip.address6 else []
    assert (answer["rcode"], answer["answers"]) == ("NOERROR", expected)


@pytest.mark.parametrize("kind", ["TYPE65", "MX", "TXT", "SOA"])
def test_other_types_of_the_domain_are_nodata(served: tuple[golden.Case, Lan], kind: str) -> None:
    """REFUSED, which dnsmasq gives without `local=`, makes phones ask again and again."""
    answer = _ask(served, served[0].site.domain, kind)
    assert (answer["rcode"], answer["answers"]) == ("NOERROR", [])


@pytest.mark.parametrize(
    "name",
    [
        "www.clinic.example.org",
        "connectivitycheck.gstatic.com",
        "www.google.com",
        "printer",
        "clinic.local",
        "9.9.9.9.in-addr.arpa",
        "77.0.20.10.in-addr.arpa",
    ],
)
def test_all_other_names_do_not_exist_at_once(served: tuple[golden.Case, Lan], name: str) -> None:
    answer = _ask(served, name, "PTR" if name.endswith(".arpa") else "A")
    assert answer["rcode"] == "NXDOMAIN"
    assert answer["seconds"] < QUICK


def test_the_address_leads_back_to_the_domain(served: tuple[golden.Case, Lan]) -> None:
    answer = _ask(served, "1.0.20.10.in-addr.arpa", "PTR")
    assert answer["answers"] == [f"{served[0].site.domain}."]


def test_extra_names(served: tuple[golden.Case, Lan]) -> None:
    for extra in served[0].site.dns_dhcp.names:
        assert _ask(served, extra.name, "A")["answers"] == [extra.address]
        assert _ask(served, extra.name, "TYPE65")["rcode"] == "NOERROR"


def test_a_phone_gets_an_address_a_router_and_one_dns_server(
    served: tuple[golden.Case, Lan],
) -> None:
    offer = served[1].ask({"discover": "00:1b:a9:00:00:07"})[0]
    first, last = served[0].site.dns_dhcp.first, served[0].site.dns_dhcp.last
    number = int(offer["offered"].rpartition(".")[2])
    assert int(first.rpartition(".")[2]) <= number <= int(last.rpartition(".")[2])
    options = offer["options"]
    assert options["1"] == ["255.255.255.0"]
    assert options["3"] == options["6"] == options["54"] == ["10.20.0.1"]
    assert options["51"] == f"{12 * 3600:08x}"
    assert "15" not in options
    assert "42" not in options


def test_a_kept_address_goes_to_its_device(served: tuple[golden.Case, Lan]) -> None:
    for kept in served[0].site.dns_dhcp.reservations:
        assert served[1].ask({"discover": kept.mac})[0]["offered"] == kept.address


def test_ipv6_is_announced_without_a_way_out(served: tuple[golden.Case, Lan]) -> None:
    if not served[0].site.dns_dhcp.router_advertisements:
        assert served[0].site.static_ip.address6 == ""
        return
    announced = served[1].ask({"advertisement": True})[0]
    assert announced == {
        "lifetime": 0,
        "prefix": "fd00:20::/64",
        "autonomous": True,
        "dns": "fd00:20::1",
    }


def test_time_and_another_router_are_handed_out(tmp_path: Path) -> None:
    """Options that only some sites have: NTP (42), and the gateway as router (3)."""
    tmp_path.chmod(0o755)
    case = golden.load("networkd-gateway-ntp")
    _, text = _settings("networkd-gateway-ntp")
    conf = tmp_path / "dnsmasq.conf"
    conf.write_text(text.replace(names.LEASES, str(tmp_path)))
    wanted = case.site.static_ip
    with lan(wanted.interface, (wanted.address,)) as made, dnsmasq(made, conf):
        options = made.ask({"discover": "00:1b:a9:00:00:08"})[0]["options"]
    assert options["3"] == [wanted.gateway]
    assert options["6"] == options["42"] == [wanted.address.partition("/")[0]]


def test_it_keeps_running_without_the_interface_and_serves_it_when_it_comes(
    tmp_path: Path,
) -> None:
    """After a power cut the network card may come later than the service."""
    tmp_path.chmod(0o755)
    _, text = _settings("ifupdown-other-subnet")
    conf = tmp_path / "dnsmasq.conf"
    conf.write_text(text.replace(names.LEASES, str(tmp_path)))
    with lan("late0", ()) as made, dnsmasq(made, conf):
        for argv in (
            ["link", "set", "late0", "down"],
            ["link", "set", "late0", "name", "enp1s0"],
            ["addr", "add", "10.20.0.1/24", "dev", "enp1s0"],
            ["link", "set", "enp1s0", "up"],
        ):
            subprocess.run(["ip", "-n", made.server, *argv], check=True)
        question = {"name": "clinic.example.org", "type": "A", "server": "10.20.0.1"}
        assert made.ask({"address": "10.20.0.9/24"}, question)[1]["answers"] == ["10.20.0.1"]

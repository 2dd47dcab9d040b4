"""What the lab's tests are given: images, one LAN, an office router, a laptop, and machines that
are already up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab import prepare, repository
from tests.lab.ca import Ca
from tests.lab.garage import Garage, MachineFactory
from tests.lab.machine import Machine
from tests.lab.network import Dnsmasq, Host, Lan


def pytest_configure(config: pytest.Config) -> None:
    # Known here as well, so that the marks are right without the plug-in for several workers.
    config.addinivalue_line("markers", "xdist_group(name): tests that must share a worker")


# Which kinds of server walk the long scenarios in `make lab`; `make lab-all` walks all of them.
SHORT = {
    "test_other_subnet_without_gateway": {"netplan", "networkmanager"},
    "test_same_subnet_with_gateway_without_lifeline": {"networkd"},
    "test_bare_cable": {"networkmanager"},
    "test_laptop_never_comes_back": {"ifupdown"},
    "test_power_cut_in_the_middle": {"ifupdown"},
    "test_cable_and_wifi_are_one_lan": {"netplan"},
    "test_the_way_is_cut_while_the_bridge_is_made": {"networkmanager"},
    "test_power_cut_while_the_bridge_is_made": {"networkd"},
    "test_hand_edited_file_is_not_overwritten": set(),  # the first scenario looks at it too
    "test_packages_come_with_the_apply": set(),
    "test_server_without_ipv6": set(),
    "test_a_phone_joins_and_gets_the_cht": {"networkmanager"},
    "test_one_kind_of_protection_alone": set(),
    "test_a_blocked_radio_is_switched_on": set(),
    "test_a_radio_without_access_point_mode": set(),
    "test_the_radio_goes_back_to_networkmanager": set(),
    "test_a_change_that_is_not_confirmed_puts_the_clock_back": set(),
    "test_a_phone_gets_the_time_from_the_server": set(),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-kind", action="store_true", help="long scenarios on all servers")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several workers, all tests of one kind of server go to the same one: it boots once."""
    if not config.getoption("--every-kind"):
        left = [item for item in items if not _belongs(item)]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
    for item in items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        if kind := parameters.get("kind"):
            item.add_marker(pytest.mark.xdist_group(kind))


def _belongs(item: pytest.Item) -> bool:
    kinds = SHORT.get(getattr(item, "originalname", item.name))
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return kinds is None or parameters.get("kind") in kinds


@pytest.fixture(scope="session")
def lan() -> Iterator[Lan]:
    prepare.check_machine()
    with Lan() as lan:
        yield lan


@pytest.fixture(scope="session")
def _garage(lan: Lan) -> Garage:
    return Garage(lan)


@pytest.fixture(scope="session")
def _office_host(lan: Lan) -> Host:
    return lan.host("office")


@pytest.fixture
def office(_office_host: Host) -> Iterator[Dnsmasq]:
    """The office router, on 10.77.0.1; a test may stop it, or start another on `office.host`."""
    router = _office_host.office_router()
    yield router
    router.stop()


@pytest.fixture
def laptop(lan: Lan) -> Iterator[Host]:
    """A laptop just plugged in: link-local addresses only, no DHCP yet."""
    host = lan.host("laptop")
    yield host
    host.close()


@pytest.fixture
def new_host(lan: Lan) -> Iterator[Callable[[str], Host]]:
    """More hosts: phones, rogue routers, whatever a test needs."""
    made: list[Host] = []

    def make(name: str) -> Host:
        made.append(lan.host(name))
        return made[-1]

    yield make
    for host in made:
        host.close()


@pytest.fixture
def machine(_garage: Garage, office: Dnsmasq) -> Iterator[MachineFactory]:
    """A factory of servers: `machine("netplan")`, `machine("ifupdown",
    kernel_arguments="ipv6.disable=1")`."""

    def get(kind: str, *, kernel_arguments: str = "", memory: int = 1024) -> Machine:
        return _garage.get(kind, kernel_arguments, memory)

    yield get
    _garage.put_back()


@pytest.fixture
def internet(
    _office_host: Host, office: Dnsmasq, new_host: Callable[[str], Host]
) -> Iterator[repository.Repository]:
    """The server has Internet, that is: the office router knows where packages are, and they are
    there."""
    served = repository.Repository(new_host("repo"), repository.build())
    office.stop()
    served.router = _office_host.office_router(extra=served.router_line)
    yield served
    served.router.stop()


@pytest.fixture(scope="session")
def ca() -> Ca:
    return Ca()


@pytest.fixture
def certificates(ca: Ca, tmp_path: Path) -> tuple[Path, Path]:
    """The files a clinic brings along: fullchain.pem and privkey.pem for clinic-a.example.org."""
    return ca.good.write(tmp_path)

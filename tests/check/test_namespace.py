"""Everything at once on the site's own address, through the operating system's resolver."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.check.clinic import ADDRESS, DOMAIN
from wizard.check import CHECKS

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")

Inside = Callable[..., dict[str, Any]]


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@pytest.fixture
def inside() -> Iterator[Inside]:
    """Run a scenario in a namespace with its own resolv.conf and hosts file."""
    name = f"check-{uuid.uuid4().hex[:8]}"
    files = Path("/etc/netns") / name
    ip("netns", "add", name)
    try:
        ip("-n", name, "link", "set", "lo", "up")
        ip("-n", name, "link", "add", "lan0", "type", "veth", "peer", "name", "lan1")
        for link, address in (("lan0", f"{ADDRESS}/24"), ("lan1", "10.20.0.57/24")):
            ip("-n", name, "address", "add", address, "dev", link)
            ip("-n", name, "link", "set", link, "up")
        files.mkdir(parents=True)

        def work(scenario: str, dns: str = ADDRESS, hosts: str = "") -> dict[str, Any]:
            (files / "resolv.conf").write_text(f"nameserver {dns}\noptions timeout:1 attempts:1\n")
            (files / "hosts").write_text(f"127.0.0.1 localhost\n{hosts}\n")
            command = [sys.executable, "-m", "tests.check.inside", scenario]
            done = subprocess.run(
                ["ip", "netns", "exec", name, *command],
                capture_output=True,
                text=True,
                timeout=120,
                cwd=Path(__file__).parents[2],
            )
            assert done.returncode == 0, done.stderr
            report: dict[str, Any] = json.loads(done.stdout)
            return report

        yield work
    finally:
        ip("netns", "delete", name)
        shutil.rmtree(files, ignore_errors=True)


def said(report: dict[str, Any]) -> dict[str, str]:
    return {each["code"]: f"{each['state']}:{each['variant']}" for each in report["results"]}


WELL = {each.code: "passed:ok" for each in CHECKS} | {
    "wifi": "skipped:not-ours",
    "joined": "skipped:not-ours",
    "dns_aaaa": "passed:nodata",
    "clock": "passed:phones",
    "time_service": "skipped:off",
}


def test_all_is_well_without_gateway_and_internet(inside: Inside) -> None:
    report = inside("well")
    assert said(report) == WELL
    assert report["exit_code"] == 0
    assert report["seconds"] < 10


def test_a_dns_server_that_refuses_other_names_is_good_enough(inside: Inside) -> None:
    assert said(inside("no-upstream")) == WELL


def test_the_name_in_the_hosts_file_is_found_out(inside: Inside) -> None:
    report = inside("hosts-file", hosts=f"192.0.2.7 {DOMAIN}")
    assert said(report) == WELL | {"dns_system": "failed:hosts-file"}
    assert report["first_broken"] == "dns_system"


def test_the_laptop_asks_another_dns_server(inside: Inside) -> None:
    report = inside("other-dns", dns="10.20.0.254")
    assert said(report) == WELL | {"dns_system": "failed:other-dns"}


def test_the_laptop_is_in_another_network(inside: Inside) -> None:
    found = said(inside("wrong-network"))
    assert found["link"] == "warning:elsewhere"
    assert found["server"] == "failed:elsewhere"
    assert found["ssh"] == "skipped:dependency"
    assert found["tcp_443"] == "failed:unreachable"
    assert found["setup_poll"] == "skipped:dependency"

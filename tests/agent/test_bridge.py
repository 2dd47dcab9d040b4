"""The access point stays in the bridge, also where a network manager puts it out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wizard.agent import names
from wizard.agent.changes import Step, Timings, bridge
from wizard.agent.host import Done, Host
from wizard.agent.journal import Journal


class Machine(Host):
    """A server whose radio is a port of `master`, and that notes what is run."""

    def __init__(self, root: Path, master: str) -> None:
        super().__init__(str(root))
        self.master = master
        self.said: list[str] = []
        conf = Path(self.path(names.HOSTAPD_CONF))
        conf.parent.mkdir(parents=True)
        conf.write_text("interface=wlan0\nbridge=chtlan\n")

    def run(
        self,
        argv: list[str],
        input: str = "",  # noqa: A002
        timeout: float = 60.0,
        env: dict[str, str] | None = None,
    ) -> Done:
        self.said.append(" ".join(argv))
        told = [{"ifname": argv[-1], **({"master": self.master} if self.master else {})}]
        return Done(0, json.dumps(told) if argv[0] == "ip" else "", "")


@pytest.mark.parametrize(("after", "again"), [("chtlan", 0), ("", 1), ("br0", 1)])
def test_a_radio_that_fell_out_of_the_bridge_joins_again(
    tmp_path: Path, after: str, again: int
) -> None:
    host = Machine(tmp_path / "root", names.BRIDGE)
    guest = bridge.guest(host, names.BRIDGE)
    assert guest == "wlan0"
    host.master = after
    journal = Journal(host.path("/journal"))
    step = Step(host, journal, 0, Timings(), lambda _: None, {}, {"changes": []})
    bridge.bring_back(step, guest, names.BRIDGE)
    assert host.said.count(f"systemctl try-restart -- {names.HOSTAPD_UNIT}") == again


def test_a_radio_that_is_a_network_of_its_own_is_no_guest(tmp_path: Path) -> None:
    host = Machine(tmp_path / "root", "")
    assert bridge.guest(host, names.BRIDGE) == ""
    Path(host.path(names.HOSTAPD_CONF)).unlink()
    host.master = names.BRIDGE
    assert bridge.guest(host, names.BRIDGE) == ""

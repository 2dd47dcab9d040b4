"""The walk that the lab takes at real servers, tried at a practice clinic: set up, then renew."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import paramiko

from tests.gui.walks.conftest import NewClinic
from tests.lab.window_walk import Order
from wizard.agent import names
from wizard.practice.cht import CHAIN
from wizard.practice.clinic import ADDRESS, DOMAIN, NEW, OLD, PASSWORD, USER
from wizard.practice.ssh import Account, new_key_text

CHECKOUT = Path(__file__).resolve().parents[3]


def walk(order: Order, folder: Path) -> dict[str, Any]:
    """Run it as a program of its own, as the lab does."""
    path = folder / f"{order.walk}.json"
    path.write_text(json.dumps(asdict(order)), encoding="utf-8")
    argv = [sys.executable, "-m", "tests.lab.window_walk", str(path)]
    done = subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True, timeout=280)
    assert done.stdout, done.stderr[-3000:]
    seen: dict[str, Any] = json.loads(done.stdout)
    assert not done.returncode, seen["astray"]
    return seen


def test_set_up_and_renew(new_clinic: NewClinic, tmp_path: Path) -> None:
    text = new_key_text()
    key = paramiko.Ed25519Key(file_obj=io.StringIO(text))
    clinic = new_clinic(account=Account(USER, PASSWORD, keys=(key,)))
    (tmp_path / "id_ed25519").write_text(text)
    order = Order(
        walk="set-up",
        data=str(tmp_path / "data"),
        pictures=str(tmp_path / "pictures"),
        root=str(clinic.folder / "root.pem"),
        name="Clinic A",
        host=OLD,
        user=USER,
        key=str(tmp_path / "id_ed25519"),
        fingerprint=clinic.fingerprint,
        interface="eth0",
        address=ADDRESS,
        domain=DOMAIN,
        first="10.20.0.50",
        last="10.20.0.150",
        files=tuple(map(str, clinic.certificates["good"])),
        patience=100.0,
        clinic=str(clinic.folder / "clinic.json"),
    )
    seen = walk(order, tmp_path)
    assert seen["end"] == "The server is set up"
    assert OLD in seen["asked"]
    assert "All that was tried works" in seen["verdict"]
    assert not [check for check in seen["checks"] if ": failed" in check]
    assert clinic.server.addresses() == {NEW}
    assert "dhcp-range=10.20.0.50,10.20.0.150" in (clinic.server.read(names.DNSMASQ_CONF) or "")
    seen = walk(
        replace(order, walk="renew", files=tuple(map(str, clinic.certificates["newer"]))), tmp_path
    )
    assert seen["end"] == "The certificate is renewed"
    assert clinic.server.read(CHAIN) == clinic.certificates["newer"][0].read_text()
    pictures = [path.name for path in (tmp_path / "pictures").iterdir()]
    assert len(pictures) == 20
    assert not [name for name in pictures if "astray" in name]

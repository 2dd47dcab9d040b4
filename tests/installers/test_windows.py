"""The installer for Windows, from a fresh Windows to one that has nothing of it any more."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.installers.wine import Wine
from tests.lab.ca import Ca
from tests.lab.clinic import NEW, Clinic
from tests.lab.garage import Garage
from tests.lab.network import Lan
from tests.remote.machine import Machine, free_port

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "windows"
BUILD = [sys.executable, str(ROOT / "packaging" / "windows" / "build.py"), "--runtime", "test"]
NAME = "CHT Offline Setup"
LISTED = r"Software\Microsoft\Windows\CurrentVersion\Uninstall\cht-offline-setup"
OLDER = "0.0.9"
SITE = 'version = 1\nname = "Kisumu"\ndomain = "kisumu.example.org"\n'
REST = """
[static_ip]
interface = "eth0"
address = "10.20.0.1/24"
[dns_dhcp]
first = "10.20.0.100"
last = "10.20.0.199"
[certificate]
files = ["fullchain.pem"]
"""
pytestmark = pytest.mark.timeout(3600)  # two more builds, and a slow Windows
LONG = "C:\\" + "\\".join(["a-folder-with-a-long-name"] * 60)


@dataclass
class Laptop:
    """A Windows laptop, and how it looked before anything was installed."""

    wine: Wine
    before: frozenset[str]
    path: str  # of the console
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def program(self) -> Path:
        return self.wine.local / "Programs" / NAME

    @property
    def sites(self) -> Path:
        return self.wine.local / "cht-offline-setup" / "data" / "sites"

    def files(self) -> frozenset[str]:
        """Everything that is on the drive, without what Windows itself writes while it runs."""
        found = (p.relative_to(self.wine.drive).as_posix() for p in self.wine.drive.rglob("*"))
        return frozenset(p for p in found if "/Temp/" not in p and "/temp/" not in p)

    def install(self, installer: Path, *words: str, code: int = 0) -> float:
        begun = time.monotonic()
        self.wine.run(str(installer), "/S", *words, code=code)
        return time.monotonic() - begun

    def uninstall(self, *words: str) -> float:
        begun = time.monotonic()
        last = self.program / "uninstall.exe"
        self.wine.run(str(last), "/S", *words)
        # The uninstaller goes on as a copy of itself.
        while self.wine.registry(LISTED) or last.exists():
            assert time.monotonic() < begun + 180
            time.sleep(0.2)
        return time.monotonic() - begun

    def command(self, *words: str, seconds: float = 300, code: int | None = 0) -> str:
        """Run the console command as its user would."""
        command = self.program / "bin" / "cht-offline-setup.cmd"
        return self.wine.run("cmd", "/c", f"Z:{command}", *words, seconds=seconds, code=code)

    def open(self) -> float:
        """Open the window by the Start menu's entry; returns seconds until it is there."""
        begun = time.monotonic()
        link = r"%APPDATA%\Microsoft\Windows\Start Menu\Programs" + f"\\{NAME}.lnk"
        self.wine.run("cmd", "/c", "start", "", link)
        self.wine.wait_for_window(NAME, 180)
        return time.monotonic() - begun

    def close(self) -> None:
        self.wine.run("taskkill", "/f", "/im", "pythonw.exe", code=None)
        time.sleep(0.5)


@pytest.fixture(scope="session")
def installer() -> Path:
    found = sorted(BUILT.glob("cht-offline-setup-*-windows-x64*.exe"))
    assert len(found) == 1, f"run `make installers-windows` first: {found}"
    return found[0]


@pytest.fixture(scope="session")
def older() -> Path:
    return _built("older", "--version", OLDER, "--quick")


@pytest.fixture(scope="session")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    wine = Wine(tmp_path_factory.mktemp("windows"))
    try:
        made = Laptop(wine, frozenset(), "")
        made.before = made.files()
        yield made
        for what, seconds in made.seconds.items():
            print(f"\n{what}: {seconds:.1f} s", end="")
    finally:
        wine.close()


def _built(where: str, *words: str) -> Path:
    """Build another installer beside the one that is tested."""
    out = BUILT / where
    shutil.rmtree(out, ignore_errors=True)
    subprocess.run([*BUILD, "--out", str(out), *words], check=True, timeout=1800)
    return next(out.glob("*.exe"))


def test_two_builds_are_the_same(installer: Path) -> None:
    again = _built("again")
    assert again.read_bytes() == installer.read_bytes()
    shutil.rmtree(again.parent)


def test_what_goes_in(installer: Path) -> None:
    program = BUILT / "program"
    names = {p.relative_to(program).as_posix() for p in program.rglob("*") if p.is_file()}
    qt = {n.split("/")[-1] for n in names if "/PySide6/" in n and n.count("/") == 2}
    assert {n for n in qt if n.startswith("Qt6")} == {
        "Qt6Core.dll", "Qt6Gui.dll", "Qt6Widgets.dll", "Qt6Svg.dll", "Qt6Test.dll",
    }  # fmt: skip
    assert {"licences/Qt-LGPL-3.txt", "licences/Python.txt", "app.ico"} <= names
    resources = "packages/wizard/_resources"
    assert {f"{resources}/SHA256SUMS", f"{resources}/site/index.html"} <= names
    shims = {f"{n}.dll".lower() for n in ("bcryptprimitives", "icuuc", "Windows.UI")}
    assert not shims & {n.rpartition("/")[2].lower() for n in names}
    # Everything that is signed is as its signer made it.
    runtime = next((BUILT / "work").glob("python-*.zip"))
    with zipfile.ZipFile(runtime) as archive:
        for name in archive.namelist():
            if name.endswith((".exe", ".dll", ".pyd", ".zip")):
                here = program / "runtime" / name.rpartition("/")[2]
                assert here.name == "_wmi.pyd" or here.read_bytes() == archive.read(name)
    packages = program / "packages"
    assert not list(packages.glob("*/tests")), "tests of others"
    licensed = {p.parent.name for p in packages.glob("*.dist-info/METADATA")}
    assert len(licensed) == len(list(packages.glob("*.dist-info"))) > 25


def test_an_older_version_is_installed(laptop: Laptop, older: Path) -> None:
    laptop.seconds["install"] = laptop.install(older)
    assert f'"DisplayVersion"="{OLDER}"' in laptop.wine.registry(LISTED)
    assert (laptop.wine.user / "Desktop" / f"{NAME}.lnk").exists()
    modules = len(list((laptop.program / "packages").rglob("*.py")))
    assert len(list((laptop.program / "packages").rglob("*.pyc"))) > 0.98 * modules
    (laptop.sites / "kisumu").mkdir(parents=True)
    (laptop.sites / "kisumu" / "site.toml").write_text(SITE, "utf-8")


def test_the_window_opens(laptop: Laptop, older: Path) -> None:
    laptop.seconds["first start"] = laptop.open()
    # While it is open, another version is refused, and nothing of this one is touched.
    laptop.install(older, code=4)
    time.sleep(1)
    assert laptop.wine.picture(BUILT / "window.png") > 50
    laptop.close()
    laptop.seconds["second start"] = laptop.open()
    laptop.close()
    assert "Traceback" not in _logs(laptop)


def test_an_upgrade_keeps_the_sites(laptop: Laptop, installer: Path) -> None:
    left = laptop.program / "packages" / "wizard" / "of_the_older_version.py"
    left.write_text("")
    laptop.seconds["upgrade"] = laptop.install(installer)
    assert not left.exists()
    version = installer.name.split("-")[3]
    assert version != OLDER
    assert f'"DisplayVersion"="{version}"' in laptop.wine.registry(LISTED)
    assert (laptop.sites / "kisumu" / "site.toml").read_text("utf-8") == SITE
    assert laptop.command("--version").strip() == version


def test_it_proves_itself(laptop: Laptop) -> None:
    begun = time.monotonic()
    said = json.loads(_json(laptop.command("self-test", "--json", seconds=2400, code=None)))
    laptop.seconds["self-test"] = time.monotonic() - begun
    assert said["passed"] is True, said


def test_it_logs_in_to_a_real_server(laptop: Laptop, tmp_path: Path) -> None:
    machine = Machine()
    try:
        fingerprint = machine.host_key()
        machine.user("nurse")
        machine.allow("nurse", "nurse ALL=(ALL) NOPASSWD: ALL")
        key = tmp_path / "key of the server"
        subprocess.run(["ssh-keygen", "-q", "-N", "", "-t", "ed25519", "-f", str(key)], check=True)
        machine.authorize("nurse", key.with_name(key.name + ".pub").read_text())
        port = free_port()
        machine.sshd(port)
        site = tmp_path / "site.toml"
        site.write_text(
            f'{SITE}[server]\nhost = "127.0.0.1"\nport = {port}\nuser = "nurse"\n'
            f'key = "{key.name}"\n{REST}',
            "utf-8",
        )
        words = ("--site", f"Z:{site}", "--host-key", fingerprint, "--json")
        facts = json.loads(_json(laptop.command("facts", *words)))
        assert facts["system"]["hostname"] == os.uname().nodename
        assert laptop.command("check", *words[:-1], "--host", "127.0.0.2", code=1)
    finally:
        machine.close()


def test_it_sets_up_a_server(laptop: Laptop, tmp_path: Path) -> None:
    """A whole machine of the lab gets address, certificate, DNS and DHCP from Windows."""
    with Lan() as lan:
        office = lan.host("office").office_router()
        here = lan.host("laptop")
        server = Garage(lan).get("netplan", "", 1024)
        clinic = Clinic(server, here, Ca(), tmp_path)
        clinic.give_dnsmasq()
        here.dhcp_client()
        here.add_address("10.20.0.99/24")
        clinic.decide(host=server.wait_address(), accept=("other-dhcp",))
        words = ("--site", f"Z:{clinic.site_file}", "--extra-roots", f"Z:{clinic.root}", "--json")
        laptop.wine.shut_down()
        try:
            key = ("--host-key", clinic.fingerprint)
            apply = ("apply", "--yes", "--no-check", *key, *words)
            begun = time.monotonic()
            done = here.call(laptop.command, *apply, seconds=900, timeout=960)
            laptop.seconds["set-up of an emulated server"] = time.monotonic() - begun
            assert json.loads(_json(done))["state"] == "confirmed", done
            assert clinic.ipv4() == {NEW}
            office.stop()
            clinic.decide(host=NEW.partition("/")[0])
            again = json.loads(_json(here.call(laptop.command, "plan", *words)))
            assert again["changes"] == [], again
        finally:
            laptop.wine.shut_down()
            server.close()


def test_the_console_command_comes_onto_a_long_path(laptop: Laptop, installer: Path) -> None:
    laptop.wine.run("reg", "add", r"HKCU\Environment", "/v", "Path", "/d", LONG, "/f")
    laptop.install(installer, "/PATH")
    laptop.install(installer)  # an upgrade keeps the choice, and does not add a second one
    (path,) = _values(laptop, "Path")
    assert path.startswith(LONG.replace("\\", "\\\\"))
    assert path.count("\\\\bin") == 1


def test_uninstalling_keeps_the_sites_and_nothing_else(laptop: Laptop) -> None:
    laptop.seconds["uninstall"] = laptop.uninstall()
    left = sorted(laptop.files() - laptop.before)
    root = laptop.sites.relative_to(laptop.wine.drive).as_posix()
    mine = {f"{root}/kisumu/site.toml", f"{root}/kisumu", root, *(_parents(root))}
    mine.add(f"{root.removesuffix('/sites')}/known-hosts.jsonl")
    assert [p for p in left if p not in mine] == []
    assert f"{root}/kisumu/site.toml" in left
    assert laptop.wine.registry(r"Software\cht-offline-setup") == ""
    (path,) = _values(laptop, "Path")
    assert path == LONG.replace("\\", "\\\\")


def test_uninstalling_with_the_sites_leaves_nothing(laptop: Laptop, installer: Path) -> None:
    laptop.install(installer)
    python = str(laptop.program / "runtime" / "python.exe")
    store = "from wizard.laptop.passwords import password_store as s; "
    keep = store + "assert s().keep('kisumu', 'a secret')"
    laptop.wine.run(python, "-I", "-c", keep)
    laptop.wine.run(python, "-I", "-c", store + "assert s().recall('kisumu') == 'a secret'")
    laptop.uninstall("/SITES")
    assert sorted(laptop.files() - laptop.before) == []
    assert "cht-offline-setup" not in laptop.wine.registry(r"Software")


def test_the_sizes_beside_a_bare_bundle(installer: Path) -> None:
    bare = _built("bare", "--bare")
    sizes = {
        "installer": installer.stat().st_size,
        "installed": _bytes(BUILT / "program"),
        "installer of Python and all of PySide6": bare.stat().st_size,
        "installed of Python and all of PySide6": _bytes(bare.parent / "bare"),
    }
    for what, size in sizes.items():
        print(f"\n{what}: {size / 1e6:.1f} MB", end="")
    assert 2 * sizes["installed"] < sizes["installed of Python and all of PySide6"]


def _values(laptop: Laptop, name: str) -> list[str]:
    lines = laptop.wine.registry("Environment").splitlines()
    found = [line for line in lines if line.startswith(f'"{name}"=')]
    return [line.partition("=")[2].strip('"') for line in found]


def _parents(path: str) -> list[str]:
    return [p.as_posix() for p in Path(path).parents]


def _json(text: str) -> str:
    """Leave out what the command tells people."""
    return text[text.index("\n{") + 1 : text.rindex("}") + 1] if "\n{" in text else text


def _logs(laptop: Laptop) -> str:
    folder = laptop.wine.local / "cht-offline-setup" / "log"
    return "".join(p.read_text("utf-8") for p in folder.glob("*"))


def _bytes(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())

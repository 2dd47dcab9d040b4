"""Recipes of the lab's servers, and how a recipe becomes a disk: which packages, files and settings
each kind has."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

GUEST = Path(__file__).parent / "guest"
CACHE = (
    Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "cht-offline-setup" / "lab"
)

PASSWORD = "clinic-lab"  # of clinic and nosudo; worthless outside these namespaces
USERS = ("clinic", "deploy", "nosudo")
# Guests look for packages here; only tests/lab/repository.py ever answers.
REPOSITORY_NAME = "packages.example.org"
CHT_VERSION = "4.21.1"


@dataclass(frozen=True)
class GuestFile:
    """One file that goes into a root, owned by root."""

    text: str
    mode: int = 0o644


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what an image contains; its hash names the image."""

    kind: str
    suite: str
    packages: tuple[str, ...]
    mac: str
    files: Mapping[str, GuestFile] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    setup: str = ""  # shell, inside the new root
    first_boot: str = ""  # shell, inside the machine, once, while preparing
    download: tuple[str, ...] = ()  # kept beside the image for the lab's package repository

    @property
    def hash(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Image:
    """A finished image in the cache; machines run on overlays and never write to it."""

    kind: str
    suite: str
    mac: str
    folder: Path

    @property
    def disk(self) -> Path:
        return self.folder / "disk.qcow2"

    @property
    def kernel(self) -> Path:
        return self.folder / "vmlinuz"

    @property
    def initrd(self) -> Path:
        return self.folder / "initrd.img"

    @property
    def debs(self) -> Path:
        return self.folder / "debs"


# --- where packages come from ------------------------------------------------------------------


def package_sources(suite: str) -> list[str]:
    """The machine's own Debian sources as one-line entries, with the release's name replaced by
    `suite`."""
    own = _own_codename()
    targets = subprocess.run(
        [
            "apt-get",
            "indextargets",
            "--format",
            "$(ORIGIN)|$(CODENAME)|$(REPO_URI)|$(COMPONENT)|$(SIGNED_BY)",
            "Created-By: Packages",
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    lines = []
    for target in targets.splitlines():
        origin, codename, uri, component, signed_by = target.split("|")
        if origin != "Debian":
            continue
        options = f"[signed-by={signed_by}] " if signed_by.startswith("/") else ""
        name = suite + codename.removeprefix(own)
        if (line := f"deb {options}{uri} {name} {component}") not in lines:
            lines.append(line)
    if not lines:
        raise RuntimeError(
            "apt knows no Debian source; the lab needs a Debian whose apt-get update has worked"
        )
    return lines


def _own_codename() -> str:
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.partition("=")[2].strip('"')
    raise RuntimeError("/etc/os-release names no release")


def _apt_options() -> list[str]:
    """The machine's own way to its mirrors (proxy, date checks); mmdebstrap would start from
    nothing."""
    dump = subprocess.run(["apt-config", "dump"], check=True, capture_output=True, text=True).stdout
    wanted = (
        "Proxy",
        "Proxy-Auto-Detect",
        "Check-Valid-Until",
        "Check-Date",
        "Verify-Peer",
        "CaInfo",
    )
    return [
        line.rstrip(";")
        for line in dump.splitlines()
        if line.startswith("Acquire::") and any(f"::{word} " in line for word in wanted)
    ]


# --- recipes -----------------------------------------------------------------------------------

# fmt: off
COMMON_PACKAGES = (
    "systemd-sysv", "dbus", "udev", "kmod", "libpam-systemd", "systemd-timesyncd", "iproute2",
    "iputils-ping", "procps", "netbase", "openssh-server", "sudo", "python3", "docker.io",
    "apparmor", "linux-image-amd64", "initramfs-tools",
)

WIFI_PACKAGES = ("hostapd", "iw", "wpasupplicant", "wireless-regdb")

# Nothing of this helps in a machine that lives for a minute, and every unit costs time under
# emulation.
MASKED = (
    "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer",
    "e2scrub_reap.service", "fstrim.timer", "man-db.timer", "systemd-firstboot.service",
    "getty@tty1.service", "serial-getty@ttyS0.service",
    "systemd-pcrphase.service", "systemd-pcrphase-sysinit.service",
)
# fmt: on


def _common_files(kind: str, ssh_key: str) -> dict[str, GuestFile]:
    machine_id = hashlib.sha256(f"lab {kind}".encode()).hexdigest()[:32]
    files = {
        "/etc/hostname": GuestFile(f"{kind}\n"),
        "/etc/hosts": GuestFile(
            f"127.0.0.1 localhost\n127.0.1.1 {kind}\n::1 localhost ip6-localhost\n"
        ),
        "/etc/machine-id": GuestFile(machine_id + "\n", 0o444),
        "/etc/fstab": GuestFile("/dev/vda / ext4 defaults 0 0\n"),
        "/etc/sudoers.d/deploy": GuestFile("deploy ALL=(ALL) NOPASSWD: ALL\n", 0o440),
        "/etc/ssh/sshd_config.d/lab.conf": GuestFile("PasswordAuthentication yes\nUseDNS no\n"),
        "/usr/local/sbin/lab-shell": GuestFile((GUEST / "lab-shell").read_text(), 0o755),
        "/etc/systemd/system/lab-shell.service": GuestFile(
            (GUEST / "lab-shell.service").read_text()
        ),
        # A boot without a DHCP server must not hold up Docker for two minutes.
        "/etc/systemd/system/systemd-networkd-wait-online.service.d/lab.conf": GuestFile(
            "[Service]\nExecStart=\n"
            "ExecStart=/lib/systemd/systemd-networkd-wait-online --timeout=20\n"
        ),
        "/etc/systemd/system/NetworkManager-wait-online.service.d/lab.conf": GuestFile(
            "[Service]\nEnvironment=NM_ONLINE_TIMEOUT=20\n"
        ),
        "/etc/systemd/journald.conf.d/lab.conf": GuestFile(
            "[Journal]\nStorage=persistent\nSystemMaxUse=32M\n"
        ),
    }
    for user in USERS:
        files[f"/home/{user}/.ssh/authorized_keys"] = GuestFile(ssh_key + "\n", 0o600)
    return files


def _setup() -> str:
    lines = ["set -e"]
    for user in USERS:
        lines.append(f"useradd --shell /bin/bash --user-group {user}")
        lines.append(f"chown -R {user}:{user} /home/{user}; chmod 700 /home/{user}/.ssh")
        lines.append(f"echo {user}:{PASSWORD} | chpasswd")
    lines.append("usermod -aG sudo clinic")
    lines.append("systemctl enable lab-shell.service ssh.service docker.service")
    lines.append("systemctl mask " + " ".join(MASKED))
    lines.append("systemctl set-default multi-user.target")
    return "\n".join(lines) + "\n"


def _apt_files(suite: str, repository_key: str) -> dict[str, GuestFile]:
    """Guests know one source of packages; without the lab's repository on their LAN it fails at the
    name lookup."""
    return {
        "/usr/share/keyrings/lab.asc": GuestFile(repository_key),
        "/etc/apt/sources.list": GuestFile(
            f"deb [signed-by=/usr/share/keyrings/lab.asc] "
            f"http://{REPOSITORY_NAME}/debian {suite} main\n"
        ),
        "/etc/apt/apt.conf.d/99lab": GuestFile(
            'Acquire::Retries "0";\nAcquire::http::Timeout "10";\nAcquire::Languages "none";\n'
        ),
    }


NETPLAN_NETWORK_CONFIG = """\
version: 2
ethernets:
  eth0:
    dhcp4: true
    match:
      macaddress: {mac}
    set-name: eth0
"""


def recipes(ssh_key: str, repository_key: str) -> dict[str, Recipe]:
    """The four servers of facts: one for each way a Debian-like system looks after its network."""
    found = [
        _ifupdown(),
        _netplan(),
        _networkmanager(),
        _networkd(),
    ]
    complete = {}
    for own in found:
        files = (
            _common_files(own.kind, ssh_key)
            | _apt_files(own.suite, repository_key)
            | dict(own.files)
        )
        complete[own.kind] = Recipe(
            kind=own.kind,
            suite=own.suite,
            mac=own.mac,
            packages=(*COMMON_PACKAGES, *own.packages),
            files=files,
            links=own.links,
            setup=_setup() + own.setup,
            first_boot=_first_boot() + own.first_boot,
            download=own.download,
        )
    return complete


def _first_boot() -> str:
    script = (GUEST / "first-boot.sh").read_text().replace("@CHT_VERSION@", CHT_VERSION)
    return f"# stand-in {standin_hash()}\n{script}"  # a changed stand-in makes new images


DOWNLOADED = ("dnsmasq", "dnsmasq-base", "chrony", *WIFI_PACKAGES)


def _ifupdown() -> Recipe:
    return Recipe(
        kind="ifupdown",
        suite="bookworm",
        mac="52:54:00:77:00:01",
        packages=("ifupdown", "isc-dhcp-client"),
        files={
            "/etc/network/interfaces": GuestFile(
                "# This file describes the network interfaces available on your system\n"
                "# and how to activate them. For more information, see interfaces(5).\n\n"
                "source /etc/network/interfaces.d/*\n\n"
                "# The loopback network interface\nauto lo\niface lo inet loopback\n\n"
                "# The primary network interface\nallow-hotplug eth0\niface eth0 inet dhcp\n"
            ),
            "/etc/resolv.conf": GuestFile(""),
        },
        setup=(
            "mkdir -p /etc/network/interfaces.d\n"
            # A boot without a DHCP server ends sooner.
            "sed -i 's/^#timeout 60;/timeout 20;/' /etc/dhcp/dhclient.conf\n"
        ),
        download=DOWNLOADED,
    )


def _netplan() -> Recipe:
    mac = "52:54:00:77:00:02"
    return Recipe(
        kind="netplan",
        suite="bookworm",
        mac=mac,
        packages=("netplan.io", "systemd-resolved", "libnss-resolve", "cloud-init"),
        files={
            # cloud-init renders this itself into 50-cloud-init.yaml, as it does on an Ubuntu
            # server.
            "/var/lib/cloud/seed/nocloud/network-config": GuestFile(
                NETPLAN_NETWORK_CONFIG.format(mac=mac)
            ),
            "/var/lib/cloud/seed/nocloud/meta-data": GuestFile(
                "instance-id: lab-netplan\nlocal-hostname: netplan\n"
            ),
            "/var/lib/cloud/seed/nocloud/user-data": GuestFile(
                "#cloud-config\nusers: []\nssh_pwauth: true\nssh_deletekeys: false\n"
                "preserve_hostname: true\n"
                "apt:\n  preserve_sources_list: true\n"
            ),
            "/etc/cloud/cloud.cfg.d/90_dpkg.cfg": GuestFile("datasource_list: [ NoCloud, None ]\n"),
            "/etc/cloud/ds-identify.cfg": GuestFile("policy: enabled\ndatasource: NoCloud\n"),
        },
        links={"/etc/resolv.conf": "../run/systemd/resolve/stub-resolv.conf"},
        setup="systemctl enable systemd-networkd.service systemd-resolved.service\n",
        download=DOWNLOADED,
    )


def _networkmanager() -> Recipe:
    return Recipe(
        kind="networkmanager",
        suite="trixie",
        mac="52:54:00:77:00:03",
        packages=(
            "network-manager",
            "docker-cli",
            "firewalld",
            "dnsmasq-base",
            "nftables",
            *WIFI_PACKAGES,
        ),
        files={"/etc/resolv.conf": GuestFile("")},
        # The profile "Wired connection 1" is NetworkManager's own: it makes one where no file
        # claims the interface.
        setup="systemctl enable NetworkManager.service firewalld.service\n",
    )


def _networkd() -> Recipe:
    return Recipe(
        kind="networkd",
        suite="bookworm",
        mac="52:54:00:77:00:04",
        packages=("ufw", "dnsmasq-base", *WIFI_PACKAGES),
        files={
            "/etc/systemd/network/20-wired.network": GuestFile(
                "[Match]\nName=eth0\n\n[Network]\nDHCP=yes\n"
            ),
            "/etc/resolv.conf": GuestFile(""),
        },
        setup="systemctl enable systemd-networkd.service ufw.service\n",
        first_boot="ufw allow OpenSSH\nufw --force enable\n",
    )


# --- building ----------------------------------------------------------------------------------


def build_root(recipe: Recipe, folder: Path) -> Path:
    """Make the root of `recipe` as a folder below `folder`; keep kernel, initrd and wanted packages
    beside it."""
    root = folder / "root"
    placing = _placing(recipe.files, folder / "overlay")
    placing += "".join(f'ln -sfn "{target}" "$1{path}"\n' for path, target in recipe.links.items())
    (folder / "setup.sh").write_text(recipe.setup)
    (folder / "debs").mkdir()

    early = (
        folder / "early.sh"
    )  # before the kernel is configured, so that its initrd comes out small
    early.write_text(
        '#!/bin/sh -e\nmkdir -p "$1/etc/initramfs-tools/conf.d"\n'
        'echo MODULES=list > "$1/etc/initramfs-tools/conf.d/lab"\n'
        'printf "virtio_pci\\nvirtio_blk\\next4\\n" > "$1/etc/initramfs-tools/modules"\n'
    )
    late = folder / "late.sh"
    download = ""
    if recipe.download:
        names = " ".join(recipe.download)
        download = (
            'rm -f "$1"/var/cache/apt/archives/*.deb\n'
            f'APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get --yes install --download-only {names}\n'
            f'find "$1/var/cache/apt/archives" -name "*.deb" -exec cp {{}} "{folder}/debs/" \\;\n'
        )
    late.write_text(
        "#!/bin/sh -e\n"
        + download
        + 'rm -rf "$1/etc/apt/sources.list.d" "$1/etc/apt/apt.conf.d/99mmdebstrap"\n'
        + 'rm -f "$1/etc/resolv.conf"\n'
        + 'mkdir "$1/etc/apt/sources.list.d"\n'
        + placing
        + f'chroot "$1" sh -e < "{folder}/setup.sh"\n'
        + f'cp -L "$1/vmlinuz" "$1/initrd.img" "{folder}/"\n'
        + 'rm -rf "$1"/boot/initrd.img-* "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*\n'
    )
    for script in (early, late):
        script.chmod(0o755)
    _mmdebstrap(
        recipe.suite,
        recipe.packages,
        root,
        hooks=[f"--essential-hook={early}", f"--customize-hook={late}"],
    )
    return root


def _placing(files: Mapping[str, GuestFile], overlay: Path) -> str:
    """Write `files` below `overlay`; the shell lines that install them into the root "$1" (folders
    keep their mode)."""
    overlay.mkdir()
    lines = []
    for number, (path, content) in enumerate(files.items()):
        source = overlay / str(number)
        source.write_text(content.text)
        lines.append(f'install -D -m {content.mode:o} "{source}" "$1{path}"\n')
    return "".join(lines)


def _mmdebstrap(suite: str, packages: Iterable[str], target: Path, hooks: Iterable[str]) -> None:
    excluded = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
    command = [
        "mmdebstrap",
        "--variant=minbase",
        "--mode=root",
        "--quiet",
        f"--include={','.join(packages)}",
        "--skip=cleanup/apt",  # late.sh still downloads, and then cleans
        *(f"--dpkgopt=path-exclude={path}" for path in excluded),
        *(f"--aptopt={option}" for option in _apt_options()),
        *hooks,
        suite,
        str(target),
        *package_sources(suite),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(
            f"mmdebstrap for {target} failed:\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
        )


def build_disk(root: Path, disk: Path, size: str = "6G") -> None:
    """Put a root folder onto an ext4 disk without a partition table (the kernel is handed over by
    QEMU)."""
    raw = disk.with_suffix(".raw")
    subprocess.run(
        ["mke2fs", "-q", "-t", "ext4", "-d", str(root), "-F", str(raw), size],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    subprocess.run(["qemu-img", "convert", "-O", "qcow2", str(raw), str(disk)], check=True)
    raw.unlink()


def build_standin(target: Path) -> None:
    """The root of the containers that stand in for CHT, as a tar file for `docker import`."""
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        folder = Path(name)
        placing = _placing(standin_files(), folder / "overlay")
        late = folder / "late.sh"
        late.write_text(
            "#!/bin/sh -e\n" + placing + 'cd "$1"\n'
            "rm -rf var/lib/apt/lists/* var/cache/* etc/apt/sources.list* etc/nginx/sites-enabled "
            "usr/share/zoneinfo usr/share/perl* usr/lib/*/perl* usr/lib/*/gconv usr/share/i18n\n"
        )
        late.chmod(0o755)
        tar = folder / "standin.tar"
        _mmdebstrap("bookworm", STANDIN_PACKAGES, tar, hooks=[f"--customize-hook={late}"])
        shutil.move(tar, target)


STANDIN_PACKAGES = ("nginx-light", "openssl", "python3")


def standin_files() -> dict[str, GuestFile]:
    return {
        "/etc/nginx/nginx.conf": GuestFile((GUEST / "nginx.conf").read_text()),
        "/docker-entrypoint.d/ssl-install.sh": GuestFile(
            (GUEST / "ssl-install.sh").read_text(), 0o755
        ),
        "/docker-entrypoint.sh": GuestFile((GUEST / "docker-entrypoint.sh").read_text(), 0o755),
        "/api/server.py": GuestFile(
            (GUEST / "api.py").read_text().replace("@CHT_VERSION@", CHT_VERSION)
        ),
    }


def standin_hash() -> str:
    content = {path: asdict(file) for path, file in standin_files().items()}
    return hashlib.sha256(
        json.dumps([STANDIN_PACKAGES, content], sort_keys=True).encode()
    ).hexdigest()[:16]


def log(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} lab: {text}", flush=True)

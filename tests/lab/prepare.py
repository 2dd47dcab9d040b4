"""Builds what the lab needs, once per machine: `python -m tests.lab.prepare` (as root; takes some
minutes)."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.lab import images
from tests.lab.images import CACHE, Image, Recipe, log
from tests.lab.machine import KEY, Machine
from tests.lab.network import LabError, Lan

# program -> Debian package that brings it
TOOLS = {
    "mmdebstrap": "mmdebstrap",
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "mke2fs": "e2fsprogs",
    "dnsmasq": "dnsmasq-base",
    "dhclient": "isc-dhcp-client",
    "ip": "iproute2",
    "ssh": "openssh-client",
    "setpriv": "util-linux",
    "apt-ftparchive": "apt-utils",
    "gpg": "gpg",
    "gpg-agent": "gpg-agent",
    "gpgconf": "gpgconf",
    "ssh-keygen": "openssh-client",
    "chromium": "chromium",
    "certutil": "libnss3-tools",
}
SIGNING = CACHE / "keys" / "gnupg"


def install_tools() -> None:
    missing = sorted({package for program, package in TOOLS.items() if not shutil.which(program)})
    if not missing:
        return
    log(f"installing {', '.join(missing)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    options = ["-q", "-y", "-o", "DPkg::Lock::Timeout=400"]
    for command in (["update"], ["install", "--no-install-recommends", *missing]):
        done = subprocess.run(
            ["apt-get", *options, *command], env=environment, capture_output=True, text=True
        )
        if done.returncode:
            raise LabError(
                f"the lab needs {', '.join(missing)}, and apt-get {command[0]} failed:\n"
                f"{done.stderr[-2000:]}"
            )


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Several test runs may prepare at once; each image is built by one of them and waited for by
    the others."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def ensure_keys() -> tuple[str, str]:
    """The lab's SSH key and its repository's signing key, made once; the public parts."""
    with locked("keys"):
        KEY.parent.mkdir(parents=True, exist_ok=True)
        if not KEY.exists():
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", str(KEY)],
                check=True,
            )
        public = SIGNING / "public.asc"
        if not public.exists():
            SIGNING.mkdir(mode=0o700, exist_ok=True)
            gpg(
                "--quick-generate-key",
                "Lab repository <lab@example.org>",
                "rsa3072",
                "sign",
                "never",
            )
            public.write_text(gpg("--armor", "--export"))
            stop_gpg_agent()
    return KEY.with_suffix(".pub").read_text().strip(), public.read_text()


def gpg(*arguments: str) -> str:
    command = [
        "gpg",
        "--homedir",
        str(SIGNING),
        "--batch",
        "--yes",
        "--quiet",
        "--passphrase",
        "",
        *arguments,
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def stop_gpg_agent() -> None:
    """Any use of a key leaves an agent behind."""
    subprocess.run(["gpgconf", "--homedir", str(SIGNING), "--kill", "gpg-agent"], check=False)


def ensure_standin() -> Path:
    target = CACHE / f"standin-{images.standin_hash()}.tar"
    with locked("standin"):
        if not target.exists():
            started = time.monotonic()
            log("building the stand-in for CHT")
            images.build_standin(target)
            log(f"stand-in ready after {time.monotonic() - started:.0f} s")
    return target


def ensure_image(recipe: Recipe) -> Image:
    """The image of `recipe`, built if the cache has none: root, disk, then one boot that fills
    Docker."""
    image = Image(recipe.kind, recipe.suite, recipe.mac, CACHE / f"{recipe.kind}-{recipe.hash}")
    if image.disk.exists():
        return image
    with locked(recipe.kind):
        if image.disk.exists():
            return image
        for left in CACHE.glob(f"{recipe.kind}-building-*"):  # of a build that was killed
            shutil.rmtree(left)
        standin = ensure_standin()
        started = time.monotonic()
        log(f"{recipe.kind}: building the root ({recipe.suite})")
        folder = Path(tempfile.mkdtemp(prefix=f"{recipe.kind}-building-", dir=CACHE))
        folder.chmod(0o755)
        try:
            root = images.build_root(recipe, folder)
            images.build_disk(root, folder / "disk.qcow2")
            shutil.rmtree(root)
            log(f"{recipe.kind}: first boot (root took {time.monotonic() - started:.0f} s)")
            _first_boot(recipe, folder, standin)
            for name in ("overlay", "early.sh", "late.sh", "setup.sh"):
                path = folder / name
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            folder.rename(image.folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        for old in CACHE.glob(
            f"{recipe.kind}-*"
        ):  # earlier recipes, unless a running test still has them open
            if (
                old.is_dir()
                and old != image.folder
                and time.time() - old.stat().st_mtime > 24 * 3600
            ):
                shutil.rmtree(old)
        log(f"{recipe.kind}: ready after {time.monotonic() - started:.0f} s")
    return image


def _first_boot(recipe: Recipe, folder: Path, standin: Path) -> None:
    unfinished = Image(recipe.kind, recipe.suite, recipe.mac, folder)
    with Lan() as lan:
        lan.host("office").office_router()
        machine = Machine(unfinished, lan, drives=[standin])
        machine.start()
        machine.wait_boot()
        machine.run("sh -eux", send=recipe.first_boot, timeout=900)
        # The key pair takes long to make under emulation; here, once, instead of in every test.
        machine.wait_until("docker exec cht-nginx-1 test -s /run/nginx.pid", timeout=600)
        machine.run(
            "apt-get clean; journalctl --rotate; journalctl --vacuum-size=1M; fstrim / || true",
            check=False,
        )
        machine.shutdown(timeout=300)
        subprocess.run(["qemu-img", "commit", "-q", str(machine.disk)], check=True)


@functools.cache
def check_machine() -> None:
    """The one sentence for whoever starts the lab where it cannot run; installs what is missing."""
    if sys.platform != "linux" or os.geteuid() != 0:
        raise LabError("the lab builds and runs whole machines: run it as root on Debian")
    if importlib.util.find_spec("cryptography") is None:
        raise LabError("the lab needs the project's dev dependencies (cryptography is missing)")
    install_tools()


@functools.cache
def recipes() -> dict[str, Recipe]:
    check_machine()
    return images.recipes(*ensure_keys())


@functools.cache
def image(kind: str) -> Image:
    """The image of one kind; built if the cache has none, which takes minutes."""
    return ensure_image(recipes()[kind])


def prepare(kinds: Iterable[str] | None = None, parallel: int = 2) -> dict[str, Image]:
    """All images by kind; quick when the cache has them."""
    wanted = list(kinds or recipes())
    ensure_standin()
    # Threads, not processes: all the work is done by other programs.
    with ThreadPoolExecutor(parallel) as pool:
        return dict(zip(wanted, pool.map(image, wanted), strict=True))


def main() -> None:
    started = time.monotonic()
    try:
        for kind, found in prepare(sys.argv[1:]).items():
            log(f"{kind}: {found.folder}")
    except LabError as problem:
        sys.exit(f"{problem}")
    log(f"the lab is ready after {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()

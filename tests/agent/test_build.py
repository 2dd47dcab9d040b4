"""The zipapp: the same bytes each time, runs on every Python it may meet, delivered safely."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.agent import interpreters
from wizard.agent import build, names
from wizard.agent.host import Host
from wizard.agent.install import InstallError, compiled, install

ROOT = Path(__file__).parents[2]
AS_ROOT = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="makes a mount namespace: root"
)


INTERPRETERS = [path for _, path in interpreters.INTERPRETERS]


def test_which_interpreters_ran(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print("\n  zipapp tried with:", *INTERPRETERS, sep="\n    ")
    assert INTERPRETERS


def test_the_same_bytes_in_another_process() -> None:
    code = "from wizard.agent import build; print(build.digest())"
    surroundings = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Kathmandu"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=surroundings, capture_output=True, text=True
    )
    assert done.stdout.strip() == build.digest()
    assert hashlib.sha256(build.zipapp_bytes()).hexdigest() == build.digest()


def test_it_holds_the_agent_and_nothing_of_the_laptop() -> None:
    with zipfile.ZipFile(io.BytesIO(build.zipapp_bytes())) as archive:
        content = archive.namelist()
    assert "__main__.py" in content
    assert "cht_agent/changes/network.py" in content
    assert "cht_agent/look/web.py" in content
    assert not {"cht_agent/wire.py", "cht_agent/build.py"} & set(content)
    assert all(name.endswith(".py") for name in content)
    assert content == sorted(content)


@pytest.mark.parametrize("python", INTERPRETERS)
def test_every_module_imports(python: str, tmp_path: Path) -> None:
    """Also those that are loaded only when they are needed."""
    app = tmp_path / "agent.pyz"
    app.write_bytes(build.zipapp_bytes())
    with zipfile.ZipFile(app) as archive:
        modules = [n[:-3].replace("/", ".") for n in archive.namelist() if "/" in n]
    modules = [m.replace(".__init__", "") for m in modules if not m.endswith("__main__")]
    code = f"import sys; sys.path.insert(0, {str(app)!r})\n" + "".join(
        f"import {module}\n" for module in modules
    )
    done = subprocess.run([python, "-W", "error", "-B", "-c", code], capture_output=True, text=True)
    assert done.stderr == ""


@pytest.mark.parametrize("python", INTERPRETERS)
def test_it_serves(python: str, tmp_path: Path) -> None:
    app = tmp_path / "agent.pyz"
    app.write_bytes(build.zipapp_bytes())
    told = _serve([python, "-B", str(app), "serve", "--connection", ""])
    assert told[0]["hello"]["agent"]
    assert told[1]["error"]["code"] == "unknown-verb"


def _serve(argv: list[str], first: bytes = b"") -> list[dict[str, dict[str, str]]]:
    request = b'{"id": 1, "verb": "no-such-verb"}\n'
    done = subprocess.run(argv, input=first + request, capture_output=True, timeout=60)
    assert done.stderr == b""
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("python", INTERPRETERS)
def test_installed_it_needs_no_compiling(python: str, tmp_path: Path) -> None:
    """Every module comes from its .pyc; broken source beside it is not even looked at."""
    raw, packed = tmp_path / "raw.pyz", tmp_path / "packed.pyz"
    raw.write_bytes(build.zipapp_bytes())
    code = (
        f"import sys; sys.path.insert(0, {str(raw)!r})\n"
        "from cht_agent.install import compiled\n"
        f"open({str(packed)!r}, 'wb').write(compiled(open({str(raw)!r}, 'rb').read()))\n"
    )
    subprocess.run([python, "-B", "-c", code], check=True)
    spoiled = tmp_path / "spoiled.pyz"
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(spoiled, "w") as new:
        for entry in old.infolist():
            data = old.read(entry)
            new.writestr(entry, b"this is no python" if entry.filename.endswith(".py") else data)
    assert _serve([python, "-B", str(spoiled), "serve"])[1]["error"]["code"] == "unknown-verb"
    others = [other for other in INTERPRETERS if other != python][:1]
    for other in others:  # after an upgrade of Python the sources count again
        assert _serve([other, "-B", str(packed), "serve"])[1]["error"]["code"] == "unknown-verb"


def test_repacking_depends_on_nothing_else() -> None:
    assert compiled(build.zipapp_bytes()) == compiled(build.zipapp_bytes())


# ------------------------------------------------------------------- installation


def test_install_and_the_older_ones_go(tmp_path: Path) -> None:
    host = Host(str(tmp_path))
    data = build.zipapp_bytes()
    library = tmp_path / names.LIBRARY[1:]
    library.mkdir(parents=True, mode=0o755)
    (library / "agent-000000000000.pyz").write_bytes(b"old")
    state = tmp_path / names.STATE[1:] / "transaction"
    state.mkdir(parents=True)
    install(data, build.digest(), host)
    assert len(os.listdir(library)) == 2  # the pending transaction's units name the old one
    state.rmdir()
    path = install(data, build.digest(), host)
    assert os.listdir(library) == [os.path.basename(path)]
    assert path == str(tmp_path) + build.path()
    assert Path(path).stat().st_mode & 0o7777 == 0o755


@pytest.mark.parametrize("fault", ["wrong-digest", "writable", "foreign", "link"])
def test_install_refuses(tmp_path: Path, fault: str) -> None:
    host = Host(str(tmp_path))
    library = tmp_path / names.LIBRARY[1:]
    library.parent.mkdir(parents=True)
    digest = build.digest()
    if fault == "wrong-digest":
        digest = "0" * 64
    elif fault == "link":
        (tmp_path / "elsewhere").mkdir()
        library.symlink_to(tmp_path / "elsewhere")
    else:
        library.mkdir()
        if fault == "writable":
            library.chmod(0o777)
        elif os.geteuid() == 0:
            os.chown(library, 12345, 12345)
        else:
            pytest.skip("needs root to give a folder away")
    with pytest.raises(InstallError, match=r"wrong-digest|unsafe-library"):
        install(build.zipapp_bytes(), digest, host)
    assert not list(tmp_path.rglob("agent-*"))


# A mount namespace of its own: /usr/local/lib is an empty one, and gone afterwards.
APART = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs tmpfs /usr/local/lib && exec "$@"', "sh"]


@AS_ROOT
@pytest.mark.parametrize("python", INTERPRETERS)
def test_delivery_in_one_go(python: str) -> None:
    """Header, zipapp and the first request in one stream; the answers come from the new agent."""
    assert "'" not in build.bootstrap()
    argv = [*APART, python, "-B", "-c", build.bootstrap(), "10.0.0.9 4 10.0.0.1 22"]
    told = _serve(argv, build.delivery())
    assert "hello" in told[0]
    assert told[1]["error"]["code"] == "unknown-verb"


@AS_ROOT
def test_delivery_leaves_the_installed_agent_alone_behind() -> None:
    script = (
        'mount -t tmpfs tmpfs /usr/local/lib && "$@" >/dev/null && '
        f"ls -A {names.LIBRARY} && python3 -B {build.path()} status"
    )
    argv = ["unshare", "-m", "sh", "-c", script, "sh"]
    argv += [sys.executable, "-B", "-c", build.bootstrap(), ""]
    done = subprocess.run(argv, input=build.delivery(), capture_output=True, timeout=60)
    name, _, rest = done.stdout.decode().partition("\n")
    assert name == os.path.basename(build.path())
    assert json.loads(rest) == {"pending": None, "last": None}


@AS_ROOT
@pytest.mark.parametrize(
    ("spoil", "prepare", "code"),
    [
        (lambda data: data[:-1] + b"x", "true", "wrong-digest"),
        (lambda data: data[:1000], "true", "wrong-digest"),
        (lambda _: b"", "true", "bad-delivery"),
        (lambda _: b"nonsense\n", "true", "bad-delivery"),
        (lambda _: b"99999999999 " + b"0" * 64 + b"\n", "true", "bad-delivery"),
        (lambda data: data, f"mkdir -m 0777 {names.LIBRARY}", "unsafe-library"),
        (lambda data: data, f"mkdir {names.LIBRARY}; chown 7:7 {names.LIBRARY}", "unsafe-library"),
        (lambda data: data, f"ln -s /tmp {names.LIBRARY}", "unsafe-library"),
        (lambda data: data, "mount -o remount,ro /usr/local/lib", "read-only"),
    ],
)
def test_a_bad_delivery_installs_nothing(spoil: object, prepare: str, code: str) -> None:
    assert callable(spoil)
    script = f'mount -t tmpfs tmpfs /usr/local/lib && {{ {prepare}; }} && "$@"; ls {names.LIBRARY}/'
    argv = ["unshare", "-m", "sh", "-c", script, "sh"]
    argv += [sys.executable, "-B", "-c", build.bootstrap(), ""]
    data = spoil(build.delivery())
    done = subprocess.run(argv, input=data, capture_output=True, timeout=60)
    line, _, listing = done.stdout.partition(b"\n")
    assert json.loads(line)["error"]["code"] == code
    assert b"pyz" not in listing

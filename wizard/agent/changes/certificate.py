"""A certificate and its key where the web server reads them; what is served decides.

The way of a pair: read and tried here (`check`), laid beside the old one under other names, moved
into its place, tried by the web server, taken up by it, and compared with what it then serves.
Whatever fails on that way brings the old pair back.
"""

from __future__ import annotations

import calendar
import contextlib
import os
import posixpath
import time
from typing import Callable, Dict, List, Optional, Tuple

from .. import disk, pairs
from ..docker import Docker, DockerError
from . import Plain, Step, StepError

CHT3_RELOAD = ["/boot/svc-restart", "medic-core", "nginx"]  # cht-docs, 3.x: SSL certificates
TESTS = {"nginx.service": ["nginx", "-t"], "apache2.service": ["apachectl", "configtest"]}
CHAIN_MODE, KEY_MODE = 0o644, 0o600
# Docker takes a container for healthy again once it has run for ten seconds.
HEALTHY = 15.0
# Seconds for Docker to restart a container that it starts again and again meanwhile. Others wait
# for it, so that on a slow machine a minute may pass.
RESTART = 150.0
# Both files with one command: nothing can come between the two but a power cut.
SWAP = 'mv -f -- "$1" "$2" && mv -f -- "$3" "$4"'


def check(step: Step, change: Plain) -> None:
    """Refuse what is no pair, or a container that is not there."""
    pair = pairs.meant(step.host, change)
    if b"BEGIN CERTIFICATE" not in pair[0] or b"PRIVATE KEY" not in pair[1]:
        raise StepError("bad-order", "not a certificate and a key")
    _belong_together(step, pair)
    if change["target"] == "files":
        for path in (change["certificate_path"], change["key_path"]):
            try:
                disk.guard(step.host.root, os.path.realpath(path) if not step.host.root else path)
            except disk.DiskError as error:
                raise StepError(error.code, error.detail) from None
    elif change["target"] == "container":
        for path in (change["certificate_path"], change["key_path"]):
            if not path.startswith("/"):
                raise StepError("bad-order", "path %r" % (path,))
        _state(step, change["container"], "no-container")
    else:
        raise StepError("bad-order", "target %r" % (change["target"],))


def _belong_together(step: Step, pair: pairs.Pair) -> None:
    """Refuse a key that is not the certificate's, by what nginx asks too: OpenSSL."""
    import ssl

    def locked() -> str:  # without this OpenSSL would ask for a passphrase
        raise ValueError("locked with a passphrase")

    folder = step.journal.folder
    chain, key = os.path.join(folder, "trial.crt"), os.path.join(folder, "trial.key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.set_ciphers("ALL:@SECLEVEL=0")  # how strong a key has to be is not the question
        disk.land(chain, pair[0], 0o600)
        disk.land(key, pair[1], 0o600)
        context.load_cert_chain(chain, key, password=locked)
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", "") or "unreadable"
        raise StepError("certificate-unfit", str(reason)) from None
    except OSError as error:
        raise StepError(disk.code_of(error), error.strerror or "") from None
    finally:
        for path in (chain, key):
            with contextlib.suppress(OSError):
                disk.remove(path)


def _engine(step: Step) -> Docker:
    return Docker(step.host, timeout=30.0)


def _state(step: Step, container: str, code: str) -> str:
    """Return running, stopped or restarting (a crash loop); raises StepError."""
    try:
        found = _engine(step).inspect(container)
    except DockerError as error:
        raise StepError(code, "%s: %s" % (container, error.detail or error.code)) from None
    state = found.get("State") or {}
    if state.get("Restarting") or (found.get("RestartCount") and _young(state)):
        return "restarting"
    return "running" if state.get("Running") else "stopped"


def _young(state: Plain) -> bool:
    """Whether it may just be between two crashes, when it looks as if it ran."""
    try:
        began = time.strptime(str(state.get("StartedAt"))[:19], "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return False
    return bool(state.get("Running")) and abs(time.time() - calendar.timegm(began)) < HEALTHY


# ---------------------------------------------------------------------------- look


def look(step: Step, change: Plain) -> Plain:
    """Keep the old pair and note which certificate is served now."""
    before: Plain = {
        key: change[key]
        for key in (
            "target", "container", "web", "certificate_path", "key_path", "unit", "https_port",
            "domain",
        )
    }  # fmt: skip
    before["served"] = _served(step, change)
    paths = (change["certificate_path"], change["key_path"])
    if change["target"] == "container":
        before["state"] = _state(step, change["container"], "certificate-failed")
        before["old"] = [
            _old_in_container(step, change["container"], p, i) for i, p in enumerate(paths)
        ]
    else:
        before["state"] = ""
        before["old"] = [_old_on_host(step, p, i) for i, p in enumerate(paths)]
    return before


def _old_in_container(step: Step, container: str, path: str, number: int) -> Plain:
    try:
        data, info = _engine(step).get_file(container, path)
    except DockerError as error:
        if error.code == "docker-not-found":
            return {"path": path, "image": "", "mode": 0}
        raise StepError("certificate-failed", "%s: %s" % (path, error.detail)) from None
    return {"path": path, "image": step.keep("pem-%d" % number, data), "mode": info.mode & 0o7777}


def _old_on_host(step: Step, path: str, number: int) -> Plain:
    """A link (certbot's live folder) is followed: the web server reads what it points to."""
    target = path if step.host.root else os.path.realpath(path)
    try:
        status = os.stat(step.host.path(target))
        with open(step.host.path(target), "rb") as stream:
            data = stream.read()
    except FileNotFoundError:
        return {"path": target, "image": "", "mode": 0, "uid": -1, "gid": -1}
    except OSError as error:
        raise StepError("certificate-failed", "%s: %s" % (path, error.strerror)) from None
    return {
        "path": target,
        "image": step.keep("pem-%d" % number, data),
        "mode": status.st_mode & 0o7777,
        "uid": status.st_uid,
        "gid": status.st_gid,
    }


def _served(step: Step, where: Plain) -> str:
    if not where["https_port"]:
        return ""
    from ..look.web import served

    return served(step.host, where["https_port"], where["domain"])


# ------------------------------------------------------------------------------ do


def do(step: Step, change: Plain, before: Plain) -> Plain:
    """Put the pair in place, let the web server test and reload it, and ask what is served."""
    pair = list(pairs.meant(step.host, change))
    modes = [before["old"][i]["mode"] or mode for i, mode in enumerate((CHAIN_MODE, KEY_MODE))]
    if change["target"] == "container":
        _put(step, before, pair, modes, "certificate-failed")
    else:
        _write(step, before, pair, modes, "certificate-failed")
    _reload(step, before, "certificate-refused")
    if change["leaf_sha256"] and change["https_port"]:
        wanted = change["leaf_sha256"].lower().replace(":", "")
        if not step.wait(lambda: _served(step, change) == wanted, step.timings.served):
            raise StepError("certificate-not-served", _served(step, change) or "nothing is served")
    return {"leaf_sha256": change["leaf_sha256"], "domain": change["domain"]}


def _put(step: Step, before: Plain, pair: List[bytes], modes: List[int], code: str) -> None:
    """Put both files in place, of a running container by way of names that nobody reads."""
    try:
        running = _state(step, before["container"], code) == "running"
        if running and len(before["old"]) == 2:
            _stage(step, before, pair, modes)
            there = [old["path"] for old in before["old"]]
            words = [word for path in there for word in (_beside(path), path)]
            _execute(_engine(step), before["container"], ["sh", "-c", SWAP, "sh", *words], code)
        else:  # a crash loop, or stopped: no command can be run in it
            _send(step, before, pair, modes, lambda path: path)
    except DockerError as error:
        raise StepError(code, error.detail or error.code) from None


def _stage(step: Step, before: Plain, pair: List[bytes], modes: List[int]) -> None:
    """Lay both files beside the old ones: a full disk shows here, and the old ones stay whole."""
    _send(step, before, pair, modes, _beside)


def _send(
    step: Step, before: Plain, pair: List[bytes], modes: List[int], name: Callable[[str], str]
) -> None:
    folders: Dict[str, Dict[str, Tuple[bytes, int]]] = {}
    for number, old in enumerate(before["old"]):
        folder, base = posixpath.split(name(old["path"]))
        folders.setdefault(folder, {})[base] = (pair[number], modes[number])
    for folder, files in folders.items():
        _engine(step).put_files(before["container"], folder, files)


def _beside(path: str) -> str:
    folder, base = posixpath.split(path)
    return posixpath.join(folder, "." + base + disk.SUFFIX)


def _write(step: Step, before: Plain, pair: List[bytes], modes: List[int], code: str) -> None:
    try:
        for number, old in enumerate(before["old"]):
            real = step.host.path(old["path"])
            disk.make_folder(os.path.dirname(real))
            disk.land(real, pair[number], modes[number], old["uid"], old["gid"])
    except OSError as error:
        raise StepError(code, "%s: %s" % (old["path"], error.strerror)) from None


def _reload(step: Step, before: Plain, code: str) -> None:
    if before["target"] == "files":
        unit = before["unit"]
        test = TESTS.get(unit if unit.endswith(".service") else unit + ".service")
        if test is not None:
            step.run(test, 30.0, code)
        if unit:
            argv = ["systemctl", "reload-or-restart", "--", unit]
            step.run(argv, step.timings.service, code)
        return
    container = before["container"]
    engine = _engine(step)
    try:
        if _state(step, container, code) != "running":
            # A crash loop, or stopped by hand: a start reads the pair.
            Docker(step.host, timeout=RESTART).restart(container)
        elif before["web"] == "cht3":
            _execute(engine, container, CHT3_RELOAD, code)
        else:
            _execute(engine, container, ["nginx", "-t"], code)
            _execute(engine, container, ["nginx", "-s", "reload"], code)
    except DockerError as error:
        # Docker's words, not those of the web server
        code = "certificate-failed" if code == "certificate-refused" else code
        raise StepError(code, "%s: %s" % (error.code, error.detail)) from None


def _execute(engine: Docker, container: str, argv: List[str], code: str) -> None:
    status, text = engine.execute(container, argv, timeout=60.0)
    if status != 0:
        raise StepError(code, "%s: %s" % (" ".join(argv), text.strip()[-600:]))


# ---------------------------------------------------------------------------- undo


def undo_files(step: Step, before: Plain) -> None:
    """Put the old pair of a web server on the host back."""
    if before["target"] != "files":
        return
    for old in before["old"]:
        real = step.host.path(old["path"])
        try:
            disk.remove(disk.temporary_of(real))
            data = _image(step, old)
            if data is None:
                disk.remove(real)
            else:
                disk.land(real, data, old["mode"], old["uid"], old["gid"])
        except OSError as error:
            raise StepError(disk.code_of(error), "%s: %s" % (old["path"], error.strerror)) from None


def undo_web(step: Step, before: Plain) -> None:
    """Let the old pair be served again, and see that it is."""
    code = "undo-certificate"
    if before["target"] == "container":
        _undo_container(step, before, code)
        if before["state"] == "stopped":
            try:
                _engine(step).stop(before["container"])
            except DockerError as error:
                raise StepError(code, error.detail or error.code) from None
            return
    elif before["served"]:
        _reload_old(step, before, code)
    else:
        # Nothing worked before: let the server try, but it need not succeed.
        step.host.run(["systemctl", "try-reload-or-restart", "--", before["unit"]], timeout=60.0)
    if before["served"] and not step.wait(
        lambda: _served(step, before) == before["served"], step.timings.served
    ):
        raise StepError("old-certificate-missing", _served(step, before) or "nothing is served")


def _undo_container(step: Step, before: Plain, code: str) -> None:
    there = [(old, _image(step, old)) for old in before["old"]]
    kept = [(old, data) for old, data in there if data is not None]
    # What is still as it was is not written again: the disk may be full.
    if any(_present(step, before, old["path"], code) != data for old, data in kept):
        some = dict(before, old=[old for old, _ in kept])
        modes = [old["mode"] for old, _ in kept]
        try:
            _put(step, some, [data for _, data in kept], modes, code)
        except StepError:
            try:  # no room for both at once: each in the place of what is there
                _send(step, some, [data for _, data in kept], modes, lambda path: path)
            except DockerError as error:
                raise StepError(code, error.detail or error.code) from None
    _clear_away(step, before, code)
    gone = [old["path"] for old, data in there if data is None]
    if gone:
        if _state(step, before["container"], code) != "running":
            raise StepError(code, "%s stays: the container does not run" % " ".join(gone))
        _execute(_engine(step), before["container"], ["rm", "-f", *gone], code)
    elif before["state"] != "stopped":
        _reload_old(step, before, code)


def _reload_old(step: Step, before: Plain, code: str) -> None:
    """Reload with the old pair; a web server that cannot, and still serves it, is back already."""
    try:
        _reload(step, before, code)
    except StepError:  # for a reason of its own, such as a mistake in another file of nginx
        if not before["served"] or _served(step, before) != before["served"]:
            raise


def _present(step: Step, before: Plain, path: str, code: str) -> Optional[bytes]:
    try:
        return _engine(step).get_file(before["container"], path)[0]
    except DockerError as error:
        if error.code == "docker-not-found":
            return None
        raise StepError(code, error.detail or error.code) from None


def _clear_away(step: Step, before: Plain, code: str) -> None:
    """Leave no second copy of a key behind."""
    left = [_beside(old["path"]) for old in before["old"]]
    # On a full disk it may be there and empty.
    left = [path for path in left if _present(step, before, path, code) is not None]
    if not left:
        return
    if _state(step, before["container"], code) == "running":
        _execute(_engine(step), before["container"], ["rm", "-f", *left], code)
        return
    try:  # no command can be run in it, but what is in the files can go
        for path in left:
            folder, name = posixpath.split(path)
            _engine(step).put_files(before["container"], folder, {name: (b"", 0o600)})
    except DockerError as error:
        raise StepError(code, error.detail or error.code) from None


def _image(step: Step, old: Plain) -> Optional[bytes]:
    if not old["image"]:
        return None
    data = step.journal.kept(old["image"])
    if data is None:
        raise StepError("image-lost", old["path"])
    return data


UNDO = {"files": undo_files, "web": undo_web}

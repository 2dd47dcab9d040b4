"""The site file is written, read back, and refused with a reason when it makes no sense."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import stat
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.site import examples
from tests.site.test_problems import PARTS, anything
from wizard.problem import UserError
from wizard.site import model, readiness, toml
from wizard.site.problems import problems
from wizard.site.words import ERRORS, SiteError

REFERENCE = Path(__file__).parents[2] / "docs" / "site-file.md"

PEM = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\n"

FULL = examples.site(
    static_ip__gateway="10.20.0.254",
    static_ip__address6="fd00:20::1/64",
    dns_dhcp=model.DnsDhcp(
        first="10.20.0.100",
        last="10.20.0.199",
        reservations=(
            model.Reservation("00:1b:21:12:34:56", "10.20.0.50", "printer"),
            model.Reservation("00:1b:21:12:34:57", "10.20.0.51"),
        ),
        names=(model.Name("watchdog", "10.20.0.60"),),
        upstream=("10.20.0.254",),
        ntp=True,
    ),
    access_point=model.AccessPoint("own", ssid="Clinic"),
    readiness=model.Readiness((("power", "UPS"), ("backups", "USB disk, Fridays"))),
    accept=("lease_long",),
)


def refused(text: str) -> SiteError:
    with pytest.raises(SiteError) as caught:
        toml.loads(text, "clinic.toml")
    return caught.value


# ------------------------------------------------------------------ reading


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("", "site_empty", "clinic.toml is empty"),
        (" \n\t", "site_empty", ""),
        ("\ufeff", "site_empty", ""),
        ("#" * (toml.LIMIT + 1), "site_too_large", "1 MiB"),
        ('name = "x"\ndomain = clinic\n', "site_broken", "at line 2"),
        ('name = "x"\n\n[server\n', "site_broken", "at line 3"),
        ('name = "x', "site_broken", "at line 1"),
        ('name = "x"\nname = "y"\n', "site_broken", "at line 2"),
        ("x = " + "[" * 10000, "site_broken", "nested too deeply"),
        ("x = " + "9" * 5000, "site_broken", "too long"),
        ("<html></html>", "site_broken", "at line 1"),
        ("\x00" * 1000, "site_broken", "at line 1"),
        # versions
        ("version = 2", "site_newer", "file version 2"),
        ("version = 2\nfuture = true", "site_newer", "newer version"),
        ("version = 0", "value_type", "version must be a whole number from 1 to 1"),
        ('version = "1"', "value_type", "but it is text"),
        ("version = true", "value_type", "version"),
        ("version = 1.0", "value_type", "version"),
        # unknown keys
        ('nam = "x"', "key_unknown_near", "Perhaps name was meant"),
        ('[server]\nhots = "x"', "key_unknown_near", "server.hots"),
        ('[server]\nhots = "x"', "key_unknown_near", "Perhaps server.host was meant"),
        ("[static-ip]", "key_unknown_near", "Perhaps static_ip was meant"),
        ('gateway = "10.20.0.254"', "key_unknown_near", "Perhaps static_ip.gateway was meant"),
        ('[server]\naddress = "x"', "key_unknown_near", "Perhaps static_ip.address was meant"),
        ("zzz = 1", "key_unknown", "does not know: zzz"),
        ("[zzz.yyy]", "key_unknown", "zzz"),
        ('"a b\\n" = 1', "key_unknown", '"a b'),
        ("[dns_dhcp]\nzzz = 1", "key_unknown", "dns_dhcp.zzz"),
        (
            '[[dns_dhcp.names]]\nname = "a"\naddress = "b"\n[[dns_dhcp.names]]\nnmae = "a"',
            "key_unknown_near",
            "Perhaps dns_dhcp.names[1].name was meant",
        ),
        # what is missing
        ('[[dns_dhcp.names]]\nname = "a"', "key_missing", "dns_dhcp.names[0].address is missing"),
        # wrong types
        ("name = 1", "value_type", "name must be text in quotes, but it is a number"),
        ("name = 1979-05-27", "value_type", "but it is a date or time"),
        ("name = 1.5", "value_type", "a number with a fraction"),
        ("name = []", "value_type", "but it is a list"),
        ("[name]", "value_type", "but it is a table"),
        ("server = 1", "value_type", "server must be a table, written as [server]"),
        ("[[server]]", "value_type", "server must be a table"),
        ('[server]\nport = "22"', "value_type", "server.port must be a whole number"),
        ("[server]\nport = true", "value_type", "but it is true or false"),
        ("[dns_dhcp]\nenabled = 1", "value_type", "dns_dhcp.enabled must be true or false"),
        ('[dns_dhcp]\nupstream = "a"', "value_type", "must be a list of text in quotes"),
        ("[dns_dhcp]\nupstream = [1]", "value_type", "dns_dhcp.upstream[0] must be text"),
        ('[dns_dhcp]\nnames = "a"', "value_type", "each written as [[dns_dhcp.names]]"),
        ("[dns_dhcp]\nnames = [1]", "value_type", "dns_dhcp.names[0] must be a table"),
        ("[readiness]\npower = true", "value_type", "readiness.power must be text"),
        ("readiness = []", "value_type", "readiness must be a table"),
        ("accept = [[]]", "value_type", "accept[0]"),
        # secrets, wherever they stand
        ('password = "x"', "secret_key", "holds password. Passwords and other secrets are never"),
        ('[server]\nPassword = "x"', "secret_key", "server.Password"),
        ('[server]\nsudo-password = "x"', "secret_key", "server.sudo-password"),
        ('[server]\nkey_passphrase = ""', "secret_key", "server.key_passphrase"),
        ('[access_point]\npassphrase = "x"', "secret_key", "access_point.passphrase"),
        ('[access_point]\nwpa_psk = "x"', "secret_key", "access_point.wpa_psk"),
        ('[access_point]\npsk = "x"', "secret_key", "access_point.psk"),
        ('[readiness]\nbackupPassPhrase = "x"', "secret_key", "readiness.backupPassPhrase"),
        ("[a.b.c.secret]", "secret_key", "a.b.c.secret"),
        ("[[a]]\nb = [[{api_token = 1}]]", "secret_key", "a[0].b[0][0].api_token"),
        ('[server]\npasswd = "x"', "secret_key", "server.passwd"),
        (f'[server]\nkey = """{PEM}"""', "secret_value", "server.key"),
        (f'[certificate]\nfiles = ["a.pem", """{PEM}"""]', "secret_value", "certificate.files[1]"),
        (f'[readiness]\nbackups = """see\n{PEM}"""', "secret_value", "readiness.backups"),
        ('name = "-----BEGIN PRIVATE KEY-----"', "secret_value", "name"),
        ('name = "-----begin openssh private key-----"', "secret_value", "name"),
        ('[server]\nkey = "PuTTY-User-Key-File-3: ssh-rsa"', "secret_value", "server.key"),
        ('[server]\nhost = "ssh://root:hunter2@10.0.0.1"', "secret_value", "server.host"),
    ],
)
def test_text_that_is_no_site(text: str, code: str, told: str) -> None:
    error = refused(text)
    assert error.code == code
    assert told in f"{error.message} {error.cure}"
    assert error.message.startswith("clinic.toml")
    assert error.cure
    assert not any(secret in repr(error.plain()) for secret in ("hunter2", "MHcCAQEE"))


def test_words_that_only_look_like_secrets_are_fine() -> None:
    text = '[readiness]\nupskilling = "x"\npinboard = "x"\n[server]\nkey = "secret/key.pem"'
    assert toml.loads(text).server.key == "secret/key.pem"


def test_what_is_left_out_has_its_default() -> None:
    assert toml.loads("version = 1") == model.Site()
    assert toml.loads("# nothing decided yet\n") == model.Site()
    assert toml.loads("\ufeffname = 'x'") == model.Site(name="x")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "site_empty"),
        (b"a\xff = 1", "site_not_utf8"),
        ('name = "Clínica"'.encode("latin-1"), "site_not_utf8"),
        ('name = "x"'.encode("utf-16"), "site_not_utf8"),
        (b"#" * (toml.LIMIT + 1), "site_too_large"),
        (b"name = ", "site_broken"),
    ],
)
def test_files_that_are_no_site(tmp_path: Path, content: bytes, code: str) -> None:
    file = tmp_path / "clinic.toml"
    file.write_bytes(content)
    with pytest.raises(SiteError) as caught:
        toml.load(file)
    assert caught.value.code == code
    assert str(file) in caught.value.message


def test_a_file_of_one_gigabyte_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "clinic.toml"
    with file.open("wb") as handle:
        handle.truncate(2**30)
    with pytest.raises(SiteError) as caught:
        toml.load(file)
    assert caught.value.code == "site_too_large"


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    file = tmp_path / "clinic.toml"
    head = b'name = "x"\n#'
    file.write_bytes(head + b"#" * (toml.LIMIT - len(head)))
    assert toml.load(file).name == "x"


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes of POSIX")
def test_places_that_are_no_file(tmp_path: Path) -> None:
    pipe, loop = tmp_path / "pipe", tmp_path / "loop"
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    places = {
        tmp_path: "site_is_folder",
        tmp_path / "nothing.toml": "site_missing",
        tmp_path / "pipe" / "x": "site_unreadable",
        tmp_path / "a\0b": "site_unreadable",
        tmp_path / ("x" * 300): "site_unreadable",
        loop: "site_unreadable",
        pipe: "site_not_file",
        Path(os.devnull): "site_not_file",
    }
    for place, code in places.items():
        with pytest.raises(SiteError) as caught:
            toml.load(place)
        assert caught.value.code == code, place


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests may run as root, who may read everything: the system's refusal is imitated."""
    file = tmp_path / "clinic.toml"
    toml.save(FULL, file)

    def denied(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(SiteError) as caught:
        toml.load(file)
    assert caught.value.code == "site_no_permission"
    monkeypatch.setattr(os, "replace", denied)
    with pytest.raises(SiteError) as caught:
        toml.save(FULL, file)
    assert caught.value.code == "site_save_no_permission"


# ------------------------------------------------------------------ writing


def test_what_is_written() -> None:
    assert toml.dumps(FULL) == toml.HEADER + (
        """\
version = 1
name = "Kibera clinic"
domain = "clinic.example.org"
accept = [
    "lease_long",
]

[server]
host = "192.168.1.20"
port = 22
user = "medic"
key = "~/.ssh/id_ed25519"

[static_ip]
interface = "eth0"
address = "10.20.0.1/24"
gateway = "10.20.0.254"
address6 = "fd00:20::1/64"

[dns_dhcp]
enabled = true
first = "10.20.0.100"
last = "10.20.0.199"
lease = "12h"
upstream = [
    "10.20.0.254",
]
router_advertisements = false
ntp = true

[[dns_dhcp.reservations]]
mac = "00:1b:21:12:34:56"
address = "10.20.0.50"
name = "printer"

[[dns_dhcp.reservations]]
mac = "00:1b:21:12:34:57"
address = "10.20.0.51"

[[dns_dhcp.names]]
name = "watchdog"
address = "10.20.0.60"

[certificate]
files = [
    "fullchain.pem",
    "privkey.pem",
]

[access_point]
kind = "own"
ssid = "Clinic"
channel = 0
security = "wpa2-wpa3"
bridge = false

[readiness]
power = "UPS"
backups = "USB disk, Fridays"
"""
    )
    assert toml.HEADER.count("\n") == 1


WRITABLE = {
    str: st.one_of(st.text(), PARTS.filter(lambda text: "\ud800" not in text)),
    int: st.integers(),
    bool: st.booleans(),
}


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(anything(model.Site, WRITABLE))
def test_what_is_written_is_read_back(site: model.Site) -> None:
    answers = dict(site.readiness.answers)  # TOML has each key once
    site = dataclasses.replace(
        site, version=model.VERSION, readiness=model.Readiness(tuple(answers.items()))
    )
    text = toml.dumps(site)
    assert toml.loads(text) == site
    assert toml.dumps(toml.loads(text)) == text


def test_a_topic_answered_twice_is_not_silently_lost() -> None:
    site = examples.site(readiness__answers=(("power", "a"), ("power", "b")))
    with pytest.raises(ValueError, match="answered twice"):
        toml.dumps(site)


PIECES = [
    *("version", "1", "true", "1979-05-27", "server", "dns_dhcp", "names", "readiness", "é"),
    *("=", ".", ",", "[", "]", "[[", "]]", "{", "}", '"', "'", "\\", "#", "\n", "\0"),
]


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=200),
        st.lists(
            st.sampled_from(PIECES),
            max_size=40,
        ).map("".join),
    )
)
def test_any_text_is_a_site_or_refused(text: str) -> None:
    with contextlib.suppress(SiteError):
        site = toml.loads(text)
        assert toml.loads(toml.dumps(site)) == site


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (("wifi_password", "hunter2"), "secret_key"),
        (("security", PEM), "secret_value"),
        (("security", "\ud800"), "text_unwritable"),
    ],
)
def test_what_is_never_written(tmp_path: Path, answer: tuple[str, str], code: str) -> None:
    file = tmp_path / "clinic.toml"
    toml.save(FULL, file)
    with pytest.raises(SiteError) as caught:
        toml.save(examples.site(readiness__answers=(answer,)), file)
    assert caught.value.code == code
    assert toml.load(file) == FULL


def test_saving(tmp_path: Path) -> None:
    file = tmp_path / "clinic.toml"
    file.write_text("old")
    file.chmod(0o644)
    toml.save(FULL, file)
    assert toml.load(file) == FULL
    assert list(tmp_path.iterdir()) == [file]
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="links need privileges there")
def test_saving_through_a_link_keeps_the_link(tmp_path: Path) -> None:
    file, link = tmp_path / "real.toml", tmp_path / "link.toml"
    link.symlink_to(file)
    toml.save(FULL, link)
    assert link.is_symlink()
    assert toml.load(file) == FULL


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "clinic.toml"
    toml.save(FULL, file)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SiteError) as caught:
        toml.save(model.Site(), file)
    assert caught.value.code == "site_not_saved"
    assert "No space left" in caught.value.message
    assert toml.load(file) == FULL
    assert list(tmp_path.iterdir()) == [file]


def test_places_where_nothing_can_be_saved(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "no" / "folder.toml", tmp_path / "a\0b"):
        with pytest.raises(SiteError) as caught:
            toml.save(FULL, place)
        assert caught.value.code == "site_not_saved"
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------ paths


@pytest.mark.skipif(sys.platform == "win32", reason="paths of POSIX")
def test_relative_paths_start_at_the_site_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/mary")
    site = examples.site(certificate__files=("a.pem", "../b/c.key", "/etc/d.pem", "", "x\0y"))
    found = toml.resolve(site, "/media/stick/kibera")
    assert found.certificate.files == (
        "/media/stick/kibera/a.pem",
        "/media/stick/b/c.key",
        "/etc/d.pem",
        "",
        "x\0y",
    )
    assert found.server.key == "/home/mary/.ssh/id_ed25519"
    assert toml.resolve(examples.site(server__key=""), "/x").server.key == ""
    # Written, the paths stay as the person wrote them.
    assert toml.loads(toml.dumps(model.Site(certificate=model.CertificateFiles(("a.pem",))))) == (
        model.Site(certificate=model.CertificateFiles(("a.pem",)))
    )


# ------------------------------------------------------------------ reference


def _example() -> str:
    (block,) = re.findall(r"```toml\n(.*?)```", REFERENCE.read_text(encoding="utf-8"), re.DOTALL)
    return str(block)


def test_the_example_of_the_reference_is_right() -> None:
    site = toml.loads(_example())
    assert (
        problems(site)
        == (
            # It shows `accept` at work only if there is something to accept.
        )
        or {p.code for p in problems(site)} <= set(site.accept)
    )


def test_the_example_of_the_reference_has_every_key() -> None:
    found: set[str] = set()

    def walk(data: dict[str, Any], path: str) -> None:
        for key, value in data.items():
            found.add(f"{path}{key}")
            rows = value if isinstance(value, list) else [value]
            for row in rows:
                if isinstance(row, dict):
                    walk(row, f"{path}{key}.")

    walk(tomllib.loads(_example()), "")
    assert set(toml.keys()) <= found


def test_the_reference_has_every_key_with_its_default() -> None:
    lines = REFERENCE.read_text(encoding="utf-8").splitlines()
    rows = {
        m[1]: m[2] for line in lines if (m := re.match(r"\| `([a-z0-9_.]+)` \|.*\| (.*) \|$", line))
    }
    tables = {f.name for f in dataclasses.fields(model.Site)} & {
        "server",
        "static_ip",
        "dns_dhcp",
        "clock",
        "certificate",
        "request",
        "access_point",
        "readiness",
    }
    assert set(rows) == set(toml.keys()) - tables
    for path, told in rows.items():
        value: Any = model.Site()
        if path.startswith(("dns_dhcp.reservations.", "dns_dhcp.names.")):
            continue
        for name in path.split("."):
            value = getattr(value, name)
        if isinstance(value, str) and not value:
            assert told.startswith("empty"), path
        elif value == ():
            assert told in ("`[]`", "none"), path
        else:
            written = value if isinstance(value, str) else str(value).lower()
            assert told.strip("`") in (f'"{written}"', written), path


def test_the_reference_has_every_topic_of_readiness() -> None:
    text = REFERENCE.read_text(encoding="utf-8").partition("## `[readiness]`")[2]
    assert set(re.findall(r"`([a-z_]+)`", text)) - {"readiness"} == set(readiness.TOPICS)


def test_every_refusal_belongs_to_the_family() -> None:
    assert issubclass(SiteError, UserError)
    for message, cure in ERRORS.values():
        assert message.endswith(".")
        assert cure

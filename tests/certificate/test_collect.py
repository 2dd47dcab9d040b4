"""Folders and zip files as people have them: certbot's, those of authorities, and bad ones."""

import io
import os
import struct
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import cryptography_vectors
import pytest

from wizard.certificate import Bundle, CertificateError, read
from wizard.certificate.archive import TOTAL
from wizard.certificate.choice import choose
from wizard.certificate.files import LIMIT, MOST

from .authority import BEGIN, DOMAIN, INTERMEDIATE, ROOT, key
from .test_reading import (
    ALL,
    CHAIN,
    FULL,
    LEAF,
    SECRET,
    WANTED,
    der,
    p12,
    pem,
    request,
    written,
)

README = b"This directory contains your keys and certificates.\n\n`privkey.pem`  : the private key"


def zipped(files: Mapping[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", how) as archive:
        for name, raw in files.items():
            archive.writestr(name, raw)
    return made.getvalue()


def put(path: Path, raw: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return path


def code_of(*paths: Path, passphrase: str | None = None, domain: str = "") -> str:
    with pytest.raises(CertificateError) as raised:
        read(paths, passphrase, domain=domain)
    assert raised.value.message
    assert raised.value.cure
    return raised.value.code


def generation(number: int, **options: Any) -> Bundle:
    """What certbot got at a renewal; a later number lasts longer."""
    options.setdefault("begin", BEGIN + timedelta(days=60 * number))
    mine = key("p256", ("generation", number, options.get("names")))
    return Bundle(INTERMEDIATE.leaf(key=mine, **options), (INTERMEDIATE.certificate,), mine)


def certbot(folder: Path, name: str, bundles: list[Bundle], *, links: bool = True) -> Path:
    """Lay out /etc/letsencrypt as certbot does; returns the folder live/NAME."""
    archive, live = folder / "archive" / name, folder / "live" / name
    live.mkdir(parents=True)
    put(live / "README", README)
    for number, bundle in enumerate(bundles, 1):
        leaf, chain = pem(bundle.leaf), pem(*bundle.chain)
        parts = {"cert": leaf, "chain": chain, "fullchain": leaf + chain}
        for part, raw in {**parts, "privkey": bundle.key_pem().encode()}.items():
            put(archive / f"{part}{number}.pem", raw)
            if links and number == len(bundles):
                (live / f"{part}.pem").symlink_to(f"../../archive/{name}/{part}{number}.pem")
    return live


class TestCertbot:
    GENERATIONS = [generation(number) for number in (0, 1, 2)]

    def test_live(self, tmp_path: Path) -> None:
        live = certbot(tmp_path, DOMAIN, self.GENERATIONS)
        assert read([live]) == self.GENERATIONS[-1]

    @pytest.mark.parametrize("chosen", [f"archive/{DOMAIN}", "archive", ""])
    def test_of_several_generations_the_newest_pair(self, chosen: str, tmp_path: Path) -> None:
        certbot(tmp_path, DOMAIN, self.GENERATIONS)
        put(tmp_path / "accounts" / "private_key.json", b'{"n": "abc"}')
        assert read([tmp_path / chosen]) == self.GENERATIONS[-1]

    def test_the_key_may_have_stayed_the_same(self, tmp_path: Path) -> None:
        mine = self.GENERATIONS[0].key
        again = INTERMEDIATE.leaf(key=mine, begin=BEGIN + timedelta(days=60))
        newer = Bundle(again, (INTERMEDIATE.certificate,), mine)
        certbot(tmp_path, DOMAIN, [self.GENERATIONS[0], newer])
        assert read([tmp_path / "archive"]) == newer

    def test_links_that_lead_nowhere_are_named(self, tmp_path: Path) -> None:
        live = certbot(tmp_path, DOMAIN, self.GENERATIONS)
        (tmp_path / "archive").rename(tmp_path / "elsewhere")
        assert code_of(live) == "link-broken"
        assert code_of(live / "fullchain.pem") == "link-broken"

    def test_links_that_became_text_are_named(self, tmp_path: Path) -> None:
        text = f"../../archive/{DOMAIN}/fullchain3.pem"
        assert code_of(put(tmp_path / "fullchain.pem", text.encode())) == "link-broken"

    def test_a_newer_certificate_whose_key_cannot_be_read_is_not_hidden(
        self, tmp_path: Path
    ) -> None:
        certbot(tmp_path, DOMAIN, self.GENERATIONS)
        newest = tmp_path / "archive" / DOMAIN / "privkey3.pem"
        newest.write_bytes(newest.read_bytes()[:100])
        assert code_of(tmp_path / "archive") == "cut-off"

    def test_pairs_of_different_sites(self, tmp_path: Path) -> None:
        others = [generation(5, names=("b.example.org",))]
        certbot(tmp_path, DOMAIN, self.GENERATIONS)
        certbot(tmp_path, "b.example.org", others)
        live = tmp_path / "live"
        archive = tmp_path / "archive"
        assert code_of(archive) == "several-keys"
        assert read([archive], domain=DOMAIN) == self.GENERATIONS[-1]
        assert read([archive], domain="b.example.org") == others[0]
        assert code_of(archive, domain="c.example.org") == "several-keys"
        assert live.is_dir()

    def test_a_second_reading_finds_the_next_generation(self, tmp_path: Path) -> None:
        certbot(tmp_path, DOMAIN, self.GENERATIONS[:1])
        files, bundle = choose([tmp_path / "archive"])
        assert files == (tmp_path / "archive",)
        assert bundle == self.GENERATIONS[0]
        put(tmp_path / "archive" / DOMAIN / "new.pem", pem(self.GENERATIONS[1].leaf))
        put(tmp_path / "archive" / DOMAIN / "new.key", self.GENERATIONS[1].key_pem().encode())
        assert read(files).leaf == self.GENERATIONS[1].leaf


class TestZip:
    def test_of_an_authority(self, tmp_path: Path) -> None:
        raw = zipped(
            {
                "cht_clinic-a/README.txt": b"How to install your certificate",
                "cht_clinic-a/__MACOSX/._x": b"\0",
                "cht_clinic-a/Apache/cht.crt": pem(LEAF),
                "cht_clinic-a/Apache/cht.ca-bundle": pem(*CHAIN, ROOT.certificate),
                "cht_clinic-a/IIS/cht.p7b": der(LEAF),
                "cht_clinic-a/Other/logo.png": b"\x89PNG" + bytes(range(256)) * 10,
            }
        )
        bundle = read([put(tmp_path / "download", raw), put(tmp_path / "key", written())])
        assert bundle == WANTED

    def test_whatever_it_is_called(self, tmp_path: Path) -> None:
        assert read([put(tmp_path / "scan.jpg", zipped({"a": ALL}))]) == WANTED

    def test_in_a_folder(self, tmp_path: Path) -> None:
        put(tmp_path / "from-ca" / "cert.zip", zipped({"a/b/c/fullchain": FULL}))
        put(tmp_path / "privkey.pem", written())
        assert read([tmp_path]) == WANTED

    @pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_packed_in_other_ways(self, how: int, tmp_path: Path) -> None:
        assert read([put(tmp_path / "x.zip", zipped({"a": ALL}, how))]) == WANTED

    def test_a_locked_file_in_it(self, tmp_path: Path) -> None:
        path = put(tmp_path / "x.zip", zipped({"a.p12": p12(SECRET), "readme.txt": b"hello"}))
        assert read([path], SECRET) == WANTED
        assert code_of(path) == "passphrase-needed"
        assert code_of(path, passphrase="no") == "passphrase-wrong"

    def test_a_link_in_it(self, tmp_path: Path) -> None:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            link = zipfile.ZipInfo("live/x/fullchain.pem")
            link.external_attr = 0o120777 << 16
            archive.writestr(link, "../../archive/x/fullchain1.pem")
        assert code_of(put(tmp_path / "x.zip", made.getvalue())) == "link-broken"

    def test_one_with_a_password(self, tmp_path: Path) -> None:
        raw = bytearray(zipped({"a": ALL}, zipfile.ZIP_STORED))
        for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            raw[raw.index(mark) + place] |= 1  # the flag of an encrypted entry
        assert code_of(put(tmp_path / "x.zip", bytes(raw))) == "zip-locked"

    def test_one_in_another_is_named_and_not_opened(self, tmp_path: Path) -> None:
        raw = zipped({"outer/inner.zip": zipped({"a": ALL})})
        with pytest.raises(CertificateError, match=r"inner\.zip lies inside") as raised:
            read([put(tmp_path / "x.zip", raw)])
        assert raised.value.code == "zip-inside"

    def test_a_bomb_costs_little(self, tmp_path: Path) -> None:
        zeros = b"\0" * LIMIT
        path = put(tmp_path / "x.zip", zipped({f"{n}": zeros for n in range(40)}))
        tracemalloc.start()
        try:
            assert code_of(path) == "zip-too-large"
            assert tracemalloc.get_traced_memory()[1] < 2 * TOTAL
        finally:
            tracemalloc.stop()

    def test_an_entry_that_claims_to_be_small(self, tmp_path: Path) -> None:
        raw = bytearray(zipped({"a": b"\0" * 50 * LIMIT}))
        for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
            struct.pack_into("<I", raw, raw.index(mark) + place, 10)
        assert code_of(put(tmp_path / "x.zip", bytes(raw))) in ("damaged", "nothing-inside")

    def test_too_many_entries(self, tmp_path: Path) -> None:
        raw = zipped({f"{n}.txt": b"x" for n in range(MOST + 1)})
        assert len(raw) < LIMIT
        assert code_of(put(tmp_path / "x.zip", raw)) == "zip-too-large"

    def test_cut_off_and_damaged(self, tmp_path: Path) -> None:
        raw = zipped({"a": ALL})
        assert code_of(put(tmp_path / "x.zip", raw[:-30])) == "cut-off"
        broken = raw[:60] + bytes(40) + raw[100:]
        assert code_of(put(tmp_path / "y.zip", broken)) == "damaged"
        assert code_of(put(tmp_path / "z.zip", zipped({"a": ALL}) + b"PK\x05\x06")) == "damaged"

    def test_an_entry_without_a_name(self, tmp_path: Path) -> None:
        raw = bytearray(zipped({"a": ALL}))
        struct.pack_into("<H", raw, raw.index(b"PK\x01\x02") + 28, 0)
        assert code_of(put(tmp_path / "x.zip", bytes(raw))) == "damaged"

    @pytest.mark.parametrize(
        ("files", "code"),
        [
            ({}, "nothing-inside"),
            ({"a.txt": b"hello"}, "nothing-inside"),
            ({"a.csr": request(), "b.txt": b"hello"}, "csr"),
            ({"a.key": written()}, "no-certificate"),
            ({"a.pem": FULL[:700]}, "cut-off"),
        ],
    )
    def test_what_is_of_no_use_in_it(
        self, files: Mapping[str, bytes], code: str, tmp_path: Path
    ) -> None:
        assert code_of(put(tmp_path / "x.zip", zipped(files))) == code


class TestFolder:
    def test_nested_with_rubbish_beside(self, tmp_path: Path) -> None:
        put(tmp_path / "a" / "b" / "chain.crt", pem(*CHAIN))
        put(tmp_path / "a" / "site.cer", der(LEAF))
        put(tmp_path / "k", written())
        put(tmp_path / "a" / "cut.pem", FULL[:400])
        put(tmp_path / "empty.pem", b"")
        put(tmp_path / "film.mp4", b"\0" * (LIMIT + 1))
        put(tmp_path / ".hidden" / "x.pem", b"-----BEGIN CERTIFICATE-----")
        put(tmp_path / "too" / "deep" / "for" / "us" / "to" / "look" / "x.pem", FULL[:300])
        assert read([tmp_path]) == WANTED

    def test_a_link_to_itself_does_not_hang(self, tmp_path: Path) -> None:
        put(tmp_path / "all.pem", ALL)
        (tmp_path / "loop").symlink_to(tmp_path)
        (tmp_path / "self").symlink_to("self")
        assert read([tmp_path]) == WANTED

    def test_too_many_files(self, tmp_path: Path) -> None:
        for number in range(MOST + 1):
            (tmp_path / str(number)).touch()
        assert code_of(tmp_path) == "folder-too-large"

    def test_nothing_in_it(self, tmp_path: Path) -> None:
        assert code_of(tmp_path) == "nothing-inside"
        put(tmp_path / "letter.txt", b"Dear colleague")
        with pytest.raises(CertificateError, match=tmp_path.name):
            read([tmp_path])

    @pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no POSIX permissions here")
    def test_of_someone_else(self, tmp_path: Path) -> None:
        folder = tmp_path / "live"
        folder.mkdir()
        folder.chmod(0)
        me = os.geteuid()
        if me == 0:
            os.seteuid(65534)
        try:
            with pytest.raises(CertificateError) as raised:
                read([folder])
            assert raised.value.code == "file-no-permission"
        finally:
            os.seteuid(me)
            folder.chmod(0o700)


def tar() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        entry = tarfile.TarInfo("fullchain.pem")
        entry.size = len(FULL)
        archive.addfile(entry, io.BytesIO(FULL))
    return made.getvalue()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (tar(), "archive-other"),
        (b"\x1f\x8b\x08\0" + bytes(50), "archive-other"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(50), "archive-other"),
        (b"Rar!\x1a\x07\x01\0" + bytes(50), "archive-other"),
        (b"\xfe\xed\xfe\xed\0\0\0\2" + bytes(50), "java-key-store"),
    ],
)
def test_what_is_not_opened_is_named(raw: bytes, code: str, tmp_path: Path) -> None:
    assert code_of(put(tmp_path / "x.pem", raw)) == code
    put(tmp_path / "y.pem", FULL)
    assert read([tmp_path / "y.pem", put(tmp_path / "k", written())]) == WANTED


@pytest.mark.parametrize("extra", [{}, {"CRYPTOGRAPHY_OPENSSL_NO_LEGACY": "1"}])
def test_an_old_lock_is_told_apart_from_a_wrong_password(extra: dict[str, str]) -> None:
    """In a process of its own: what OpenSSL can do is settled when the library is loaded."""
    path = Path(cryptography_vectors.__file__).parent / "pkcs12" / "cert-rc2-key-3des.p12"
    script = (
        "import sys, wizard.certificate as c\n"
        "for word in ('cryptography', 'wrong'):\n"
        "    try: print(c.read([sys.argv[1]], word).key is not None)\n"
        "    except c.CertificateError as error: print(error.code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, str(path)],
        env={**os.environ, **extra},
        capture_output=True,
        text=True,
        check=True,
    )
    told = ["lock-too-old", "lock-too-old"] if extra else ["True", "passphrase-wrong"]
    assert done.stdout.split() == told

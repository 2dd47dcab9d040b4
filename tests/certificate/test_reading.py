"""Files of every shape that people have, and what is said about those that are of no use."""

import base64
import os
import re
import ssl
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs7,
    pkcs12,
)

from wizard.certificate import Bundle, CertificateError, read
from wizard.certificate.files import LIMIT
from wizard.certificate.wording import ERRORS

from .authority import DOMAIN, INTERMEDIATE, ROOT, key, name, root, sign

SECRET = "pass wörd"
KEY = key()
SECOND = INTERMEDIATE.intermediate("Test CA 2")
LEAF = SECOND.leaf()
CHAIN = (SECOND.certificate, INTERMEDIATE.certificate)
WANTED = Bundle(LEAF, CHAIN, KEY)
FOREIGN = ROOT.leaf(key=key("p256", "foreign"), names=("b.example.org",))


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def written(
    mine: Any = KEY,
    encoding: Encoding = Encoding.PEM,
    form: PrivateFormat = PrivateFormat.PKCS8,
    secret: str | None = None,
) -> bytes:
    locked = BestAvailableEncryption(secret.encode()) if secret else NoEncryption()
    raw = mine.private_bytes(encoding, form, locked)
    assert isinstance(raw, bytes)
    return raw


def p12(secret: str | None = None, leaf: x509.Certificate | None = LEAF, mine: Any = KEY) -> bytes:
    locked = NoEncryption() if secret is None else BestAvailableEncryption(secret.encode())
    return pkcs12.serialize_key_and_certificates(b"cht", mine, leaf, list(CHAIN), locked)


def armoured(label: str, raw: bytes) -> bytes:
    return b"-----BEGIN %s-----\n%s-----END %s-----\n" % (
        label.encode(),
        base64.encodebytes(raw),
        label.encode(),
    )


def ber(der: bytes) -> bytes:
    """The same with the outermost length left open (X.690 8.1.3.6)."""
    head = 2 + (der[1] & 0x7F if der[1] > 0x80 else 0)
    return b"\x30\x80" + der[head:] + b"\0\0"


def smart(raw: bytes) -> bytes:
    return raw.decode().replace("-----", "\u2014\u2013-").encode()


FULL = pem(LEAF, *CHAIN)
ALL = FULL + written()

SHAPES: Mapping[str, tuple[bytes, ...]] = {
    "chain and key apart": (FULL, written()),
    "key chosen first": (written(), FULL),
    "all in one": (ALL,),
    "key at the top": (written() + FULL,),
    "three files": (pem(LEAF), pem(*CHAIN), written()),
    "each alone, upside down": (pem(CHAIN[1]), written(), pem(CHAIN[0]), pem(LEAF)),
    "the whole live folder": (pem(LEAF), pem(*CHAIN), FULL, written(), b"This directory contains"),
    "Windows line ends": (ALL.replace(b"\n", b"\r\n"),),
    "old Mac line ends": (ALL.replace(b"\n", b"\r"),),
    "byte order mark": (b"\xef\xbb\xbf" + ALL,),
    "byte order mark between": (FULL + b"\xef\xbb\xbf" + written(),),
    "UTF-16": (ALL.decode().encode("utf-16"),),
    "UTF-16 big end first": (b"\xfe\xff" + ALL.decode().encode("utf-16-be"),),
    "UTF-16 unmarked": (ALL.decode().encode("utf-16-le"),),
    "UTF-16 unmarked, big end first": (ALL.decode().encode("utf-16-be"),),
    "indented": (ALL.replace(b"\n", b"\n    ").replace(b"-----BEGIN", b"  -----BEGIN"),),
    "quoted in mail": (ALL.replace(b"\n", b"\n> "),),
    "glued": (ALL.replace(b"-----\n-----", b"----------"),),
    "on one line": (ALL.replace(b"\n", b" "),),
    "double-spaced": (ALL.replace(b"\n", b"\n\n"),),
    "no final newline": (ALL.rstrip(),),
    "padding lost": (ALL.replace(b"=", b""),),
    "smart dashes": (smart(ALL),),
    "smart dashes of Windows": (ALL.replace(b"-----", b"\x97\x96-"),),
    "remarks between": (b"Bag Attributes\n  x: y\n" + FULL + b"--- BEGIN NOTE ---\n" + ALL,),
    "parameters too": (armoured("DH PARAMETERS", b"\x30\x00") + ALL,),
    "DER": (der(LEAF), der(CHAIN[0]), der(CHAIN[1]), written(encoding=Encoding.DER)),
    "DER keys of curves": (pem(LEAF, *CHAIN), written(), written(key("p256"), Encoding.DER)),
    "DER with zeros behind": (der(LEAF) + b"\0" * 100, pem(*CHAIN), written()),
    "DER of an old key": (
        FULL,
        written(encoding=Encoding.DER, form=PrivateFormat.TraditionalOpenSSL),
    ),
    "old key": (FULL, written(form=PrivateFormat.TraditionalOpenSSL)),
    "labelled as trusted": (armoured("TRUSTED CERTIFICATE", der(LEAF) + b"\x30\x00"), ALL),
    "labelled as X509": (armoured("X509 CERTIFICATE", der(LEAF)), pem(*CHAIN), written()),
    "PKCS#7": (pkcs7.serialize_certificates([*CHAIN, LEAF], Encoding.DER), written()),
    "PKCS#7 PEM": (pkcs7.serialize_certificates([*CHAIN, LEAF], Encoding.PEM), written()),
    "PKCS#7 BER": (ber(pkcs7.serialize_certificates([*CHAIN, LEAF], Encoding.DER)), written()),
    "PKCS#12": (p12(),),
    "PKCS#12 called a certificate": (armoured("CERTIFICATE", p12()),),
    "with the root": (pem(LEAF, *CHAIN, ROOT.certificate) + written(),),
    "with a foreign one": (ALL + pem(FOREIGN),),
}

LOCKED: Mapping[str, tuple[bytes, ...]] = {
    "PKCS#8": (FULL, written(secret=SECRET)),
    "PKCS#8 DER": (FULL, written(encoding=Encoding.DER, secret=SECRET)),
    "traditional": (FULL, written(form=PrivateFormat.TraditionalOpenSSL, secret=SECRET)),
    "traditional, indented": (
        FULL,
        written(form=PrivateFormat.TraditionalOpenSSL, secret=SECRET).replace(b"\n", b"\r\n  "),
    ),
    "PKCS#12": (p12(SECRET),),
}


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., list[Path]]:
    def put(*raws: bytes) -> list[Path]:
        paths = []
        for number, raw in enumerate(raws):
            paths.append(tmp_path / f"{number}.pem")
            paths[-1].write_bytes(raw)
        return paths

    return put


Put = Callable[..., list[Path]]


def code_of(paths: list[Path], passphrase: str | None = None) -> str:
    with pytest.raises(CertificateError) as raised:
        read(paths, passphrase)
    assert raised.value.message
    assert raised.value.cure
    return raised.value.code


@pytest.mark.parametrize("shape", SHAPES)
def test_any_shape_gives_the_same_bundle(shape: str, put: Put) -> None:
    bundle = read(put(*SHAPES[shape]))
    assert bundle == WANTED
    assert bundle.chain_pem().encode() == FULL
    assert bundle.key_pem().encode() == written()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_passphrase_that_is_not_needed_does_no_harm(shape: str, put: Put) -> None:
    assert read(put(*SHAPES[shape]), "not needed") == WANTED


@pytest.mark.parametrize("shape", LOCKED)
def test_locked_files_open_with_the_passphrase_only(shape: str, put: Put) -> None:
    paths = put(*LOCKED[shape])
    assert read(paths, SECRET) == WANTED
    assert code_of(paths) == "passphrase-needed"
    assert code_of(paths, "") == "passphrase-needed"
    assert code_of(paths, "pass word") == "passphrase-wrong"


@pytest.mark.parametrize("kind", ["p256", "p384", "ed25519"])
@pytest.mark.parametrize("secret", [None, SECRET])
def test_keys_of_other_kinds(kind: str, secret: str | None, put: Put) -> None:
    leaf = INTERMEDIATE.leaf(key=key(kind))
    bundle = read(put(pem(leaf), written(key(kind), secret=secret)), secret)
    assert bundle == Bundle(leaf, (), key(kind))


def test_two_bundles_differ_by_leaf_chain_and_key() -> None:
    others = [
        Bundle(FOREIGN, CHAIN, KEY),
        Bundle(LEAF, CHAIN[:1], KEY),
        Bundle(LEAF, CHAIN, key("rsa", 1)),
        Bundle(LEAF, CHAIN),
    ]
    assert WANTED not in others
    assert Bundle(LEAF, CHAIN, KEY, extra=(FOREIGN,), reordered=True) == WANTED
    assert hash(Bundle(LEAF, CHAIN, KEY)) == hash(WANTED)


class TestChain:
    def test_the_order_is_mended_and_told(self, put: Put) -> None:
        bundle = read(put(pem(LEAF, *reversed(CHAIN)), written()))
        assert bundle == WANTED
        assert bundle.reordered

    def test_the_leaf_last(self, put: Put) -> None:
        assert read(put(pem(*CHAIN, LEAF), written())).reordered

    def test_a_root_before_the_leaf(self, put: Put) -> None:
        assert read(put(pem(ROOT.certificate, LEAF, *CHAIN), written())).reordered

    @pytest.mark.parametrize("shape", ["chain and key apart", "each alone, upside down", "PKCS#7"])
    def test_no_word_about_an_order_that_nobody_chose(self, shape: str, put: Put) -> None:
        assert not read(put(*SHAPES[shape])).reordered

    def test_root_duplicates_and_foreign_ones_are_left_out(self, put: Put) -> None:
        bundle = read(put(FULL + pem(ROOT.certificate), written(), pem(LEAF, FOREIGN)))
        assert bundle == WANTED
        assert bundle.extra == (ROOT.certificate, LEAF, FOREIGN)

    def test_a_cross_signed_root_is_never_trimmed(self, put: Put) -> None:
        young = root("Young Root", key=key("p256", "young"))
        cross = ROOT.intermediate("Young Root", key=key("p256", "young"))
        ca = young.intermediate("Young CA")
        leaf = ca.leaf()
        pool = [young.certificate, cross.certificate, ca.certificate, leaf]
        bundle = read(put(pem(*pool), written()))
        assert bundle.chain == (ca.certificate, cross.certificate)
        assert bundle.extra == (young.certificate,)

    def test_both_signatures_of_a_twice_signed_authority_are_kept(self, put: Put) -> None:
        other = root("Other Root")
        mine = key("p256", "twice")
        twice = [each.intermediate("Twice", key=mine) for each in (ROOT, other)]
        leaf = twice[0].leaf()
        bundle = read(put(pem(leaf, *(each.certificate for each in twice)), written()))
        assert bundle.chain == tuple(each.certificate for each in twice)

    def test_authorities_that_sign_each_other_make_no_endless_chain(self, put: Put) -> None:
        one, two = key("p256", "one"), key("p256", "two")
        first = root("One", key=one)
        second = first.intermediate("Two", key=two, organisation="Test Authority")
        back = second.intermediate("One", key=one, organisation="Test Authority")
        leaf = back.leaf()
        bundle = read(put(pem(leaf, back.certificate, second.certificate), written()))
        assert bundle.chain == (back.certificate, second.certificate)

    def test_a_self_signed_one_has_no_chain(self, put: Put) -> None:
        mine = sign(KEY, None, ca=True, common="cht")
        bundle = read(put(pem(mine), written()))
        assert (bundle.leaf, bundle.chain) == (mine, ())


class TestPair:
    def test_the_newest_certificate_of_a_key(self, put: Put) -> None:
        older = SECOND.leaf(days=30)
        bundle = read(put(pem(older), FULL, written()))
        assert bundle == WANTED
        assert bundle.extra == (older,)

    def test_the_one_key_that_fits(self, put: Put) -> None:
        assert read(put(FULL, written(key("rsa", 1)), written())) == WANTED

    def test_the_same_key_twice(self, put: Put) -> None:
        old = written(form=PrivateFormat.TraditionalOpenSSL)
        assert read(put(FULL, written(), old)) == WANTED

    def test_the_newest_of_several_pairs(self, put: Put) -> None:
        older = SECOND.leaf(key=key("rsa", 1), days=30)
        paths = put(pem(older), written(key("rsa", 1)), FULL, written())
        assert read(paths) == read(paths[::-1]) == WANTED

    def test_pairs_of_different_sites(self, put: Put) -> None:
        paths = put(FULL, written(), pem(FOREIGN), written(key("p256", "foreign")))
        assert code_of(paths) == "several-keys"
        assert read(paths, domain=DOMAIN) == WANTED
        assert read(paths, domain="b.example.org").leaf == FOREIGN

    def test_without_a_key_the_one_for_the_domain(self, put: Put) -> None:
        paths = put(pem(LEAF, *CHAIN), pem(FOREIGN))
        assert read(paths, domain="b.example.org").leaf == FOREIGN
        assert read(paths, domain=DOMAIN) == Bundle(LEAF, CHAIN)

    def test_a_key_that_belongs_to_none(self, put: Put) -> None:
        paths = put(FULL, written(key("rsa", 1)))
        assert code_of(paths) == "key-mismatch"
        with pytest.raises(CertificateError, match=DOMAIN):
            read(paths)

    def test_without_a_key_the_certificate_that_is_no_authority(self, put: Put) -> None:
        bundle = read(put(pem(*CHAIN, LEAF)))
        assert bundle == Bundle(LEAF, CHAIN)
        with pytest.raises(CertificateError) as raised:
            bundle.key_pem()
        assert raised.value.code == "no-key"

    def test_without_a_key_and_authorities_only_the_lowest(self, put: Put) -> None:
        assert read(put(pem(ROOT.certificate, *reversed(CHAIN)))).leaf == SECOND.certificate


class TestWriting:
    def test_fingerprints(self) -> None:
        assert WANTED.sha256 == LEAF.fingerprint(SHA256()).hex()
        assert WANTED.chain_sha256 == tuple(
            each.fingerprint(SHA256()).hex() for each in (LEAF, *CHAIN)
        )

    @pytest.mark.parametrize("kind", ["rsa", "p256"])
    def test_the_strict_reader_of_openssl_takes_it(self, kind: str, tmp_path: Path) -> None:
        bundle = Bundle(INTERMEDIATE.leaf(key=key(kind)), (INTERMEDIATE.certificate,), key(kind))
        cert, private = tmp_path / "cert.pem", tmp_path / "key.pem"
        cert.write_text(bundle.chain_pem())
        private.write_text(bundle.key_pem())
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, private)

    def test_the_key_is_in_no_repr(self) -> None:
        assert "PrivateKey" not in repr(WANTED)
        assert "key=" not in repr(WANTED)


def request() -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(name("x"))
    return builder.sign(KEY, SHA256()).public_bytes(Encoding.PEM)


def ssh_key() -> bytes:
    return written(key("ed25519"), form=PrivateFormat.OpenSSH)


def public_key(encoding: Encoding, form: PublicFormat) -> bytes:
    raw = KEY.public_key().public_bytes(encoding, form)
    assert isinstance(raw, bytes)
    return raw


SSH2 = b"---- BEGIN SSH2 PUBLIC KEY ----\nAA==\n---- END SSH2 PUBLIC KEY ----"
PUTTY = b"PuTTY-User-Key-File-3: ssh-ed25519\r\nEncryption: none\r\n"
OLD_LOCKED = written(form=PrivateFormat.TraditionalOpenSSL, secret=SECRET)
CUT = FULL[: len(FULL) // 2]

USELESS: Mapping[str, tuple[str, tuple[bytes, ...]]] = {
    "empty": ("file-empty", (b"",)),
    "blank": ("file-empty", (b" \r\n\t",)),
    "zeros": ("file-empty", (b"\0" * 4096,)),
    "cut off": ("cut-off", (CUT,)),
    "cut off in front": ("cut-off", (FULL[100:],)),
    "cut off in the middle": ("cut-off", (pem(LEAF)[:300] + pem(LEAF),)),
    "cut off, beside a whole one": ("cut-off", (ALL, CUT)),
    "DER cut off": ("cut-off", (der(LEAF)[:500],)),
    "PKCS#12 cut off": ("cut-off", (p12()[:-10],)),
    "begins as one thing and ends as another": (
        "cut-off",
        (pem(LEAF).replace(b"END CERTIFICATE", b"END PRIVATE KEY"),),
    ),
    "not base64": ("damaged", (pem(LEAF).replace(b"M", b"*"),)),
    "not ASCII": ("damaged", (pem(LEAF).replace(b"M", "\u20ac".encode()),)),
    "vector of an old key cut off": (
        "damaged",
        (FULL, re.sub(rb"(DEK-Info: [^,]+,.{20}).*", rb"\1", OLD_LOCKED)),
    ),
    "base64 of nothing": ("damaged", (armoured("CERTIFICATE", b"hello"),)),
    "key of rubbish": ("damaged", (armoured("PRIVATE KEY", b"hello"),)),
    "request": ("csr", (request(),)),
    "request as DER": ("csr", (x509.load_pem_x509_csr(request()).public_bytes(Encoding.DER),)),
    "request and key": ("csr", (request(), written())),
    "SSH key": ("ssh-key", (ssh_key(),)),
    "SSH key for a key": ("ssh-key", (FULL, ssh_key())),
    "SSH public key": ("ssh-key", (public_key(Encoding.OpenSSH, PublicFormat.OpenSSH),)),
    "SSH2 public key": (
        "ssh-key",
        (SSH2,),
    ),
    "PuTTY key": ("putty-key", (PUTTY,)),
    "PuTTY key for a key": ("putty-key", (FULL, PUTTY)),
    "web page": ("html", (b"\xef\xbb\xbf\n<!DOCTYPE html><html>login</html>",)),
    "picture": ("not-certificate", (b"\x89PNG\r\n\x1a\n" + bytes(range(256)),)),
    "text": ("not-certificate", (b"Dear colleague, the certificate is attached.",)),
    "binary that begins like DER": ("not-certificate", (b"\x30\x82\x00\x04abcd",)),
    "a public key": (
        "not-certificate",
        (public_key(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),),
    ),
    "a key alone": ("no-certificate", (written(),)),
    "PKCS#12 without a certificate": (
        "no-certificate",
        (pkcs12.serialize_key_and_certificates(None, KEY, None, None, NoEncryption()),),
    ),
}


@pytest.mark.parametrize("case", USELESS)
def test_what_is_of_no_use_is_named(case: str, put: Put) -> None:
    code, raws = USELESS[case]
    assert code_of(put(*raws)) == code


def test_things_beside_a_whole_bundle_are_passed_over(put: Put) -> None:
    assert read(put(ALL, request(), ssh_key(), PUTTY, b"<html>", b"read me")) == WANTED


def test_no_file() -> None:
    assert code_of([]) == "nothing-chosen"


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    assert code_of([tmp_path / "x.pem"]) == "file-missing"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert code_of([tmp_path / "loop"]) == "file-unreadable"
    assert code_of([tmp_path / "nul\0.pem"]) == "file-unreadable"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert code_of([tmp_path / "pipe"]) == "file-unreadable"


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="no POSIX permissions here")
def test_a_file_of_someone_else(put: Put) -> None:
    (path,) = put(ALL)
    path.chmod(0)
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    try:
        assert code_of([path]) == "file-no-permission"
    finally:
        os.seteuid(me)


def test_a_gigabyte_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "disk.img"
    with open(path, "wb") as file:
        file.truncate(1024**3)
    tracemalloc.start()
    try:
        assert code_of([path]) == "file-too-large"
        assert tracemalloc.get_traced_memory()[1] < 4 * LIMIT
    finally:
        tracemalloc.stop()


def test_the_limit_itself_is_read(put: Put) -> None:
    assert read(put(ALL + b" " * (LIMIT - len(ALL)))) == WANTED
    assert code_of(put(ALL + b" " * (LIMIT + 1 - len(ALL)))) == "file-too-large"


def test_every_error_has_a_case() -> None:
    elsewhere = {
        "archive-other", "fetch-failed", "fetch-nowhere", "fetch-useless", "folder-too-large",
        "java-key-store", "link-broken", "lock-too-old", "nothing-inside", "zip-inside",
        "zip-locked", "zip-too-large",
        "nothing-chosen", "file-missing", "file-no-permission",
        "file-unreadable", "file-too-large", "no-key", "several-keys", "key-mismatch",
        "key-unreadable", "passphrase-needed", "passphrase-wrong",
    }  # fmt: skip
    assert {code for code, _ in USELESS.values()} | elsewhere == set(ERRORS)


def test_a_key_of_an_unknown_kind(put: Put) -> None:
    # PKCS#8 with an algorithm that nobody has registered.
    body = bytes.fromhex("3018020100300c060a2b06010401868d1f010104050403010203")
    assert code_of(put(FULL, armoured("PRIVATE KEY", body))) == "key-unreadable"


def test_an_error_names_the_file_and_not_the_folder(put: Put) -> None:
    (path,) = put(CUT)
    with pytest.raises(CertificateError, match=r"The file 0\.pem is cut off"):
        read([path])


@pytest.mark.parametrize("left", range(0, 33, 4))
def test_a_vector_that_is_cut_off_is_no_crash(left: int, put: Put) -> None:
    short = re.sub(rb"(DEK-Info: [^,]+,.{%d}).*" % left, rb"\1", OLD_LOCKED)
    paths = put(FULL, short)
    if left == 32:
        assert read(paths, SECRET) == WANTED
    else:
        assert code_of(paths, SECRET) == "damaged"

"""Rubbish in: a bundle or a sentence, never a crash."""

import contextlib
import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from wizard.certificate import Bundle, CertificateError, Roots, describe, judge, read
from wizard.certificate.wording import ERRORS

from .authority import DOMAIN, INTERMEDIATE, NOW, PUBLIC_POLICY, ROOT, key

# The library warns of what it will refuse one day; today it must be read.
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
BOUNDED = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])

ROOTS = Roots((ROOT.certificate,))
KEY = key("p256")
LEAF = INTERMEDIATE.leaf(
    key=KEY, policies=PUBLIC_POLICY, issuer_url="http://ca.example.org/1.der", staple=True
)
BUNDLE = Bundle(LEAF, (INTERMEDIATE.certificate,), KEY)
SAMPLES = [
    (BUNDLE.chain_pem() + BUNDLE.key_pem()).encode(),
    LEAF.public_bytes(Encoding.DER),
    KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    KEY.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"secret")
    ),
    pkcs7.serialize_certificates([LEAF, INTERMEDIATE.certificate], Encoding.DER),
    pkcs12.serialize_key_and_certificates(
        None, KEY, LEAF, [INTERMEDIATE.certificate], NoEncryption()
    ),
    pkcs12.serialize_key_and_certificates(
        b"x", KEY, LEAF, [INTERMEDIATE.certificate], BestAvailableEncryption(b"secret")
    ),
    pkcs7.serialize_certificates([LEAF, INTERMEDIATE.certificate], Encoding.PEM),
    (BUNDLE.chain_pem() + BUNDLE.key_pem()).encode("utf-16"),
    KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")),
    KEY.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()),
]


def zipped(raws: list[bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", how) as archive:
        for number, raw in enumerate(raws):
            archive.writestr(f"folder/{number}", raw)
    return made.getvalue()


SAMPLES += [zipped(SAMPLES[:1]), zipped(SAMPLES[:4], zipfile.ZIP_STORED)]


def attempt(*raws: bytes, passphrase: str | None = None) -> str:
    """Read, judge and describe; returns the code of an error, or ""."""
    with TemporaryDirectory() as folder:
        paths = [Path(folder, str(number)) for number in range(len(raws))]
        for path, raw in zip(paths, raws, strict=True):
            path.write_bytes(raw)
        try:
            bundle = read(paths, passphrase)
        except CertificateError as error:
            return error.code
    found = judge(bundle, DOMAIN, now=NOW, cht_version="5.0.0", roots=ROOTS)
    assert describe(bundle, found, DOMAIN, NOW)["acceptable"] in (True, False)
    return ""


@BOUNDED
@given(st.binary(max_size=600), st.one_of(st.none(), st.text(max_size=5)))
@example(b"0", None)
@example(b"0\x80", None)
@example(b"0\x84\xff\xff\xff\xff", None)
@example(b"0\xff" + b"\xff" * 200, None)
@example(b"\xff\xfe\0", None)
def test_any_bytes(raw: bytes, passphrase: str | None) -> None:
    assert attempt(raw, passphrase=passphrase) in ERRORS


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    raw = bytearray(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(raw) - 1))
        match draw(st.sampled_from(["flip", "cut", "put"])):
            case "flip":
                raw[place] = draw(st.integers(0, 255))
            case "cut":
                del raw[place : place + draw(st.integers(1, 20))]
            case "put":
                raw[place:place] = draw(st.binary(min_size=1, max_size=8))
        if not raw:
            break
    return bytes(raw)


@BOUNDED
@given(mutated(), st.booleans())
def test_a_good_file_gone_bad(raw: bytes, beside_a_key: bool) -> None:
    code = attempt(raw, *([SAMPLES[0]] if beside_a_key else []))
    assert code == "" or code in ERRORS


@BOUNDED
@given(st.lists(mutated(), max_size=4), st.sampled_from([None, "secret", "no"]))
def test_good_files_gone_bad_in_a_zip(raws: list[bytes], passphrase: str | None) -> None:
    code = attempt(zipped(raws), passphrase=passphrase)
    assert code == "" or code in ERRORS


@BOUNDED
@given(
    st.lists(mutated(), max_size=4),
    st.lists(st.sampled_from(["a", "a/b", ".x", "live", "é"]), min_size=4, max_size=4),
)
def test_good_files_gone_bad_in_a_folder(raws: list[bytes], places: list[str]) -> None:
    with TemporaryDirectory() as folder:
        for number, (raw, place) in enumerate(zip(raws, places, strict=False)):
            Path(folder, place).mkdir(parents=True, exist_ok=True)
            Path(folder, place, f"{number}.pem").write_bytes(raw)
        with contextlib.suppress(CertificateError):  # its code has a sentence, or it could not be
            assert read([folder], "secret", domain=DOMAIN).leaf


def test_a_tls_feature_that_nobody_knows() -> None:
    feature = bytes.fromhex("3003020105")  # status_request, RFC 7633
    der = LEAF.public_bytes(Encoding.DER)
    assert feature in der
    strange = der.replace(feature, bytes.fromhex("3003020100"))
    key_file = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert attempt(strange, key_file) == ""
    found = judge(
        Bundle(x509.load_der_x509_certificate(strange), (), KEY), DOMAIN, now=NOW, roots=ROOTS
    )
    assert found[0].code == "unreadable"


PIECES = st.sampled_from(
    [
        "-----BEGIN CERTIFICATE-----",
        "-----END CERTIFICATE-----",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----",
        "-----END ENCRYPTED PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----END RSA PRIVATE KEY-----",
        "Proc-Type: 4,ENCRYPTED",
        "DEK-Info: AES-256-CBC,00",
        "MIIB",
        "=",
        "-",
        "\u2014",
        "\n",
        " ",
        "\0",
    ]
)


@BOUNDED
@given(st.lists(PIECES, max_size=12), st.sampled_from(["utf-8", "utf-16", "utf-16-be"]))
def test_any_heap_of_marks(pieces: list[str], encoding: str) -> None:
    assert attempt("".join(pieces).encode(encoding), passphrase="x") in ERRORS


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(["rsa", "p256", "p384"]),
    st.integers(0, 3),
    st.permutations(range(5)),
)
def test_what_is_written_is_read_again(kind: str, depth: int, order: list[int]) -> None:
    issuer = ROOT
    chain: list[x509.Certificate] = []
    for level in range(depth):
        issuer = issuer.intermediate(f"Level {level}")
        chain.insert(0, issuer.certificate)
    wanted = Bundle(issuer.leaf(key=key(kind)), tuple(chain), key(kind))
    blocks = (wanted.chain_pem() + wanted.key_pem()).split("-----BEGIN")[1:]
    with TemporaryDirectory() as folder:
        path = Path(folder, "all.pem")
        path.write_text(wanted.chain_pem() + wanted.key_pem())
        again = read([path])
        assert again == wanted
        assert not again.reordered
        assert again.chain_pem() == wanted.chain_pem()
        path.write_text(
            "".join("-----BEGIN" + blocks[place] for place in order if place < len(blocks))
        )
        assert read([path]) == wanted

"""The formats of `cryptography`'s own test vectors: each file is read, or named for what it is."""

from collections.abc import Iterator
from pathlib import Path

import cryptography_vectors
import pytest

from wizard.certificate import CertificateError
from wizard.certificate.collect import gather

# The library warns of what it will refuse one day; today it must be read.
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")

HERE = Path(cryptography_vectors.__file__).parent
FOLDERS = (
    "pkcs12", "pkcs12/ca", "pkcs7", *(
        f"asymmetric/{name}" for name in (
            "DER_Serialization", "DH", "DSA/custom", "EC", "Ed25519", "Ed448", "MLDSA", "OpenSSH",
            "PEM_Serialization", "PKCS8", "Traditional_OpenSSL_Serialization", "X25519", "X448",
            "public/PKCS1",
        )
    ),
)  # fmt: skip
KINDS = {".der", ".p12", ".p7b", ".pem", ".key", ".pub"}

# Beginning of the path -> the password it was made with; the longest beginning counts.
PASSWORDS = {
    "pkcs12/": "password",
    "pkcs12/cert-": "cryptography",
    "pkcs12/no-cert-key": "cryptography",
    "asymmetric/DER_Serialization/": "123456",
    "asymmetric/DER_Serialization/enc-rsa-pkcs8": "foobar",
    "asymmetric/DER_Serialization/enc2-rsa-pkcs8": "baz",
    "asymmetric/Ed": "password",
    "asymmetric/X": "password",
    "asymmetric/PEM_Serialization/": "123456",
    "asymmetric/PKCS8/": "123456",
    "asymmetric/PKCS8/ed25519-scrypt": "hunter42",
    "asymmetric/PKCS8/enc-ec-sha1-128-rc4": "password",
    "asymmetric/PKCS8/enc-rsa-3des": "password",
    "asymmetric/PKCS8/enc-rsa-pkcs8": "foobar",
    "asymmetric/PKCS8/enc2-rsa-pkcs8": "baz",
    "asymmetric/PKCS8/rsa-40bitrc2": "baz",
    "asymmetric/PKCS8/rsa-aes-192-cbc": "PolarSSLTest",
    "asymmetric/PKCS8/rsa-pbe-3des-long-salt": "password",
    "asymmetric/PKCS8/rsa-pbewithmd5anddescbc": "hunter2",
    "asymmetric/PKCS8/rsa-rc2-cbc": "Red Hat Enterprise Linux 7.4",
    "asymmetric/PKCS8/rsa_pkcs8_pbes2": "PolarSSLTest",
    "asymmetric/Traditional_OpenSSL_Serialization/": "123456",
    "asymmetric/Traditional_OpenSSL_Serialization/key2": "a123456",
    "asymmetric/Traditional_OpenSSL_Serialization/testrsa": "password",
}

# What cannot be read, although the password is right -> why. Those in bad-oid, inconsistent,
# invalid, malformed, unknown, wrong are made wrong on purpose.
UNREADABLE = {
    "asymmetric/DH/dh_key_256.pem": "damaged",
    "asymmetric/EC/ec-missing-curve.pem": "damaged",
    "asymmetric/EC/ec_private_key_non_zero_unused_bits.der": "damaged",
    "asymmetric/EC/explicit_parameters_private_key.pem": "key-unreadable",
    "asymmetric/EC/explicit_parameters_wap_wsg_idm_ecid_wtls11_private_key.pem": "key-unreadable",
    "asymmetric/EC/secp128r1_private_key.pem": "key-unreadable",
    "asymmetric/EC/secp256k1-explicit-no-seed.pem": "key-unreadable",
    "asymmetric/EC/truncated-private-key.der": "damaged",
    "asymmetric/MLDSA/mldsa65_noseed_priv.der": "damaged",
    "asymmetric/PEM_Serialization/rsa-bad-1025-q-is-2.pem": "damaged",
    "asymmetric/PKCS8/bad-encryption-oid.pem": "key-unreadable",
    "asymmetric/PKCS8/bad-oid-dsa-key.pem": "key-unreadable",
    "asymmetric/PKCS8/ec-inconsistent-curve.pem": "damaged",
    "asymmetric/PKCS8/ec-inconsistent-curve2.pem": "damaged",
    "asymmetric/PKCS8/ec-invalid-private-scalar.pem": "damaged",
    "asymmetric/PKCS8/ec-invalid-version.pem": "damaged",
    "asymmetric/PKCS8/ec_oid_not_in_reg_private_2.pkcs8.pem": "key-unreadable",
    "asymmetric/PKCS8/enc-rsa-pkcs8-pbkdf2-0iter.pem": "passphrase-wrong",
    "asymmetric/PKCS8/enc-unknown-algorithm.pem": "key-unreadable",
    "asymmetric/PKCS8/enc-unknown-kdf.pem": "key-unreadable",
    "asymmetric/PKCS8/enc-unknown-pbkdf2-prf.pem": "key-unreadable",
    "asymmetric/PKCS8/invalid-version.der": "damaged",
    "asymmetric/PKCS8/nodompar_private.pkcs8.pem": "key-unreadable",
    "asymmetric/PKCS8/private.pem": "key-unreadable",
    "asymmetric/PKCS8/rsa-rc2-cbc-effective-key-length.pem": "passphrase-wrong",
    "asymmetric/PKCS8/unknown-oid.der": "key-unreadable",
    "asymmetric/PKCS8/withdompar_private.pkcs8.pem": "key-unreadable",
    "asymmetric/PKCS8/wrong-pem-delimiter-rsa.pem": "damaged",
    "asymmetric/Traditional_OpenSSL_Serialization/dsa-wrong-version.pem": "damaged",
    "asymmetric/Traditional_OpenSSL_Serialization/key1-malformed-dek-info.pem": "damaged",
    "asymmetric/Traditional_OpenSSL_Serialization/key1-malformed-iv.pem": "damaged",
    "asymmetric/Traditional_OpenSSL_Serialization/key1-no-dek-info.pem": "damaged",
    "asymmetric/Traditional_OpenSSL_Serialization/key1-short-iv.pem": "damaged",
    "asymmetric/Traditional_OpenSSL_Serialization/rsa-wrong-version.pem": "damaged",
    "pkcs7/enveloped-rsa-oaep.pem": "damaged",
    "pkcs7/enveloped-triple-des.pem": "damaged",
    "pkcs7/enveloped.pem": "damaged",
}
# Public keys, parameters and messages: neither a certificate nor a private key.
OTHER = (
    "-pub",
    "_pub",
    ".pub",
    "public",
    "spki",
    "dhp",
    "dsaparam",
    "enveloped-no",
)


def files() -> Iterator[str]:
    for folder in FOLDERS:
        for path in sorted((HERE / folder).iterdir()):
            if path.suffix in KINDS:
                yield str(path.relative_to(HERE).as_posix())


def password(name: str) -> str | None:
    fitting = [each for each in PASSWORDS if name.startswith(each)]
    return PASSWORDS[max(fitting, key=len)] if fitting else None


def outcome(name: str, passphrase: str | None) -> str:
    """What a file gave: certificates and keys counted, or the code of why not."""
    try:
        (found,) = gather([HERE / name], passphrase)
    except CertificateError as error:
        return error.code
    if found.oddities:
        return found.oddities[0]
    return f"{len(found.certificates)} {len(found.keys)}"


@pytest.mark.parametrize("name", list(files()))
def test_with_the_right_password(name: str) -> None:
    got = outcome(name, password(name))
    if name in UNREADABLE:
        assert got == UNREADABLE[name]
    elif "/OpenSSH/" in name:
        assert got == "ssh-key"
    elif any(mark in name.rpartition("/")[2] for mark in OTHER):
        assert got == "not-certificate"
    else:
        assert got.replace(" ", "").isdigit()
        assert got != "0 0"


def test_how_many_there_are() -> None:
    counts = {
        kind: sum(name.startswith(kind) for name in files()) for kind in ("pkcs12/", "pkcs7/")
    }
    assert counts == {"pkcs12/": 33, "pkcs7/": 10}
    assert len(list(files())) >= 190
    assert set(UNREADABLE) <= set(files())


@pytest.mark.parametrize("name", [name for name in files() if name.startswith("pkcs12/")])
def test_a_wrong_password_is_told_for_what_it_is(name: str) -> None:
    right, got = outcome(name, password(name)), outcome(name, "not this one")
    # Those without a password are opened without one, whatever was typed.
    assert got in (right, "passphrase-wrong")
    assert (got == right) == (outcome(name, None) == right)

"""A pretended `openssl req`: key and request are real, made by the laptop's own library."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from wizard.agent.host import Done

SAN = "subjectAltName="


def run(words: Sequence[str]) -> Done:
    """Make a key and a request as `openssl req -new -newkey KIND ...` does; prints both."""
    if words[:2] != ["req", "-new"] or "-newkey" not in words:
        return Done(1, "", "openssl: only a new request with a new key is pretended")
    options = dict(zip(words, [*words[1:], ""], strict=True))
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    if options["-newkey"] == "ec":
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        bits = int(options["-newkey"].partition(":")[2])
        key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    common = options.get("-subj", "/").removeprefix("/CN=").strip("/")
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, common)] if common else []
    names = options.get("-addext", "").removeprefix(SAN).replace("DNS:", "").split(",")
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name(subject))
        .add_extension(x509.SubjectAlternativeName([*map(x509.DNSName, names)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Done(0, (secret + request.public_bytes(Encoding.PEM)).decode(), "-----\n")

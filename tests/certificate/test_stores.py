"""The table of which Android knows which root, and the program that renews it."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from wizard.certificate import Roots, look
from wizard.certificate.stores import UPDATED, VERSIONS, android, key_of, trust_end
from wizard.resource import resource

from .authority import INTERMEDIATE, ROOT, key, root
from .test_findings import broken_san

SIZES = (156, 161, 147, 155, 141, 137, 138, 134, 125, 125, 126)
PROGRAM = Path(__file__).parents[2] / "packaging" / "android_roots.py"


def known(common_name: str) -> x509.Certificate:
    return next(
        each for each in Roots.bundled().public if look.common_name(each.subject) == common_name
    )


def versions(certificate: x509.Certificate) -> tuple[str, ...]:
    return tuple(version for version in VERSIONS if key_of(certificate) in android()[version])


def test_every_version_has_its_list() -> None:
    assert tuple(android()) == VERSIONS
    assert tuple(len(android()[version]) for version in VERSIONS) == SIZES


def test_the_table_says_where_it_is_from_and_holds_no_certificates() -> None:
    table = json.loads(resource("android_roots.json").read_text("utf-8"))
    assert "ca-certificates" in table["source"]
    assert table["read"]
    assert all(len(key) == 64 and set(bits) <= {"0", "1"} for key, bits in table["roots"].items())
    assert resource("android_roots.json").stat().st_size < 25_000


@pytest.mark.parametrize(
    ("name", "since"),
    [
        ("DigiCert Global Root G2", "5.0"),
        ("ISRG Root X1", "7.1"),
        ("Amazon Root CA 1", "8"),
        ("GTS Root R1", "10"),
        ("ISRG Root X2", UPDATED),
    ],
)
def test_known_roots_are_where_they_should_be(name: str, since: str) -> None:
    assert versions(known(name)) == VERSIONS[VERSIONS.index(since) :]


def test_many_roots_of_today_are_on_no_phone_of_before_14() -> None:
    fixed = frozenset[str]().union(*(android()[v] for v in VERSIONS if v != UPDATED))
    missing = [each for each in Roots.bundled().public if key_of(each) not in fixed]
    assert len(missing) >= 40
    assert known("Sectigo Public Server Authentication Root R46") in missing


def test_only_name_and_key_count() -> None:
    same = root(key=ROOT.key, days=9000)
    assert key_of(same.certificate) == key_of(ROOT.certificate)
    assert key_of(root(key=key("p256", "x")).certificate) != key_of(ROOT.certificate)
    assert key_of(root("Other", key=ROOT.key).certificate) != key_of(ROOT.certificate)


def test_lets_encrypts_root_ends_before_its_certificate() -> None:
    x1 = known("ISRG Root X1")
    last = trust_end(str(key_of(x1)))
    assert last is not None
    assert f"{last:%Y-%m-%d}" == "2030-06-04"
    assert last < x1.not_valid_after_utc


def test_what_cannot_be_read_has_no_key() -> None:
    der = broken_san().leaf.public_bytes(Encoding.DER)
    curve = bytes.fromhex("06082a8648ce3d030107")
    spoilt = INTERMEDIATE.certificate.public_bytes(Encoding.DER).replace(
        curve, bytes.fromhex("06082a8648ce3d030109")
    )
    assert key_of(x509.load_der_x509_certificate(der)) is not None
    assert key_of(x509.load_der_x509_certificate(spoilt)) is None


class TestRenewing:
    @pytest.fixture
    def program(self) -> ModuleType:
        spec = importlib.util.spec_from_file_location("android_roots", PROGRAM)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    @pytest.fixture
    def clone(self, tmp_path: Path) -> Path:
        """A repository like Android's: one root at first, then two."""
        (tmp_path / "files").mkdir()
        for number, authority in enumerate((ROOT, root("Second Root"))):
            pem = authority.certificate.public_bytes(Encoding.PEM)
            text = b"" if number else b"Certificate:\n    Data:\n"
            (tmp_path / "files" / f"{number}a1b2c3d.0").write_bytes(text + pem)
            for command in (
                ["init", "-q"],
                ["add", "-A"],
                ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "roots"],
                ["tag", f"android-{number}"],
            ):
                subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
        return tmp_path

    def test_it_reads_each_version_at_its_ref(
        self,
        program: ModuleType,
        clone: Path,
        tmp_path_factory: pytest.TempPathFactory,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        target = tmp_path_factory.mktemp("out") / "roots.json"
        monkeypatch.setattr(program, "TARGET", target)
        assert program.main([str(clone), "5.0=android-0", "6.0=android-1"]) == 0
        table = json.loads(target.read_text("utf-8"))
        assert table["versions"] == ["5.0", "6.0", "14"]
        assert table["roots"][key_of(ROOT.certificate)] == "111"
        assert sorted(table["roots"].values()) == ["001", "011", "111"]
        assert "android-1" in table["source"]

    def test_it_makes_the_same_key(self, program: ModuleType) -> None:
        for authority in (ROOT, INTERMEDIATE):
            assert program.key_of(authority.certificate) == key_of(authority.certificate)

    def test_it_adds_lets_encrypts_second_root(self, program: ModuleType) -> None:
        assert key_of(known("ISRG Root X2")) in program.LATER

    def test_it_says_how_it_is_used(self) -> None:
        done = subprocess.run([sys.executable, str(PROGRAM)], capture_output=True, text=True)
        assert done.returncode == 2
        assert "git clone" in done.stderr

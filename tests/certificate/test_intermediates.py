"""The program's own intermediates: proved to belong to known roots, and what they complete."""

import importlib.util
import warnings
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from wizard.certificate import Bundle, Filled, Roots, judge, look, read
from wizard.certificate.intermediates import missing, ours
from wizard.certificate.rules.case import BUILT

from .authority import INTERMEDIATE, ROOT, key, root
from .test_reading import KEY, pem, written


@pytest.fixture(scope="module")
def renewing() -> ModuleType:
    path = Path(__file__).parents[2] / "packaging" / "intermediates.py"
    spec = importlib.util.spec_from_file_location("renewing", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def titled(title: str) -> x509.Certificate:
    return next(each for each in ours() if look.title(each.subject) == title)


def test_every_one_of_the_set_leads_to_a_root_and_is_in_force() -> None:
    roots = Roots.bundled()
    led = [each for each in ours() if roots.issuers_of(each)]
    for _ in range(4):
        led += [e for e in ours() if e not in led and any(look.issued(up, e) for up in led)]
    assert set(led) == set(ours())
    assert len(ours()) >= 14
    for each in ours():
        assert look.is_ca(each)
        assert look.alive(each, BUILT)
        assert not look.self_signed(each)
        assert look.weak_hash(each) is None


@pytest.mark.parametrize(
    ("lowest", "added"),
    [
        ("YE1", ["Root YE", "ISRG Root X2"]),
        ("YR2", ["Root YR"]),
        ("Root YE", ["ISRG Root X2"]),
        ("Sectigo Public Server Authentication CA DV R36", []),
    ],
)
def test_the_whole_way_up_is_added(lowest: str, added: list[str]) -> None:
    """Also above a root that a laptop knows: phones before Android 14 know only X1."""
    found = missing(titled(lowest), ())
    assert [look.title(each.subject) for each in found] == added
    assert missing(titled(lowest), found) == ()


@pytest.mark.parametrize("kind", ["p256", "rsa"])
def test_a_certificate_that_came_alone(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The set is exchanged for one of the test authority: nobody can sign as a real one."""
    cross = root("Old Root").intermediate("Test Root", key=ROOT.key)
    monkeypatch.setattr(
        "wizard.certificate.intermediates.ours",
        lambda: (cross.certificate, INTERMEDIATE.certificate, root("Stranger").certificate),
    )
    leaf = INTERMEDIATE.leaf(key=key(kind))
    path = tmp_path / "cert.pem"
    path.write_bytes(pem(leaf) + written(key(kind)))
    bundle = read([path])
    assert bundle.leaf == leaf
    assert bundle.chain == (INTERMEDIATE.certificate, cross.certificate)
    assert bundle.filled == tuple(map(Filled, bundle.chain))
    assert not bundle.reordered
    found = judge(bundle, "cht.clinic-a.example.org", now=BUILT, roots=Roots((ROOT.certificate,)))
    notes = [each for each in found if each.code == "chain-filled"]
    assert [each.severity for each in notes] == ["note", "note"]
    assert notes[0].message == (
        'The certificate of "Test CA 1" was missing. It was added from this program\'s own set.'
    )
    path.write_bytes(pem(leaf, INTERMEDIATE.certificate, cross.certificate) + written(key(kind)))
    assert read([path]).filled == ()
    assert read([path]) == bundle


def test_nothing_is_added_to_a_self_signed_or_private_one(tmp_path: Path) -> None:
    from .authority import sign

    for leaf in (sign(KEY, None, common="cht"), root("Private").leaf()):
        (tmp_path / "x.pem").write_bytes(pem(leaf) + written())
        assert read([tmp_path / "x.pem"]) == Bundle(leaf, (), KEY)


class TestRenewing:
    NOW = datetime(2026, 11, 22, tzinfo=UTC)

    def test_the_file_is_what_the_command_writes(self, renewing: ModuleType) -> None:
        text = renewing.OURS.read_text("utf-8")
        found = renewing.kept(renewing.certificates(text), self.NOW)
        assert set(found) == set(ours())
        again = renewing.written(found, self.NOW, "somewhere")
        assert list(renewing.certificates(again)) == found

    def test_the_list_of_the_ccadb(
        self, renewing: ModuleType, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A table with the PEM in single quotes, as its other reports have it."""
        wanted = [titled("YR1"), titled("Root YR")]
        strangers = [INTERMEDIATE.certificate, ROOT.certificate, INTERMEDIATE.leaf()]
        rows = ['"Subject","SHA256","PEM"']
        for each in (*wanted, *strangers):
            text = each.public_bytes(Encoding.PEM).decode()
            rows.append(f'"{look.title(each.subject)}","{look.sha256(each)}","\'{text}\'"')
        rows.append('"nonsense","","-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"')
        found = renewing.kept(renewing.certificates("\r\n".join(rows)), self.NOW)
        assert set(found) == set(wanted)
        assert "no way to a root" in capsys.readouterr().err

    def test_what_has_ended_is_left_out(self, renewing: ModuleType) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            late = datetime(2031, 1, 1, tzinfo=UTC)
            titles = {look.title(each.subject) for each in renewing.kept(ours(), late)}
        assert "YR1" not in titles
        assert "ISRG Root X2" in titles

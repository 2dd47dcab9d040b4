"""What people drop, in the order in which they find it."""

from pathlib import Path

import pytest

from wizard.certificate import Bundle, CertificateError
from wizard.certificate.choice import choose

from .authority import key
from .test_findings import good

OLD, NEW = good(), good(key=key(which=3))


def lay(folder: Path, name: str, bundle: Bundle) -> tuple[Path, Path, Path]:
    """Write leaf, chain and key as three files."""
    folder.mkdir(exist_ok=True)
    whole = bundle.chain_pem()
    leaf, mark, chain = whole.partition("-----END CERTIFICATE-----\n")
    paths = folder / f"{name}.pem", folder / f"{name}-chain.pem", folder / f"{name}.key"
    for path, text in zip(paths, (leaf + mark, chain, bundle.key_pem()), strict=True):
        path.write_text(text, encoding="ascii")
    return paths


def test_a_pair_counts_alone_and_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    old, new = lay(tmp_path, "old", OLD), lay(tmp_path, "new", NEW)
    files, bundle = choose(new, old)
    assert files == new
    assert bundle == NEW


def test_the_key_may_come_later(tmp_path: Path) -> None:
    leaf, chain, key_file = lay(tmp_path, "new", NEW)
    first, bundle = choose([leaf])
    assert bundle.key is None
    second, bundle = choose([key_file], first)
    assert bundle.key is not None
    assert set(second) == {leaf, key_file}
    third, bundle = choose([chain], second)
    assert bundle == NEW
    assert set(third) == {leaf, chain, key_file}


def test_the_certificate_may_come_after_its_key_while_an_old_pair_is_there(tmp_path: Path) -> None:
    old, new = lay(tmp_path, "old", OLD), lay(tmp_path, "new", NEW)
    files, bundle = choose([new[0]], (*old, new[2]))
    assert set(files) == {new[0], new[2]}
    assert bundle.leaf == NEW.leaf


def test_a_new_certificate_without_its_key_is_not_hidden_behind_the_old_one(tmp_path: Path) -> None:
    old, new = lay(tmp_path, "old", OLD), lay(tmp_path, "new", NEW)
    files, bundle = choose([new[0]], old)
    assert files == (new[0],)
    assert bundle.leaf == NEW.leaf
    assert bundle.key is None


def test_the_right_key_after_the_wrong_one(tmp_path: Path) -> None:
    old, new = lay(tmp_path, "old", OLD), lay(tmp_path, "new", NEW)
    with pytest.raises(CertificateError) as caught:
        choose([new[0], new[1], old[2]])
    assert caught.value.code == "key-mismatch"
    files, bundle = choose([new[2]], [new[0], new[1], old[2]])
    assert bundle == NEW
    assert new[2] in files


def test_an_old_pair_does_not_hide_a_wrong_one(tmp_path: Path) -> None:
    old, new = lay(tmp_path, "old", OLD), lay(tmp_path, "new", NEW)
    other = lay(tmp_path, "other", good(key=key(which=4)))
    for added in ([new[0], other[2]], [new[2]]):
        with pytest.raises(CertificateError) as caught:
            choose(added, old)
        assert caught.value.code in ("key-mismatch", "no-certificate")


def test_what_is_no_certificate_is_told(tmp_path: Path) -> None:
    new = lay(tmp_path, "new", NEW)
    picture = tmp_path / "scan.jpg"
    picture.write_bytes(b"\xff\xd8\xff\xe0 a picture")
    with pytest.raises(CertificateError) as caught:
        choose([picture], new)
    assert caught.value.code == "not-certificate"


def test_a_folder_stands_for_what_is_useful_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "live"
    new = lay(folder, "new", NEW)
    (folder / "README").write_text("This folder holds your certificate.")
    (folder / ".hidden.pem").write_bytes(new[0].read_bytes())
    (folder / "empty.pem").touch()
    (folder / "deeper").mkdir()
    files, bundle = choose([folder])
    assert files == (folder,)
    assert bundle == NEW


def test_a_folder_without_any(tmp_path: Path) -> None:
    with pytest.raises(CertificateError) as caught:
        choose([tmp_path])
    assert caught.value.code == "nothing-inside"


def test_the_key_may_lie_outside_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "from the authority"
    key_file = lay(folder, "new", NEW)[2].rename(tmp_path / "privkey.pem")
    first, bundle = choose([folder])
    assert bundle.key is None
    files, bundle = choose([key_file], first)
    assert files == (folder, key_file)
    assert bundle == NEW

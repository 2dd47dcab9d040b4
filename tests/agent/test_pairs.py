"""The last three pairs: kept for root alone, outside what is served, and put back on request."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.agent import sandbox
from tests.agent.sandbox import apply, order
from tests.plan.pair import bundle
from wizard.agent import facts, names, pairs, serve, uninstall, wire
from wizard.agent.request import pending, request
from wizard.agent.transaction import Transaction
from wizard.practice.authority import Authority
from wizard.practice.host import PracticeHost

NOW = bundle().leaf.not_valid_before_utc


@pytest.fixture
def host(tmp_path: Path) -> PracticeHost:
    return sandbox.make(tmp_path)


def renew(host: PracticeHost, number: int, **more: Any) -> dict[str, Any]:
    change = dict(sandbox.CERTIFICATE, chain=bundle(number).chain_pem(), **more)
    return apply(host, order([change], id=f"order-{number}", confirm=False, address=""))


def leaves(host: PracticeHost) -> list[str]:
    return [pair["sha256"] for pair in pairs.kept(host)]


def at(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr("wizard.agent.transaction.time.time", lambda: seconds)


def test_three_are_kept_the_newest_first(
    host: PracticeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 6):
        at(monkeypatch, 1_800_000_000 + 86400 * number)
        assert renew(host, number)["state"] == "confirmed"
    assert leaves(host) == [bundle(number).sha256 for number in (5, 4, 3)]
    newest = pairs.names_of(host)[0]
    assert newest == f"20270120-080000-{bundle(5).sha256[:16]}"
    folder = Path(host.path(names.PAIRS))
    assert folder.stat().st_mode & 0o777 == 0o700
    for path in folder.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600)


def test_facts_and_status_know_them_and_tell_no_key(host: PracticeHost) -> None:
    renew(host, 1)
    told = facts.facts(host, "")
    found = wire.decode(wire.Facts, told).pairs
    assert [pair.sha256 for pair in found] == [bundle(1).sha256]
    assert found[0].chain == bundle(1).chain_pem()
    assert sandbox.SECRET not in str(told)
    status = serve.Serve(host, "", None, None)._status({})  # type: ignore[arg-type]
    assert status["pairs"] == [found[0].name]


def test_one_of_them_is_put_back_and_is_the_newest_then(
    host: PracticeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        at(monkeypatch, 1_800_000_000 + 86400 * number)
        renew(host, number)
    older = pairs.names_of(host)[1]
    at(monkeypatch, 1_800_000_000 + 86400 * 3)
    done = renew(host, 1, source=f"kept:{older}", key="")
    assert done["state"] == "confirmed"
    assert host.read("/etc/ssl/site/chain.pem") == bundle(1).chain_pem()
    assert host.read("/etc/ssl/site/key.pem") == sandbox.KEY
    assert leaves(host) == [bundle(1).sha256, bundle(2).sha256]


@pytest.mark.parametrize("step", [0.0, 0.4, -86400.0], ids=["at once", "in one second", "set back"])
def test_the_order_is_that_of_serving_whatever_the_clock_says(
    step: float, host: PracticeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = [1, 2, 3, 2, 3, 1, 3]
    for visit, number in enumerate(served):
        at(monkeypatch, 1_800_000_000 + step * visit)
        if number in served[:visit]:
            older = next(n for n in pairs.names_of(host) if bundle(number).sha256[:16] in n)
            renew(host, number, source=f"kept:{older}", key="")
        else:
            renew(host, number)
        before = dict.fromkeys(reversed(served[: visit + 1]))
        assert leaves(host) == [bundle(each).sha256 for each in before]


def test_what_somebody_else_had_installed_is_kept_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it was served, it worked; one that was not served is not worth it."""
    host = sandbox.make(tmp_path)
    theirs = Authority(NOW).issue("cht.example.org")
    sandbox.put(host, "/etc/ssl/site/chain.pem", theirs.chain.decode(), 0o644)
    sandbox.put(host, "/etc/ssl/site/key.pem", theirs.key.decode(), 0o640)
    from wizard.agent.look.web import hashes

    said = iter([hashes(theirs.chain)[0], bundle(1).sha256])
    monkeypatch.setattr("wizard.agent.look.web.served", lambda *_: next(said))
    renew(host, 1, https_port=443, leaf_sha256=bundle(1).sha256)
    assert leaves(host) == [bundle(1).sha256, hashes(theirs.chain)[0]]
    assert pairs.read(host, pairs.names_of(host)[1]) == (theirs.chain, theirs.key)


def test_the_key_of_a_request_becomes_a_kept_pair_and_no_request_is_left(
    host: PracticeHost,
) -> None:
    made = request(host, "rsa", ["cht.example.org"], False)
    chain = Authority(NOW).answer(made["csr"].encode())
    waiting = Path(host.path(names.REQUEST + "/key.pem")).read_bytes()
    change = dict(sandbox.CERTIFICATE, chain=chain.decode(), key="", source="request")
    assert apply(host, order([change], confirm=False, address=""))["state"] == "confirmed"
    assert host.read_bytes("/etc/ssl/site/key.pem") == waiting
    assert pending(host) is None
    assert not host.exists(names.REQUEST)
    assert pairs.read(host, pairs.names_of(host)[0]) == (chain, waiting)


def test_a_power_cut_after_keeping_loses_nothing(
    host: PracticeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ending is repeated at the next start, when the request is gone already."""
    made = request(host, "ec", ["cht.example.org"], False)
    chain = Authority(NOW).answer(made["csr"].encode()).decode()
    change = dict(sandbox.CERTIFICATE, chain=chain, key="", source="request")

    class Cut(BaseException):
        pass

    def cut(*_: object) -> None:
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr("wizard.agent.ending.finish", cut)
        with pytest.raises(Cut):
            apply(host, order([change], confirm=False, address=""))
    assert Transaction(host).exists()
    host.reboot()
    assert not Transaction(host).exists()
    assert host.read("/etc/ssl/site/chain.pem") == chain
    assert len(pairs.names_of(host)) == 1


def test_another_certificate_than_the_requests_is_refused(host: PracticeHost) -> None:
    request(host, "ec", ["cht.example.org"], False)
    before = sandbox.tree(host)
    result = renew(host, 1, source="request", key="")
    assert (result["state"], result["failed"]) == ("nothing", "certificate-unfit")
    assert sandbox.tree(host) == before
    assert pending(host) is not None


def test_uninstall_takes_them_along_and_says_so(host: PracticeHost) -> None:
    renew(host, 1)
    name = pairs.names_of(host)[0]
    request(host, "ec", ["cht.example.org"], False)
    said = uninstall.uninstall(host, False)
    assert f"kept certificate {name}" in said["removed"]
    assert "key that waits for a certificate for cht.example.org" in said["removed"]
    assert not os.path.exists(host.path(names.STATE))
    assert host.read("/etc/ssl/site/chain.pem") == bundle(1).chain_pem()

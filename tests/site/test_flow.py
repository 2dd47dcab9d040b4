"""The walk: which step is next, what a changed answer makes stale, where one may jump."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wizard.problem import Problem
from wizard.site.flow import DECISIONS, WALKS, Flow, State, Step, Walk, page_of
from wizard.site.model import (
    AccessPoint,
    CertificateFiles,
    DnsDhcp,
    Login,
    Readiness,
    Site,
    StaticIp,
)

SITE = Site(
    name="Clinic",
    domain="cht.a.example.org",
    server=Login("192.168.1.20", user="nurse"),
    static_ip=StaticIp("eth0", "10.20.0.1/24"),
    dns_dhcp=DnsDhcp(first="10.20.0.100", last="10.20.0.199"),
    certificate=CertificateFiles(("cert.pem",)),
)
CHANGED = {
    "server": replace(SITE, server=Login("192.168.1.21", user="nurse")),
    "static_ip": replace(SITE, static_ip=StaticIp("eth0", "10.30.0.1/24")),
    "domain": replace(SITE, domain="cht.b.example.org"),
    "certificate": replace(SITE, certificate=CertificateFiles(("new.pem",))),
    "dns_dhcp": replace(SITE, dns_dhcp=DnsDhcp(enabled=False)),
    "access_point": replace(SITE, access_point=AccessPoint("own")),
    "readiness": replace(SITE, readiness=Readiness((("backups", "USB"),))),
    "accept": replace(SITE, accept=("range_small",)),
    "name": replace(SITE, name="Clinic, renamed"),
}
ACTING = {Step.REVIEW, Step.APPLY, Step.LIVE_CHECK, Step.DONE}
STALE: dict[str, set[Step]] = {
    "server": {Step.CONNECT},
    "static_ip": {Step.STATIC_IP, Step.DNS_DHCP, Step.ACCESS_POINT} | ACTING,
    "domain": {Step.DOMAIN, Step.CERTIFICATE} | ACTING,
    "certificate": {Step.CERTIFICATE} | ACTING,
    "dns_dhcp": {Step.DNS_DHCP} | ACTING,
    "access_point": {Step.ACCESS_POINT} | ACTING,
    "readiness": {Step.READINESS},
    "accept": ACTING,
    "name": set(),
}


def agreed(site: Site = SITE, walk: Walk = Walk.SETUP) -> Flow:
    flow = Flow(walk)
    for step in flow.steps:
        flow = flow.agree(step, site)
    return flow


def problem(path: str, severity: str = "problem", code: str = "some-code") -> Problem:
    return Problem(code, path, "Something is wrong.", "Mend it.", severity)


# ---------------------------------------------------------------------------- walks


@pytest.mark.parametrize("walk", Walk)
def test_a_walk_goes_forth_and_back_over_the_same_steps(walk: Walk) -> None:
    flow, forth = Flow(walk), [Step.CONNECT]
    while flow.next is not None:
        flow = flow.go(flow.next)
        forth.append(flow.step)
    back = [flow.step]
    while flow.previous is not None:
        flow = flow.go(flow.previous)
        back.append(flow.step)
    assert tuple(forth) == flow.steps == WALKS[walk]
    assert back == forth[::-1]


def test_setting_up_visits_every_step() -> None:
    assert WALKS[Walk.SETUP] == tuple(Step)


def test_short_walks_keep_the_order_of_the_long_one() -> None:
    order = list(Step)
    for steps in WALKS.values():
        assert list(steps) == sorted(steps, key=order.index)
        assert len(set(steps)) == len(steps)
        assert steps[0] is Step.CONNECT
        assert steps[-1] is Step.DONE


def test_nothing_but_a_walk_with_a_review_changes_the_server() -> None:
    for steps in WALKS.values():
        if Step.APPLY in steps:
            assert steps[steps.index(Step.APPLY) - 1] is Step.REVIEW


def test_a_walk_has_no_other_steps() -> None:
    with pytest.raises(ValueError, match="renew has no domain"):
        Flow(Walk.RENEW).go(Step.DOMAIN)


def test_a_flow_is_never_changed_in_place() -> None:
    flow = Flow()
    flow.go(Step.DOMAIN)
    flow.agree(Step.DOMAIN, SITE)
    assert flow == Flow()


# ---------------------------------------------------------------------------- states


@pytest.mark.parametrize("step", Step)
def test_a_step_is_to_do_until_it_was_left(step: Step) -> None:
    assert Flow().state(step, SITE) is State.TODO
    assert Flow().state(step, SITE, [problem(step.value)]) is State.TODO
    assert Flow().agree(step, SITE).state(step, SITE) is State.DONE


@pytest.mark.parametrize("part", STALE)
def test_a_changed_answer_makes_exactly_what_looks_at_it_stale(part: str) -> None:
    flow, site = agreed(), CHANGED[part]
    again = {step for step in flow.steps if flow.state(step, site) is State.AGAIN}
    assert again == STALE[part]
    assert all(flow.state(step, site) is State.DONE for step in set(flow.steps) - again)


@pytest.mark.parametrize("part", STALE)
def test_an_answer_put_back_is_as_it_was(part: str) -> None:
    flow = agreed()
    assert any(flow.state(s, CHANGED[part]) is State.AGAIN for s in flow.steps) == bool(STALE[part])
    assert all(flow.state(s, SITE) is State.DONE for s in flow.steps)


def test_leaving_a_stale_step_again_makes_it_done() -> None:
    site = CHANGED["static_ip"]
    flow = agreed().agree(Step.STATIC_IP, site)
    assert flow.state(Step.STATIC_IP, site) is State.DONE
    assert flow.state(Step.DNS_DHCP, site) is State.AGAIN


def test_a_problem_calls_for_attention_at_the_page_that_owns_it() -> None:
    flow = agreed()
    found = [problem("dns_dhcp.reservations[2].mac")]
    states = {step: flow.state(step, SITE, found) for step in flow.steps}
    assert [s for s, state in states.items() if state is State.ATTENTION] == [Step.DNS_DHCP]


def test_attention_goes_before_check_again() -> None:
    found = [problem("domain")]
    assert agreed().state(Step.DOMAIN, CHANGED["domain"], found) is State.ATTENTION


@pytest.mark.parametrize(
    ("severity", "accept", "state"),
    [
        ("problem", (), State.ATTENTION),
        ("problem", ("some-code",), State.ATTENTION),
        ("warning", (), State.ATTENTION),
        ("warning", ("some-code",), State.DONE),
        ("warning", ("another-code",), State.ATTENTION),
        ("note", (), State.DONE),
    ],
)
def test_an_accepted_warning_is_at_rest(
    severity: str, accept: tuple[str, ...], state: State
) -> None:
    site = replace(SITE, accept=accept)
    flow = Flow().agree(Step.DOMAIN, site)
    assert flow.state(Step.DOMAIN, site, [problem("domain", severity)]) is state


def test_accepting_a_warning_leaves_the_page_done_and_the_review_to_be_seen_again() -> None:
    flow, site = agreed(), CHANGED["accept"]
    assert flow.state(Step.DNS_DHCP, site) is State.DONE
    assert flow.state(Step.REVIEW, site) is State.AGAIN


def test_a_forgotten_step_is_to_do_and_the_others_stay() -> None:
    flow = agreed().forget(Step.CONNECT, Step.APPLY)
    todo = {step for step in flow.steps if flow.state(step, SITE) is State.TODO}
    assert todo == {Step.CONNECT, Step.APPLY}
    assert flow.forget(Step.CONNECT) == flow


# --------------------------------------------------------------------------- jumping


def test_decisions_can_be_made_at_any_time_and_in_any_order() -> None:
    opened = {step for step in Step if Flow().open(step)}
    assert opened == {Step.CONNECT, Step.REVIEW, Step.READINESS, *DECISIONS}


@pytest.mark.parametrize("step", [Step.APPLY, Step.LIVE_CHECK, Step.DONE])
def test_what_acts_on_the_server_is_reached_by_walking(step: Step) -> None:
    assert not Flow().open(step)
    assert Flow().agree(step, SITE).open(step)


@pytest.mark.parametrize("walk", Walk)
def test_no_step_of_another_walk_is_open(walk: Walk) -> None:
    flow = agreed(walk=walk)
    assert {step for step in Step if flow.open(step)} == set(WALKS[walk])


def test_a_step_agreed_in_another_walk_does_not_open_here() -> None:
    assert not Flow(Walk.CHECK, agreed={Step.APPLY: ()}).open(Step.APPLY)


# ----------------------------------------------------------------------------- pages


@pytest.mark.parametrize(
    ("path", "step"),
    [
        ("name", Step.CONNECT),
        ("version", Step.CONNECT),
        ("server", Step.CONNECT),
        ("server.host", Step.CONNECT),
        ("static_ip.address", Step.STATIC_IP),
        ("domain", Step.DOMAIN),
        ("certificate.files[0]", Step.CERTIFICATE),
        ("dns_dhcp.reservations[3].mac", Step.DNS_DHCP),
        ("access_point.ssid", Step.ACCESS_POINT),
        ("readiness.answers[0]", Step.READINESS),
        ("accept[0]", Step.REVIEW),
        ("/etc/netplan/99-cht-offline-setup.yaml", Step.REVIEW),
        ("", Step.REVIEW),
    ],
)
def test_every_field_has_its_page(path: str, step: Step) -> None:
    assert page_of(path) is step


def test_every_part_of_a_site_belongs_to_a_page_that_a_walk_has() -> None:
    for part in vars(SITE):
        assert page_of(part) in WALKS[Walk.SETUP]

"""Meeting the server: who it is, who may log in, and what happens when the line breaks."""

from __future__ import annotations

import threading

import pytest

from tests.gui.walks.conftest import NewClinic, Practising, Remember, SitDown
from tests.gui.walks.walker import SLOW
from tests.practice.laptop import at_command, standing
from wizard.agent import transaction
from wizard.practice import ssh
from wizard.practice.clinic import ADDRESS, DOMAIN, NEW, OLD, PASSWORD, Clinic
from wizard.site.flow import Step
from wizard.visit import who


@pytest.fixture
def logins(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every password that reached a practice server."""
    sent: list[str] = []
    real = ssh._Login.check_auth_password

    def check(self: ssh._Login, username: str, password: str) -> int:
        sent.append(password)
        return real(self, username, password)

    monkeypatch.setattr(ssh._Login, "check_auth_password", check)
    return sent


def test_the_password_is_wrong_and_then_right(practising: Practising, logins: list[str]) -> None:
    go, clinic = practising
    go.practise("All is well")
    go.type("Name of the site", "Kibera clinic")
    go.type("Server address", OLD)
    go.log_in("wrong")
    go.reads("Is this your server?")
    go.reads(clinic().fingerprint)
    assert logins == []  # nothing is sent to somebody unknown
    go.next()  # is no answer
    go.reads("Answer this first: are the two fingerprints the same?")
    go.click("It is the same")
    go.reads("The server does not accept this password for practice.")
    assert go.keyboard == "Password"
    assert clinic().ssh.started == 0
    go.log_in()
    go.reads("The server answers")
    assert not go.sees("The server does not accept this password")
    assert logins == ["wrong", PASSWORD]
    assert go.keyboard == "Next"
    go.next()
    go.at(Step.STATIC_IP)
    assert go.steps()["Connect"] == "done"


def test_the_fingerprint_is_different(practising: Practising, logins: list[str]) -> None:
    go, _clinic = practising
    go.practise("All is well")
    go.type("Name of the site", "Kibera clinic")
    go.click("Fill these in for me")
    go.log_in()
    go.click("It is different")
    go.reads("Then this is not your server. Nothing was sent to it.")
    assert go.keyboard == "Server address"
    assert logins == []
    assert go.value("Name of the site") == "Kibera clinic"
    go.next()
    go.reads("Is this your server?")  # asked again: nothing was remembered


def test_the_host_key_has_changed(
    remember: Remember,
    clinic: Clinic,
    new_clinic: NewClinic,
    sit_down: SitDown,
    logins: list[str],
) -> None:
    remember()
    go = sit_down(clinic)
    go.click("Open: Kibera clinic")
    go.meet()
    go.close()
    logins.clear()
    other = new_clinic("other")  # it answers at the same address, with a key of its own
    go = sit_down(other)
    go.click("Open: Kibera clinic")
    go.at(Step.CONNECT)
    for _ in range(2):
        go.log_in()
        go.reads("is not the one that was there before")
        go.reads("Nothing was sent to it.")
        assert not go.sees("It is the same")
    assert logins == []
    assert other.ssh.started == 0
    assert go.steps()["Connect"] == "you are here"


def test_the_connection_is_lost_in_the_middle(practising: Practising) -> None:
    go, clinic = practising
    go.practise("All is well")
    go.type("Name of the site", "Kibera clinic")
    go.click("Fill these in for me")
    go.meet()
    go.next()
    go.at(Step.STATIC_IP)
    go.choose_card("eth0")
    go.type("Address of the server", ADDRESS)
    go.next()
    go.at(Step.DOMAIN)
    go.type("Domain name", DOMAIN)
    clinic().ssh.drop()
    go.jump(Step.DNS_DHCP)
    go.reads("The connection to the server was lost.")
    go.click("Connect again")
    go.reads("Look at the cable or the Wi-Fi, then connect again.")
    assert go.steps()["Fixed address"] == "done"
    go.log_in()
    go.reads("The server answers")
    go.jump(Step.STATIC_IP)
    assert go.value("Address of the server") == ADDRESS
    go.jump(Step.DOMAIN)
    assert go.value("Domain name") == DOMAIN
    go.jump(Step.DNS_DHCP)
    go.reads("No other device hands out addresses")
    assert not go.sees("The connection to the server was lost.")


def test_somebodys_unfinished_change_is_put_back(
    remember: Remember, clinic: Clinic, sit_down: SitDown
) -> None:
    before = standing(clinic)
    remember("mine")
    me = sit_down(clinic, "mine")
    me.click("Open: Kibera clinic")
    me.meet()
    with at_command(clinic, "ifdown", clinic.unplug):
        remember("hers")
        she = sit_down(clinic, "hers")
        she.click("Open: Kibera clinic")
        she.meet()
        she.click("Everything is filled in: go to Review")
        she.apply()
        she.reads("Looking for the server at", SLOW)
        she.close()
        she.answer("Close anyway")
        she.wait("the window to close", lambda: not she.shell.isVisible())
    clinic.plug()
    me.wait("the server to answer", clinic.discover)
    assert clinic.server.addresses() == {NEW}
    me.shell.activateWindow()
    me.click("Connect again, or to another server")
    me.log_in()
    me.reads(who())
    me.click("Put everything back now")
    me.reads("Everything is as it was before that change.")
    assert standing(clinic) == before
    me.next()
    me.at(Step.STATIC_IP)


def test_two_laptops_at_one_server(remember: Remember, clinic: Clinic, sit_down: SitDown) -> None:
    go_on = threading.Event()

    def hold() -> None:
        go_on.wait(SLOW)

    both = []
    for name in ("mine", "hers"):
        remember(name)
        both.append(sit_down(clinic, name))
        both[-1].click("Open: Kibera clinic")
        both[-1].meet()
        both[-1].click("Everything is filled in: go to Review")
        both[-1].at(Step.REVIEW)
    me, she = both
    with at_command(clinic, "apt-get", hold):
        try:
            she.apply()
            she.wait("the server to be at work", lambda: transaction.pending(clinic.server))
            me.apply()
            me.reads(f"Somebody else is changing this server: {who()}, since ", SLOW)
            me.reads("Nothing was changed.")
        finally:
            go_on.set()
        she.reads("The server is set up", SLOW)
    assert clinic.server.addresses() == {NEW}

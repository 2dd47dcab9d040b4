"""What the program is for: set up, renew, check; today, or begun one day and done another."""

from __future__ import annotations

from pathlib import Path

from tests.gui.walks.conftest import Practising, Remember, SitDown
from tests.gui.walks.walker import SLOW, Walker
from wizard.agent import names
from wizard.practice.cht import CHAIN
from wizard.practice.clinic import ADDRESS, DOMAIN, NEW, OLD, Clinic
from wizard.practice.earlier import set_up
from wizard.site.flow import Step


def serves(clinic: Clinic, kind: str) -> bool:
    """Whether the server's web server has a ready-made certificate."""
    return clinic.server.read(CHAIN) == clinic.certificates[kind][0].read_bytes().decode()


def test_set_up(practising: Practising) -> None:
    go, clinic = practising
    go.practise("All is well")
    go.reads("Practice: this server lives on your laptop")
    go.type("Name of the site", "Kibera clinic")
    go.click("Fill these in for me")
    go.meet()
    server = clinic().server
    go.fill_in()
    assert server.addresses() == {OLD}
    assert not server.exists(names.DNSMASQ_CONF)  # nothing but reading so far
    assert OLD in go.apply()
    go.reads("The server is set up", SLOW)
    assert go.keyboard == "Check now"
    assert server.addresses() == {NEW}
    assert "dhcp-range=10.20.0.100,10.20.0.199" in (server.read(names.DNSMASQ_CONF) or "")
    assert server.active(names.DNSMASQ_UNIT)
    assert serves(clinic(), "good")
    go.next()
    go.at(Step.LIVE_CHECK, SLOW)
    go.reads("All that was tried works.")
    go.next()
    go.at(Step.READINESS)
    go.next()
    go.at(Step.DONE)
    for fact in (DOMAIN, NEW, "10.20.0.100"):
        go.reads(fact)
    done = [step for step, state in go.steps().items() if state == "done"]
    assert done == list(go.steps())[:-1]
    go.click("All sites")
    go.reads("What do you want to do?")


def test_renew(practising: Practising) -> None:
    go, clinic = practising
    go.practise("Renew the certificate")
    server = clinic().server
    before = server.read(names.DNSMASQ_CONF)
    starts = server.restarts(names.DNSMASQ_UNIT)
    assert serves(clinic(), "ending-soon")
    assert list(go.steps()) == [
        "Connect",
        "Certificate",
        "Review",
        "Apply",
        "Live check",
        "Done",
    ]
    go.click("Fill these in for me")
    go.next()
    go.at(Step.CERTIFICATE)
    go.try_certificate("For a renewal")
    go.reads("Now on the server: ends on")
    go.next()
    go.at(Step.REVIEW)
    go.apply()
    go.reads("The certificate is renewed", SLOW)
    assert serves(clinic(), "newer")
    go.next()
    go.at(Step.LIVE_CHECK, SLOW)
    go.reads("All that was tried works.")
    go.next()
    go.at(Step.DONE)
    assert server.read(names.DNSMASQ_CONF) == before
    assert server.restarts(names.DNSMASQ_UNIT) == starts
    assert server.addresses() == {NEW}


def test_check_a_site(remember: Remember, clinic: Clinic, sit_down: SitDown) -> None:
    remember()
    set_up(clinic, "good")
    go = sit_down(clinic)
    go.click("Check a site")
    go.at(Step.CONNECT)
    go.meet(known=True)
    go.next()
    go.at(Step.LIVE_CHECK, SLOW)
    go.reads("All that was tried works")
    clinic.server.run(["systemctl", "stop", names.DNSMASQ_UNIT])
    go.click("Check again")
    go.reads("The first broken link is", SLOW)
    go.click("Go to DNS and DHCP")
    go.at(Step.DNS_DHCP)
    assert go.value("First address") == "10.20.0.100"
    go.click("All sites")
    go.reads("Something was broken")


def test_filled_in_over_days_without_a_server_and_applied(
    clinic: Clinic, sit_down: SitDown
) -> None:
    first = sit_down(clinic, away=True)
    first.click("Set up a server")
    first.at(Step.CONNECT)
    first.type("Name of the site", "Kibera clinic")
    first.type("Server address", OLD)
    first.type("User", "practice")
    first.click("Fill in first, connect later")
    first.at(Step.STATIC_IP)
    first.type("Network interface", "eth0")
    first.type("Address of the server", ADDRESS)
    first.next()
    first.at(Step.DOMAIN)
    first.type("Domain name", DOMAIN)
    first.close()

    second = sit_down(clinic, away=True)
    assert second.reads("Not set up yet")
    second.click("Open: Kibera clinic")
    second.at(Step.CONNECT)
    assert second.steps()["Fixed address"] == "done"
    assert second.steps()["Domain name"] == "done"
    second.jump(Step.STATIC_IP)
    assert second.value("Address of the server") == ADDRESS
    second.jump(Step.CERTIFICATE)
    bring(second, *clinic.certificates["good"])
    second.next()
    second.at(Step.DNS_DHCP)
    assert second.value("First address") == "10.20.0.100"
    second.next()
    second.at(Step.ACCESS_POINT)
    second.next()
    second.at(Step.REVIEW)
    second.reads("This laptop is not connected to the server.")
    second.reads(DOMAIN)
    second.next()
    second.reads("There is no connection to the server.")
    second.close()

    third = sit_down(clinic)  # now at the site
    third.click("Open: Kibera clinic")
    third.at(Step.CONNECT)
    third.meet()
    assert third.keyboard == "Next"
    third.click("Everything is filled in: go to Review")
    third.at(Step.REVIEW)
    assert clinic.server.addresses() == {OLD}
    third.apply()
    third.reads("The server is set up", SLOW)
    assert clinic.server.addresses() == {NEW}
    assert serves(clinic, "good")
    third.close()
    fourth = sit_down(clinic)
    fourth.reads("Set up, ")
    fourth.reads("The certificate ends in ")


def bring(go: Walker, *files: Path) -> None:
    """Choose files on the page of the certificate."""
    go.click("Choose files")
    go.pick(*files)
    go.idle()

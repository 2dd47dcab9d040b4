"""What goes wrong at a real site: other devices, cables, and people who stop in the middle."""

from __future__ import annotations

import copy
import threading

from tests.gui.walks.conftest import Practising
from tests.gui.walks.walker import SLOW
from tests.practice.laptop import at_command, standing
from wizard.agent import transaction
from wizard.gui.driver import breathe
from wizard.practice.clinic import ADDRESS, NEW, OLD
from wizard.practice.server import PACE
from wizard.site.flow import Step


def to_the_address(practising: Practising, scenario: str) -> None:
    """Connect, and go to the page of the fixed address."""
    go, _ = practising
    go.practise(scenario)
    go.type("Name of the site", "Kibera clinic")
    go.click("Fill these in for me")
    go.meet()
    go.next()
    go.at(Step.STATIC_IP)
    go.choose_card("eth0")


def to_review(practising: Practising, scenario: str) -> None:
    """Connect, and fill everything in."""
    go, _ = practising
    go.practise(scenario)
    go.type("Name of the site", "Kibera clinic")
    go.click("Fill these in for me")
    go.meet()
    go.fill_in()


def test_a_second_dhcp_server(practising: Practising) -> None:
    go, clinic = practising
    to_the_address(practising, "A second device")
    go.type("Address of the server", ADDRESS)
    go.jump(Step.DNS_DHCP)
    go.reads("Another DHCP server answers on this network: 192.168.50.1")
    assert "50:c7:bf:20:31:0a" in go.reads("hardware address")
    go.next()
    go.reads("Please read this before you go on")
    assert go.keyboard == "This server"
    assert go.steps()["DNS and DHCP"] == "you are here"
    clinic().mend()  # somebody switches it off in the router
    go.click("Look again")
    go.reads("No other device hands out addresses")
    go.next()
    go.at(Step.ACCESS_POINT)
    assert go.steps()["DNS and DHCP"] == "done"


def test_the_address_is_taken(practising: Practising) -> None:
    go, clinic = practising
    to_the_address(practising, "The address is taken")
    go.type("Address of the server", ADDRESS)
    go.next()
    go.reads("One thing to mend before you can go on")
    go.reads("Another device answers at 10.20.0.1")
    assert "3c:d9:2b:5e:70:44" in go.reads("already has the address 10.20.0.1")
    assert go.keyboard == "Address of the server"
    go.type("Address of the server", "10.20.0.2/24")
    go.next()
    go.at(Step.DOMAIN)
    assert clinic().server.addresses() == {OLD}


def test_the_cable_comes_out_and_it_is_tried_again(practising: Practising) -> None:
    go, clinic = practising
    to_review(practising, "The cable comes out")
    before = standing(clinic())
    go.apply()
    go.reads("It did not work, and everything was put back as it was before.", SLOW)
    go.reads("No laptop reached the server at its new address in time.")
    assert go.sees("put back")
    assert standing(clinic()) == before
    go.click("Try again")
    go.reads("The server is set up", SLOW)
    assert clinic().server.addresses() == {NEW}


def test_stopped_after_a_step(practising: Practising) -> None:
    go, clinic = practising
    to_review(practising, "All is well")
    before = standing(clinic())
    reached, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        reached.set()
        go_on.wait(SLOW)

    with at_command(clinic(), "dnsmasq", hold):
        go.apply()
        assert go.keyboard == "Stop after this step"
        go.wait("the server to be at work", reached.is_set, SLOW)
        go.click("Stop after this step")
        go.reads("Stopping after this step")
        breathe(300)  # the word has to reach the server
        go_on.set()
        go.reads("Stopped as you asked. Everything is as it was before.", SLOW)
    assert standing(clinic()) == before
    assert go.sees("put back")
    assert go.sees("left out")
    go.next()
    go.at(Step.REVIEW, SLOW)


def test_the_window_is_closed_in_the_middle(practising: Practising) -> None:
    go, clinic = practising
    to_review(practising, "All is well")
    server = clinic().server
    pace = copy.copy(PACE)
    pace.prove = 2.0  # how long the server waits for this laptop's word
    server.timings = pace
    before = standing(clinic())
    with at_command(clinic(), "ifdown", clinic().unplug):
        go.apply()
        go.reads("until the server goes back to its old address by itself", SLOW)
        go.close()
        assert "the server puts everything back by itself" in go.answer("Wait")
        assert go.shell.isVisible()
        go.wait("the address to be gone", lambda: server.addresses() == {NEW}, SLOW)
    go.close()
    go.answer("Close anyway")
    go.wait("the window to close", lambda: not go.shell.isVisible())
    change = transaction.Transaction(server)
    go.wait("the server's end", lambda: not (change.exists() or change.worked_on()), SLOW)
    assert standing(clinic()) == before

"""Whole walks through the command line, against a real SSH server and the real agent."""

from __future__ import annotations

import io
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from tests.practice.laptop import SUDO, Laptop, at_command, standing
from wizard import certificate
from wizard.agent import names, transaction, wire
from wizard.practice.cht import CHAIN
from wizard.practice.clinic import NEW, OLD, PASSWORD, USER, Clinic
from wizard.practice.ssh import Account, new_key, new_key_text
from wizard.remote.login import Credentials
from wizard.site.toml import load, save
from wizard.visit import Progress, Visit


def make_visit(clinic: Clinic, user: str = "data-2") -> Visit:
    roots = certificate.Roots.bundled().with_extra([clinic.folder / "root.pem"])
    site = load(clinic.site)
    return Visit(site, clinic.folder, clinic.folder / user, roots=roots, detour=clinic.detour)


# ------------------------------------------------------------------------ the main job


def test_apply_confirms_at_the_new_address_and_then_finds_nothing_to_do(
    clinic: Clinic, laptop: Laptop
) -> None:
    said = laptop.apply()
    assert said.code == 0, said.text
    assert said.plain["state"] == "confirmed"
    assert said.plain["check"]["first_broken"] == ""
    assert clinic.server.addresses() == {NEW}
    assert clinic.server.active(names.DNSMASQ_UNIT)
    assert clinic.server.memory()["timers"] == {}
    assert "Start the site's DNS and DHCP" in said.text  # told although the old link had gone
    assert said.text.count("✓ Install dnsmasq-base") == 1

    again = laptop.run("plan")
    assert again.code == 0, again.text
    assert again.plain["empty"]
    once_more = laptop.apply()
    assert (once_more.code, once_more.plain["state"]) == (0, "nothing")


def test_renewal_touches_the_certificate_alone(clinic: Clinic, laptop: Laptop) -> None:
    laptop.apply("--no-check")
    laptop.site = clinic.write_site("newer")
    restarts = clinic.server.restarts(names.DNSMASQ_UNIT)
    said = laptop.run("renew", "--yes")
    assert said.code == 0, said.text
    assert [change["kind"] for change in said.plain["plan"]["changes"]] == ["certificate"]
    assert clinic.server.restarts(names.DNSMASQ_UNIT) == restarts
    tls_same = next(r for r in said.plain["check"]["results"] if r["code"] == "tls_same")
    assert tls_same["state"] == "passed"
    coming = said.plain["next_visit"]
    assert coming["state"] == "fresh"
    assert "Next visit no later than" in coming["message"]
    assert coming["message"] in said.text
    again = laptop.run("renew", "--yes")
    assert (again.code, again.plain["state"]) == (0, "nothing")
    assert again.plain["next_visit"] == coming


def test_check_names_the_first_broken_link(clinic: Clinic, laptop: Laptop) -> None:
    before = laptop.run("check")
    assert before.code == 1
    assert before.plain["first_broken"] == "server"  # nobody is at the new address yet
    laptop.apply("--no-check")
    well = laptop.run("check")
    assert well.code == 0
    assert well.plain["next_visit"]["message"] in well.text
    clinic.server.run(["systemctl", "stop", names.DNSMASQ_UNIT])
    after = laptop.run("check")
    assert (after.code, after.plain["first_broken"]) == (1, "dhcp")
    failed = {r["code"] for r in after.plain["results"] if r["state"] == "failed"}
    assert {"dhcp", "dns_udp", "boot"} <= failed


def test_facts_are_true_and_change_nothing(clinic: Clinic, laptop: Laptop) -> None:
    before = standing(clinic)
    said = laptop.run("facts")
    facts = wire.decode(wire.Facts, said.plain)
    assert said.code == 0
    assert facts.problems == ()
    assert (facts.system.id, facts.system.version_id) == ("debian", "12")
    assert (facts.network.manager, facts.network.reason) == ("ifupdown", "ok")
    assert facts.connection is not None
    assert (facts.connection.server, facts.connection.interface) == (OLD, "eth0")
    assert [r.gateway for r in facts.routes] == ["192.168.50.1"]
    assert facts.ssh_host_keys == (clinic.fingerprint,)
    assert [(web.kind, web.https_port, web.running) for web in facts.web] == [("cht", 443, True)]
    assert facts.web[0].served_sha256 == facts.web[0].certificate_sha256
    assert facts.package("dnsmasq-base") == wire.Package("dnsmasq-base", "", "2.90-4~deb12u1")
    laptop.apply("--no-check")
    after = wire.decode(wire.Facts, laptop.run("facts").plain)
    assert after.connection is not None
    assert after.connection.server == NEW
    assert after.routes == ()
    holders = {(x.port, x.protocol, x.process) for x in after.listeners if x.address == NEW}
    assert holders == {(53, "tcp", "dnsmasq"), (53, "udp", "dnsmasq"), (67, "udp", "dnsmasq")}
    assert before["addresses"] == {OLD}


def test_uninstall_leaves_address_and_certificate(clinic: Clinic, laptop: Laptop) -> None:
    laptop.apply("--no-check")
    chain = clinic.server.read(CHAIN)
    said = laptop.run("uninstall", "--yes")
    assert said.code == 0, said.text
    assert not clinic.server.exists(names.DNSMASQ_CONF)
    assert not clinic.server.exists(names.STATE)
    assert not clinic.server.active(names.DNSMASQ_UNIT)
    assert clinic.server.addresses() == {NEW}
    assert clinic.server.read(CHAIN) == chain
    assert names.INTERFACES_FILE in said.text
    assert "dns_dhcp" in {c["topic"] for c in laptop.run("plan").plain["changes"]}


# --------------------------------------------------------------------------- logging in


def test_wrong_password(clinic: Clinic, laptop: Laptop) -> None:
    said = laptop.run("apply", "--yes", typed="wrong\n")
    assert (said.code, said.error) == (1, "password-wrong")
    assert clinic.ssh.started == 0


def test_unknown_server_is_shown_and_refused(clinic: Clinic, laptop: Laptop) -> None:
    said = laptop.run("plan", host_key=None)
    assert (said.code, said.error) == (1, "host-key-unknown")
    assert clinic.fingerprint in said.text
    assert OLD in said.text
    assert clinic.ssh.started == 0
    assert laptop.run("plan").code == 0
    assert laptop.run("plan", host_key=None).code == 0  # known from now on


def test_another_fingerprint_than_the_label(clinic: Clinic, laptop: Laptop) -> None:
    said = laptop.run("plan", host_key="SHA256:" + "A" * 43)
    assert (said.code, said.error) == (1, "host-key-differs")
    assert clinic.ssh.started == 0


def test_changed_host_key_is_a_hard_stop(tmp_path: Path) -> None:
    with Clinic(tmp_path / "clinic") as clinic:
        assert Laptop(clinic).run("facts").code == 0
    with Clinic(tmp_path / "clinic") as other:
        said = Laptop(other).run("facts")  # even with its new fingerprint at hand
        assert (said.code, said.error) == (1, "host-key-changed")
        assert other.ssh.started == 0


def test_same_key_after_a_restart_is_known(tmp_path: Path) -> None:
    key = new_key()
    for _ in range(2):
        with Clinic(tmp_path / "clinic", key=key) as clinic:
            laptop = Laptop(clinic)
            said = laptop.run("facts", host_key=clinic.fingerprint)
            assert said.code == 0
            assert laptop.run("facts", host_key=None).code == 0


def test_key_file_instead_of_password(tmp_path: Path) -> None:
    text = new_key_text()
    key = paramiko.Ed25519Key(file_obj=io.StringIO(text))
    account = Account(USER, PASSWORD, keys=(key,))
    with Clinic(tmp_path / "clinic", account=account) as clinic:
        path = clinic.folder / "id_ed25519"
        path.write_text(text)
        site = load(clinic.site)
        save(replace(site, server=replace(site.server, key="id_ed25519")), clinic.site)
        laptop = Laptop(clinic)
        assert laptop.run("facts", typed="not the password\n").code == 0


@pytest.mark.parametrize(
    ("options", "typed", "code"),
    [
        ((), "", "sudo-password-needed"),
        (("--ask-become-pass",), "wrong\n", "sudo-password-wrong"),
        (("--ask-become-pass",), SUDO + "\n", ""),
    ],
)
def test_sudo_asks(tmp_path: Path, options: tuple[str, ...], typed: str, code: str) -> None:
    with Clinic(tmp_path / "clinic", account=Account(USER, PASSWORD, sudo=SUDO)) as clinic:
        said = Laptop(clinic).run("facts", *options, typed=f"{PASSWORD}\n{typed}")
        assert said.error == code
        assert said.code == bool(code)
        assert clinic.ssh.started == (not code)


# ----------------------------------------------------------------------------- mishaps


def test_cable_lost_during_apply_and_the_server_is_back(clinic: Clinic, laptop: Laptop) -> None:
    before = standing(clinic)

    def lose() -> None:
        clinic.unplug()
        clinic.plug_when_settled()

    with at_command(clinic, "ifdown", lose):
        said = laptop.apply("--wait", "10")
    assert said.code == 1
    assert said.plain["state"] == "rolled-back"
    assert said.plain["outcome"]["left"] == []
    assert "No laptop reached the server at its new address in time." in said.text
    assert said.text.count(f"  {NEW}: ") == 1, "why nobody was met there, told once"
    assert standing(clinic) == before
    assert laptop.apply("--no-check").code == 0


def test_cable_lost_in_the_middle_of_the_greeting(clinic: Clinic, laptop: Laptop) -> None:
    """The server at the new address says its first line, and then the cable is out."""
    before = standing(clinic)
    cut: list[bytes] = []

    def on_said(address: str, data: bytes) -> None:
        if not cut and address == NEW and clinic.server.addresses() == {NEW}:
            cut.append(data)
            clinic.unplug()
            clinic.plug_when_settled()

    clinic.ssh.on_said = on_said
    said = laptop.apply("--wait", "10")
    assert cut[0].startswith(b"SSH-2.0-")
    assert said.plain.get("state") == "rolled-back", said.text
    assert standing(clinic) == before


def test_ctrl_c_during_a_step_puts_everything_back(clinic: Clinic, laptop: Laptop) -> None:
    before = standing(clinic)
    with at_command(clinic, "apt-get", interrupt):
        said = laptop.apply()
    assert said.code == 1, said.text
    assert said.plain["state"] == "stopped"
    assert "Stopped as you asked." in said.text
    assert standing(clinic) == before


def test_ctrl_c_after_the_change_of_address_puts_everything_back(
    clinic: Clinic, laptop: Laptop
) -> None:
    before = standing(clinic)
    with at_command(clinic, "ifup", interrupt):
        said = laptop.apply()
    assert said.code == 1, said.text
    assert said.plain["state"] == "stopped"
    assert "Stopped as you asked." in said.text
    assert standing(clinic) == before


def interrupt() -> None:
    ident = threading.main_thread().ident
    assert ident is not None
    signal.pthread_kill(ident, signal.SIGINT)


def test_a_failing_step_puts_everything_back(clinic: Clinic, laptop: Laptop) -> None:
    before = standing(clinic)
    with clinic.server.remember() as memory:
        memory["broken"] = [names.DNSMASQ_UNIT]
    said = laptop.apply()
    assert said.code == 1
    assert said.plain["state"] == "rolled-back"
    assert "A service did not start." in said.text
    assert standing(clinic) == before


class LaptopDied(BaseException):
    """Its battery was empty."""


def left_unconfirmed(clinic: Clinic, data: str = "data") -> None:
    """Let a laptop die right after the server has changed its address."""

    def say(progress: Progress) -> None:
        if progress.code == "confirm":
            raise LaptopDied

    visit = make_visit(clinic, data)
    visit.say = say
    with visit:
        visit.connect(Credentials(USER, password=PASSWORD), accept=clinic.fingerprint)
        the_plan = visit.plan(visit.facts(), visit.bundle())
        with pytest.raises(LaptopDied):
            visit.apply(the_plan)
    wait_for(clinic, "applied")
    assert clinic.server.addresses() == {NEW}


def wait_for(clinic: Clinic, state: str) -> None:
    for _ in range(400):
        pending = transaction.pending(clinic.server)
        if pending is not None and pending["state"] == state:
            return
        threading.Event().wait(0.05)
    raise AssertionError(f"never {state}")


def test_rollback_of_what_another_run_left(clinic: Clinic, laptop: Laptop) -> None:
    before = standing(clinic)
    left_unconfirmed(clinic)
    said = laptop.run("rollback", "--yes")
    assert said.code == 0, said.text
    assert said.plain["state"] == "rolled-back"
    assert standing(clinic) == before
    again = laptop.run("rollback", "--yes")
    assert (again.code, again.plain["state"]) == (0, "nothing")


def test_unconfirmed_change_is_told_by_the_check(clinic: Clinic, laptop: Laptop) -> None:
    left_unconfirmed(clinic)
    said = laptop.run("check")
    assert (said.code, said.plain["first_broken"]) == (1, "confirmed")
    assert laptop.run("rollback", "--yes").code == 0


def test_power_cut_before_the_confirmation(clinic: Clinic, laptop: Laptop) -> None:
    before = standing(clinic)
    left_unconfirmed(clinic)
    clinic.server.reboot()
    assert standing(clinic) == before
    assert laptop.run("rollback", "--yes").plain["state"] == "nothing"


def test_two_at_once_the_second_is_told_who(clinic: Clinic, laptop: Laptop) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        reached.set()
        assert go_on.wait(60)

    outcomes: list[wire.Outcome] = []

    def first() -> None:
        with make_visit(clinic) as visit:
            visit.connect(Credentials(USER, password=PASSWORD), accept=clinic.fingerprint)
            the_plan = visit.plan(visit.facts(), visit.bundle())
            outcomes.append(visit.apply(replace(the_plan, who="Ann on ward-laptop")))

    thread = threading.Thread(target=first)
    with at_command(clinic, "apt-get", hold):
        thread.start()
        try:
            assert reached.wait(30)
            second = laptop.apply()
            removal = laptop.run("uninstall", "--yes")
        finally:
            go_on.set()
            thread.join(60)
    assert (second.code, second.error) == (1, "busy")
    assert "Ann on ward-laptop" in second.text
    assert (removal.code, removal.error) == (1, "busy")
    assert [outcome.state for outcome in outcomes] == ["confirmed"]
    assert laptop.apply().plain["state"] == "nothing"


# ----------------------------------------------------------------------------- bad input


@pytest.mark.parametrize("kind", ["expired", "wrong-name", "missing-intermediate"])
def test_bad_certificate_is_refused_before_anything_changes(
    clinic: Clinic, laptop: Laptop, kind: str
) -> None:
    before = standing(clinic)
    laptop.site = clinic.write_site(kind)
    for command in ("apply", "renew"):
        said = laptop.run(command, "--yes")
        assert (said.code, said.plain["state"]) == (1, "refused")
        assert said.plain["findings"]
        assert "Nothing was changed." in said.text
    assert laptop.run("plan").code == 1
    assert standing(clinic) == before


def test_a_folder_with_the_certificate_may_be_named(clinic: Clinic, laptop: Laptop) -> None:
    site = load(clinic.site)
    for folder in ("certificates/good", "certificates"):
        named = replace(site.certificate, files=(folder,))
        save(replace(site, certificate=named), clinic.site)
        said = laptop.run("plan")
        assert said.code == 0


@pytest.mark.parametrize(
    ("files", "code"),
    [
        (
            ("certificates/wrong-key/fullchain.pem", "certificates/wrong-key/privkey.pem"),
            "key-mismatch",
        ),
        (("empty.pem",), "file-empty"),
        (("nowhere.pem",), "file-missing"),
        (("site.toml",), None),
    ],
)
def test_certificate_files_that_are_none(
    clinic: Clinic, laptop: Laptop, files: tuple[str, ...], code: str | None
) -> None:
    before = standing(clinic)
    (clinic.folder / "empty.pem").touch()
    site = load(clinic.site)
    save(replace(site, certificate=replace(site.certificate, files=files)), clinic.site)
    said = laptop.apply()
    assert said.code == 1
    assert said.error == (code or said.error) != "defect"
    assert said.plain["error"]["cure"]
    assert standing(clinic) == before


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "site_missing"),
        ("", "site_empty"),
        ("domain = ", "site_broken"),
        ('domian = "x.org"\n', "key_unknown_near"),
        ("domain = 7\n", "value_type"),
        ('[server]\npassword = "x"\n', "secret_key"),
        ("version = 99\n", "site_newer"),
    ],
)
def test_site_files_that_are_none(
    clinic: Clinic, laptop: Laptop, text: str | None, code: str
) -> None:
    laptop.site = clinic.folder / "other.toml"
    if text is not None:
        laptop.site.write_text(text)
    for command in ("facts", "apply", "check", "rollback"):
        said = laptop.run(command, typed="")
        assert (said.code, said.error) == (1, code)
    assert clinic.ssh.started == 0


def test_contradictions_are_told_before_anybody_is_asked(clinic: Clinic, laptop: Laptop) -> None:
    site = load(clinic.site)
    wrong = replace(site, dns_dhcp=replace(site.dns_dhcp, first="10.99.0.5"), domain="cht.local")
    save(wrong, clinic.site)
    said = laptop.run("apply", typed="")
    assert said.code == 1
    assert {p["field"] for p in said.plain["problems"]} >= {"domain", "dns_dhcp.first"}
    assert clinic.ssh.started == 0


def test_nothing_happens_when_nobody_can_be_asked(clinic: Clinic, laptop: Laptop) -> None:
    before = standing(clinic)
    for command in ("apply", "uninstall"):
        said = laptop.run(command)
        assert said.code == 1
        assert "--yes" in said.text
    assert standing(clinic) == before


def test_site_without_host(clinic: Clinic, laptop: Laptop) -> None:
    site = load(clinic.site)
    save(replace(site, server=replace(site.server, host="")), clinic.site)
    said = laptop.run("facts", typed="")
    assert [p["code"] for p in said.plain["problems"]] == ["host_missing"]
    assert laptop.run("facts", "--host", OLD).code == 0


def test_nobody_answers(clinic: Clinic, laptop: Laptop) -> None:
    clinic.unplug()
    for _ in range(100):
        said = laptop.run("facts")
        if said.error == "refused":  # what was on its way when the cable went still ends
            break
    assert (said.code, said.error) == (1, "refused")
    assert OLD in said.text


def test_clinic_that_is_not_there(clinic: Clinic, laptop: Laptop) -> None:
    (clinic.folder / "clinic.json").write_text("[]")
    said = laptop.run("facts")
    assert (said.code, said.error) == (1, "no-clinic")


def test_server_without_internet_is_refused_in_time(clinic: Clinic, laptop: Laptop) -> None:
    before = standing(clinic)
    with clinic.server.remember() as memory:
        memory["internet"] = False
    said = laptop.apply()
    assert said.code == 1
    assert said.plain["state"] == "nothing"  # not even begun
    assert "it has no Internet" in said.text
    assert standing(clinic) == before


def test_disk_and_data_folder_that_cannot_be_used(clinic: Clinic, laptop: Laptop) -> None:
    laptop.data = clinic.folder / "root.pem" / "data"
    said = laptop.run("facts")
    assert said.code == 1
    assert said.error == "host-key-store"
    assert os.path.isfile(clinic.folder / "root.pem")

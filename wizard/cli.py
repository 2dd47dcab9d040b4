"""The same visit without a window: inspect, find, facts, plan, apply, renew, check, rollback."""

from __future__ import annotations

import argparse
import getpass
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from wizard import __version__, readiness
from wizard.agent import names, wire
from wizard.arrivals import Arrivals, count
from wizard.certificate import (
    Bundle,
    CertificateError,
    Finding,
    Roots,
    acceptable,
    clients,
    describe,
    fetch_missing,
    judge,
    of_der,
    planner,
    read,
)
from wizard.certificate.limits import authority_of
from wizard.certificate.look import READ_ERRORS
from wizard.check import Report
from wizard.console import Screen
from wizard.detour import Detour
from wizard.handover import visits
from wizard.laptop.folders import data_folder, log_folder
from wizard.laptop.interfaces import interfaces
from wizard.openwrt import order as openwrt_order
from wizard.openwrt import plan as openwrt_plan
from wizard.openwrt.setup import Setup
from wizard.outcome import LEFT, headline
from wizard.plan import Plan
from wizard.problem import Problem, UserError
from wizard.remote.discover import discover
from wizard.remote.hosts import Accept, FirstContact
from wizard.remote.login import Credentials
from wizard.requesting import made_on, remember, request_names, same, write
from wizard.site import passphrase as phrases
from wizard.site.model import Site
from wizard.site.problems import problems
from wizard.site.tasks import TASKS
from wizard.site.toml import HEADER, load, save
from wizard.visit import Visit, with_host
from wizard.watching import Watcher
from wizard.wording import VisitError, reason

T = TypeVar("T")

OK = 0
FAILED = 1  # refused, or failed and put back, or a check failed
USAGE = 2
ATTENTION = 3  # something could not be put back: the server wants a look
LOOK = 0.5  # seconds between two looks at who has arrived, and who has stopped
AGAIN = 15.0  # seconds between two checks while the CHT starts
DEFECT = 70  # EX_SOFTWARE of sysexits.h


class Stop(Exception):
    """The user does not want to go on, or cannot; `plain` is what the JSON object says besides."""

    def __init__(self, text: str, **plain: Any) -> None:
        super().__init__(text)
        self.plain = plain


def run(argv: list[str]) -> int:
    """Run one command; returns its exit code and never shows a traceback for a user's mistake."""
    arguments = parser().parse_args(argv)
    screen = Screen(arguments.json)
    command: Callable[[argparse.Namespace, Screen], int] = arguments.command
    try:
        return command(arguments, screen)
    except UserError as error:
        screen.error(error.message, error.cure, error.detail if arguments.verbose else "")
        screen.result({"error": error.plain()})
        return FAILED
    except Stop as stop:
        screen.say(str(stop))
        screen.result({"stopped": str(stop), **stop.plain})
        return FAILED
    except KeyboardInterrupt:
        screen.say("Stopped.")
        screen.result({"stopped": "interrupted"})
        return 130
    except Exception as defect:
        return _defect(defect, screen)


def _defect(defect: Exception, screen: Screen) -> int:
    """Keep the traceback in a file, for whoever mends the program, and say where it is."""
    place = log_folder() / f"defect-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.txt"
    # Frames without their values: a value may be a password.
    place.write_text("".join(traceback.format_tb(defect.__traceback__)) + type(defect).__name__)
    screen.error(
        f"The program has a defect ({type(defect).__name__}).",
        f"Please send the file {place} to whoever supports you. It holds no passwords.",
    )
    screen.result({"error": {"code": "defect", "message": type(defect).__name__}})
    return DEFECT


# -------------------------------------------------------------------------- arguments


def parser() -> argparse.ArgumentParser:
    """Describe every command and its options."""
    main = argparse.ArgumentParser(
        prog="cht-offline-setup",
        description="Set up a CHT server for a LAN without Internet, and prove that it works.",
        epilog="Without a command, or with the command `window`, the window opens.",
    )
    main.add_argument("--version", action="version", version=__version__)
    commands = main.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, call: Callable[[argparse.Namespace, Screen], int], about: str
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=about, description=about)
        sub.set_defaults(command=call)
        sub.add_argument("--json", action="store_true", help="print one JSON object")
        sub.add_argument("--verbose", action="store_true", help="say more about failures")
        return sub

    look = command("inspect", _inspect, "Judge certificate files without a server.")
    look.add_argument("files", nargs="+", metavar="FILE", help="also a folder or a zip file")
    look.add_argument("--domain", required=True, metavar="NAME", help="the name phones use")
    look.add_argument("--at", metavar="TIME", help="judge for this time (ISO 8601)")
    look.add_argument("--key", metavar="FILE", help="the private key, if not among the files")
    look.add_argument(
        "--cht-version", metavar="VERSION", help="of the CHT: older than 4.3.0 needs RSA"
    )
    _passphrase(look)
    _roots(look)
    _fetch(look)

    find = command("find", _find, "Look for servers on this network, even without an address.")
    find.add_argument(
        "--seconds", type=float, default=6.0, help="how long to wait for answers (default: 6)"
    )

    practice = command("practice", _practice, TASKS["practise"])
    practice.add_argument("--folder", metavar="FOLDER", help="where the practice clinic is made")
    practice.add_argument(
        "--stay", action="store_true", help="no tour: keep the clinic open for other commands"
    )

    test = command("self-test", _self_test, "Prove that the program works on this laptop.")
    test.add_argument("--quick", action="store_true", help="leave the practice clinic out")
    test.add_argument("--report", metavar="FILE", help="also write a report, for your support")
    test.add_argument("--look", help=argparse.SUPPRESS)  # one part, in a process of its own

    router = command("openwrt", _openwrt, "Make a plain access point of an OpenWrt device.")
    router.add_argument("address", metavar="ADDRESS", help="of the device, such as 192.168.1.1")
    router.add_argument("--site", required=True, metavar="FILE", help="the site file (TOML)")
    router.add_argument(
        "--new-address",
        default="",
        metavar="ADDRESS",
        help="that it shall have (default: the one it has if it fits, else a free one)",
    )
    router.add_argument("--country", default="", metavar="XX", help="two letters")
    router.add_argument("--channel", type=int, choices=(1, 6, 11), default=0, help="of its Wi-Fi")
    router.add_argument("--password-file", metavar="FILE", help="holds the password of its root")
    router.add_argument("--wifi-password-file", metavar="FILE", help="of the Wi-Fi")
    router.add_argument("--host-key", metavar="SHA256:...", help="the device's fingerprint")
    router.add_argument("--port", type=int, default=22, help="of SSH, if not 22")
    router.add_argument("--yes", action="store_true", help="do not ask before changing")

    for name, call, about in (
        ("facts", _facts, "Show what the server is; only reads."),
        ("plan", _plan, "Show what would be changed; only reads."),
        ("apply", _apply, TASKS["setup"]),
        ("renew", _apply, TASKS["renew"]),
        ("request", _request, TASKS["request"]),
        ("check", _check, TASKS["check"]),
        ("watch", _watch, TASKS["watch"]),
        ("readiness", _readiness, TASKS["readiness"]),
        ("rollback", _rollback, "Put back an unfinished change."),
        ("uninstall", _uninstall, "Take this program's parts off the server."),
    ):
        sub = command(name, call, about)
        sub.set_defaults(renew=name == "renew")
        sub.add_argument("--site", required=True, metavar="FILE", help="the site file (TOML)")
        sub.add_argument("--host", metavar="ADDRESS", help="log in here instead of server.host")
        sub.add_argument("--ask-pass", action="store_true", help="ask for the login password")
        sub.add_argument("--ask-become-pass", action="store_true", help="ask for sudo's password")
        sub.add_argument("--host-key", metavar="SHA256:...", help="the server's fingerprint")
        sub.add_argument("--data", metavar="FOLDER", help="where host keys are remembered")
        sub.add_argument("--clinic", metavar="FILE", help="of a practice clinic that stays open")
        if name in ("plan", "apply", "renew", "check", "readiness"):
            _passphrase(sub)
            _roots(sub)
        if name in ("plan", "apply", "renew"):
            _fetch(sub)
        if name in ("plan", "apply"):
            sub.add_argument(
                "--wifi-password-file",
                metavar="FILE",
                help="holds the password of the server's own Wi-Fi",
            )
            sub.add_argument("--no-diff", action="store_true", help="leave out file differences")
            sub.add_argument(
                "--set-clock",
                action="store_true",
                help="set the server's clock from this laptop, as [clock] from_laptop = true",
            )
        if name in ("apply", "renew", "request", "readiness", "rollback", "uninstall"):
            sub.add_argument("--yes", action="store_true", help="do not ask before changing")
        if name == "renew":
            sub.add_argument(
                "--previous",
                action="store_true",
                help="put the certificate back that was served before; the server kept it",
            )
        if name == "request":
            _request_options(sub)
        if name == "watch":
            sub.add_argument(
                "--for",
                dest="seconds",
                type=float,
                metavar="SECONDS",
                help="stop after this time; without it, at Ctrl-C",
            )
        if name == "readiness":
            sub.add_argument(
                "--restart-test",
                action="store_true",
                help="restart the server and prove that everything comes back by itself",
            )
            sub.add_argument(
                "--patience",
                type=float,
                default=600.0,
                metavar="SECONDS",
                help="how long the CHT may take to start after the restart",
            )
        if name in ("apply", "renew"):
            sub.add_argument(
                "--patience",
                type=float,
                default=600.0,
                metavar="SECONDS",
                help="how long the server waits while this laptop comes into the new network",
            )
            sub.add_argument(
                "--wait",
                type=int,
                metavar="SECONDS",
                help="how long the server waits for a sign of this laptop before it goes back",
            )
            sub.add_argument("--no-check", action="store_true", help="no live check at the end")
            sub.add_argument(
                "--accept",
                action="append",
                default=[],
                metavar="CODE",
                help="go on in spite of this warning",
            )
    return main


def _request_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--out", required=True, metavar="FILE.csr", help="where the request goes")
    sub.add_argument("--key-kind", choices=("rsa", "ec"), default="rsa", help="default: rsa")
    sub.add_argument(
        "--name", action="append", default=[], metavar="NAME", help="one more name, besides domain"
    )
    sub.add_argument(
        "--new", action="store_true", help="replace a request that waits; its key is gone then"
    )


def _passphrase(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--password-file", metavar="FILE", help="holds the key's passphrase")


def _fetch(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--fetch-missing",
        action="store_true",
        help="fetch what the chain lacks from the address in the certificate (Internet)",
    )


def _roots(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--extra-roots",
        metavar="FILE",
        action="append",
        default=[],
        help="trust these roots too (a test or private CA: the CHT app will not)",
    )


# --------------------------------------------------------------------------- commands


def _inspect(arguments: argparse.Namespace, screen: Screen) -> int:
    at, domain, roots = _time(arguments.at), arguments.domain, _trusted(arguments)
    files = [Path(f) for f in (*arguments.files, *filter(None, [arguments.key]))]
    bundle = _with_passphrase(arguments, lambda passphrase: read(files, passphrase, domain=domain))
    if arguments.fetch_missing:
        bundle = fetch_missing(bundle, roots)
    chosen = arguments.at is not None
    findings = judge(
        bundle, domain, now=at, cht_version=arguments.cht_version, roots=roots, chosen=chosen
    )
    verdicts = clients(bundle, domain, findings, now=at, roots=roots, chosen=chosen)
    description = describe(bundle, findings, domain, at, verdicts=verdicts, roots=roots)
    screen.result(description)
    if not screen.as_json:
        screen.certificate(description)
        screen.clients(verdicts)
    return OK if acceptable(findings) else FAILED


def _find(arguments: argparse.Namespace, screen: Screen) -> int:
    found = discover(interfaces(), seconds=arguments.seconds)
    for server in found:
        screen.row("passed", f"{server.address} on {server.interface}: {server.banner}")
        screen.say(f"  {server.fingerprint}")
    if not found:
        screen.error(
            "No server was found on this network.",
            "Look whether it is switched on, and whether both ends of the cable are in. A server "
            "that is starting, or still waits for an address, may need a minute: then look again.",
        )
    screen.result({"servers": wire.encode(found)})
    return OK if found else FAILED


def _facts(arguments: argparse.Namespace, screen: Screen) -> int:
    with _visit(arguments, screen) as visit:
        facts = visit.facts()
    screen.result(wire.encode(facts))
    if not screen.as_json:
        screen.facts(facts)
    return OK


def _plan(arguments: argparse.Namespace, screen: Screen) -> int:
    with _visit(arguments, screen) as visit:
        the_plan, _, findings = _decide(arguments, visit)
    screen.result({**the_plan.plain(), "findings": [p.plain() for p in findings]})
    if not screen.as_json:
        screen.findings(findings)
        screen.plan(the_plan, diff=not arguments.no_diff)
    return FAILED if _forbidden(the_plan, findings) else OK


def _apply(arguments: argparse.Namespace, screen: Screen) -> int:
    with _visit(arguments, screen) as visit:
        the_plan, bundle, findings = _decide(arguments, visit)
        screen.findings(findings)
        screen.plan(the_plan, diff=not getattr(arguments, "no_diff", True))
        answer: dict[str, Any] = {
            "plan": the_plan.plain(),
            "findings": [p.plain() for p in findings],
        }
        if _forbidden(the_plan, findings):
            return _refused(screen, answer)
        if the_plan.empty:
            if arguments.renew:
                answer["next_visit"] = _next_visit(_bundle(arguments, visit), visit, screen)
            screen.result({**answer, "state": "nothing"})
            return OK
        survey = visit.survey(the_plan)
        screen.problems(survey)
        if _forbidden(the_plan, findings, survey):
            return _refused(screen, {**answer, "survey": [p.plain() for p in survey]})
        _agree(arguments, screen, "Change the server now?")
        with _stop_with_ctrl_c(screen) as stop:
            outcome = visit.apply(
                the_plan, cancel=stop, patience=arguments.patience, seconds=arguments.wait
            )
        answer = {**answer, "outcome": wire.encode(outcome), "state": outcome.state}
        code = _show_outcome(outcome, screen, renew=arguments.renew)
        bundle = _bundle(arguments, visit) if code == OK else None
        if code == OK and not arguments.no_check:
            result = visit.check(visit.facts(), bundle, on_result=screen.check_result)
            screen.check_end(result)
            answer["check"] = result.plain()
            code = result.exit_code
            bundle = of_der(result.served) or bundle
        if arguments.renew:
            answer["next_visit"] = _next_visit(bundle, visit, screen)
        screen.result(answer)
        return code


def _next_visit(bundle: Bundle | None, visit: Visit, screen: Screen) -> dict[str, Any] | None:
    """Say when to come again, by the certificate in use; None when it is not known."""
    if bundle is None:
        return None
    codes = frozenset(finding.code for finding in visit.findings(bundle))
    leaf = bundle.leaf
    try:
        found = planner.plan(
            leaf.not_valid_before_utc,
            leaf.not_valid_after_utc,
            datetime.now(UTC),
            every=visit.site.visit_every,
            authority=authority_of(bundle, codes),
        )
    except READ_ERRORS:
        return None
    screen.next_visit(found)
    return visits.plain(found)


def _refused(screen: Screen, answer: dict[str, Any]) -> int:
    screen.error(
        "Nothing was changed.",
        "Mend what is marked above and run this again. A warning (!) that you have understood "
        "can be accepted with --accept CODE.",
    )
    screen.result({**answer, "state": "refused"})
    return FAILED


def _request(arguments: argparse.Namespace, screen: Screen) -> int:
    """One that waits and is just as wanted is saved once more; another one only goes with --new."""
    out = Path(arguments.out)
    if out.exists() and not arguments.yes:
        raise Stop(f"{out} is there already. Choose another name, or say --yes to replace it.")
    with _visit(arguments, screen) as visit:
        facts = visit.facts()
        waiting, names = facts.request, request_names(visit.site.domain, arguments.name)
        again = None
        if waiting is not None and not arguments.new and same(waiting, arguments.key_kind, names):
            again = waiting
        if waiting is not None and arguments.new:
            listed = ", ".join(waiting.names)
            _agree(
                arguments,
                screen,
                f"A request of {made_on(waiting)} waits for its certificate ({listed}). A "
                "certificate ordered with it can no longer be installed. Make a new one?",
            )
        made = again or visit.request(
            facts, arguments.key_kind, arguments.name, replace=arguments.new
        )
        write(out, made)
        noted = _remember(Path(arguments.site), made)
    screen.row("passed", f"The request is in {out}, for {', '.join(made.names)}.")
    screen.say("Give this file to whoever orders the certificate. It holds no secret.")
    screen.say("The key stays on the server. When the certificate comes, run `renew` with it.")
    if not noted:
        screen.say("The site file has comments, so it was left as it is. The server remembers.")
    plain = {**wire.encode(made), "out": str(out), "again": again is not None}
    screen.result({"state": "requested", "request": plain})
    return OK


def _remember(path: Path, made: wire.KeyRequest) -> bool:
    """Note the request in the site file, unless that would throw somebody's comments away."""
    text = path.read_text(encoding="utf-8").removeprefix(HEADER)
    if any(line.lstrip().startswith("#") for line in text.splitlines()):
        return False
    save(remember(load(path), made), path)
    return True


def _check(arguments: argparse.Namespace, screen: Screen) -> int:
    with _visit(arguments, screen) as visit:
        facts = visit.facts()
        bundle = _bundle(arguments, visit)
        result = visit.check(facts, bundle, on_result=screen.check_result)
        screen.check_end(result)
        coming = _next_visit(of_der(result.served) or bundle, visit, screen)
    screen.result({**result.plain(), "next_visit": coming})
    return result.exit_code


def _watch(arguments: argparse.Namespace, screen: Screen) -> int:
    """Say a line whenever a device gets on or stops; with --json each is an object of its own."""
    with _visit(arguments, screen) as visit:
        visit.facts()  # they tell the ports of the web server
        room, watcher = Arrivals(visit.expected()), Watcher(visit.watching())
        screen.say("Watching who arrives on the network. Ctrl-C ends it.", "bold")
        told: dict[str, str] = {}
        end = time.monotonic() + (arguments.seconds or float("inf"))
        try:
            while watcher.running and time.monotonic() < end:
                time.sleep(LOOK)
                room.hear(watcher.take())
                for row in room.rows(watcher.now):
                    if told.get(row.mac) != row.code:
                        told[row.mac] = row.code
                        screen.arrival(row)
        except KeyboardInterrupt:
            pass
        finally:
            watcher.stop(wait=5.0)
        if watcher.error is not None:
            raise watcher.error
        screen.say(count(room.rows(watcher.now)).sentence)
    return OK


def _readiness(arguments: argparse.Namespace, screen: Screen) -> int:
    """Advice alone does not fail; the restart test can."""
    with _visit(arguments, screen) as visit:
        found = visit.readiness()
        items = readiness.judge(
            found,
            visit.site,
            certificate_end=_certificate_end(arguments, visit),
            now=datetime.now(UTC),
        )
        screen.readiness(items)
        answer: dict[str, Any] = {
            "items": [item.plain() for item in items],
            "readiness": wire.encode(found),
        }
        code = OK
        if arguments.restart_test:
            _agree(
                arguments,
                screen,
                "Restart the server now? Phones go on, and sync when it is back.",
            )
            restarted = visit.restart()
            screen.restarted(restarted)
            result = _check_when_started(arguments, screen, visit)
            answer |= {"restart": asdict(restarted), "check": result.plain()}
            code = result.exit_code
    screen.result(answer)
    return code


def _certificate_end(arguments: argparse.Namespace, visit: Visit) -> datetime | None:
    """When the site's certificate ends; None when its files cannot be read here."""
    try:
        bundle = _bundle(arguments, visit)
    except CertificateError:
        return None
    return bundle.leaf.not_valid_after_utc if bundle is not None else None


def _check_when_started(arguments: argparse.Namespace, screen: Screen, visit: Visit) -> Report:
    """Check again and again while the CHT starts, which takes minutes with a large database."""
    bundle = _bundle(arguments, visit)
    give_up = time.monotonic() + arguments.patience
    while True:
        result = visit.check(visit.facts(), bundle)
        broken = result.first_broken
        if broken is None or time.monotonic() + AGAIN > give_up:
            screen.check_table(result)
            return result
        screen.row("begun", f"Not everything is back yet ({broken.name}); looking again.")
        time.sleep(AGAIN)


def _rollback(arguments: argparse.Namespace, screen: Screen) -> int:
    with _visit(arguments, screen) as visit:
        pending = visit.facts().pending
        if pending is None:
            screen.row("passed", "There is no unfinished change on this server.")
            screen.result({"state": "nothing"})
            return OK
        screen.say(f"{pending.who} began a change that was not finished ({pending.state}).")
        _agree(arguments, screen, "Put everything back as it was before?")
        outcome = visit.rollback()
    screen.result({"outcome": wire.encode(outcome), "state": outcome.state})
    _show_outcome(outcome, screen)
    return ATTENTION if outcome.left else OK


def _uninstall(arguments: argparse.Namespace, screen: Screen) -> int:
    with _visit(arguments, screen) as visit:
        _agree(
            arguments,
            screen,
            "Remove this program's DNS and DHCP, its Wi-Fi and its clock service, its agent and "
            "its notes from the server? The fixed address and the certificate stay; an address "
            "that the server has on its own Wi-Fi only goes with that. Copies of earlier "
            "certificates go, and the key of a request that waits for its certificate.",
        )
        answer = visit.uninstall()
    left = answer.get("left", ())
    if not left:
        screen.row("passed", "This program's parts are off the server.")
    for path in left:
        screen.error(f"Could not be removed: {path}", "Remove it by hand; it does no harm.")
    for path in answer.get("kept", ()):
        screen.row("note", f"left as it is: {path}")
    screen.result(answer)
    return ATTENTION if left else OK


def _openwrt(arguments: argparse.Namespace, screen: Screen) -> int:
    site = load(Path(arguments.site))
    password = (
        _first_line(Path(arguments.password_file))
        if arguments.password_file
        else _secret("Password of the OpenWrt device (often empty): ")
    )
    phrase = (
        _first_line(Path(arguments.wifi_password_file))
        if arguments.wifi_password_file
        else _secret("Password of the Wi-Fi: ")
    )
    order = openwrt_order.wanted(
        site,
        phrase,
        address=arguments.new_address,
        here=arguments.address,
        country=arguments.country,
        channel=arguments.channel,
    )
    accept = _accept(arguments, screen)
    setup = Setup.connect(arguments.address, password, accept, arguments.port)
    try:
        router = setup.look()
        the_plan = openwrt_plan.plan(router, order)
        screen.say(f"{router.board or 'A device'}, {router.release}")
        sentences = [step.sentence for step in the_plan.steps]
        for sentence in sentences:
            screen.say(f"· {sentence}")
        answer = {"release": router.release, "board": router.board, "steps": sentences}
        if not sentences:
            screen.say("It is a plain access point already.")
            screen.result({**answer, "state": "nothing"})
            return OK
        _agree(arguments, screen, "Set it up like this?")
        screen.say(f"Setting it up, and meeting it again at {the_plan.address}")
        with _stop_with_ctrl_c(screen) as cancel:
            setup.change(the_plan, cancel)
    finally:
        setup.close()
    screen.say("Confirmed. Now join the Wi-Fi with a phone, and run `check`.")
    screen.result({**answer, "state": "confirmed", "address": the_plan.address})
    return OK


def _practice(arguments: argparse.Namespace, screen: Screen) -> int:
    from wizard.practice import rehearse  # none of the other commands needs it

    folder = Path(arguments.folder) if arguments.folder else None
    return rehearse.stay(folder, screen) if arguments.stay else rehearse.tour(folder, screen)


def _self_test(arguments: argparse.Namespace, screen: Screen) -> int:
    from wizard.selftest import looks, model, report, run  # none of the other commands needs them

    if arguments.look:
        screen.result(looks.LOOKS[arguments.look]())
        return OK

    def told(part: model.Result) -> None:
        if part.passed:
            screen.row("passed", f"{part.message} ({part.seconds:.1f} s)")
        else:
            screen.error(part.message, part.cure, part.detail)

    screen.say(report.about(), "bold")
    results = run.run(told, quick=arguments.quick)
    for line in report.sums(results):
        screen.say(line, "bold")
    screen.result(report.plain(results))
    if arguments.report:
        path = Path(arguments.report)
        try:
            path.write_text(report.text(results), "utf-8")
        except OSError as error:
            raise Stop(f"The report was not written to {path}: {error.strerror}.") from None
        screen.say(f"The report is in {path}. It holds no passwords.")
    return OK if all(result.passed for result in results) else FAILED


# ----------------------------------------------------------------------- what they share


@contextmanager
def _visit(arguments: argparse.Namespace, screen: Screen) -> Iterator[Visit]:
    path = Path(arguments.site)
    site = load(path)
    if arguments.host:
        site = with_host(site, arguments.host)
    _refuse_wrong_site(site, screen)
    if getattr(arguments, "accept", None):
        site = replace(site, accept=(*site.accept, *arguments.accept))
    if getattr(arguments, "set_clock", False):
        site = replace(site, clock=replace(site.clock, from_laptop=True))
    data = Path(arguments.data) if arguments.data else data_folder()
    credentials = _credentials(arguments, site, path.parent)
    visit = Visit(
        site,
        path.parent,
        data,
        roots=_trusted(arguments),
        say=screen.progress,
        detour=Detour.load(Path(arguments.clinic)) if arguments.clinic else None,
    )
    with visit:
        visit.connect(credentials, accept=_accept(arguments, screen))
        yield visit


def _refuse_wrong_site(site: Site, screen: Screen) -> None:
    """Problems that need no server are shown before anybody is asked for a password."""
    found = [p for p in problems(site) if p.severity == "problem"]
    if found:
        screen.problems(found)
        raise Stop(
            "Mend the site file and run this again. Nothing was changed.",
            problems=[p.plain() for p in found],
            state="refused",
        )


def _credentials(arguments: argparse.Namespace, site: Site, folder: Path) -> Credentials:
    key = site.server.key
    return Credentials(
        user=site.server.user,
        password=_secret("Login password: ") if arguments.ask_pass else None,
        key_path=(folder / Path(key).expanduser()) if key and key != "ask" else None,
        passphrase=None,
        use_agent=not key and not arguments.ask_pass,
        sudo_password=_secret("sudo password: ") if arguments.ask_become_pass else None,
    )


def _secret(prompt: str) -> str:
    """Ask for a secret; when nobody sits there, read a line of standard input."""
    if sys.stdin.isatty():
        return getpass.getpass(prompt)
    return sys.stdin.readline().rstrip("\n")


def _accept(arguments: argparse.Namespace, screen: Screen) -> Accept:
    if arguments.host_key:
        return str(arguments.host_key)
    if not sys.stdin.isatty():
        return None

    def ask(first: FirstContact) -> bool:
        screen.say(first.message)
        screen.say(first.cure)
        return input("Is it the same? [y/N] ").strip().lower() in ("y", "yes")

    return ask


def _trusted(arguments: argparse.Namespace) -> Roots:
    extra = getattr(arguments, "extra_roots", [])
    roots = Roots.bundled()
    return roots.with_extra([Path(p) for p in extra]) if extra else roots


def _bundle(arguments: argparse.Namespace, visit: Visit) -> Bundle | None:
    fetch = getattr(arguments, "fetch_missing", False)
    return _with_passphrase(
        arguments, lambda passphrase: visit.bundle(passphrase, fetch_missing=fetch)
    )


def _with_passphrase(arguments: argparse.Namespace, reader: Callable[[str | None], T]) -> T:
    given = None
    if arguments.password_file:
        given = _first_line(Path(arguments.password_file))
    try:
        return reader(given)
    except CertificateError as error:
        if error.code != "passphrase-needed" or not sys.stdin.isatty():
            raise
    return reader(_secret("Passphrase of the certificate's key: "))


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as stream:
            return stream.readline(1024).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(f"The password file {path} cannot be read: {error}") from error


def _decide(
    arguments: argparse.Namespace, visit: Visit
) -> tuple[Plan, Bundle | None, tuple[Finding, ...]]:
    """Plan, certificate and its judgement."""
    facts = visit.facts()
    if getattr(arguments, "previous", False):
        bundle = visit.previous(facts)
        if bundle is None:
            raise VisitError("no-previous")
    else:
        bundle = _bundle(arguments, visit)
    renew = getattr(arguments, "renew", False)
    passphrase = "" if renew else _wifi(arguments, visit, facts)
    the_plan = visit.plan(facts, bundle, renew=renew, passphrase=passphrase)
    findings = visit.findings(bundle, facts) if bundle is not None else ()
    return the_plan, bundle, findings


def _wifi(arguments: argparse.Namespace, visit: Visit, facts: wire.Facts) -> str:
    """Return the Wi-Fi's password: from its file, or asked for where the server has none."""
    file = getattr(arguments, "wifi_password_file", None)
    if visit.site.access_point.kind != "server":
        return ""
    if file:
        return _first_line(Path(file))
    there = facts.owns(names.HOSTAPD_SECRET)
    if (there is not None and there.present) or not sys.stdin.isatty():
        return ""
    proposal = phrases.propose()
    asked = _secret(f"Password of the Wi-Fi (Enter for “{proposal}”): ")
    return asked or proposal


def _forbidden(
    the_plan: Plan, findings: tuple[Finding, ...], survey: tuple[Problem, ...] = ()
) -> bool:
    """True when a problem, or a warning about the site that nobody accepted, is in the way.

    A warning about the certificate is told and does not stop.
    """
    return (
        the_plan.forbidden or not acceptable(findings) or any(p.severity != "note" for p in survey)
    )


def _agree(arguments: argparse.Namespace, screen: Screen, question: str) -> None:
    if arguments.yes:
        return
    if not sys.stdin.isatty():
        raise Stop("Nothing was changed: say --yes when nobody can be asked.")
    screen.say(question, "bold")
    if input("[y/N] ").strip().lower() not in ("y", "yes"):
        raise Stop("Nothing was changed.")


@contextmanager
def _stop_with_ctrl_c(screen: Screen) -> Iterator[threading.Event]:
    """Ctrl-C asks for a stop after the running step instead of leaving in the middle."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if not stop.is_set():
            screen.say("Stopping after this step; everything is put back then.", "yellow")
            stop.set()

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _show_outcome(outcome: wire.Outcome, screen: Screen, *, renew: bool = False) -> int:
    said = headline(outcome, renew=renew)
    if outcome.state == "confirmed":
        screen.row("passed", said)
        return OK
    screen.error(said, LEFT if outcome.left else reason(outcome), outcome.detail)
    return ATTENTION if outcome.left else FAILED


def _time(text: str | None) -> datetime:
    if not text:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Stop(f"{text} is not a time like 2027-03-15 or 2027-03-15T08:00:00Z.") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)

"""Sentences of a visit, of every refusal of the agent, and of every step that can fail."""

from __future__ import annotations

from typing import Any, ClassVar

from wizard.agent import wire
from wizard.problem import Problem, UserError, Words, say

VISIT: dict[str, tuple[str, str]] = {
    "no-host": (
        "It is not known where the server is.",
        "Write down its address, or let the program look for it on this network.",
    ),
    "not-connected": ("There is no connection to the server.", "Connect first."),
    "no-previous": (
        "The server has kept no earlier certificate.",
        "The ones that this program replaces are kept, the last three. Choose the files instead.",
    ),
    "no-domain": (
        "The site has no domain name yet, and a certificate is made for a name.",
        "Write the domain name down first.",
    ),
    "bad-name": (
        "{name} is not a name that a certificate can be made for.",
        "Use only letters, digits, hyphens and dots, for example cht.example.org.",
    ),
    "rsa-needed": (
        "The CHT on this server ({version}) works with an RSA key only; EC came with 4.3.0.",
        "Make the request with an RSA key.",
    ),
    "not-written": ("{path} could not be written: {reason}.", "Choose another place for it."),
    "closed": ("The connection to the server was closed.", "Connect again."),
    "lost": (
        "The server does not answer at {tried}.",
        "Look whether it is switched on and its cable is in. It puts the old address back by "
        "itself a few minutes after the change, and at every start. Then try "
        "again.",
    ),
    "restart-lost": (
        "The server was restarted and did not come back within {minutes} minutes.",
        "Go and look at it: is it switched on, is its cable in, does its screen ask for something, "
        "such as the passphrase of an encrypted disk? It would stay away after a power cut too.",
    ),
    "restart-none": (
        "The server was told to restart and did not.",
        "Somebody or something on it holds a restart back. Restart it by hand, with "
        "`sudo systemctl reboot`.",
    ),
    "restart-unwatched": (
        "The server was told to restart, and nobody waited for it to come back.",
        "Give it five minutes, then run `check`.",
    ),
}

AGENT: dict[str, tuple[str, str]] = {
    "busy": (
        "Somebody else is changing this server: {who}, since {when}.",
        "Let them finish. A change that is not confirmed is put back by itself after a few "
        "minutes; `rollback` puts it back at once.",
    ),
    "no-systemd": (
        "This server was not started by systemd.",
        "The program needs systemd to bring the old address back by itself, so it changes "
        "nothing here. Use a server with Debian, Ubuntu or Raspberry Pi OS.",
    ),
    "read-only": (
        "The server's disk cannot be written to.",
        "A disk that turns read-only is often about to fail. Look at it (dmesg), mend it, restart.",
    ),
    "disk-full": (
        "The server's disk is full.",
        "Make room, at least 50 MB on the system's disk. Old logs go with: "
        "sudo journalctl --vacuum-size=100M",
    ),
    "nothing-pending": (
        "There is no unfinished change on this server.",
        "Nothing has to be done.",
    ),
    "not-applied": ("The change is not carried out yet.", "Wait a moment and try again."),
    "too-late": (
        "The server is already putting everything back.",
        "Wait until it answers at its old address, then try again.",
    ),
    "wrong-nonce": (
        "This is not the change that the server waits for.",
        "Another laptop may have begun a new one. Try again.",
    ),
    "wrong-connection": (
        "The change can only be confirmed over its new address.",
        "Bring this laptop into the server's network and try again.",
    ),
    "no-timer": ("The server does not wait for anything now.", "Try again."),
    "bad-request": (
        "The server's agent did not understand the request.",
        "This is a defect of the program. Please report it.",
    ),
    "bad-order": (
        "The server's agent refused the order of changes.",
        "This is a defect of the program. Please report it with what stands below.",
    ),
    "not-root": (
        "The server's agent does not run as root.",
        "Log in as a user who may do everything with sudo.",
    ),
    "docker-absent": (
        "There is no Docker on the server.",
        "Install the CHT first, then try again.",
    ),
    "docker-denied": (
        "The server's Docker does not let the program in.",
        "Log in as a user who may do everything with sudo.",
    ),
    "docker-down": (
        "The server's Docker does not run.",
        "Start it with `sudo systemctl start docker`, then try again.",
    ),
    "docker-timeout": (
        "The server's Docker did not answer in time.",
        "Wait until the server is less busy, then try again.",
    ),
    "docker-protocol": (
        "The server's Docker answered in a way that was not understood.",
        "This is a defect of the program. Please report it with what stands below.",
    ),
    "docker-not-found": (
        "The CHT's container is gone.",
        "Start the CHT, then try again.",
    ),
    "docker-conflict": (
        "The CHT's container is in the middle of a change of its own.",
        "Wait a minute, then try again.",
    ),
    "docker-failed": (
        "The server's Docker could not do what was asked.",
        "See below for its own words.",
    ),
    "restart-failed": (
        "The server could not be told to restart.",
        "See below for its own words. Restart it by hand, with `sudo systemctl reboot`.",
    ),
    "request-waits": (
        "A request made on {when} already waits for its certificate: {names}.",
        "When its certificate comes, install that. A new request makes the old one worthless: a "
        "certificate that was ordered with it can no longer be installed.",
    ),
    "uninstall-over-wifi": (
        "This laptop reaches the server over the Wi-Fi that would be switched off, and the "
        "server's address with it: nobody could log in any more.",
        "Connect the laptop with the server by cable, write the server's address there into the "
        "site file, and try again. Or do it on the server's own screen.",
    ),
    "no-openssl": (
        "Neither the server nor its CHT has openssl, which makes the key and the request.",
        "Install it with `sudo apt-get install openssl` while the server has Internet, or start "
        "the CHT, which brings its own. Or order the certificate with a key made elsewhere.",
    ),
    "request-failed": (
        "The server could not make the request.",
        "See below for its own words.",
    ),
    "unknown-verb": (
        "The server's agent is of another version than this program.",
        "Try again: it brings its own agent along.",
    ),
    "probe-no-interface": (
        "The interface named in the site file is not there, so the LAN cannot be asked.",
        "Look at `facts` for the names of the server's interfaces.",
    ),
    "probe-link-down": (
        "The server's cable is out, so the LAN cannot be asked.",
        "Plug it in and try again.",
    ),
    "probe-denied": (
        "The server does not let the program ask the LAN.",
        "Log in as a user who may do everything with sudo.",
    ),
    "probe-bad-address": (
        "The address to look for is not an IPv4 address.",
        "Correct static_ip.address in the site file.",
    ),
    "agent-defect": (
        "The server's agent failed in a way that was not foreseen ({what}).",
        "Nothing was left half done. Please report it with what stands below.",
    ),
}

STEPS: dict[str, tuple[str, str]] = {
    "restart": (
        "The server was restarted, or lost its power, before the change was confirmed.",
        "Try again.",
    ),
    "died": (
        "The change was cut off on the server before it was complete.",
        "Try again.",
    ),
    "leftover": (
        "An earlier change had been cut off on the server.",
        "Try again.",
    ),
    "stop": ("It was stopped as you asked.", "Try again when you want to go on."),
    "user": ("It was put back as you asked.", "Try again when you want to go on."),
    "disk-error": (
        "The server's disk reported an error.",
        "A disk that reports errors is often about to fail. Look at it (dmesg), replace it.",
    ),
    "internal": (
        "The server's agent met a situation that was not foreseen.",
        "This is a defect of the program. Please report it with what stands below.",
    ),
    "bad-path": (
        "A path in the order of changes is not allowed.",
        "This is a defect of the program. Please report it with what stands below.",
    ),
    "unsafe-folder": (
        "A folder on the server belongs to somebody who could redirect what is written there.",
        "See below which one; give it to root and take the others' right to write away.",
    ),
    "unknown-owner": (
        "The server does not know a user that a file shall belong to.",
        "This is a defect of the program. Please report it with what stands below.",
    ),
    "image-lost": (
        "A copy of a file that was to be put back is missing or damaged.",
        "Look at the file named below and put it right by hand.",
    ),
    "not-a-file": (
        "Where a file is expected there is a folder or something else.",
        "See below which path it is, and move what lies there away.",
    ),
    "undo-address": (
        "The new address could not be taken away again.",
        "Restart the server: it is gone then.",
    ),
    "undo-packages": (
        "A package that was installed could not be removed again.",
        "It does no harm. See below for what the package system says.",
    ),
    "undo-network": (
        "The old network settings could not be taken up again.",
        "Their files are back. Restart the server: it takes them up then.",
    ),
    "undo-service": (
        "A service could not be brought back to what it was.",
        "See below which one. Restart the server, then look whether it runs as before.",
    ),
    "undo-certificate": (
        "The old certificate could not be brought back.",
        "Start the CHT if it does not run, then install a certificate once more.",
    ),
    "unconfirmed": (
        "No laptop reached the server at its new address in time.",
        "Look whether this laptop is in the new network, then try again.",
    ),
    "timeout": (
        "No laptop reached the server at its new address in time.",
        "Look whether this laptop is in the new network, then try again.",
    ),
    "unreachable": (
        "This laptop could not log in at the new address while both were there.",
        "Look whether this laptop has an address in the new network, and whether a firewall "
        "between the two is in the way.",
    ),
    "no-answer": (
        "The laptop fell silent before the old address was given up.",
        "Look at the cable, then try again.",
    ),
    "changed-by-hand": (
        "A file was changed by somebody else since the server was looked at.",
        "Try again and look at the differences.",
    ),
    "clock-changed": (
        "The server's clock was set by somebody else since it was looked at.",
        "Look at the server again; if its clock is right by now, nothing has to be set.",
    ),
    "clock-failed": (
        "The server's clock could not be set.",
        "Some rented servers and containers have no clock of their own: then set the clock of the "
        "machine they run on. See below for what the system says.",
    ),
    "undo-clock": (
        "The server's clock could not be set back.",
        "Look at the server again, and set its clock anew if it is wrong.",
    ),
    "check-failed": (
        "A configuration file was refused by the program that reads it.",
        "This is a defect of the program. Please report it with what stands below.",
    ),
    "no-radio": (
        "The Wi-Fi radio is gone.",
        "Look whether its adapter is still in, then try again.",
    ),
    "radio-unread": (
        "The server cannot be asked what its radio can do: the program iw is not there.",
        "Install it with `sudo apt-get install iw`, then try again.",
    ),
    "radio-blocked": (
        "The radio is switched off, and could not be switched on.",
        "Look for a key with an aeroplane or an aerial on the computer, then try again.",
    ),
    "radio-hard-blocked": (
        "The radio is switched off by a switch on the computer.",
        "Look for a switch or key with an aeroplane or an aerial, then try again.",
    ),
    "radio-channel": (
        "The radio does not begin on this channel.",
        "Choose another channel, 1, 6 or 11 for instance, then try again.",
    ),
    "radio-country": (
        "The radio does not take the country.",
        "Check the country. If it is right, restart the server, then try again.",
    ),
    "radio-busy": (
        "Another program on the server holds the radio.",
        "See below. Restart the server, then try again.",
    ),
    "radio-refused": (
        "The radio's driver does not let it become an access point.",
        "Use another Wi-Fi adapter, or an access point of your own.",
    ),
    "radio-failed": (
        "The Wi-Fi did not come up.",
        "See below for its last words.",
    ),
    "packages-failed": (
        "A package could not be installed.",
        "See below for what the server's package system says, mend that, and try again.",
    ),
    "packages-unreachable": (
        "The server's packages cannot be fetched: it has no Internet.",
        "Connect the server to the Internet for this one time, and try again.",
    ),
    "packages-unknown": (
        "The server's package system does not know a package that is needed.",
        "Connect the server to the Internet and run `sudo apt-get update` on it once.",
    ),
    "packages-locked": (
        "Another program is installing packages on the server.",
        "Wait until it is finished, then try again.",
    ),
    "packages-busy": (
        "Another program was installing packages on the server all the while.",
        "Wait until it has finished, then try again.",
    ),
    "service-failed": (
        "A service did not start.",
        "See below for its last words.",
    ),
    "network-failed": (
        "The server's network did not come up with the new address.",
        "See below. The old address is back.",
    ),
    "address-failed": ("The new address could not be added.", "See below for the reason."),
    "no-interface": (
        "The network interface is gone.",
        "Look whether its cable or adapter is still in, then try again.",
    ),
    "firewall-failed": ("The firewall could not be changed.", "See below for its words."),
    "certificate-failed": (
        "The new certificate could not be put in its place; the old one is back.",
        "See below for the reason. A full disk is the most common one.",
    ),
    "certificate-refused": (
        "The web server refused the new certificate; the old one is back.",
        "See below for the web server's words.",
    ),
    "certificate-unfit": (
        "The key does not belong to the certificate, so the server was not touched.",
        "Choose the key that was made for this certificate, then try again.",
    ),
    "no-container": (
        "The container of the CHT's web server is gone.",
        "Start the CHT, then try again.",
    ),
    "no-kept-pair": (
        "The certificate that was to be put back is no longer kept on the server.",
        "Connect again to see which ones are there.",
    ),
    "no-request": (
        "The key that this certificate belongs to is no longer on the server.",
        "Make a new request and have the certificate issued again.",
    ),
    "certificate-not-served": (
        "The web server went on serving another certificate; the old files are back.",
        "Look whether another program answers on this port, a reverse proxy for instance.",
    ),
    "old-address-missing": (
        "The old address did not come back.",
        "Restart the server: its old settings are in their place, and it takes them up then.",
    ),
    "old-certificate-missing": (
        "The old certificate is not served again.",
        "Restart the CHT, then run `check`.",
    ),
    "timer-failed": (
        "The timer that brings the old address back could not be set.",
        "Nothing was changed: without it you could lock yourself out. See below.",
    ),
    "start-failed": ("The change could not be started on the server.", "See below."),
    "recovery-failed": (
        "The server could not be prepared to recover by itself at its next start.",
        "Nothing was changed. See below.",
    ),
}

SURVEY: dict[str, tuple[str, str]] = {
    "address-taken": (
        "Another device ({mac}) already has the address {address}.",
        "Choose another address for the server, or switch that device off.",
    ),
    "other-dhcp": (
        "Another DHCP server answers on this network: {server} (hardware address {mac}).",
        "Phones that listen to it do not find the CHT. Switch its DHCP off: it is usually the "
        "router's or the access point's. If it goes away anyway, accept this warning.",
    ),
}

NOT_ASKED = (
    "The server cannot be reached now, so it cannot be asked to wait. It goes back to its old "
    "address by itself; after that you can start again."
)

PHASES = {
    "connect": "Connecting to {text}",
    "facts": "Looking at the server",
    "scan": "Listening on the radio {text} for other Wi-Fi networks",
    "survey": "Asking who else is on the network",
    "lifeline": "Opened a second connection that the change of address does not cut ({text})",
    "no-lifeline": "There is no second connection to fall back on ({text}); going on without",
    "apply": "Changing the server",
    "prove": "Logging in at the new address {text} while the old one is still there",
    "confirm": "Looking for the server at {text}",
    "rollback": "Putting everything back",
    "request": "Making a key and a request on the server",
    "check": "Checking from this laptop",
    "readiness": "Asking the server how ready it is to work without Internet",
    "restart": "Restarting the server",
    "restart-down": "The server is off; waiting until it comes back",
}

STATES = {
    "done": "",
    "failed": " — failed",
    "undone": " — put back",
    "undo-failed": " — could not be put back",
    "skipped": " — nothing to do",
}

TOPICS = {
    "static_ip": "Fixed address",
    "domain": "Domain name",
    "dns_dhcp": "DNS and DHCP",
    "certificate": "Certificate",
    "firewall": "Firewall",
    "packages": "Packages",
    "access_point": "Wi-Fi access point",
    "clock": "Clock",
}


class VisitError(UserError):
    """Something went wrong with the visit itself, or the agent refused."""

    words: ClassVar[Words] = {**STEPS, **VISIT, **AGENT}


def survey_problem(code: str, **arguments: Any) -> Problem:
    """Return what the LAN itself told; a taken address forbids, the rest may be accepted."""
    message, cure = say(SURVEY, code, arguments)
    field = {"address-taken": "static_ip.address", "other-dhcp": "dns_dhcp.enabled"}[code]
    severity = "problem" if code == "address-taken" else "warning"
    return Problem(code, field, message, cure, severity, arguments)


def reason(outcome: wire.Outcome) -> str:
    """Say why a change was put back, and what to do; "" when there is nothing to say."""
    if not outcome.failed:
        return ""
    words = {**AGENT, **STEPS}
    message, cure = words.get(outcome.failed, (outcome.failed, ""))
    return f"{message} {cure}".strip()

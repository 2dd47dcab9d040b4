"""The sentences of planning: what forbids a plan, and what may be accepted."""

from __future__ import annotations

from wizard.problem import UserError, Words

SET_CLOCK = (
    "If this laptop's is right, tick “Set the server's clock from this laptop” on the page DNS and"
    " DHCP. From ten minutes on phones warn, and certificates seem invalid."
)

WORDS: Words = {
    # the network and who configures it
    "interface-wifi": (
        "{interface} is a Wi-Fi connection. A fixed address can be set on a cable only.",
        "Choose the socket that the network cable goes into.",
    ),
    "interface-port": (
        "{interface} is a part of {master}, which carries the address.",
        "Choose {master} instead of {interface}.",
    ),
    "manager-none": (
        "Nothing on the server looks after its network settings, so nothing would bring a fixed"
        " address back after a restart.",
        "Ask whoever installed the server to set up netplan, NetworkManager, systemd-networkd or"
        " ifupdown.",
    ),
    "manager-unsupported": (
        "The server's network is set up by {found}, which this program does not know.",
        "Ask whoever installed the server to move it to netplan, NetworkManager, systemd-networkd"
        " or ifupdown, or to set the fixed address by hand.",
    ),
    "manager-several": (
        "Several programs set up the server's network at once: {found}. It cannot be told which of"
        " them decides.",
        "Ask whoever installed the server to leave only one of them switched on.",
    ),
    "file-redacted": (
        "{path} holds a password, so this program was not shown the whole file and cannot change"
        " it.",
        "Move the settings of {interface} out of that file into one of their own, by hand.",
    ),
    "file-unread": (
        "{path} could not be read or understood, so it cannot be told what it does to {interface}.",
        "Mend or remove that file on the server.",
    ),
    "netplan-shared": (
        "The netplan definition “{id}” in {path} is for {interface} and for {others} at once.",
        "Give each of them a definition of its own, by hand.",
    ),
    "netplan-elsewhere": (
        "{path} defines {interface}, but lies outside /etc/netplan, where it is made anew at every"
        " start.",
        "Ask whoever installed the server to keep its network settings in /etc/netplan.",
    ),
    "netplan-twice": (
        "netplan defines {interface} in several sections at once: {sections}.",
        "Leave only one of these definitions, by hand.",
    ),
    "routes-dropped": (
        "The present settings of {interface} have extra routes, which will be gone: {routes}.",
        "If they are needed, add them again afterwards. Otherwise accept this warning.",
    ),
    "networkd-earlier": (
        "{path} comes first and configures {interface}, so a new file would have no effect.",
        "Rename that file so that its name begins with 50- or higher, or remove it.",
    ),
    "networkd-stacked": (
        "{path} builds other connections on top of {interface} ({keys}), which would be lost.",
        "Set the fixed address in that file by hand.",
    ),
    "networkmanager-kind": (
        "{interface} is a {kind} made by NetworkManager; its address cannot be set from here.",
        "Set the fixed address of {interface} by hand in NetworkManager, then run this again.",
    ),
    "networkmanager-priority": (
        "The NetworkManager connection in {path} takes {interface} before any other.",
        "Lower its autoconnect-priority below 999, or remove it.",
    ),
    "ifupdown-undecidable": (
        "{path} configures {interface} by “{line}”, which cannot be changed safely from here.",
        "Write plain “iface {interface} ...” lines instead, by hand.",
    ),
    "ifupdown-scripts": (
        "The settings of {interface} in {path} start programs of their own: {lines}. They are kept"
        " as they are.",
        "Check that they fit the new address, then accept this warning.",
    ),
    "server-without-dns": (
        "The server itself will not resolve names of the Internet, because no DNS server for other"
        " names is set.",
        "If it needs to, add one under [dns_dhcp] upstream.",
    ),
    # files of ours
    "edited-by-hand": (
        "{path} is a file of this program, but somebody else has changed it.",
        "Look at the difference. To replace it, accept the warning “edited-by-hand” in the site"
        " file; otherwise it stays as it is.",
    ),
    # packages
    "packages-missing": (
        "The server lacks programs that are needed: {names}. {why}",
        "Connect the server to the Internet once, or install them by hand, then run this again.",
    ),
    "packages-locked": (
        "The server is installing or updating programs right now ({process}).",
        "Wait until it has finished, then run this again.",
    ),
    # the server's own radio
    "ap-radio-unread": (
        "What the radio {interface} can do is not known yet, because the program iw is not on the"
        " server.",
        "Apply installs it. Then connect once more and look at the plan again: the Wi-Fi is set"
        " up in the second run.",
    ),
    "ap-country-unread": (
        "Which channels the radio {interface} may use in {country} was not read from the server.",
        "Look at the server again with the country written down; the program asks it then.",
    ),
    "ap-passphrase-missing": (
        "The Wi-Fi has no password yet.",
        "Write one with 8 to 63 letters, digits and signs of the English keyboard. The program"
        " proposes one.",
    ),
    "ap-passphrase-invalid": (
        "The password of the Wi-Fi cannot be used: it has {flaw}.",
        "Write one with 8 to 63 letters, digits and signs of the English keyboard.",
    ),
    "ap-radio-managed": (
        "{manager} on the server sets the radio {interface} up as a part of another Wi-Fi"
        " ({profile}).",
        "Take {interface} out of its settings by hand, restart the server, then run this again.",
    ),
    "ap-other-hostapd": (
        "The server already has an access point that somebody else set up (hostapd.service).",
        "It is stopped and no longer started; its settings stay. If that is right, accept this"
        " warning.",
    ),
    # ports and the firewall
    "port-held": (
        "{process}{of_unit} on the server already answers {what} on {address}.",
        "Stop and disable it, or keep it off {interface}; then run this again.",
    ),
    "firewall-by-hand": (
        "The server has firewall rules that somebody wrote by hand. This program does not change"
        " them.",
        "Make sure that these are open on {interface}: {ports}. Then accept this warning.",
    ),
    "firewall-unread": (
        "The server's firewall (firewalld) did not tell what is open: {why}.",
        "Look at the server again. If it stays so, restart the server.",
    ),
    "https-not-served": (
        "Nothing on the server answers on port 443, where phones and browsers look for the CHT."
        "{elsewhere}",
        "Start the CHT and see that its HTTPS port is 443.",
    ),
    "time-service-other": (
        "Another program on the server keeps or gives the time already: {name}. This program does"
        " not touch it.",
        "If it gives the time without Internet too, accept this warning. Otherwise remove its"
        " package from the server and look again, or do not let the server give the time (page DNS"
        " and DHCP).",
    ),
    "chrony-folder": (
        "The time service on the server (chrony) does not read {path}, where its settings for your"
        " network go.",
        "Add this line to /etc/chrony/chrony.conf on the server, then look again: include"
        " /etc/chrony/conf.d/*.conf",
    ),
    "clocks-differ": (
        "The server's clock says {server}, this laptop's says {laptop}. One of them is wrong;"
        " compare with a watch.",
        SET_CLOCK,
    ),
    "server-clock-wrong": (
        "The server's clock is wrong: it says {server}, and that is before {proof}, which has"
        " certainly passed. This laptop's says {laptop}.",
        SET_CLOCK,
    ),
    "laptop-clock-wrong": (
        "This laptop's clock is wrong: it says {laptop}, and that is before {proof}, which has"
        " certainly passed. The server's says {server}.",
        "Set this laptop's clock first, then look again.",
    ),
    "clock-synchronised": (
        "The server takes its time from the Internet or from a receiver, and says {server}. This"
        " laptop's clock says {laptop}, so it is more likely the wrong one.",
        "Set this laptop's clock, then look again.",
    ),
    # the certificate
    "no-certificate": (
        "No certificate was given, so the one on the server stays. Without a valid one for the"
        " domain, phones refuse to connect.",
        "Choose its files (in the site file: [certificate] files), or accept this warning.",
    ),
    "no-key": (
        "The certificate was given without its private key.",
        "Choose the key's file as well. It is often called privkey.pem or key.pem.",
    ),
    "web-none": (
        "No CHT and no other web server was found on the server, so the certificate has no place"
        " to go. {docker}",
        "Start Docker and the CHT on the server, then run this again.",
    ),
    "web-several": (
        "The server has several web servers: {names}.",
        "Choose which of them gets the certificate (in the site file: [certificate] web).",
    ),
    "web-unknown": (
        "The certificate is meant for “{web}”, but the server has only: {names}.",
        "Choose one of these (in the site file: [certificate] web).",
    ),
    "web-no-path": (
        "{name} does not say in its settings where its certificate and key lie.",
        "Set both there by hand (nginx: ssl_certificate and ssl_certificate_key).",
    ),
    "certificate-elsewhere": (
        "The certificate cannot be installed from here, because {why}.",
        "{cure}",
    ),
    # ordering
    "forbidden": (
        "The plan cannot be carried out as long as these problems are there: {codes}.",
        "Mend them first.",
    ),
}

PRECHECKS: Words = {
    "login": ("The login works.", ""),
    "sudo": ("You may act as administrator on the server.", ""),
    "carrier": ("This laptop reaches it at {address}, through its network socket {interface}.", ""),
    "carrier-wifi": (
        "This laptop reaches it at {address}, through its Wi-Fi {interface}.",
        "Connect the server with a cable before you go on: a fixed address needs one.",
    ),
    "carrier-unknown": ("This laptop reaches it at {address}.", ""),
    "systemd": ("It can bring its old address back by itself (systemd).", ""),
    "systemd-missing": (
        "This server was not started by systemd ({init}), so it could not bring its old address"
        " back by itself. Nothing is changed on it.",
        "Use a server with Debian, Ubuntu or Raspberry Pi OS.",
    ),
    "release": ("It runs {release}.", ""),
    "release-old": (
        "It runs {release}, which is older than what this program is tested with.",
        "Update it to Debian 11, Ubuntu 20.04 or newer while it can still reach the Internet.",
    ),
    "release-unknown": (
        "It runs {release}. This program is tested with Debian, Ubuntu and Raspberry Pi OS only.",
        "You can go on. Have somebody at hand who knows this system.",
    ),
    "architecture": ("Its processor suits the CHT ({architecture}).", ""),
    "architecture-unknown": (
        "The CHT is made for the processors amd64 and arm64, and this one is {architecture}.",
        "Use a computer with one of these for the CHT.",
    ),
    "manager": ("Its network is set up by {manager}, which this program knows.", ""),
    "disk": ("Its disk has {free} free.", ""),
    "disk-low": (
        "Its disk has only {free} free.",
        "Make room soon. Old logs go with: sudo journalctl --vacuum-size=100M",
    ),
    "disk-full": (
        "Its disk is full: {free} are free on {path}.",
        "Make room, at least 50 MB. Old logs go with: sudo journalctl --vacuum-size=100M",
    ),
    "disk-read-only": (
        "Its disk cannot be written to ({path}).",
        "A disk that turns read-only is often about to fail. Look at it (dmesg), mend it, restart.",
    ),
    "clock": ("Its clock agrees with this laptop's.", ""),
    "packages": ("It has all programs that are needed.", ""),
    "packages-fetched": (
        "It lacks programs that are needed, and fetches them when you apply: {names}.",
        "Keep the server connected to the Internet until then.",
    ),
    "ports": ("No other program on it answers DNS or DHCP.", ""),
    "cht": ("The CHT {version} runs on it ({name}).", ""),
    "cht-stopped": (
        "The CHT {version} is on it ({name}), but does not run: {status}.",
        "Start it. Until then phones get no answer.",
    ),
    "web": (
        "There is no CHT on it, but another web server: {name}.",
        "That one gets the certificate. If the CHT shall be here, install and start it first.",
    ),
    "kubernetes": (
        "The CHT runs in Kubernetes on it ({kubernetes}), where its certificate cannot be set from"
        " here.",
        "Everything else can be set up. Review says how the certificate gets there.",
    ),
    "pending": ("No change by somebody else is unfinished.", ""),
    "pending-busy": (
        "Somebody else is changing this server right now: {who}, since {when}.",
        "Let them finish, then look again.",
    ),
    "pending-left": (
        "{who} began a change at {when} and did not finish it.",
        "Put everything back now, or wait: the server puts it back by itself{seconds}.",
    ),
    "unread": (
        "Not everything about the server could be read: {parts}.",
        "You can go on. If something needed is among it, Review says so.",
    ),
}
"""What is looked at right after the login; what planning says too has its sentence in WORDS."""


class PlanError(UserError):
    """A plan that must not be carried out."""

    words = WORDS

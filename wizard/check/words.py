"""Every sentence of the live check, by check and outcome; the one file a translator needs.

What the CHT app itself shows on a phone is quoted where it matches, so that staff who come with
a phone in their hand find the line (texts of cht-android: res/values/strings.xml).
"""

from __future__ import annotations

from typing import NamedTuple

from wizard.check.base import Said
from wizard.check.model import Target
from wizard.problem import tr


class Sentence(NamedTuple):
    """Templates for `str.format`: what is so, why that may be, what to do."""

    message: str
    cause: str = ""
    cure: str = ""


NAMES: dict[str, str] = {
    "link": "This laptop is in the clinic's network",
    "server": "The server answers",
    "ssh": "It is the same server",
    "wifi": "The server's Wi-Fi is up",
    "lease": "This laptop got its address from the server",
    "dhcp": "No second device hands out addresses",
    "router": "No second router announces itself",
    "dns_second": "No second device answers for names",
    "range": "The addresses for phones are free",
    "joined": "Devices that joined have an address from the server",
    "dns_udp": "The server knows the name",
    "dns_tcp": "The server knows the name (long answers)",
    "dns_aaaa": "The name with IPv6",
    "dns_other_types": "Other questions about the name",
    "dns_negative": "Other names are answered quickly",
    "dns_ptr": "The name of the address",
    "dns_system": "This laptop finds the name",
    "tcp_443": "The web server answers",
    "tls_handshake": "A secure connection can be made",
    "tls_same": "Your certificate is in use",
    "tls": "Phones accept the certificate",
    "http_redirect": "Typing the name without https works",
    "setup_poll": "CHT answers as the app expects",
    "monitoring": "CHT and its database are well",
    "time_service": "The server gives the time",
    "clock": "The clocks agree",
    "boot": "Everything starts again after a power cut",
    "containers": "CHT's parts find each other",
    "confirmed": "The last change is final",
}

_PRACTICE = Sentence("Not looked at: in the practice clinic this laptop has no other network.")
_NOT_OURS = Sentence("Not looked at: names and addresses come from another device here.")
_NO_HEALTH = Sentence("Not looked at: only the server itself can tell, and it was not asked.")
_NOT_CHT = Sentence("Not looked at: the web server here is not a CHT.")

_CABLE = (
    "Connect this laptop with the cable or the Wi-Fi that the phones use, set it to get its "
    "address automatically, wait half a minute and check again."
)
_DNS_PAGE = "Run Apply again for DNS and DHCP."
_SET_CLOCK = (
    'tick "Set the server\'s clock from this laptop" on the page DNS and DHCP and run Apply.'
)
_IMPORT = "Import the certificate again and run Apply."
_RESTART_CHT = (
    "Wait five minutes and check again. If it stays so, switch the server off and on again; "
    "after that, call the person who installed CHT."
)
_NO_INTERNET = 'The CHT app says "No Internet Connection" or "Unable to contact server".'
_UNABLE = 'The CHT app says "Unable to contact server".'
_NOT_VALID = 'The CHT app says "URL is not a valid CHT server instance".'

SENTENCES: dict[str, dict[str, Sentence]] = {
    "*": {
        "dependency": Sentence(
            "Not looked at, because something before it is broken: {name}.",
            cure="Mend that first, then check again.",
        ),
        "cancelled": Sentence("Not looked at: the check was stopped.", cure="Check again."),
        "timeout": Sentence(
            "No answer within {limit} seconds.",
            "The network is very slow, or something on the way drops the messages.",
            "Move closer to the access point or use a cable, then check again.",
        ),
        "check-defect": Sentence(
            "This could not be checked, because of a fault in this program.",
            "This says nothing about the server.",
            "Check again. If it stays so, send the report to the people who make this program.",
        ),
    },
    "link": {
        "ok": Sentence("{own} on {interface}."),
        "unknown": Sentence("Not looked at: this laptop's own addresses could not be read."),
        "practice": _PRACTICE,
        "no-link": Sentence(
            "This laptop is not connected to any network.",
            "No cable is plugged in and no Wi-Fi is joined.",
            "Plug in the cable or join the clinic's Wi-Fi, then check again.",
        ),
        "no-address": Sentence(
            "This laptop is connected, but it was given no address.",
            "The server's DHCP does not reach this laptop, or the cable leads elsewhere.",
            "Pull the cable and plug it in again (or leave and join the Wi-Fi), wait half a "
            "minute and check again. If it stays so, run Apply again for DNS and DHCP.",
        ),
        "same-address": Sentence(
            "This laptop has the server's own address, {address}.",
            "Somebody typed this address into the laptop's network settings.",
            "Set the laptop to get its address automatically, then check again.",
        ),
        "elsewhere": Sentence(
            "This laptop is in another network ({own}), not in {network}.",
            "It still has the address of before, is in another Wi-Fi, or a router lies between.",
            _CABLE,
        ),
    },
    "server": {
        "ok": Sentence("{address} answers."),
        "refused": Sentence(
            "{address} answers, but does not let anybody log in (port {port} is closed).",
            "The SSH service of the server is off, or another device has this address.",
            "Check that no other device uses {address}. Then switch the server off and on again.",
        ),
        "no-answer": Sentence(
            "{address} does not answer.",
            "The server is off, its cable is loose, the access point keeps devices apart "
            '("client isolation"), or a firewall is in the way.',
            "Look whether the server is on and its network lamp lights up. In the access point's "
            "settings, switch client isolation off.",
        ),
        "unreachable": Sentence(
            "There is no way from this laptop to {address}.",
            "The server is off, or this laptop is not in the clinic's network.",
            _CABLE,
        ),
        "elsewhere": Sentence(
            "{address} does not answer, and this laptop is in another network ({own}).",
            "The laptop cannot reach the server from where it is.",
            _CABLE,
        ),
    },
    "ssh": {
        "ok": Sentence("The server shows the key it always had."),
        "not-asked": Sentence("Not looked at: no login was made for this check."),
        "other-key": Sentence(
            "Another machine answers at {address}: its key is not the one of your server.",
            "Another device took this address, the server was installed anew, or somebody "
            "listens in.",
            "Do not type any password. Find out which machine has the address {address}. If the "
            "server was installed anew, connect to it again from the first page.",
        ),
        "failed": Sentence(
            "The server answers, but a login was not possible.",
            "The SSH service is busy, or something cut the connection.",
            "Check again. If it stays so, switch the server off and on again.",
        ),
        "refused": Sentence("{reason}", "", "{remedy}"),
    },
    "lease": {
        "ok": Sentence("{own}, DNS {dns}, both from the server."),
        "unknown": Sentence("Not looked at: this laptop does not tell who gave it its address."),
        "not-ours": _NOT_OURS,
        "practice": _PRACTICE,
        "static": Sentence(
            "This laptop has an address that was typed in ({own}).",
            "So it cannot show what a phone gets from the server.",
            "Set the laptop to get its address automatically and check again, to be sure.",
        ),
        "other-server": Sentence(
            "This laptop got its address from another device: {server}.",
            "A router, access point or phone on this network hands out addresses too. Phones "
            f"that get theirs from it do not find the name. {_NO_INTERNET}",
            "Switch off DHCP in the settings of the device {server}, reconnect the laptop and "
            "check again.",
        ),
        "no-dns": Sentence(
            "This laptop was given an address but no DNS server.",
            f"The server's DHCP settings are not those that were planned. {_NO_INTERNET}",
            _DNS_PAGE,
        ),
        "other-dns": Sentence(
            "This laptop uses other DNS servers: {dns}, instead of only {address}.",
            "Another device hands them out, or they were typed in on this laptop. Such a DNS "
            "server does not know the name.",
            "If they were typed in, remove them. Otherwise switch off DHCP in the router or "
            "access point. Then reconnect and check again.",
        ),
    },
    "wifi": {
        "ok": Sentence("Phones can join the Wi-Fi: channel {channel}, {country}; {phones} joined."),
        "not-ours": Sentence("Not looked at: the Wi-Fi here does not come from the server."),
        "no-health": _NO_HEALTH,
        "none": Sentence(
            "The server's Wi-Fi is not set up.",
            "It was chosen, but not applied yet.",
            "Run Apply.",
        ),
        "down": Sentence(
            "The server's Wi-Fi is off.",
            "The radio is switched off or unplugged, or another program took it.",
            "Look whether its adapter is in and a Wi-Fi switch is on, then restart the server.",
        ),
        "country": Sentence(
            "The server's Wi-Fi is up for {country} instead of {wanted}.",
            "The radio has a country of its own, or another program set one.",
            "Correct the country on the page Wi-Fi, and run Apply.",
        ),
    },
    "router": {
        "ok": Sentence("No other router announces itself."),
        "unknown": Sentence("Not looked at: the server did not search for other devices."),
        "known": Sentence(
            "A router announces IPv6 in this network: {routers}.",
            "Phones take addresses and names from it, too, and may not find the CHT.",
            "Switch off IPv6 (router advertisement) for the LAN in its settings.",
        ),
        "second": Sentence(
            "Another device announces itself as a router: {routers}.",
            "Mostly an access point that is still a router. Phones take IPv6 from it and may not "
            "find the CHT.",
            "Switch it to the mode “access point” or “bridge”, or switch off its IPv6. Where "
            "makers have it is told on the page Wi-Fi. Then check again.",
        ),
    },
    "dns_second": {
        "ok": Sentence("Only the server answers for names."),
        "unknown": Sentence("Not looked at: the server did not search for other devices."),
        "not-ours": _NOT_OURS,
        "second": Sentence(
            "Another device answers for names: {devices}.",
            "Mostly an access point with DNS relay. A phone that asks it does not find the CHT.",
            "Switch off DNS relay or DNS proxy in its settings, then check again.",
        ),
    },
    "range": {
        "ok": Sentence("Nobody else uses the addresses for phones."),
        "unknown": Sentence("Not looked at: the server did not search for other devices."),
        "not-ours": _NOT_OURS,
        "taken": Sentence(
            "A device uses an address that phones may get: {devices}.",
            "It was given by hand, often to an access point, or by another device that hands out "
            "addresses.",
            "Give it an address outside the range, or reserve this one for it (page DNS and DHCP).",
        ),
    },
    "joined": {
        "ok": Sentence("These devices have an address from the server: {devices}."),
        "laptop": Sentence("This laptop has its address {own} from the server."),
        "unknown": Sentence("Not looked at: the server did not search for other devices."),
        "not-ours": Sentence(
            "Not looked at: there is no access point of your own that the server gives addresses "
            "to."
        ),
        "nobody": Sentence(
            "Not looked at: nobody has joined yet. Join the Wi-Fi with a phone, then check again."
        ),
    },
    "dhcp": {
        "ok": Sentence("Only the server hands out addresses."),
        "router": Sentence("Addresses come from {servers}."),
        "unknown": Sentence("Not looked at: the server did not search for other devices."),
        "second": Sentence(
            "Another device hands out addresses too: {servers}.",
            "Mostly a router or an access point. Whichever is quicker wins, so some phones work "
            "and others do not.",
            "Find the device by its address or by the MAC address on its label. Switch off DHCP "
            "in its settings (see the page Wi-Fi, where makers have it), or unplug "
            "it. Then check again.",
        ),
        "several": Sentence(
            "Several devices hand out addresses: {servers}.",
            "Whichever is quicker wins, so some phones work and others do not.",
            "Switch off DHCP in all of them but one, then check again.",
        ),
        "nobody": Sentence(
            "Nobody hands out addresses in this network.",
            "The router is off, or its DHCP is off.",
            "Switch on DHCP in the router, or let the server do it (page DNS and DHCP).",
        ),
        "silent": Sentence(
            "The server does not hand out addresses.",
            "Its DHCP service does not run.",
            _DNS_PAGE,
        ),
    },
    "dns_udp": {
        "ok": Sentence("{domain} is {address}."),
        "not-ours": _NOT_OURS,
        "no-reply": Sentence(
            "The server does not answer questions about names.",
            "Its DNS service does not run, or a firewall blocks port 53. " + _NO_INTERNET,
            _DNS_PAGE,
        ),
        "blocked": Sentence(
            "The DNS service runs on the server, but its answers do not arrive.",
            "A firewall on the server or on this laptop blocks port 53. " + _NO_INTERNET,
            "Pause VPN and security programs on this laptop. If that does not help, run Apply "
            "again: it opens the server's firewall.",
        ),
        "not-running": Sentence(
            "The DNS service does not run on the server.",
            "It was stopped, or it could not start. " + _NO_INTERNET,
            _DNS_PAGE,
        ),
        "wrong": Sentence(
            "The server says that {domain} is {found}, not {address}.",
            "The DNS settings on the server are older than the address, or were edited by hand.",
            _DNS_PAGE,
        ),
        "missing": Sentence(
            "The server does not know the name {domain} ({rcode}).",
            "Another DNS service answers on the server, or its settings name another domain. "
            + _NO_INTERNET,
            "Check the domain for spelling, then run Apply again for DNS and DHCP.",
        ),
    },
    "dns_tcp": {
        "ok": Sentence("{domain} is {address} over TCP, too."),
        "not-ours": _NOT_OURS,
        "no-reply": Sentence(
            "The server answers short questions about names, but not over TCP.",
            "A firewall opens port 53 for UDP only.",
            "Run Apply again: it opens the server's firewall.",
        ),
        "wrong": Sentence(
            "Over TCP the server says that {domain} is {found}, not {address}.",
            "Two DNS services run on the server.",
            _DNS_PAGE,
        ),
        "missing": Sentence(
            "Over TCP the server does not know the name {domain} ({rcode}).",
            "Two DNS services run on the server.",
            _DNS_PAGE,
        ),
    },
    "dns_aaaa": {
        "ok": Sentence("{domain} is {found} with IPv6."),
        "nodata": Sentence("{domain} has no IPv6 address, and the server says so properly."),
        "not-ours": _NOT_OURS,
        "no-reply": Sentence(
            "The server does not answer when asked for an IPv6 address.",
            "Phones always ask this, too, and wait for the answer: CHT opens slowly or not at all.",
            _DNS_PAGE,
        ),
        "wrong": Sentence(
            "The server says that {domain} is {found} with IPv6, but it should be {wanted}.",
            "Phones that prefer IPv6 go to the wrong place.",
            _DNS_PAGE,
        ),
        "missing": Sentence(
            'The server answers "{rcode}" when asked for the IPv6 address of {domain}.',
            "Phones always ask this, too; some then take the whole name for unknown. "
            + _NO_INTERNET,
            _DNS_PAGE,
        ),
    },
    "dns_other_types": {
        "ok": Sentence("Questions without an answer are answered properly."),
        "not-ours": _NOT_OURS,
        "no-reply": Sentence(
            "The server does not answer when asked for {kind} records of {domain}.",
            "Browsers on phones ask this and wait: CHT opens slowly.",
            _DNS_PAGE,
        ),
        "missing": Sentence(
            'The server answers "{rcode}" when asked for {kind} records of {domain}.',
            "Browsers on phones ask this; some then take the whole name for unknown.",
            _DNS_PAGE,
        ),
        "surplus": Sentence(
            "The server names {kind} records for {domain} that nobody planned.",
            "Another DNS service answers, or its settings were edited by hand.",
            _DNS_PAGE,
        ),
    },
    "dns_negative": {
        "ok": Sentence("Unknown names are answered at once ({rcode}, {ms} ms)."),
        "not-ours": _NOT_OURS,
        "upstream": Sentence("Not looked at: other names are passed on to another DNS server."),
        "slow": Sentence(
            "The server takes {seconds} seconds to say that it does not know a name.",
            "It asks a DNS server that it cannot reach. Phones become slow and leave the Wi-Fi.",
            _DNS_PAGE,
        ),
        "no-reply": Sentence(
            "The server does not say that it does not know a name; it says nothing.",
            "It waits for a DNS server that it cannot reach. Phones become slow and leave the "
            "Wi-Fi.",
            _DNS_PAGE,
        ),
        "wildcard": Sentence(
            "The server answers every name with {found}.",
            'Phones then believe this is a hotel Wi-Fi and show "Sign in to Wi-Fi network".',
            _DNS_PAGE,
        ),
        "servfail": Sentence(
            "The server answers unknown names with an error ({rcode}).",
            "Its DNS settings are not those that were planned. Phones may ask again and again.",
            _DNS_PAGE,
        ),
    },
    "dns_ptr": {
        "ok": Sentence("{address} is called {domain}."),
        "not-ours": _NOT_OURS,
        "wrong": Sentence(
            "The server says that {address} is called {found}, not {domain}.",
            "Phones do not need this; some network tools show a wrong name.",
            _DNS_PAGE,
        ),
        "missing": Sentence(
            "The server does not know what {address} is called ({rcode}).",
            "Phones do not need this; logging in to the server may be slow.",
            _DNS_PAGE,
        ),
    },
    "dns_system": {
        "ok": Sentence("{domain} is {found}."),
        "practice": _PRACTICE,
        "hosts-file": Sentence(
            "This laptop takes {domain} from its own list of names ({file}): {found}.",
            "Somebody wrote the name there for a test. Phones have no such list, so this laptop "
            "cannot show what they see.",
            "Remove the line with {domain} from {file} and check again.",
        ),
        "other-dns": Sentence(
            "This laptop does not find {domain}: it asks {dns}, not the server.",
            "A DNS server was typed in on this laptop, or a VPN brings its own. A phone that asks "
            f"there does not find the name either. {_NO_INTERNET}",
            "Disconnect VPN, set the laptop to get its DNS automatically, reconnect and check "
            "again.",
        ),
        "not-found": Sentence(
            "This laptop does not find {domain}, although the server knows the name.",
            "The laptop asks another DNS server, or a VPN or a browser's secure DNS is on.",
            "Disconnect VPN, set the laptop to get its DNS automatically, reconnect and check "
            'again. On phones, set "Private DNS" to Off or Automatic.',
        ),
        "wrong": Sentence(
            "This laptop takes {domain} for {found}, not {address}.",
            "It asks another DNS server, uses a VPN, or remembers the address of before.",
            "Disconnect VPN, reconnect to the network, or restart the laptop. Then check again.",
        ),
        "too-many": Sentence(
            "This laptop finds {domain} at {address}, but also at {found}.",
            "Another DNS server answers, too. Some phones will go to the wrong place.",
            "Use only the server as DNS: remove the other DNS servers from the router's DHCP or "
            "from this laptop.",
        ),
    },
    "tcp_443": {
        "ok": Sentence("Port {port} is open."),
        "refused": Sentence(
            "The server is there, but no web server answers (port {port} is closed).",
            f"CHT does not run, or is still starting. {_UNABLE}",
            _RESTART_CHT,
        ),
        "no-answer": Sentence(
            "The web server does not answer (port {port}).",
            f"A firewall is in the way, or the server is overloaded. {_UNABLE}",
            "Pause VPN and security programs on this laptop. If that does not help, run Apply "
            "again: it opens the server's firewall.",
        ),
        "unreachable": Sentence(
            "There is no way from this laptop to {address}.",
            "The server is off, or this laptop is not in the clinic's network.",
            _CABLE,
        ),
    },
    "tls_handshake": {
        "ok": Sentence("{version}, {count} certificates."),
        "not-tls": Sentence(
            "What answers on port {port} is not a secure web server.",
            f"Another program has the port. {_UNABLE}",
            "Ask the person who installed CHT which program uses port {port}.",
        ),
        "protocol": Sentence(
            "Phones and the web server find no common way to encrypt.",
            "The web server speaks only very old encryption, or the certificate's key does not "
            "fit this CHT version: CHT before 4.3.0 needs an RSA key. " + _UNABLE,
            "Get a certificate with an RSA key, or update CHT.",
        ),
        "no-answer": Sentence(
            "The web server accepts the connection and then says nothing.",
            f"It is overloaded, or still starting. {_UNABLE}",
            _RESTART_CHT,
        ),
        "broken": Sentence(
            "The web server cuts the connection.",
            f"It is just restarting, or a firewall interferes. {_UNABLE}",
            "Wait a minute and check again. Pause VPN and security programs on this laptop.",
        ),
    },
    "tls_same": {
        "ok": Sentence("The web server shows exactly the certificate that you imported."),
        "unknown": Sentence("Not looked at: no certificate was imported to compare with."),
        "other": Sentence(
            "The web server shows another certificate: {subject}, valid until {end}.",
            "The imported one was not installed, or the web server has not taken it up, or "
            "another web server answers.",
            "Run Apply again for the certificate.",
        ),
        "chain-shorter": Sentence(
            "The web server shows your certificate, but not all that belong to it.",
            "The file on the server was replaced by one without the intermediate certificates. "
            f"Browsers on computers may hide this; phones do not. {_UNABLE}",
            "Run Apply again for the certificate.",
        ),
        "chain-other": Sentence(
            "The web server shows your certificate, but others with it or in another order.",
            "The file on the server was edited by hand.",
            "Run Apply again for the certificate.",
        ),
    },
    "tls": {
        "ok": Sentence("Valid for {domain} until {end}, {days} days from now."),
        "expired": Sentence(
            "The certificate of {domain} ended on {end}.",
            "Phones that are logged in go on working but no longer send their data; new ones "
            f"cannot log in. {_UNABLE}",
            "Get a new certificate and run Renew.",
        ),
        "not-yet-valid": Sentence(
            "The certificate of {domain} is valid only from {begin}.",
            "More likely a clock is wrong: this laptop's says {now}. " + _UNABLE,
            "Look at the clock of this laptop. If that is right, " + _SET_CLOCK,
        ),
        "wrong-name": Sentence(
            "The certificate is not for {domain}, but for {names}.",
            f"It was made for another name. A star stands for one word only. {_UNABLE}",
            "Use a name that the certificate is for, or get a certificate for {domain}.",
        ),
        "chain-incomplete": Sentence(
            "The web server does not show the intermediate certificates.",
            "Browsers on computers often mend this by themselves, so it looks fine there; phones "
            f"do not. {_UNABLE}",
            'Import the file that is called "fullchain" or comes with a "bundle", and run Apply.',
        ),
        "private-ca": Sentence(
            "The certificate comes from an authority that phones do not know: {issuer}.",
            "The CHT app trusts only authorities that are built into the phone, even if you "
            f"install this one. {_UNABLE}",
            "Get a certificate from a public authority, for example Let's Encrypt.",
        ),
        "self-signed": Sentence(
            "The web server shows a certificate that it made itself.",
            f"This is what CHT does as long as no certificate is installed. {_UNABLE}",
            _IMPORT,
        ),
        "refused": Sentence(
            "Phones do not accept the certificate of {domain}.",
            f"It breaks a rule that is not told apart here. {_UNABLE}",
            "Get a new certificate from a public authority, for example Let's Encrypt.",
        ),
        "finding": Sentence("{reason}", _UNABLE, "{remedy}"),
        "remark": Sentence("{reason}", "Phones accept the certificate today.", "{remedy}"),
        "unreadable": Sentence(
            "The web server shows a certificate that cannot be read.",
            f"The file on the server is damaged. {_UNABLE}",
            _IMPORT,
        ),
    },
    "http_redirect": {
        "ok": Sentence("http://{domain} leads to {location}."),
        "not-published": Sentence("Not looked at: the web server has no port for plain http."),
        "closed": Sentence(
            "Port {port} is closed.",
            "Who types {domain} without https:// in front may see an error.",
            "Always type https://{host} or use the printed sheet.",
        ),
        "plain": Sentence(
            "http://{domain} shows a page without encryption (status {status}).",
            "Another web server answers on port {port}.",
            "Always type https://{host}. Ask the person who installed the server what uses port "
            "{port}.",
        ),
        "elsewhere": Sentence(
            "http://{domain} leads somewhere else: {location}.",
            "Another device or another web server answers on port {port}.",
            "Find out what answers on port {port} of {address}; the web server's settings name "
            "another address.",
        ),
        "port-lost": Sentence(
            "http://{domain} leads to {location}, where CHT does not answer.",
            "CHT is on port {https_port}, and the redirection forgets the port.",
            "Always type https://{host}, with the number at the end.",
        ),
        "broken": Sentence(
            "http://{domain} gives no sensible answer.",
            "Another program has port {port}.",
            "Always type https://{host}.",
        ),
    },
    "setup_poll": {
        "ok": Sentence("CHT is ready."),
        "not-cht": _NOT_CHT,
        "starting": Sentence(
            "CHT is still starting.",
            f"After switching on this takes some minutes, after an update longer. {_NOT_VALID}",
            "Wait five minutes and check again.",
        ),
        "page": Sentence(
            "A web page answers where the app expects CHT.",
            "CHT is still starting, or another web server answers at this address. " + _NOT_VALID,
            "Wait five minutes and check again. If it stays so, another program has the port.",
        ),
        "not-ready": Sentence(
            "CHT answers that it is not ready: {reason}",
            'The CHT app says "CHT server is not ready, please try again soon".',
            _RESTART_CHT,
        ),
        "api-down": Sentence(
            "The web server runs, but CHT behind it does not (status {status}).",
            "CHT is starting again, or its database does not run. " + _NOT_VALID,
            _RESTART_CHT,
        ),
        "other-handler": Sentence(
            "Something other than CHT answers at this address.",
            "Another program has the port. " + _NOT_VALID,
            "Ask the person who installed CHT which program uses port {https_port}.",
        ),
        "status": Sentence(
            "The web server refuses the question that the app asks (status {status}).",
            "Another web server answers, or its settings were changed. " + _NOT_VALID,
            "Ask the person who installed CHT which program uses port {https_port}.",
        ),
        "broken": Sentence(
            "The connection was cut before CHT had answered.",
            f"CHT or its web server is restarting. {_UNABLE}",
            _RESTART_CHT,
        ),
        "slow": Sentence(
            "CHT does not answer in time.",
            f"It is still starting, or the server is overloaded. {_UNABLE}",
            _RESTART_CHT,
        ),
    },
    "monitoring": {
        "ok": Sentence("CHT {version}, database {couchdb}."),
        "not-cht": _NOT_CHT,
        "old": Sentence(
            "This CHT does not tell how it is.",
            "It is older than 3.12.",
            "Nothing has to be done now. Plan an update of CHT.",
        ),
        "database": Sentence(
            "CHT runs, but its database does not answer ({what}).",
            "The database is starting, was damaged by a power cut, or the disk is full.",
            _RESTART_CHT,
        ),
        "version": Sentence(
            "CHT does not know its own version.",
            "Its database does not answer properly, or the installation is not complete.",
            _RESTART_CHT,
        ),
        "status": Sentence(
            "CHT does not tell how it is (status {status}).",
            "It is starting, or its database does not answer.",
            _RESTART_CHT,
        ),
        "garbled": Sentence(
            "What CHT tells about itself cannot be understood.",
            "Another program answers, or the answer was cut off.",
            "Check again.",
        ),
        "broken": Sentence(
            "The connection was cut before CHT had told how it is.",
            "CHT is restarting.",
            _RESTART_CHT,
        ),
        "slow": Sentence(
            "CHT takes too long to tell how it is.",
            "The server is overloaded, or its database is very large.",
            "Wait five minutes and check again.",
        ),
    },
    "time_service": {
        "ok": Sentence("It answers, and differs from this laptop by {difference}."),
        "off": Sentence("Not looked at: the server does not give the time here."),
        "silent": Sentence(
            "The server does not answer when it is asked for the time.",
            "Its time service does not run, or a firewall is in the way. The CHT goes on working, "
            "but devices that rely on it drift apart.",
            "Run Apply again. If it stays so, untick that the server gives the time, on the page "
            "DNS and DHCP.",
        ),
        "unusable": Sentence(
            "The server answers, but says that its time cannot be relied on.",
            "Its time service waits for the Internet instead of going by the server's own clock.",
            "Run Apply again. If another time service is on the server, have it removed.",
        ),
    },
    "clock": {
        "ok": Sentence("Laptop and server differ by {difference}."),
        "phones": Sentence(
            "Laptop and server differ by {difference}. The date on phones must be between {begin} "
            "and {end}."
        ),
        "unknown": Sentence("Not looked at: the server's time is not known."),
        "laptop": Sentence(
            "This laptop's clock is wrong: {laptop}. The server's says {server}.",
            "The laptop's date lies before {proof}.",
            "Set this laptop's clock, then check again.",
        ),
        "server": Sentence(
            "The server's clock is wrong: {server}. This laptop's says {laptop}.",
            "The server's date lies before {proof}. From ten minutes on, CHT warns on every phone "
            "that its date is wrong, and stores wrong dates.",
            "Set the server's clock: " + _SET_CLOCK + " If it comes back after every power cut, "
            "the server has no battery for its clock, or an empty one.",
        ),
        "both": Sentence(
            "Both clocks are wrong: the laptop's says {laptop}, the server's {server}.",
            "Both dates lie before {proof}.",
            "Set this laptop's clock first. Then set the server's: " + _SET_CLOCK,
        ),
        "differ": Sentence(
            "The clocks differ by {difference}: the server's says {server}, this laptop's "
            "{laptop}.",
            "One of them is wrong; compare with a watch. From ten minutes on, CHT warns on every "
            "phone that its date is wrong, and stores wrong dates.",
            "Set the clock that is wrong. If that is the server's, " + _SET_CLOCK,
        ),
    },
    "boot": {
        "ok": Sentence("All services start by themselves."),
        "no-health": _NO_HEALTH,
        "disabled": Sentence(
            "These do not start by themselves after a power cut: {names}.",
            "They were switched off or never switched on.",
            "Run Apply again. For CHT's own parts, call the person who installed CHT.",
        ),
        "inactive": Sentence(
            "These do not run now, although they should: {names}.",
            "They stopped, or could not start.",
            "Switch the server off and on again. If it stays so, run Apply again.",
        ),
    },
    "containers": {
        "ok": Sentence("All names are found."),
        "no-health": _NO_HEALTH,
        "not-cht": _NOT_CHT,
        "none": Sentence("Not looked at: no part of CHT was asked."),
        "lost": Sentence(
            "Inside CHT a name is no longer found: {names}.",
            "The change of the server's DNS reached into CHT, or Docker needs a restart.",
            "Switch the server off and on again. If it stays so, undo the last change on the "
            "server (Rollback).",
        ),
    },
    "confirmed": {
        "ok": Sentence("Nothing is waiting."),
        "no-health": _NO_HEALTH,
        "waiting": Sentence(
            "The last change is not confirmed; it will be undone in {seconds} seconds.",
            "The server waits for this laptop to come back at the new address.",
            "Confirm the change, or wait until the old settings are back.",
        ),
        "running": Sentence(
            "A change by {who} is still being made.",
            "Another window or another person works on this server.",
            "Wait until it has ended, then check again.",
        ),
        "remains": Sentence(
            "A change by {who} was begun and not finished.",
            "The server or the program stopped in the middle.",
            "Undo it (Rollback), then start again.",
        ),
    },
}


def sentence(code: str, said: Said, target: Target) -> Sentence:
    """Put an answer into words. Raises KeyError for an outcome without a sentence."""
    table = SENTENCES["*"] if said.variant in SENTENCES["*"] else {}
    template = SENTENCES.get(code, {}).get(said.variant) or table[said.variant]
    arguments = {
        "domain": target.domain,
        "address": target.address,
        "host": target.host,
        "network": str(target.network),
        "https_port": target.https_port,
        **said.arguments,
    }
    return Sentence(*(tr(part).format(**arguments) for part in template))

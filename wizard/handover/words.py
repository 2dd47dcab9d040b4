"""Every sentence of sheet, report and calendar; the one file a translator needs.

What the CHT app shows on a phone is quoted exactly (cht-android: res/values/strings.xml).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from wizard.problem import Words, tr


class Step(NamedTuple):
    """Something to do, in order: what it is about, and the sentence."""

    title: str
    text: str


class Message(NamedTuple):
    """What a phone shows, and what to do then."""

    shown: str
    cure: str


MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

SECURITIES = {
    "wpa2-wpa3": "WPA2 and WPA3",
    "wpa2": "WPA2",
    "wpa3": "WPA3, for newer phones only",
}

STATES = {
    "good": "Good",
    "attention": "Needs attention",
    "unknown": "Not known",
    "asked": "To be answered",
}

OUTCOMES = {
    "": "There was nothing to change.",
    "nothing": "There was nothing to change.",
    "confirmed": "All changes are made and confirmed.",
    "applied": "The changes are made, but not confirmed yet.",
    "rolled-back": "The changes were undone. The server is as it was before.",
    "stopped": "The work was stopped and undone. The server is as it was before.",
}

CHECK_STATES = {
    "passed": "Good",
    "warning": "Look at it",
    "failed": "Failed",
    "skipped": "Not looked at",
}

SEVERITIES = {"problem": "Problem", "warning": "Warning", "note": "Note"}

PHONE: dict[str, Step] = {
    "update": Step(
        "Apps",
        "While there is Internet, install the CHT app and update Chrome and Android System "
        "WebView.",
    ),
    "date": Step(
        "Date and time",
        "Set date, time and time zone. Ten minutes wrong are enough for CHT to warn.",
    ),
    "date_between": Step(
        "Date and time",
        "Set date, time and time zone: ten minutes wrong are enough for CHT to warn, and outside "
        "{begin} to {end} the phone refuses the certificate.",
    ),
    "wifi_code": Step(
        "Wi-Fi",
        "Point the camera at the Wi-Fi code, or choose “{ssid}” and type the password.",
    ),
    "wifi_name": Step("Wi-Fi", "Choose “{ssid}” and type its password."),
    "wifi": Step("Wi-Fi", "Join the Wi-Fi of the clinic."),
    "stay": Step(
        "“No Internet”",
        "Android says so, and it is true. Choose “Stay connected” and “Don't ask again”.",
    ),
    "mobile": Step(
        "Mobile data",
        "Switch it off, and “Switch to mobile data automatically” (Samsung: “Intelligent "
        "Wi-Fi”) too.",
    ),
    "private_dns": Step(
        "Private DNS",
        "In Settings, Network and Internet: set it to Off or Automatic, never to a provider.",
    ),
    "address": Step(
        "The address",
        "Open the CHT app, choose “Custom”, type {url} and tap “Save”. Then log in. Without the "
        "app, type it in Chrome.",
    ),
}

MESSAGES: tuple[Message, ...] = (
    Message("Must be a valid URL", "Type the address again, with https:// and without spaces."),
    Message(
        "No Internet Connection",
        "The server was not found. Go through steps 3 to 6; no Internet is needed.",
    ),
    Message(
        "Unable to contact server",
        "Go through steps 2 to 6. On all phones: the server is off, or its certificate has ended.",
    ),
    Message(
        "URL is not a valid CHT server instance",
        "CHT is still starting. Wait five minutes and try again.",
    ),
    Message(
        "CHT server is not ready, please try again soon",
        "Wait. If it lasts longer than ten minutes, switch the server off and on again.",
    ),
    Message(
        "Bad date setting",
        "On one phone: set its date. On all phones: the clock of the server is wrong.",
    ),
)

WHITE_PAGE = Message(
    "A white page, or “Error loading page”",
    "The phone refuses the certificate. Look at the date of the phone, then at the end of the "
    "certificate.",
)

POWER: dict[str, str] = {
    "on": "Switch on the access point and the server if they do not start by themselves. "
    "Wait ten minutes.",
    "on_server": "Switch on the server if it does not start by itself. Wait ten minutes.",
    "look": "Open {url} on a phone. If CHT appears, all is well.",
    "again": "If not, press the power button of the server briefly and wait until it is off. "
    "Switch it on and wait ten minutes.",
    "clock": "If all phones say “Bad date setting”, the clock of the server stopped. Run “Check "
    "a site” on the laptop.",
    "call": "If CHT still does not appear, note what the phones say, and call for help.",
    "old_cht": "CHT {version} may not come back by itself (solved in 4.10.0). Step 3 helps.",
}

FILES: Words = {
    "full": (
        "{name} was not written: there is no room left.",
        "Make room, or choose another place, for example a memory stick.",
    ),
    "read-only": (
        "{name} was not written: nothing may be written there.",
        "Choose another folder, for example Documents.",
    ),
    "not-written": ("{name} was not written: {reason}.", "Choose another place."),
}

SENTENCES: dict[str, str] = {
    "language": "en",  # of these sentences, as BCP 47 has it
    "direction": "ltr",  # of its script: ltr or rtl
    "date": "{day} {month} {year}",
    # sheet
    "sheet": "Handover sheet",
    "practice_mark": "[Practice]",
    "practice": "Practice only. Nothing here belongs to a real server.",
    "as_of": "As of {day}, {time}",
    "program": "CHT Offline Setup {version}",
    "check_none": "Not checked yet",
    "check_good": "Live check: all {count} passed",
    "check_warnings": "Live check: works, {count} to look at",
    "check_failed": "Live check: failed at “{name}”",
    "check_cancelled": "Live check: stopped before its end",
    "open_title": "The CHT",
    "open_text": "Type this address in the CHT app, or scan it to open it in a browser.",
    "wifi_title": "The Wi-Fi",
    "wifi_password": "Password",
    "wifi_secret": "With this password anybody nearby can join. Keep this sheet among staff.",
    "wifi_ask": "Not printed here. The person in charge knows it.",
    "wifi_none": "Phones use the Wi-Fi of the clinic. Its name:",
    "wifi_hidden": "The network is hidden: type its name.",
    "network_title": "The network",
    "server_title": "The server",
    "names_title": "Names and addresses",
    "address": "Address",
    "address6": "IPv6 address",
    "network": "Network",
    "gateway": "Router",
    "gateway_none": "none, and none is needed",
    "interface": "Network card",
    "hostname": "Own name",
    "os": "System",
    "cht": "CHT",
    "unknown": "not known",
    "domain": "Domain",
    "dns": "DNS server",
    "dns_own": "{address}, this server",
    "dhcp": "For phones",
    "range": "{first} to {last}",
    "lease": "Given for",
    "minutes": "{count} minutes",
    "hours": "{count} hours",
    "days": "{count} days",
    "dns_dhcp_other": "DNS and DHCP",
    "dns_dhcp_other_text": "from another device, not from this server",
    "upstream": "Other names",
    "upstream_text": "asked at {servers}",
    "ntp": "Time server",
    "extra_name": "Also known",
    "extra_name_text": "{name} is {address}",
    "reservations": "Reserved",
    "reservations_more": "and {count} more, see the report",
    "certificate_title": "The certificate",
    "certificate_none": "No certificate was looked at in this visit.",
    "visit": "Next visit",
    "visit_by": "Next visit no later than",
    "visit_now": "now",
    "renew_how": "Bring the new files on the laptop that has CHT Offline Setup, start it and "
    "choose “Renew the certificate”. It takes a few minutes; phones need nothing.",
    "ends_on": "Ends on",
    "ends_text": "Afterwards no phone reaches the CHT. Phones that are logged in show nothing, "
    "they only stop sending.",
    "certificate_line": "Issued by {issuer} for {names}, valid from {begin}.",
    "issuer": "Issued by",
    "valid_from": "Valid from",
    "phones_between": "Date of phones",
    "between": "{begin} to {end}",
    "limits": "Shorter certificates to come",
    "valid_for": "Valid for",
    "sha256": "SHA-256",
    "phone_title": "Set up a phone",
    "phone_later": "To change the address later, tap five times with one finger, then swipe to "
    "the right with two. An app that was made for your programme knows its address.",
    "messages_title": "What a phone may say",
    "power_title": "After a power failure",
    "readiness_title": "Readiness of the site",
    "readiness_none": "Nothing was answered yet.",
    "call_title": "Who to call",
    "call_role": "For",
    "call_name": "Name",
    "call_phone": "Telephone",
    "call_cht": "CHT and users",
    "call_server": "Server and network",
    "call_certificate": "Certificate and domain",
    "no_passwords": "Write no passwords of CHT or of the server on this sheet.",
    "restarted": "The server was restarted for a test: it was away for {seconds} s, and "
    "everything came back.",
    # picture
    "picture": "{clients} reach the server {domain} at {address} through {middle}.",
    "picture_clients": "Phones and laptops",
    "picture_range": "{first} – {last}",
    "picture_given": "addresses from the server",
    "picture_other": "addresses from another device",
    "picture_own": "Access point",
    "picture_server_ap": "Wi-Fi of the server",
    "picture_none": "Access point or switch",
    "picture_serves": "CHT, DNS and DHCP",
    "picture_serves_cht": "CHT",
    "picture_no_router": "No router, no Internet needed",
    "picture_router": "Router {address}",
    # calendar
    "ics_renew": "Renew the certificate of {domain}",
    "ics_renew_text": "This is the last good day for a visit: the certificate of {title} "
    "({domain}) ends on {end}. Get the new files, start CHT Offline Setup on the laptop and choose "
    "“Renew the certificate”. If you are at the site on {renew_from} or later, renew it then.",
    "ics_end": "The certificate of {domain} ends",
    "ics_end_text": "From {time} on no phone reaches the CHT of {title} ({domain}) until the "
    "certificate is renewed. Phones that are logged in show nothing, they only stop sending.",
    # report
    "report": "Report",
    "report_applied": "What was changed",
    "report_no_changes": "No change was planned.",
    "report_check": "Live check",
    "report_cause": "Likely cause",
    "report_cure": "What to do",
    "report_phones": "Who accepts the certificate",
    "report_findings": "Remarks about the certificate",
    "report_seconds": "Took {seconds} seconds",
    "report_secrets": "This report holds no passwords and no keys.",
    "report_wifi": "Wi-Fi",
    "report_security": "Security",
    "report_mac": "MAC address",
    "report_name": "Name",
}


def say(key: str, **arguments: object) -> str:
    """Return a sentence with its arguments filled in. Raises KeyError for an unknown one."""
    return tr(SENTENCES[key]).format(**arguments)


def spoken(table: Mapping[str, str]) -> dict[str, str]:
    """Return a table of words in the language that is spoken."""
    return {key: tr(word) for key, word in table.items()}


def long_date(day: date) -> str:
    """A date as people write it: 9 March 2027. Not by the C library, whose language varies."""
    return say("date", day=day.day, month=tr(MONTHS[day.month - 1]), year=day.year)


def clock_time(moment: datetime) -> str:
    """Hours and minutes: 14:05."""
    return f"{moment.hour:02}:{moment.minute:02}"


def lease_time(text: str) -> str:
    """How long an address is kept: "12h" -> 12 hours; anything else stays as it is."""
    unit = {"m": "minutes", "h": "hours", "d": "days"}.get(text[-1:])
    return say(unit, count=text[:-1]) if unit and text[:-1].isdigit() else text

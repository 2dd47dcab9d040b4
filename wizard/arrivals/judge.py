"""Where a device stands, and if it stopped, what that usually means: a pure function.

The last link of the chain that it reached counts; what was wrong before is over. Once it opened
the CHT only a refusal counts: other apps ask for names of their own, and browsers hold connections
in reserve.
"""

from __future__ import annotations

from wizard.arrivals.model import OWN_ADDRESS, Device, Expected, Row
from wizard.arrivals.words import WORDS
from wizard.problem import say

# Seconds after which a step that did not come will not come by itself
NO_ADDRESS = 12.0  # DISCOVER is repeated after 4 and 8 s (RFC 2131, section 4.1)
JOINED_ONLY = 15.0
NO_QUESTION = 30.0  # somebody has to take the phone in the hand and open the app
NOT_COME = 12.0
NO_HANDSHAKE = 10.0
ELSEWHERE = 4.0  # what a phone asks a provider first and then us is no fault
ENDED = ("45",)  # TLS alert certificate_expired (RFC 8446, section 6)

RUNNING = frozenset({"came", "was-there", "asks-address", "has-address", "asked-name", "opening"})
THERE = frozenset({"opened", "uses"})
DOUBTFUL = frozenset(
    {"left", "own-address", "silent", "no-question", "not-come", "no-handshake", "unused"}
)
"""Codes that may mean nothing worse than an app that nobody has opened, or a printer."""


def judge(device: Device, now: float, expected: Expected) -> Row:
    """Return the row of a device; `now` is seconds since the watch began."""
    code, since, about = _where(device, now, expected)
    arguments = {
        "name": about,
        "detail": about,
        "domain": expected.domain,
        "address": device.address,
    }
    message, cure = say(WORDS, code, arguments)
    there = code in THERE
    return Row(
        device.mac,
        device.title,
        device.maker,
        device.address,
        "passed" if there else _state(code),
        code,
        message,
        cure,
        tuple(_steps(device, expected)),
        device.through if there else max(0.0, now - since),
    )


def _state(code: str) -> str:
    if code in RUNNING:
        return "running"
    return "warning" if code in DOUBTFUL else "failed"


def _steps(device: Device, expected: Expected) -> list[str]:
    done = {
        "joined": expected.wifi and device.at("joined", "was-there") >= 0,
        "address": device.at(*OWN_ADDRESS) >= 0,
        "name": device.at("domain") >= 0,
        "opened": device.at("opened") >= 0,
    }
    return [step for step, so in done.items() if so]


def _where(device: Device, now: float, expected: Expected) -> tuple[str, float, str]:
    """Return code, since when, and what it is about."""
    at = device.at
    reached = at("hello", "knocked", "opened", "refused", "unused", "refused-by-server")
    elsewhere = ("dot-elsewhere", "dns-elsewhere", "provider") if expected.serves else ()
    wrong = at("near", *elsewhere)
    asked = at("domain")
    if device.latest("was-there", "joined", "asked", "given", "domain", "opened", "left") == "left":
        return "left", at("left"), ""
    if at("opened") >= 0 or reached >= max(wrong, 0.0) or (reached >= 0 and asked >= wrong):
        return _at_the_server(device, now, expected)
    if asked >= max(wrong, 0.0):
        code = "not-come" if now - asked > NOT_COME else "asked-name"
        return code, asked, ""
    if wrong >= 0:
        return _asks_wrongly(device, now, elsewhere)
    if at(*OWN_ADDRESS, "other-dhcp", "present") >= 0:
        if not expected.serves:
            return "has-address", at(*OWN_ADDRESS, "other-dhcp", "present"), ""
        return _has_address(device, now)
    if at("asked", "refused-address") >= 0:
        begun = at("asked", "refused-address")
        late = expected.serves and now - device.first > NO_ADDRESS and now - begun < 60.0
        return ("no-address" if late else "asks-address"), begun, ""
    if device.latest("joined", "wrong-password") == "wrong-password":
        return "wrong-password", at("wrong-password"), ""
    if _was_there(device):
        return "was-there", device.first, ""
    late = at("joined") >= 0 and now - at("joined") > JOINED_ONLY
    return ("joined-only" if late else "came"), max(at("joined"), device.first), ""


def _at_the_server(device: Device, now: float, expected: Expected) -> tuple[str, float, str]:
    at = device.at
    reserve = () if at("opened") >= 0 else ("unused",)
    ended = device.latest("refused", *reserve, "refused-by-server", "opened")
    name = device.said.get("hello", "")
    other = at("hello") >= 0 and name not in ("", expected.domain)
    if ended == "opened" or (ended and at(ended) >= at("hello")):
        since = at(ended)
        if ended == "opened":
            arrived = at("asked", "given", "joined") >= 0
            return ("opened" if arrived else "uses"), since, name
        if other:
            return "wrong-name", since, name
        if at("hello") >= 0 and not name:
            return "by-number", since, ""
        if ended == "refused":
            timely = device.said["refused"] in ENDED
            return ("certificate-time" if timely else "certificate"), since, ""
        return ("unused" if ended == "unused" else "too-old"), since, ""
    since = at("hello", "knocked")
    return ("no-handshake" if now - since > NO_HANDSHAKE else "opening"), since, name


def _asks_wrongly(device: Device, now: float, elsewhere: tuple[str, ...]) -> tuple[str, float, str]:
    what = device.latest(*elsewhere, "near")
    about, since = device.said.get(what, ""), device.at(what)
    if what == "near":
        return "mistyped", since, about
    if now - since < ELSEWHERE:
        return "has-address", since, ""
    return ("private-dns" if what == "provider" else "other-dns"), since, about


def _has_address(device: Device, now: float) -> tuple[str, float, str]:
    at = device.at
    other = at("other-dhcp")
    if other > at(*OWN_ADDRESS):  # and uses what it got there
        return "other-dhcp", other, device.said["other-dhcp"]
    what = device.latest("present", *OWN_ADDRESS)
    since = at(what)
    if what == "present" and at(*OWN_ADDRESS) < 0:
        return "own-address", since, ""
    if now - since < NO_QUESTION:
        return "has-address", since, ""
    if at("check", "other") >= 0:
        return "no-question", since, ""
    return ("has-address" if _was_there(device) else "silent"), since, ""


def _was_there(device: Device) -> bool:
    """Whether it was on the Wi-Fi before, and did not come anew: it may be idle for hours."""
    return device.at("was-there") >= 0 and device.at("joined") < 0

"""Does the server give the time, do all agree on it, and if not, which of them is wrong?"""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography import x509

from wizard.certificate import look as about
from wizard.certificate import of_der
from wizard.certificate.planner import clock_window
from wizard.certificate.rules.case import BUILT
from wizard.certificate.rules.dates import shown
from wizard.check.ask_time import NoTime, ask
from wizard.check.base import Check, Look, Said, failed, passed, skipped, warning

# CHT's web app warns on the phone from 10 minutes on
# (cht-core: webapp/src/ts/services/check-date.service.ts).
FAILED = 600.0  # seconds
WARNING = 120.0


class Clocks(Check):
    """The laptop's clock against the server's own, HTTP's Date and CHT's date."""

    code = "clock"
    page = "clock"
    after = ("setup_poll", "monitoring", "tls_handshake", "time_service")
    limit = 3.0

    def _ask(self, look: Look) -> Said:
        offsets = dict(look.notes.clocks)
        health, asked = look.around.health, look.around.health_at
        if health is not None and asked is not None:
            offsets["server"] = health.clock - asked
        if not offsets:
            return skipped("unknown")
        laptop = look.now()
        # The farthest one counts: a container's clock is the server's, so all should be one.
        offset = max(offsets.values(), key=abs)
        server = laptop + offset
        proof, why = _not_before(look)
        words = {
            "laptop": _shown(laptop),
            "server": _shown(server),
            "difference": _span(offset),
            "proof": why,
        }
        detail = ", ".join(f"{name} {value:+.1f} s" for name, value in offsets.items())
        wrong = {name for name, at in (("laptop", laptop), ("server", server)) if at < proof}
        if len(wrong) == 2:
            return failed("both", detail, **words)
        if abs(offset) <= WARNING:
            window = _window(look)
            return passed("phones" if window else "ok", detail=detail, **words, **window)
        say = failed if abs(offset) >= FAILED else warning
        return say(next(iter(wrong), "differ"), detail, **words)


class TimeService(Check):
    """The server answers devices that ask it for the time."""

    code = "time_service"
    page = "clock"
    needs = ("server",)

    def _ask(self, look: Look) -> Said:
        if not look.target.ntp:
            return skipped("off")
        try:
            told = ask(look)
        except NoTime as error:
            return warning("silent", str(error))
        detail = f"stratum {told.stratum}, leap {told.leap}, {told.offset:+.3f} s"
        if not told.usable:
            return warning("unusable", detail)
        look.notes.clocks["time"] = told.offset
        return passed(detail=detail, difference=_span(told.offset))


def _not_before(look: Look) -> tuple[float, str]:
    """Return a moment that has certainly passed, and how that is known."""
    moment, why = BUILT, f"the day this program was made ({BUILT:%Y-%m-%d})"
    for der in look.notes.chain[:1]:
        try:
            begin = x509.load_der_x509_certificate(der).not_valid_before_utc
        except about.READ_ERRORS:
            continue
        # A public authority does not sign for the future.
        if begin > moment and _imported(look):
            moment, why = begin, f"the day the certificate was made ({begin:%Y-%m-%d})"
    return moment.timestamp(), why


def _window(look: Look) -> dict[str, str]:
    """Return between which days phones must be set; {} when no certificate could be read."""
    bundle = of_der(look.notes.chain)
    if bundle is None:
        return {}
    try:
        begin, end = clock_window(bundle, look.around.roots)
    except about.READ_ERRORS:
        return {}
    return {"begin": f"{begin:%Y-%m-%d}", "end": f"{end:%Y-%m-%d}"}


def _imported(look: Look) -> bool:
    """Whether the served leaf is the imported one: a self-made one bears the server's own date."""
    return bool(look.target.chain) and (
        about.sha256(x509.load_der_x509_certificate(look.notes.chain[0])) == look.target.chain[0]
    )


def _shown(seconds: float) -> str:
    try:
        return shown(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return "no date at all"


def _span(seconds: float) -> str:
    seconds = abs(seconds)
    for size, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} seconds"

"""What the self-test says, and what to do when a part fails."""

from __future__ import annotations

from collections.abc import Mapping

from wizard.problem import Words

GOOD: Mapping[str, str] = {
    "imports": "The program is complete: {own} parts of its own, {others} libraries.",
    "resources": "Its files can be read: {files} icons, texts, templates and lists.",
    "agent": "The part that goes to the server can be made: {files} files.",
    "folders": "Its folders on this laptop can be written.",
    "tls": "A secure connection works ({version}), and a false one is refused.",
    "ssh": "A login over SSH works, with a key and with a password; a wrong one is refused.",
    "window": "A window can be drawn ({platform}, Qt {qt}, {screen}), with Qt's texts in "
    "{languages} languages.",
    "practice": "The practice clinic was set up and renewed, mishaps included: {steps} steps.",
    "tour": "The window walked through the whole practice clinic: {pages} pages.",
}
"""code of a part -> what is said when it passed."""

_ANEW = (
    "Install the program again. If a virus scanner took something away, allow this program there "
    "first."
)
_LOOPBACK = (
    "A firewall or a virus scanner on this laptop may stand in between. Allow this program there, "
    "then run the self-test again. If that does not help, install the program again."
)
_REPORT = (
    "Run the self-test once more. If it fails again, send its report to whoever supports you. It "
    "holds no passwords."
)

FAILED: Words = {
    "imports": ("The program is not complete. Missing, or broken: {names}.", _ANEW),
    "resources": ("Files of the program are missing or damaged: {names}.", _ANEW),
    "agent": ("The part that goes to the server is not complete: {names}.", _ANEW),
    "folders": (
        "The program cannot save in {path}: {reason}.",
        "Make room on the disk, and see to it that this folder belongs to you.",
    ),
    "tls": ("A secure connection within this laptop failed: {reason}.", _LOOPBACK),
    "ssh": ("A login over SSH within this laptop failed: {reason}.", _LOOPBACK),
    "window": (
        "No window can be drawn on this laptop.",
        "Start the self-test in a terminal on the desktop, not over a remote login. If it says "
        "the same there, restart the laptop; then install the program again.",
    ),
    "translations": ("Texts of the window cannot be read: {names}.", _ANEW),
    "practice": ("The practice clinic did not go as it should.", _REPORT),
    "tour": ("The window did not get through the practice clinic.", _REPORT),
    "crashed": ("“{part}” ended by itself in the middle of the test.", _REPORT),
    "slow": (
        "“{part}” did not end within {seconds:.0f} seconds.",
        "The laptop may be busy. Close other programs, and run the self-test again.",
    ),
    "not-started": ("“{part}” could not be started: {reason}.", _ANEW),
}

SUMS = {
    "good": "All {all} parts of the self-test passed.",
    "failed": "{failed} of {all} parts of the self-test failed. What to do stands below each.",
    "short": "Left out: {names}. Without --quick they are tested, too; it takes some minutes.",
}

"""The practice clinic on the command line: a tour of everything, or a clinic that stays open."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from wizard.console import Screen
from wizard.practice.clinic import PASSWORD, USER, Clinic
from wizard.practice.tour import Step
from wizard.practice.tour import tour as walk


class Stage(Screen):
    """A screen on which everything is marked as practice."""

    def step(self, step: Step) -> None:
        """Print how a step ended."""
        text = f"practice: {step.sentence} ({step.seconds:.1f} s)"
        self.row("passed" if step.passed else "failed", text)


def tour(folder: Path | None, screen: Screen) -> int:
    """Practise everything once; returns 0 only when all of it went as promised."""
    stage = Stage(screen.as_json)
    stage.say("This is practice: the server is pretended, on this very computer.", "bold")
    begun = time.monotonic()
    steps = walk(folder, stage)
    seconds = time.monotonic() - begun
    good = bool(steps) and all(step.passed for step in steps)
    stage.heading("What was practised")
    for step in steps:
        stage.step(step)
    if good:
        stage.say(f"Everything went as promised, in {seconds:.0f} seconds. It was practice.")
    else:
        stage.error("The practice did not go as promised.", "Please report this with the above.")
    stage.result(
        {
            "practice": True,
            "passed": good,
            "seconds": round(seconds, 2),
            "steps": [step.plain() for step in steps],
        }
    )
    return 0 if good else 1


def stay(folder: Path | None, screen: Screen) -> int:
    """Keep a clinic open until Ctrl-C, and say how the other commands reach it."""
    with Clinic(folder) as clinic:
        options = {
            "--site": str(clinic.site),
            "--clinic": str(clinic.folder / "clinic.json"),
            "--data": str(clinic.folder / "data"),
            "--extra-roots": str(clinic.folder / "root.pem"),
            "--host-key": clinic.fingerprint,
        }
        screen.say("A practice clinic is open, with a pretended server. Try in another window:")
        words = " ".join(f"{name} {value}" for name, value in options.items())
        screen.say(f"  cht-offline-setup plan --ask-pass {words}")
        screen.say(f"The password of {USER} is {PASSWORD}. Ctrl-C closes the clinic.")
        screen.result({"practice": True, "options": options, "password": PASSWORD})
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)
    return 0

"""What the command line shows: tables, steps and sentences; JSON when it is asked for."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from wizard.agent import wire
from wizard.arrivals import Row
from wizard.certificate import Client, Finding
from wizard.certificate.clients import common_reason, groups, together
from wizard.certificate.planner import State as Due
from wizard.certificate.planner import VisitPlan
from wizard.check import Report, Result
from wizard.handover import visits
from wizard.plan import Plan
from wizard.problem import Problem
from wizard.readiness import Item, topic
from wizard.restarting import Restarted
from wizard.visit import Progress
from wizard.wording import PHASES, STATES, TOPICS

MARKS = {
    "passed": ("✓", "green"),
    "done": ("✓", "green"),
    "warning": ("!", "yellow"),
    "failed": ("✗", "red"),
    "problem": ("✗", "red"),
    "undo-failed": ("✗", "red"),
    "undone": ("↶", "yellow"),
    "skipped": ("–", "dim"),
    "note": ("·", "dim"),
    "begun": ("…", "cyan"),
    "good": ("✓", "green"),
    "attention": ("!", "yellow"),
    "unknown": ("?", "dim"),
    "asked": ("?", "cyan"),
    "accepted": ("✓", "green"),
    "condition": ("!", "yellow"),
    "unsure": ("?", "dim"),
    "refused": ("✗", "red"),
}


class Screen:
    """Writes for people to standard output, or one JSON object when `as_json` is set.

    In JSON mode everything for people goes to standard error, so that the output stays parsable.
    """

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self.console = Console(stderr=as_json, highlight=False, soft_wrap=True)
        self._counted = False

    def result(self, value: Mapping[str, Any]) -> None:
        """Print the JSON object, in JSON mode only."""
        if self.as_json:
            json.dump(value, sys.stdout, indent=2, ensure_ascii=False, default=str)
            sys.stdout.write("\n")
            sys.stdout.flush()

    def say(self, text: str, style: str = "") -> None:
        """Print a sentence."""
        self.console.print(Text(text, style=style))

    def row(self, mark: str, text: str, more: str = "") -> None:
        """Print one line with a mark and, below it, what to do."""
        sign, style = MARKS.get(mark, ("·", ""))
        self.console.print(Text.assemble((f"{sign} ", style), text))
        if more:
            self.console.print(Text(f"  {more}", style="dim"))

    def heading(self, text: str) -> None:
        """Print that something new begins."""
        self.console.print()
        self.console.print(Text(text, style="bold cyan"))

    def error(self, message: str, cure: str, detail: str = "") -> None:
        """Print what went wrong and its cure."""
        self.row("failed", message)
        if cure:
            self.console.print(Text(f"  {cure}"))
        if detail:
            self.console.print(Text(f"  ({detail.strip()})", style="dim"))

    # ------------------------------------------------------------------ parts

    def problems(self, problems: Iterable[Problem]) -> None:
        """Print problems with their field and cure."""
        for problem in problems:
            place = ", ".join(part for part in (problem.field, problem.code) if part)
            self.row(problem.severity, f"{problem.message} [{place}]", problem.cure)

    def findings(self, findings: Iterable[Finding]) -> None:
        """Print what was found about a certificate."""
        for finding in findings:
            self.row(finding.severity, finding.message, finding.cure)

    def certificate(self, report: Mapping[str, Any]) -> None:
        """Print what `certificate.report.describe` returned."""
        leaf = report["leaf"]
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        for name in ("subject", "names", "issuer", "not_before", "not_after", "key", "sha256"):
            value = leaf[name]
            text = ", ".join(value) if isinstance(value, list | tuple) else str(value)
            table.add_row(Text(name.replace("_", " "), style="dim"), Text(text))
        table.add_row(Text("days left", style="dim"), Text(str(leaf["days_left"])))
        self.console.print(table)
        for finding in report["findings"]:
            self.row(finding["severity"], finding["message"], finding["cure"])
        if not any(f["severity"] == "problem" for f in report["findings"]):
            self.row("passed", "Nothing speaks against this certificate.")

    def clients(self, verdicts: Sequence[Client]) -> None:
        """Print who accepts a certificate, those that say the same together."""
        self.heading("Who accepts it")
        table = Table(box=None, padding=(0, 2, 0, 0))
        for title in ("", "Client", "Until", "Why"):
            table.add_column(title, overflow="fold")
        for group in groups(verdicts):
            first = group[0]
            sign, style = MARKS[first.state]
            until = f"{first.until:%Y-%m-%d}" if first.until else "-"
            row = (Text(sign, style=style), together(group), until, common_reason(group))
            table.add_row(*row)
        self.console.print(table, soft_wrap=False)

    def facts(self, facts: wire.Facts) -> None:
        """Print the facts a person wants to see."""
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))

        def add(name: str, value: str) -> None:
            table.add_row(Text(name, style="dim"), Text(value))

        add("server", f"{facts.system.hostname} ({facts.system.pretty_name})")
        add("network", _network(facts))
        for interface in facts.interfaces:
            if interface.kind in ("ethernet", "wifi", "bridge"):
                addresses = ", ".join(f"{a.address}/{a.prefix}" for a in interface.addresses)
                link = "link" if interface.carrier else "no link"
                add(interface.name, f"{interface.kind}, {link}: {addresses or 'no address'}")
        add("firewall", facts.firewall.kind if facts.firewall.active else "none")
        for web in facts.web:
            add(web.kind, f"{web.container or web.unit} {web.version} {web.status}")
        missing = [p.name for p in facts.packages.items if not p.installed]
        add("not installed", ", ".join(missing) or "-")
        self.console.print(table)
        for problem in facts.problems:
            self.row("warning", problem)

    def plan(self, the_plan: Plan, diff: bool = True) -> None:
        """Print what would be changed, by topic, with the difference of every file."""
        self.problems(the_plan.problems)
        if the_plan.empty:
            self.row("passed", the_plan.no_op)
            return
        topic = ""
        for change in the_plan.changes:
            if change.topic != topic:
                topic = change.topic
                self.console.print(Text(TOPICS.get(topic, topic), style="bold"))
            self.row("note", the_plan.sentence(change))
            text = the_plan.diff(change) if diff else ""
            if text:
                self.console.print(Syntax(text, "diff", background_color="default"))
        for interruption in the_plan.interruptions:
            self.row("warning", interruption.sentence)

    def progress(self, progress: Progress) -> None:
        """Print something that happened during a visit."""
        if progress.kind == "phase":
            self._counted = False
            sentence = PHASES.get(progress.code, progress.code)
            self.console.print(Text(sentence.format(text=progress.text), style="bold"))
        elif progress.kind == "step" and progress.state != "begun":
            state = STATES.get(progress.state, progress.state)
            took = f" ({progress.seconds:.1f} s)" if progress.seconds >= 0.05 else ""
            self.row(progress.state, f"{progress.text}{state}{took}")
        elif progress.kind == "countdown" and not self._counted:
            self._counted = True  # it is armed anew before every step: once tells enough
            seconds = f"{progress.seconds:.0f} s"
            self.say(f"  Left alone, the server goes back by itself in {seconds}.", "dim")
        elif progress.kind == "advice":
            self.row("warning", progress.text)
        elif progress.kind == "log" and progress.text and progress.code != "state":
            self.say(f"  {progress.text}", "dim")

    def readiness(self, items: Iterable[Item]) -> None:
        """Print what is said about each topic of readiness."""
        before = ""
        for item in items:
            if item.topic != before:
                before = item.topic
                self.heading(topic(item.topic).title)
                self.say(topic(item.topic).why, "dim")
            self.row(item.state, item.sentence, item.cure)

    def restarted(self, restarted: Restarted) -> None:
        """Print how a restart went."""
        self.row(
            "passed",
            f"The server restarted and was back after {restarted.until_ssh:.0f} s; "
            f"for {restarted.down:.0f} s it did not answer.",
        )

    def arrival(self, row: Row) -> None:
        """Print how things stand with a device now; in JSON mode as an object on a line."""
        if self.as_json:
            sys.stdout.write(json.dumps(row.plain(), ensure_ascii=False) + "\n")
            sys.stdout.flush()
            return
        mark = "begun" if row.state == "running" else row.state
        took = f" ({row.seconds:.1f} s)" if row.state == "passed" and row.seconds >= 0.05 else ""
        self.row(mark, f"{row.title} ({row.about}): {row.message}{took}", row.cure)

    def check_result(self, result: Result) -> None:
        """Print one row of the live check."""
        self.row(result.state, f"{result.name}: {result.message}")
        if result.state in ("failed", "warning"):
            for text in (result.cause, result.cure):
                if text:
                    self.console.print(Text(f"  {text}"))

    def check_table(self, report: Report) -> None:
        """Print a whole live check as a table, and its verdict."""
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        for result in report.results:
            sign, style = MARKS[result.state]
            table.add_row(Text(sign, style=style), Text(result.name), Text(result.message))
        self.console.print(table)
        self.check_end(report)

    def check_end(self, report: Report) -> None:
        """Print the verdict of a live check."""
        broken = report.first_broken
        if broken is None:
            self.row("passed", "A phone on this network will reach the CHT.")
        else:
            self.row("failed", f"The first broken link is: {broken.name}.", broken.cure)

    def next_visit(self, plan: VisitPlan) -> None:
        """Print when to come again, and what follows from it."""
        late = plan.urgent or not plan.knows_day
        mark = "failed" if plan.state is Due.ENDED else "warning" if late else "passed"
        self.row(mark, visits.headline(plan))
        for sentence in (*visits.advice(plan), *visits.changes(plan)):
            self.console.print(Text(f"  {sentence}", style="dim"))


def _network(facts: wire.Facts) -> str:
    network = facts.network
    if network.reason != "ok":
        return f"{network.reason}: {', '.join(network.found)}"
    return network.manager + (f" with {network.renderer}" if network.renderer else "")

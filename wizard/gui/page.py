"""What every page of the walk has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from wizard.gui.desk import Desk
from wizard.gui.theme import SPACE
from wizard.gui.widgets.field import Field
from wizard.problem import Problem
from wizard.site.flow import Step
from wizard.site.model import Site

if TYPE_CHECKING:
    from wizard.gui.shell import Shell

SEVERITIES = ("problem", "warning", "note")  # of one input the worst is shown


class Page(QWidget):
    """One step: it shows answers and takes them; it never changes the server by itself.

    A page is built once, when it is first shown. Subclasses set `step`, fill `body` in
    `build()`, show the site's answers in `show_site()`, return the site with the page's answers
    from `read()`, and say in `title()`, `lead()` and `next_text()` what the shell shows.
    `ready` is emitted when title, lead, buttons or the blockers may have changed.
    """

    step: ClassVar[Step]
    ready = Signal()

    def __init__(self, desk: Desk, shell: Shell) -> None:
        super().__init__()
        self.setObjectName("page")
        self.desk, self.shell = desk, shell
        self.fields: dict[str, Field] = {}
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(2 * SPACE)
        self._showing = False
        self.build()
        self.body.addStretch(1)
        self.show_answers()
        desk.site_changed.connect(self.show_answers)
        desk.known_changed.connect(self.show_known)

    # ------------------------------------------------------------- for subclasses

    def build(self) -> None:
        """Fill `body`."""

    def title(self) -> str:
        """One sentence in the user's words."""
        raise NotImplementedError

    def lead(self) -> str:
        """Why it matters."""
        return ""

    def next_text(self) -> str:
        """What the Next button says: the verb when it acts."""
        return self.tr("&Next")

    def next_about(self) -> str:
        """What the Next button does, for people who listen."""
        return ""

    def show_site(self, site: Site) -> None:
        """Show the site's answers in the page's inputs."""

    def read(self, site: Site) -> Site:
        """Return the site with the answers of this page."""
        return site

    def show_known(self) -> None:
        """Show what was learnt about the server; called when that changes."""

    def entered(self) -> None:
        """The page is shown: start what it does by itself."""

    def left(self) -> None:
        """The page is no longer shown: stop what it does by itself."""

    def found(self) -> tuple[Problem, ...]:
        """What is shown beside the inputs: what is wrong or doubtful with this step."""
        return self.desk.found(self.step)

    def blockers(self) -> tuple[Problem, ...]:
        """What keeps one from going on: shown when Next is pressed."""
        return self.desk.in_the_way(self.step)

    def leave(self, go_on: Callable[[], None]) -> None:
        """Next was pressed and nothing is in the way: work if needed, then call `go_on`."""
        go_on()

    def may_leave(self) -> bool:
        """Whether the step list and Back work: not while the server is being changed."""
        return True

    def may_go_back(self) -> bool:
        """Whether Back works: not after the server was changed."""
        return True

    def about_closing(self) -> str:
        """What happens if the window is closed while one may not leave."""
        return self.tr(
            "If you close now, the server puts everything back by itself within a few minutes, "
            "and nothing is half done. It is better to wait."
        )

    def reveal(self, _path: str) -> bool:
        """Show what a problem is about, when it is no input; False when it is not here."""
        return False

    def first_field(self) -> QWidget | None:
        """What gets the keyboard when the page is entered."""
        return next((f.editor for f in self.fields.values() if f.isVisibleTo(self)), None)

    # ------------------------------------------------------------------- fields

    def add(self, field: Field) -> Field:
        """Take an input in: its edits are answers, its problems are shown beside it."""
        self.fields[field.path] = field
        field.edited.connect(self.take)
        field.left.connect(self.show_problems)
        return field

    def take(self) -> None:
        """Put the page's answers on the desk."""
        if self._showing:
            return
        self.desk.decide(self.read(self.desk.site))
        self.show_problems()

    def show_answers(self) -> None:
        """Show what is on the desk."""
        self._showing = True
        try:
            self.show_site(self.desk.site)
        finally:
            self._showing = False
        self.show_problems()

    def show_problems(self) -> None:
        """Show problems beside the inputs that were left once."""
        first: dict[str, Problem] = {}
        for problem in sorted(self.found(), key=lambda p: SEVERITIES.index(p.severity)):
            for path, field in self.fields.items():
                inside = problem.field == path or problem.field.startswith((f"{path}[", f"{path}."))
                if inside and field.touched:
                    first.setdefault(path, problem)
        for path, field in self.fields.items():
            field.show_problem(first.get(path))
        self.ready.emit()

    def touch(self) -> None:
        """Show all problems: Next was pressed."""
        for field in self.fields.values():
            field.touched = True
        self.show_problems()

    def field_of(self, path: str) -> Field | None:
        """Return the input that belongs to a path of the site file, or to a part of it."""
        while path:
            if path in self.fields:
                return self.fields[path]
            cut = max(path.rfind("."), path.rfind("["))
            path = path[:cut] if cut > 0 else ""
        return None

    def in_order(self, found: Iterable[Problem]) -> tuple[Problem, ...]:
        """Return problems in the order of the page's inputs, those of no input last."""
        paths = list(self.fields)

        def place(problem: Problem) -> int:
            field = self.field_of(problem.field)
            return paths.index(field.path) if field is not None else len(paths)

        return tuple(sorted(found, key=place))

    def part(self, topic: str, **values: object) -> Site:
        """Return the site with changed answers of one topic."""
        site = self.desk.site
        return replace(site, **{topic: replace(getattr(site, topic), **values)})


def press(button: QAbstractButton, name: str = "") -> QAbstractButton:
    """Give a button the name that a screen reader says, when its text is not enough."""
    button.setAccessibleName(name or button.text().replace("&", ""))
    return button

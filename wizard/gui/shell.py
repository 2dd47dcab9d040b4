"""The window around the pages: step list, title, summary of problems, and the buttons."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QAccessible, QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from wizard.gui import icons
from wizard.gui.announce import announce
from wizard.gui.desk import Desk
from wizard.gui.dialogs import Dialogs
from wizard.gui.page import Page
from wizard.gui.step_list import StepList
from wizard.gui.theme import SPACE, theme
from wizard.gui.widgets.card import Notice
from wizard.gui.widgets.fold import reveal
from wizard.gui.widgets.scroll import ScrollArea
from wizard.gui.widgets.summary import Summary
from wizard.gui.widgets.text import label, line
from wizard.problem import Problem, UserError
from wizard.site.flow import Step, page_of

PageMaker = Callable[[Desk, "Shell"], Page]
HomeMaker = Callable[[Desk, "Shell"], QWidget]

SIZE = (900, 600)
SMALLEST = (640, 420)
ROOM = 30  # milliseconds until a page has laid itself out anew


class Shell(QDialog):
    """The whole window. It owns buttons, focus and announcements; pages own what is inside.

    `home` makes the start page, `pages` the page of each step; both are made when first shown.
    """

    def __init__(
        self,
        desk: Desk,
        home: HomeMaker,
        pages: Mapping[Step, PageMaker],
        dialogs: Dialogs | None = None,
    ) -> None:
        super().__init__()
        flag = Qt.WindowType
        self.setWindowFlags(
            flag.Window
            | flag.WindowMinimizeButtonHint
            | flag.WindowMaximizeButtonHint
            | flag.WindowCloseButtonHint
        )
        self.setWindowTitle(self.tr("CHT Offline Setup"))
        self.desk = desk
        self.dialogs = dialogs or Dialogs()
        self.help: Callable[[str], None] | None = None
        self._makers, self._home_maker = pages, home
        self._pages: dict[Step, _Framed] = {}
        self._home: QWidget | None = None
        self._walking = False
        self._closing = False
        self._build()
        self._shortcuts()
        desk.flow_changed.connect(self._show_step)
        desk.known_changed.connect(self._renew)
        desk.runner.busy_changed.connect(self._show_busy)
        desk.not_saved.connect(self.show_error)
        desk.connection_lost.connect(self._lost)
        theme().changed.connect(self._draw)
        self._draw()
        self.setMinimumSize(*SMALLEST)
        self.resize(*SIZE)

    # ------------------------------------------------------------------- building

    def _build(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self._practice = QLabel()
        self._practice.setObjectName("practice")
        self._practice.setWordWrap(True)
        self._practice.setText(
            self.tr("Practice: this server lives on your laptop. Nothing here is real.")
        )
        self._practice.hide()
        outer.addWidget(self._practice)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        outer.addLayout(middle, 1)
        self._side = QWidget()
        self._side.setObjectName("side")
        side = QVBoxLayout(self._side)
        side.setContentsMargins(0, 2 * SPACE, 0, SPACE)
        side.setSpacing(SPACE)
        self._brand = label("", "brand")
        self._brand.setContentsMargins(2 * SPACE, 0, 2 * SPACE, 0)
        side.addWidget(self._brand)
        self.steps = StepList(self.desk)
        self.steps.chosen.connect(self.go)
        side.addWidget(self.steps, 1)
        middle.addWidget(self._side)
        self._edge = line(vertical=True)
        middle.addWidget(self._edge)
        self.stack = QStackedWidget()
        middle.addWidget(self.stack, 1)
        outer.addWidget(line())
        self._footer = QWidget()
        self._footer.setObjectName("footer")
        row = QHBoxLayout(self._footer)
        row.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        row.setSpacing(SPACE)
        self.help_button = QPushButton(self.tr("&Help"))
        self.help_button.setAutoDefault(False)
        self.help_button.clicked.connect(self.show_help)
        self.home_button = QPushButton(self.tr("&All sites"))
        self.home_button.setAutoDefault(False)
        self.home_button.setAccessibleDescription(
            self.tr("Saves this site and goes back to the first page")
        )
        self.home_button.clicked.connect(self.go_home)
        self._busy = label("", "hint")
        self._bar = QProgressBar()
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(80)
        self._bar.setAccessibleName(self.tr("Working"))
        self.back_button = QPushButton(self.tr("&Back"))
        self.back_button.setAutoDefault(False)
        self.back_button.clicked.connect(self.back)
        self.next_button = QPushButton(self.tr("&Next"))
        self.next_button.setProperty("primary", True)
        self.next_button.clicked.connect(self.next)
        row.addWidget(self.help_button)
        row.addWidget(self.home_button)
        row.addWidget(self._bar)
        row.addWidget(self._busy, 1)
        row.addWidget(self.back_button)
        row.addWidget(self.next_button)
        outer.addWidget(self._footer)
        # Only inside a dialog it is made the default for good, whatever had the keyboard before.
        self.next_button.setDefault(True)
        self._show_busy("")

    def _shortcuts(self) -> None:
        QShortcut(QKeySequence.StandardKey.HelpContents, self, self.show_help)
        QShortcut(QKeySequence("Alt+Left"), self, self.back)

    def _draw(self) -> None:
        self.setWindowIcon(icons.icon("app"))
        self.help_button.setIcon(icons.icon("help", "muted"))
        self._brand.setText(self.tr("CHT Offline Setup"))
        width = self.fontMetrics().averageCharWidth() * 30
        self._side.setFixedWidth(max(170, min(width, 250)))

    # --------------------------------------------------------------------- moving

    @property
    def page(self) -> Page | None:
        """The page that is shown; None on the start page."""
        shown = self.stack.currentWidget()
        return shown.page if isinstance(shown, _Framed) else None

    def go_home(self) -> None:
        """Show the start page; what is on the desk is saved and put away."""
        page = self.page
        if page is not None and not (page.may_leave() and self.desk.save()):
            return
        if page is not None:
            page.left()
        self._walking = False
        self.desk.put_away()
        self._forget_pages()
        if self._home is not None:
            self.stack.removeWidget(self._home)
            self._home.deleteLater()
        self._home = self._home_maker(self.desk, self)
        self.stack.addWidget(self._home)
        self.stack.setCurrentWidget(self._home)
        self._renew()
        first = self._home.focusProxy() or self._home.nextInFocusChain()
        if first is not None:
            first.setFocus()

    def _forget_pages(self) -> None:
        for framed in self._pages.values():
            self.stack.removeWidget(framed)
            framed.hide()
            framed.deleteLater()
        self._pages.clear()

    def go(self, step: Step, field: str = "") -> None:
        """Go to a step, and there to a field."""
        page = self.page
        if page is not None and not page.may_leave():
            return
        self.desk.go(step)
        if field and self.page is not None:
            self.focus_field(field)

    def next(self) -> None:
        """Go on, or say what is in the way."""
        page = self.page
        if page is None or not self.next_button.isEnabled():
            return
        blockers = page.in_order(page.blockers())
        if blockers:
            page.touch()
            self._framed().summary.show_problems(blockers)
            self._framed().ensure_top()
            announce(self, blockers[0].message, urgent=True)
            self._focus_first(blockers)
            return
        self._framed().summary.show_problems(())
        page.leave(lambda: self._go_on(page))

    def _go_on(self, page: Page) -> None:
        if self.page is not page:
            return  # somebody went elsewhere while it worked
        self.desk.agree(page.step)
        following = self.desk.flow.next
        if following is not None:
            self.desk.go(following)

    def back(self) -> None:
        """Go to the step before."""
        page = self.page
        if page is None or not page.may_leave() or not self.back_button.isEnabled():
            return
        before = self.desk.flow.previous
        if before is None:
            self.go_home()
        else:
            self.desk.go(before)

    def _show_step(self) -> None:
        if not self._walking:
            return
        step = self.desk.flow.step
        framed = self._pages.get(step)
        if framed is None:
            framed = _Framed(self._makers[step](self.desk, self))
            framed.again.clicked.connect(lambda: self.go(Step.CONNECT))
            framed.summary.wanted.connect(self.focus_field)
            framed.summary.accepted.connect(self._accept)
            framed.page.ready.connect(self._renew)
            self._pages[step] = framed
            self.stack.addWidget(framed)
        before = self.page
        if before is framed.page:
            self._renew()
            return
        if before is not None:
            before.left()
        framed.summary.show_problems(())
        if not self.desk.lost:
            framed.error.tell("err", "")
        self.stack.setCurrentWidget(framed)
        framed.ensure_top()
        self._renew()
        framed.page.entered()
        self._focus_page(framed)
        announce(self, f"{framed.page.title()} {framed.page.lead()}")

    def begin(self) -> None:
        """Leave the start page: a site lies on the desk."""
        self._walking = True
        self._forget_pages()
        self.steps.renew()
        self._show_step()

    def _accept(self, code: str) -> None:
        self.desk.accept(code)
        page = self.page
        if page is not None:
            self._framed().summary.show_problems(page.in_order(page.blockers()))
            self.next_button.setFocus()

    # ---------------------------------------------------------------------- focus

    def _framed(self) -> _Framed:
        shown = self.stack.currentWidget()
        assert isinstance(shown, _Framed)
        return shown

    def _focus_page(self, framed: _Framed) -> None:
        first = framed.page.first_field()
        if QAccessible.isActive():
            framed.title.setFocus()
        elif first is not None:
            first.setFocus()
        else:
            self.next_button.setFocus()

    def _focus_first(self, blockers: tuple[Problem, ...]) -> None:
        for problem in blockers:
            if self.page is not None and self.page.field_of(problem.field) is not None:
                self.focus_field(problem.field)
                return
        first = self._framed().summary.first
        if first is not None:
            first.setFocus()

    def focus_field(self, path: str) -> None:
        """Go to an input, on whichever page it is."""
        step = page_of(path)
        if self.page is None or self.page.reveal(path):
            return
        field = self.page.field_of(path)
        if field is None and step is not self.page.step and self.desk.flow.open(step):
            self.go(step)
            field = self.page.field_of(path) if self.page is not None else None
        if field is not None:
            field.touched = True
            self.page.show_problems()
            reveal(field)
            field.editor.setFocus()
            self._framed().show_widget(field)

    # -------------------------------------------------------------------- showing

    def _renew(self) -> None:
        page = self.page
        practice = self.desk.practice and page is not None
        self._practice.setVisible(practice)
        for part in (self._side, self._edge, self.back_button, self.next_button):
            part.setVisible(page is not None)
        self.home_button.setVisible(page is not None)
        if page is None:
            self.setWindowTitle(self.tr("CHT Offline Setup"))
            return
        name = self.desk.site.name or self.desk.site.domain or self.tr("New site")
        self.setWindowTitle(self.tr("{site} - CHT Offline Setup").format(site=name))
        framed = self._framed()
        framed.title.setText(page.title())
        framed.lead.setText(page.lead())
        framed.lead.setVisible(bool(page.lead()))
        self.next_button.setText(page.next_text())
        self.next_button.setAccessibleDescription(page.next_about())
        free = page.may_leave()
        self.home_button.setEnabled(free)
        self.steps.lock(not free)
        self._enable()
        if framed.summary.isVisible():
            framed.summary.show_problems(page.in_order(page.blockers()))

    def _show_busy(self, text: str) -> None:
        self._bar.setVisible(bool(text))
        self._busy.setText(text)
        self._enable()
        if text:
            announce(self, text)

    def _enable(self) -> None:
        page, idle = self.page, not self.desk.runner.busy
        self.next_button.setEnabled(idle)
        back = page is not None and page.may_leave() and page.may_go_back()
        self.back_button.setEnabled(idle and back)

    def show_blockers(self) -> None:
        """Say what is in the way before Next is pressed, or that nothing is any more."""
        if self.page is not None:
            self._framed().summary.show_problems(self.page.blockers())

    def show_top(self) -> None:
        """Scroll to the top and give the keyboard to Next: something has come to an end."""
        if self.page is not None:
            self._framed().ensure_top()
            self.next_button.setFocus()

    def show_error(self, error: UserError) -> None:
        """Say at the top of the page what went wrong, and what to do."""
        if self.page is not None:
            framed = self._framed()
            framed.error.tell("err", error.message, error.cure)
            framed.again.setVisible(self.desk.lost and framed.page.step is not Step.CONNECT)
            framed.ensure_top()
            announce(self, f"{error.message} {error.cure}", urgent=True)

    def bring(self, widget: QWidget) -> None:
        """Scroll the page so that a part of it is seen."""
        if self.page is not None:
            self._framed().show_widget(widget)

    def clear_error(self) -> None:
        """Take the last error away."""
        if self.page is not None:
            self._framed().error.tell("err", "")

    def _lost(self, error: UserError) -> None:
        """Whatever noticed it, perhaps a question that nobody waits for: say it where one is."""
        if self.page is not None and self.page.step is not Step.CONNECT:
            self.show_error(error)

    def show_help(self) -> None:
        """Open the help for this page."""
        if self.help is not None:
            self.help(self.page.step.value if self.page is not None else "start")

    # --------------------------------------------------------------------- closing

    def reject(self) -> None:
        """Esc closes as the close button does: never while the server is being changed."""
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Save and close; ask first if that fails, and while the server is being changed."""
        page = self.page
        busy = page is not None and not page.may_leave()
        if self._closing or (not busy and self.desk.save()):
            if page is not None:
                page.left()
            self.desk.put_away()
            event.accept()
            self.finished.emit(0)
            return
        event.ignore()
        text, more = self.tr("This site could not be saved."), self._lost_answers()
        answers = (self.tr("Stay here"), self.tr("Close without saving"))
        if page is not None and busy:
            text, more = self.tr("The server is being changed."), page.about_closing()
            answers = (self.tr("Wait"), self.tr("Close anyway"))
        self.dialogs.ask(self, text, more, answers, self._close_anyway)

    def _lost_answers(self) -> str:
        return self.tr(
            "What was changed since it was saved last is lost if you close now. Make room on the "
            "disk first, or save the site somewhere else, on the page Review."
        )

    def _close_anyway(self, answer: int) -> None:
        if answer == 1:
            self._closing = True
            QTimer.singleShot(0, self.close)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._draw()


class _Framed(ScrollArea):
    """A page with its title, its lead, the summary of problems and the last error."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        inside = QWidget()
        inside.setObjectName("page")
        column = QVBoxLayout(inside)
        column.setContentsMargins(4 * SPACE, 3 * SPACE, 4 * SPACE, 3 * SPACE)
        column.setSpacing(2 * SPACE)
        head = QVBoxLayout()
        head.setSpacing(SPACE // 2)
        self.title = label("", "title")
        self.title.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.lead = label("", "lead")
        head.addWidget(self.title)
        head.addWidget(self.lead)
        column.addLayout(head)
        self.error = Notice("err")
        self.again = QPushButton(self.tr("Connect again"))
        self.again.setAutoDefault(False)
        self.again.hide()
        self.error.body.addWidget(self.again, 0, Qt.AlignmentFlag.AlignLeading)
        column.addWidget(self.error)
        self.summary = Summary()
        column.addWidget(self.summary)
        column.addWidget(page, 1)
        self.setWidget(inside)

    def ensure_top(self) -> None:
        """Scroll to the top."""
        self.verticalScrollBar().setValue(0)

    def show_widget(self, widget: QWidget) -> None:
        """Scroll so that a widget is seen, once everything on the page has got its room."""
        QTimer.singleShot(ROOM, widget, lambda: self.ensureWidgetVisible(widget, 0, 3 * SPACE))

"""Which server: where it is, how to log in, and what the login shows of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from wizard.agent import wire
from wizard.gui.announce import announce
from wizard.gui.kept_password import KeptPassword
from wizard.gui.meeting import Meeting
from wizard.gui.page import Page
from wizard.gui.search import on_the_networks
from wizard.gui.theme import SPACE
from wizard.gui.widgets.card import Notice
from wizard.gui.widgets.field import Field, line_edit
from wizard.gui.widgets.first_contact import FirstContactCard
from wizard.gui.widgets.login import Login
from wizard.gui.widgets.prechecks import PrecheckCard
from wizard.gui.widgets.servers import Servers
from wizard.plan.prechecks import Precheck, in_the_way, prechecks
from wizard.problem import Problem, UserError
from wizard.remote import keys
from wizard.remote.hosts import FirstContact
from wizard.remote.mend import input_of
from wizard.remote.words import RemoteError
from wizard.site.flow import DECISIONS, State, Step, Walk
from wizard.site.model import Site
from wizard.wording import reason

OPTIONAL = ("server.passphrase", "server.sudo")


class ConnectPage(Page):
    """Asks for the server, meets it, and shows what it is like; reads, and changes nothing."""

    step = Step.CONNECT

    def build(self) -> None:
        """Fill the page."""
        self._contact: FirstContact | None = None
        self._wrong: Problem | None = None  # what the last login stumbled over
        self._error: UserError | None = None  # came while another page was shown
        self._checks: tuple[Precheck, ...] = ()
        self._tried = False  # to connect without being asked
        self._asked_for = False  # a connection; a renewal goes on when it is there
        # What a renewal or a check need not ask again
        self._known = Site() if self.desk.flow.walk is Walk.SETUP else self.desk.site
        self.meeting = Meeting(self.desk, self)
        self.meeting.met.connect(self._met)
        self.meeting.asked.connect(self._ask)
        self.meeting.refused.connect(self._refused)
        self.meeting.returned.connect(self._returned)
        self.note = Notice()
        self.body.addWidget(self.note)
        self._build_practice()
        self.contact = FirstContactCard()
        self.contact.same.connect(self._same)
        self.contact.different.connect(self._different)
        self.body.addWidget(self.contact)
        self.checks = PrecheckCard()
        self.checks.put_back.connect(self.meeting.put_back)
        self.body.addWidget(self.checks)
        self.body.addWidget(self._build_form())
        links = QHBoxLayout()
        links.setSpacing(2 * SPACE)
        self.later = self._link(self.tr("F&ill in first, connect later"), self._go_later)
        self.review = self._link(self.tr("Everything is filled in: go to &Review"), self._go_review)
        self.other = self._link(self.tr("C&onnect again, or to another server"), self._go_other)
        for link in (self.later, self.review, self.other):
            links.addWidget(link)
        links.addStretch(1)
        self.body.addLayout(links)

    def _build_practice(self) -> None:
        self.practice = Notice()
        self.fill = self._link(self.tr("Fill these in for me"), self._fill_in)
        self.practice.body.addWidget(self.fill, 0, Qt.AlignmentFlag.AlignLeading)
        self.body.addWidget(self.practice)

    def _build_form(self) -> QWidget:
        self.form = QWidget()
        column = QVBoxLayout(self.form)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(int(1.5 * SPACE))
        self.name = self.add(
            Field(
                "name",
                self.tr("Na&me of the site"),
                line_edit(self.tr("Kibera clinic")),
                self.tr("It tells your sites apart, also on paper"),
            )
        )
        self.host = self.add(
            Field(
                "server.host",
                self.tr("&Server address"),
                line_edit("192.168.1.20"),
                self.tr("Its present address, or a name"),
                technical=True,
            )
        )
        self.servers = Servers(self.desk.search, practice=self.desk.practice)
        self.servers.chosen.connect(self._take_host)
        self.servers.again.connect(self._seek)
        self.login = Login(self.shell.dialogs)
        self.login.way_changed.connect(self._change_login)
        self.login.key_left.connect(self._look_at_key)
        self.kept = KeptPassword(self.desk, self.login.remember, self)
        self.kept.recalled.connect(self._recall)
        names = QHBoxLayout()
        names.setSpacing(2 * SPACE)
        for field in (self.name, self.host):
            names.addWidget(field, 1, Qt.AlignmentFlag.AlignTop)
        column.addLayout(names)
        column.addWidget(self.servers)
        column.addWidget(self.login)
        for field in self.login.fields.values():
            field.edited.connect(lambda: self.login.keep(self.desk.secrets))
            self.add(field)
        return self.form

    def _link(self, text: str, act: Callable[[], None]) -> QPushButton:
        made = QPushButton(text)
        made.setProperty("role", "link")
        made.setAutoDefault(False)
        made.clicked.connect(act)
        return made

    # ----------------------------------------------------------------- what is said

    def title(self) -> str:
        """One sentence in the user's words."""
        if self._contact is not None:
            return self.tr("Is this your server?")
        if self.desk.connected:
            return self.tr("The server answers")
        return self.tr("Which server is it?")

    def lead(self) -> str:
        """Why it matters."""
        if self._contact is not None:
            return self.tr("Somebody else in the network could pretend to be it.")
        if self.desk.connected:
            return self.tr("It was looked at, and nothing was changed. This is what it is like.")
        return self.tr("It is only looked at. Nothing is changed before you press Apply.")

    def next_text(self) -> str:
        """The verb for what Next does now."""
        if self._contact is not None:
            return self.tr("&Next")
        if not self.desk.connected:
            return self.tr("&Connect")
        return self.tr("&Look again") if in_the_way(self._checks) else self.tr("&Next")

    def next_about(self) -> str:
        """What Next does now."""
        if self._contact is not None:
            return self.tr("Goes on when you have answered")
        if not self.desk.connected:
            return self.tr("Logs in to the server and looks at it, without changing anything")
        if in_the_way(self._checks):
            return self.tr("Looks at the server once more")
        return ""

    # -------------------------------------------------------------------- answers

    def show_site(self, site: Site) -> None:
        """Show where the server is and who logs in."""
        self.name.show_value(site.name)
        self.host.show_value(site.server.host)
        self.servers.show_address(site.server.host)
        self.login.show_login(site.server)
        self._show_parts()

    def read(self, site: Site) -> Site:
        """Return the site with the answers of this page."""
        server = self.login.read(replace(site.server, host=self.host.value))
        return replace(site, name=self.name.value, server=server)

    def take(self) -> None:
        """Put the answers on the desk; what was wrong with the last login is history."""
        if not self._showing:
            self._wrong = None
        super().take()

    def _change_login(self) -> None:
        self.login.keep(self.desk.secrets)
        self.take()
        self.kept.look(not self.login.with_key)

    def _recall(self, password: str) -> None:
        self.login.show_password(password)
        self.login.keep(self.desk.secrets)
        self.show_problems()
        if self.shell.page is self and self.form.isVisible():
            self.shell.next_button.setFocus()

    def _take_host(self, address: str) -> None:
        self.host.show_value(address)
        self.take()

    def _fill_in(self) -> None:
        clinic = self.desk.clinic
        if clinic is not None:
            self.host.show_value(next(iter(sorted(clinic.server.addresses())), ""))
            self.login.use_password(clinic.account.user, clinic.account.password)
            self.shell.next_button.setFocus()

    # ------------------------------------------------------------------- problems

    def found(self) -> tuple[Problem, ...]:
        """What is wrong with the answers, and with the last login."""
        own = [self._wrong] if self._wrong is not None else []
        return (*own, *self._missing(), *self.desk.found(self.step))

    def _missing(self) -> tuple[Problem, ...]:
        """What a site file does not need and this page does."""
        missing = []
        if not self.desk.site.name.strip():
            text = self.tr("The site has no name.")
            cure = self.tr("Write one that tells your sites apart, such as Kibera clinic.")
            missing.append(Problem("name-missing", "name", text, cure))
        secret, by_key = self.desk.secrets.password, self.login.with_key
        if by_key and not self.desk.site.server.key:
            text, cure = self.tr("No key file is chosen."), self.tr("Press Browse and choose it.")
            missing.append(Problem("key-missing", "server.key", text, cure))
        elif not by_key and not secret:
            text = self.tr("The password is missing.")
            cure = self.tr("Type the password that this user has on the server.")
            missing.append(Problem("password-missing", "server.password", text, cure))
        return tuple(missing)

    def blockers(self) -> tuple[Problem, ...]:
        """What is missing for a login; once connected, what was found wrong with the site."""
        if self.desk.connected:
            return self.desk.in_the_way(self.step)
        if self._contact is not None:
            return ()
        return (*self.desk.in_the_way(self.step), *self._missing())

    def first_field(self) -> QWidget | None:
        """The first input that is empty."""
        if self._contact is not None or self.desk.connected:
            return None
        shown = [f for f in self.fields.values() if f.isVisibleTo(self)]
        empty = (f.editor for f in shown if f.path not in OPTIONAL and not f.value)
        return next(empty, super().first_field())

    # --------------------------------------------------------------------- showing

    def entered(self) -> None:
        """Look for servers, unless one is known already."""
        self.show_known()
        if self._error is not None:
            self._show_error(self._error)
        if not self.desk.connected and self.servers.isVisibleTo(self):
            self._seek()
        if not self.desk.connected and not self._tried and self._error is None:
            self._tried = True
            self._connect_by_itself()

    def left(self) -> None:
        """Stop looking for servers."""
        self.desk.search.stop()

    def show_known(self) -> None:
        """Show what the server is like, or the form to reach it."""
        facts = self.desk.facts
        if self.desk.connected and facts is not None:
            self._contact = None
            self._checks = prechecks(facts, now=time.time(), walk=self.desk.flow.walk)
        else:
            self._checks = ()
        self.checks.show_checks(self._checks)
        if self.desk.lost:
            self.note.tell(
                "warn",
                self.tr("The connection to the server was lost."),
                self.tr("Look at the cable or the Wi-Fi, then connect again."),
            )
        else:
            self.note.tell("info", "")
        self._show_parts()
        self.ready.emit()

    def _show_parts(self) -> None:
        connected, asking = self.desk.connected, self._contact is not None
        form, known = not connected and not asking, self._known
        walk = self.desk.flow.walk
        self.contact.setVisible(asking)
        self.checks.setVisible(connected)
        self.form.setVisible(form)
        self.kept.look(form and not self.login.with_key)
        self.name.setVisible(not known.name)
        self.servers.setVisible(not known.server.host)
        self.login.shorten(bool(known.server.host))
        self.later.setVisible(form and walk is not Walk.CHECK)
        self.other.setVisible(connected)
        self.review.setVisible(connected and self._complete())
        self._show_practice(form)

    def _complete(self) -> bool:
        """Whether all that has to be decided was decided, so that one may go on to Review."""
        flow = self.desk.flow
        wanted = [s for s in DECISIONS if s in flow.steps and s is not Step.ACCESS_POINT]
        return flow.walk is Walk.SETUP and all(self.desk.state(s) is State.DONE for s in wanted)

    def _show_practice(self, form: bool) -> None:
        clinic = self.desk.clinic
        if clinic is None or not form:
            self.practice.tell("info", "")
            return
        text = self.tr("The practice server's user is {user}, the password {password}")
        self.practice.tell(
            "info", text.format(user=clinic.account.user, password=clinic.account.password)
        )

    def _seek(self) -> None:
        clinic = self.desk.clinic
        if clinic is None:
            self.desk.search.start(on_the_networks)
        else:
            self.desk.search.start(lambda on_found, _: clinic.discover(on_found))

    # ------------------------------------------------------------------- the server

    def leave(self, go_on: Callable[[], None]) -> None:
        """Connect, or look again, or go on."""
        if self._contact is not None:
            self.contact.insist()
        elif not self.desk.connected:
            self._connect()
        elif in_the_way(self._checks):
            self.meeting.look_again()
        else:
            go_on()

    def _connect(self, fingerprint: str | None = None) -> None:
        self._asked_for = True
        self.shell.clear_error()
        self._error = self._wrong = None
        self.meeting.connect_server(fingerprint)

    def _connect_by_itself(self) -> None:
        """For a renewal nothing has to be asked where a key file opens a server that is known."""
        if self.desk.flow.walk is not Walk.RENEW or not self._known.server.host:
            return
        path = self.desk.credentials().key_path
        if path is None or self.blockers():
            return

        def usable(_: object) -> None:
            if self.shell.page is self and not self.desk.connected:
                self._connect()

        self.desk.run(lambda: keys.load(path, None), usable, lambda _: None, "")

    def _met(self) -> None:
        self.kept.met()
        if self.shell.page is self:
            self.shell.next_button.setFocus()
            stops = in_the_way(self._checks)
            if self.desk.flow.walk is Walk.RENEW and self._asked_for and not stops:
                self._asked_for = False
                self.shell.next()
                return
            announce(self, f"{self.title()}. {stops[0].message if stops else self.lead()}")

    def _refused(self, error: UserError) -> None:
        path = ""
        if isinstance(error, RemoteError):
            path = input_of(error.code, with_key=self.login.with_key)
        self._wrong = Problem(error.code, path, error.message, error.cure) if path else None
        if self.shell.page is self:
            self._show_error(error)
        else:
            self._error = error

    def _show_error(self, error: UserError) -> None:
        self._error = None
        self.shell.show_error(error)
        if self._wrong is not None:
            self.shell.focus_field(self._wrong.field)

    # ---------------------------------------------------------------- first contact

    def _ask(self, contact: FirstContact) -> None:
        self._contact = contact
        clinic = self.desk.clinic
        self.contact.ask(contact, clinic.fingerprint if clinic is not None else "")
        self._show_parts()
        self.ready.emit()
        if self.shell.page is self:
            self.contact.take_focus()
            announce(self, f"{self.title()} {self.lead()}")

    def _same(self) -> None:
        contact, self._contact = self._contact, None
        self._show_parts()
        self.ready.emit()
        if contact is not None:
            self._connect(contact.fingerprint)

    def _different(self) -> None:
        self._contact = None
        self.note.tell(
            "err",
            self.tr("Then this is not your server. Nothing was sent to it."),
            self.tr(
                "Check the address. If it is right, ask the person who looks after the network "
                "who else could answer there, and do not go on before you know."
            ),
        )
        self._show_parts()
        self.ready.emit()
        self.host.editor.setFocus()
        announce(self, self.note.text, urgent=True)

    # ------------------------------------------------------------------- afterwards

    def _returned(self, outcome: wire.Outcome) -> None:
        if outcome.left:
            left = self.tr("Something could not be put back: {what}.")
            self.note.tell("warn", left.format(what=", ".join(outcome.left)), reason(outcome))
        else:
            self.note.tell("ok", self.tr("Everything is as it was before that change."))

    def _look_at_key(self) -> None:
        """Say early what is wrong with a key file; the login would say it too."""
        login = self.desk.credentials()
        path, passphrase = login.key_path, login.passphrase
        if path is None:
            return

        def good(_: object) -> None:
            self._wrong = None
            self.show_problems()

        def bad(error: UserError) -> None:
            if error.code == "key-passphrase-needed":  # it may still be typed in
                good(None)
                return
            where = input_of(error.code, with_key=True)
            self._wrong = Problem(error.code, where, error.message, error.cure)
            self.fields[where].touched = True
            self.show_problems()

        # Said as busy, it would take the Next button away from under the finger that presses it.
        self.desk.run(lambda: keys.load(path, passphrase), good, bad, "")

    def _go_later(self) -> None:
        if not self.desk.site.name.strip():
            self.name.touched = True
            self.show_problems()
            self.name.editor.setFocus()
            return
        following = self.desk.flow.next
        if following is not None:
            self.desk.go(following)

    def _go_review(self) -> None:
        self.desk.agree(self.step)
        self.desk.go(Step.REVIEW)

    def _go_other(self) -> None:
        self.desk.disconnect_server()
        focus = self.first_field()
        if focus is not None:
            focus.setFocus()

"""The certificate: any files in, and what is right and wrong with it before it goes anywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QWidget

from wizard.agent import wire
from wizard.certificate import (
    Bundle,
    CertificateError,
    fetch_missing,
    look,
    read,
    source_of_missing,
)
from wizard.certificate.checklist import checklist, in_the_way, own_name, phones
from wizard.certificate.choice import choose
from wizard.certificate.fetch import keep
from wizard.certificate.findings import CHOICES
from wizard.gui.page import Page
from wizard.gui.previous import PreviousPart
from wizard.gui.requesting import RequestPart
from wizard.gui.runner import Job
from wizard.gui.theme import SPACE
from wizard.gui.widgets.card import Card, Notice
from wizard.gui.widgets.certificate_card import CertificateCard
from wizard.gui.widgets.checklist import Checklist
from wizard.gui.widgets.chosen_files import ChosenFiles
from wizard.gui.widgets.drop_area import DropArea
from wizard.gui.widgets.fetch_offer import FetchOffer
from wizard.gui.widgets.field import Field
from wizard.gui.widgets.fold import Fold
from wizard.gui.widgets.password import PasswordEdit
from wizard.gui.widgets.practice_files import PracticeFiles
from wizard.gui.widgets.tab_order import follow_layout
from wizard.gui.widgets.text import label
from wizard.problem import Problem, UserError
from wizard.site.flow import Step, Walk
from wizard.site.model import Site
from wizard.site.toml import resolve
from wizard.visit import Visit

Read = tuple[tuple[Path, ...], Bundle]
LOCKED = ("passphrase-needed", "passphrase-wrong")


class CertificatePage(Page):
    """Takes files, reads them away from the window's thread, and shows how they are judged."""

    step = Step.CERTIFICATE

    def build(self) -> None:
        """Fill the page."""
        self._job: Job[Read] | None = None
        self._asked: Visit | None = None  # which connection was asked for the served certificate
        self._served: Bundle | None = None
        self._added: tuple[Path, ...] = ()  # what was dropped last, for a passphrase that follows
        self._present: tuple[Path, ...] = ()
        self._earlier: tuple[Path, ...] = ()  # a complete certificate that was replaced
        self._build_input()
        self.card = CertificateCard()
        self.now = Notice()
        self.offer = Notice()
        self.use = _button("", self._use)
        self.offer.body.addWidget(self.use, 0, Qt.AlignmentFlag.AlignLeading)
        self.fetch = FetchOffer()
        self.fetch.wanted.connect(self._fetch)
        self.choice = Notice("warn")
        self.choose = _button(self.tr("Use it for browsers &only"), self._choose_browsers)
        self.choice.body.addWidget(self.choose, 0, Qt.AlignmentFlag.AlignLeading)
        self.checks, self.list = _list_card(self.tr("What was checked"))
        accept = self.tr("Which phones will accept it")
        would = self.tr("Which phones would accept it from a real authority")
        heading = would if self.desk.practice else accept
        self.phones, self.phone_list = _list_card(heading)
        self.web_box = QComboBox()
        self.web = self.add(
            Field(
                "certificate.web",
                self.tr("&Which web server gets it"),
                self.web_box,
                self.tr("The server has several. Phones talk to only one of them."),
            )
        )
        self.request = RequestPart(self.desk, self.shell)
        self.request.answered.connect(self.take_files)
        self.previous = PreviousPart(self.desk)
        self.previous.wanted.connect(self._put_back)
        for part in (
            self.card,
            self.web,
            self.now,
            self.offer,
            self.fetch,
            self.checks,
            self.phones,
            self.choice,
        ):
            self.body.addWidget(part)
        self._build_help()
        self.body.addWidget(self.request)
        self.body.addWidget(self.previous)

    def _build_input(self) -> None:
        self.drop = DropArea(
            "certificate",
            self.tr("Drop the certificate and its key here"),
            self.tr(
                "Any files, in any order, a folder, or a zip file as it came. They stay where "
                "they are; nothing is sent before you apply."
            ),
            self.tr("&Choose files..."),
        )
        self.drop.dropped.connect(self.take_files)
        self.drop.wanted.connect(self._choose)
        self.folder = _button(self.tr("Choose a fo&lder..."), self._choose_folder)
        self.drop.row.insertWidget(1, self.folder)
        self.files = ChosenFiles()
        self.files.left_out.connect(self._leave_out)
        self.trouble = Notice("err")
        self.password = Field(
            "certificate.passphrase",
            self.tr("&Password of the file"),
            PasswordEdit(),
            self.tr("It is asked for each time and never kept."),
        )
        self.password.editor.returnPressed.connect(self._unlock)  # type: ignore[attr-defined]
        self.trouble.body.addWidget(self.password)
        self.unlock = _button(self.tr("&Open the file"), self._unlock)
        self.back = _button(self.tr("Take the earlier files again"), self._take_back)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self.unlock)
        row.addWidget(self.back)
        row.addStretch(1)
        self.trouble.body.addLayout(row)
        for part in (self.drop, self.files, self.trouble):
            self.body.addWidget(part)
        clinic = self.desk.clinic
        if clinic is not None:
            ready = PracticeFiles(clinic.certificates)
            ready.chosen.connect(self.take_files)
            self.body.addWidget(ready)

    def _build_help(self) -> None:
        self.where = Fold(self.tr("No certificate yet?"))
        for text in (
            self.tr(
                "A certificate for your domain comes from a public certificate authority, such as "
                "Let's Encrypt, which costs nothing. It is ordered from a computer with Internet; "
                "the server itself needs none. Whoever manages your domain can order it, because "
                "the authority asks for a proof in the domain's DNS."
            ),
            self.tr(
                "You get two files: the certificate with its chain (often fullchain.pem) and the "
                "key (often privkey.pem). Bring both on a USB stick, and keep the key to yourself."
            ),
            self.tr(
                "You can go on without it: set up the rest today, and come back with the files. "
                "Until then phones refuse to connect."
            ),
        ):
            self.where.body.addWidget(label(text))
        self.body.addWidget(self.where)

    # ------------------------------------------------------------------- for the shell

    def title(self) -> str:
        """One sentence in the user's words."""
        if self.desk.flow.walk is Walk.RENEW:
            return self.tr("Which certificate takes the place of the old one?")
        return self.tr("Which certificate shows phones that this is your server?")

    def lead(self) -> str:
        """Why it matters."""
        return self.tr("Without a valid one, the CHT app does not connect at all.")

    def first_field(self) -> QWidget | None:
        """What gets the keyboard."""
        if self.password.isVisibleTo(self):
            return self.password.editor
        return None if self.desk.bundle is not None else self.drop.button

    def reveal(self, path: str) -> bool:
        """Go to where files are chosen, or to the password that is missing."""
        if not path.startswith("certificate.files"):
            return False
        (self.password.editor if self.password.isVisibleTo(self) else self.drop.button).setFocus()
        return True

    def blockers(self) -> tuple[Problem, ...]:
        """Problems of the certificate; its warnings are told and do not stop anybody."""
        found = list(super().blockers())
        chosen = self.desk.site.certificate.files or self.desk.put_back
        if self.desk.flow.walk is Walk.RENEW and not chosen:
            found += in_the_way((), CertificateError("nothing-chosen"))
        return tuple(found)

    def leave(self, go_on: Callable[[], None]) -> None:
        """Go on, after reading what was not read yet."""
        if self._paths() and self.desk.bundle is None:
            self._read_again(lambda: None if self.blockers() else go_on())
        else:
            go_on()

    def entered(self) -> None:
        """Read what the site names, and ask the server what it serves now."""
        if self._paths() and self.desk.bundle is None and self.desk.certificate_error is None:
            self._read_again(lambda: None)
        visit, facts = self.desk.visit, self.desk.facts
        if visit is not None and facts is not None and visit is not self._asked:
            self._asked = visit
            self.desk.run(
                lambda: visit.served(facts),
                self._know_served,
                lambda _error: None,
                self.tr("Looking at the certificate that is on the server now"),
            )

    def left(self) -> None:
        """A result that comes later is not wanted."""
        if self._job is not None:
            self._job.drop()
            self._job = None

    def show_site(self, _site: Site) -> None:
        """Show the files, and which web server."""
        self.files.show_files(() if self.desk.put_back else self._paths())
        self._list_webs()
        self._show()

    def read(self, site: Site) -> Site:
        """Return the site with the web server that was chosen."""
        web = str(self.web_box.currentData() or "")
        return replace(site, certificate=replace(site.certificate, web=web))

    def show_known(self) -> None:
        """Show the certificate and how it is judged."""
        self.files.show_files(() if self.desk.put_back else self._paths())
        self._list_webs()
        self._show()

    # ----------------------------------------------------------------------- files

    def take_files(self, paths: Sequence[Path]) -> None:
        """Read files that somebody brought; alone if they are complete, else with the others."""
        bundle = self.desk.bundle
        if bundle is not None and bundle.key is not None:
            self._earlier = self._paths()
        self._added, self._present = tuple(paths), self._paths()
        self._choose_from(self.desk.secrets.certificate_passphrase, typed=False)

    def _choose_from(self, passphrase: str, *, typed: bool) -> None:
        added, present, domain = self._added, self._present, self.desk.site.domain

        def work() -> Read:
            try:
                files, bundle = choose(added, present, passphrase or None, domain=domain)
            except CertificateError as error:
                if error.code == "passphrase-wrong" and not typed:
                    raise CertificateError("passphrase-needed", **error.arguments) from error
                raise
            return files, bundle

        self._start(work, lambda: self.shell.bring(self.checks))

    def _read_again(self, then: Callable[[], None]) -> None:
        paths, passphrase = self._paths(), self.desk.secrets.certificate_passphrase
        self._added, self._present = paths, ()
        domain = self.desk.site.domain
        self._start(lambda: (paths, read(paths, passphrase or None, domain=domain)), then)

    def _start(self, work: Callable[[], Read], then: Callable[[], None]) -> None:
        def done(result: Read) -> None:
            self._job = None
            files, bundle = result
            self._decide(files)
            self.desk.learn(bundle=bundle, certificate_error=None, put_back=False)
            then()

        def failed(error: UserError) -> None:
            self._job = None
            whole = self.desk.bundle is not None and self.desk.bundle.key is not None
            self._decide((*(() if whole else self._present), *self._added))
            self.desk.learn(bundle=None, certificate_error=error, put_back=False)
            if self.password.isVisibleTo(self):
                self.password.editor.setFocus()

        self.left()
        self._job = self.desk.run(work, done, failed, self.tr("Reading the certificate"))

    def _decide(self, files: Sequence[Path]) -> None:
        unique = tuple(dict.fromkeys(str(path) for path in files))
        if unique != tuple(map(str, self._paths())):
            self.desk.decide(self.part("certificate", files=unique))

    def _paths(self) -> tuple[Path, ...]:
        files = resolve(self.desk.site, self.desk.folder).certificate.files
        return tuple(Path(name) for name in files)

    def _choose(self) -> None:
        pattern = self.tr("All files (*)")
        self.shell.dialogs.open_files(
            self, self.tr("Certificate and key"), pattern, self.take_files
        )

    def _choose_folder(self) -> None:
        title = self.tr("Folder with certificate and key")
        self.shell.dialogs.open_folder(self, title, lambda path: self.take_files([path]))

    def _fetch(self) -> None:
        """Fetch what the chain lacks, and keep it beside the files for the next visit."""
        bundle, roots, folder = self.desk.bundle, self.desk.roots, self.desk.data / "intermediates"
        if bundle is None:
            return
        self.fetch.button.setEnabled(False)

        def work() -> Read:
            whole = fetch_missing(bundle, roots)
            try:
                return keep(whole, folder), whole
            except OSError:
                return (), whole  # good for this visit, and fetched again at the next

        def done(result: Read) -> None:
            kept, whole = result
            if self.desk.bundle is bundle:
                self._decide((*self._paths(), *kept))
                self.desk.learn(bundle=whole, certificate_error=None)

        host = source_of_missing(bundle, roots)
        doing = self.tr("Fetching the missing part from {host}").format(host=host)
        self.desk.run(work, done, self.fetch.refuse, doing)

    def _leave_out(self, path: Path) -> None:
        rest = tuple(each for each in self._paths() if each != path)
        self._decide(rest)
        self.desk.learn(bundle=None, certificate_error=None)
        if rest:
            self._read_again(lambda: None)

    def _put_back(self, bundle: Bundle) -> None:
        self.left()
        self.desk.learn(bundle=bundle, certificate_error=None, put_back=True)
        self.shell.bring(self.checks)
        self.shell.next_button.setFocus()

    def _take_back(self) -> None:
        self._decide(self._earlier)
        self._earlier = ()
        self._read_again(lambda: None)

    def _unlock(self) -> None:
        editor = self.password.editor
        assert isinstance(editor, PasswordEdit)
        self.desk.secrets.certificate_passphrase = editor.text()
        self._choose_from(editor.text(), typed=True)

    # --------------------------------------------------------------------- showing

    def _show(self) -> None:
        bundle, error = self.desk.bundle, self.desk.certificate_error
        locked = error is not None and error.code in LOCKED
        tone = "warn" if error is not None and error.code == "passphrase-needed" else "err"
        self.trouble.tell(tone, error.message if error else "", error.cure if error else "")
        self.password.setVisible(locked)
        self.unlock.setVisible(locked)
        self.back.setVisible(error is not None and bool(self._earlier))
        for part in (self.card, self.checks, self.phones):
            part.setVisible(bundle is not None)
        self.where.setVisible(bundle is None)
        self.request.show_known()
        self.previous.show_known(self.desk.bundle if self.desk.put_back else None)
        self._show_offer(bundle)
        self._show_now(bundle)
        self._show_choice()
        if bundle is None:
            self.fetch.offer("")
        else:
            self._show_judged(bundle)
        follow_layout(self)

    def _show_judged(self, bundle: Bundle) -> None:
        self.card.show_bundle(bundle, self._target())
        findings, domain = self.desk.findings, self.desk.site.domain
        lacking = any(each.code == "chain-incomplete" for each in findings)
        self.fetch.offer(source_of_missing(bundle, self.desk.roots) if lacking else "")
        self.list.show_items(checklist(bundle, findings, domain, datetime.now(UTC)))
        self.phone_list.show_items(phones(self.desk.clients))

    def _show_choice(self) -> None:
        text = self.tr(
            "The CHT app refuses this certificate, and nothing on the phone changes that. Browsers "
            "can be told to trust its authority, on each device by hand."
        )
        self.choice.tell("warn", text if self._open_choices() else "")

    def _open_choices(self) -> list[str]:
        return [each.code for each in self.desk.findings if each.code in CHOICES]

    def _choose_browsers(self) -> None:
        for code in self._open_choices():
            self.desk.accept(code)

    def _show_offer(self, bundle: Bundle | None) -> None:
        name = own_name(bundle) if bundle is not None and not self.desk.site.domain else ""
        text = self.tr("No domain is written down yet. This certificate is for {name}.")
        self.offer.tell("info", text.format(name=name) if name else "")
        self.use.setText(self.tr("Use {name}").format(name=name))

    def _use(self) -> None:
        if self.desk.bundle is not None:
            self.desk.decide(replace(self.desk.site, domain=own_name(self.desk.bundle)))

    def _know_served(self, served: Bundle | None) -> None:
        self._served = served
        self._show()

    def _show_now(self, bundle: Bundle | None) -> None:
        served = self._served if self.desk.connected else None
        if served is None:
            self.now.tell("info", "")
            return
        old = f"{served.leaf.not_valid_after_utc:%Y-%m-%d}"
        if bundle is None:
            names = ", ".join(look.or_else(lambda: look.names(served.leaf), ()))
            said = self.tr("On the server now: a certificate for {names} that ends on {old}.")
            none = self.tr("On the server now: a certificate that names no domain; ends on {old}.")
            self.now.tell("info", (said if names else none).format(names=names, old=old))
            return
        new = f"{bundle.leaf.not_valid_after_utc:%Y-%m-%d}"
        text = self.tr("Now on the server: ends on {old}. New: ends on {new}.")
        if bundle.leaf == served.leaf:
            self.now.tell("info", self.tr("The server already serves this certificate."))
        elif look.self_signed(served.leaf):
            text = self.tr("Now on the server: one that signed itself, which phones refuse.")
            self.now.tell("info", text)
        elif self.desk.put_back:
            text = self.tr("Now on the server: ends on {old}. Put back: ends on {new}.")
            self.now.tell("info", text.format(old=old, new=new))
        elif bundle.leaf.not_valid_after_utc <= served.leaf.not_valid_after_utc:
            cure = self.tr("The new one does not last longer. Are these the newest files?")
            self.now.tell("warn", text.format(old=old, new=new), cure)
        else:
            self.now.tell("ok", text.format(old=old, new=new))

    # ------------------------------------------------------------------ web servers

    def _webs(self) -> tuple[wire.WebServer, ...]:
        """The web servers that may get it; a CHT goes before any other of the machine."""
        facts = self.desk.facts
        if facts is None:
            return ()
        return tuple(w for w in facts.web if w.kind in ("cht", "cht3")) or facts.web

    def _list_webs(self) -> None:
        box = self.web_box
        box.blockSignals(True)
        box.clear()
        box.addItem(self.tr("Choose one"), "")
        for web in self._webs():
            box.addItem(_described(web), web.container or web.unit)
        box.blockSignals(False)
        self.web.show_value(self.desk.site.certificate.web)
        self.web.setVisible(len(self._webs()) > 1)

    def _target(self) -> str:
        chosen, webs = self.desk.site.certificate.web, self._webs()
        found = [w for w in webs if chosen in (w.container, w.unit)] if chosen else webs
        return _described(found[0]) if len(found) == 1 else ""


def _described(web: wire.WebServer) -> str:
    name = web.container or web.unit
    return f"{name} (CHT {web.version})" if web.kind != "files" and web.version else name


def _button(text: str, act: Callable[[], None]) -> QPushButton:
    made = QPushButton(text)
    made.setAutoDefault(False)
    made.clicked.connect(act)
    return made


def _list_card(heading: str) -> tuple[Card, Checklist]:
    card, rows = Card(heading), Checklist()
    card.body.addWidget(rows)
    return card, rows

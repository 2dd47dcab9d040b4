"""The name of the server: what is typed into the phones."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QPushButton

from wizard.certificate import look
from wizard.gui.page import Page
from wizard.gui.widgets.card import Card, Notice
from wizard.gui.widgets.field import Field, line_edit
from wizard.gui.widgets.text import label
from wizard.site.flow import Step
from wizard.site.model import Site


class DomainPage(Page):
    """Asks for the domain, compares it with the certificate, says why it must be a real one."""

    step = Step.DOMAIN

    def build(self) -> None:
        """Fill the page."""
        self.domain = self.add(
            Field(
                "domain",
                self.tr("&Domain name"),
                line_edit("cht.clinic-a.example.org"),
                self.tr("The name that the certificate was issued for, without https://"),
                technical=True,
            )
        )
        self.body.addWidget(self.domain)
        self.verdict = Notice()
        self.use = QPushButton()
        self.use.setAutoDefault(False)
        self.use.clicked.connect(self._use)
        self.verdict.body.addWidget(self.use)
        self.body.addWidget(self.verdict)
        why = Card(self.tr("Why a real domain?"))
        why.body.addWidget(
            label(
                self.tr(
                    "Phones only trust a certificate from a public authority, and such an "
                    "authority only certifies names that exist on the Internet. The clinic itself "
                    "needs no Internet for it: the server answers for this name on its own network."
                )
            )
        )
        why.body.addWidget(
            label(
                self.tr(
                    "If several sites share one domain, people who move between them need "
                    "different logins and passwords at each site."
                ),
                "hint",
            )
        )
        self.body.addWidget(why)

    def title(self) -> str:
        """One sentence in the user's words."""
        return self.tr("What is the server called on the network?")

    def lead(self) -> str:
        """Why it matters."""
        return self.tr("This name is typed into every phone, once.")

    def show_site(self, site: Site) -> None:
        """Show the domain."""
        self.domain.show_value(site.domain)
        self._compare()

    def read(self, site: Site) -> Site:
        """Return the site with the domain."""
        return replace(site, domain=self.domain.value)

    def show_known(self) -> None:
        """Compare with the certificate as soon as there is one."""
        self._compare()

    def _names(self) -> tuple[str, ...]:
        bundle = self.desk.bundle
        return tuple(look.names(bundle.leaf)) if bundle is not None else ()

    def _compare(self) -> None:
        names, domain = self._names(), self.desk.site.domain
        plain = next((n for n in names if "*" not in n), "")
        self.use.setVisible(bool(plain) and plain != domain)
        self.use.setText(self.tr("Use {name}").format(name=plain))
        if not names:
            self.verdict.tell("info", "")
        elif not domain:
            self.verdict.tell(
                "info",
                self.tr("The certificate was issued for {names}.").format(names=", ".join(names)),
            )
        elif any(f.code in ("name-mismatch",) for f in self.desk.findings):
            self.verdict.tell(
                "warn",
                self.tr("The certificate is for {names}, not for {domain}.").format(
                    names=", ".join(names), domain=domain
                ),
                self.tr("Correct the name here, or import the certificate of this name."),
            )
        else:
            self.verdict.tell("ok", self.tr("The imported certificate covers this name."))

    def _use(self) -> None:
        plain = next((n for n in self._names() if "*" not in n), "")
        if plain:
            self.desk.decide(replace(self.desk.site, domain=plain))

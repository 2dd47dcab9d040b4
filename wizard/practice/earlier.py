"""A practice clinic that was set up some time ago, and whose certificate ends soon."""

from __future__ import annotations

from wizard.certificate import Roots
from wizard.practice.clinic import Clinic
from wizard.remote.login import Credentials
from wizard.site.model import Site
from wizard.site.toml import load
from wizard.visit import Visit


def set_up(clinic: Clinic, certificate: str = "ending-soon") -> Site:
    """Set the clinic's server up as its staff would have done, and return their site.

    Takes some seconds, as everything is really done. The laptop knows the server afterwards.
    Raises UserError.
    """
    site = load(clinic.write_site(certificate))
    account = clinic.account
    visit = Visit(
        site,
        clinic.folder,
        clinic.folder / "data",
        roots=Roots.bundled().with_extra([clinic.folder / "root.pem"], practice=True),
        detour=clinic.detour,
    )
    with visit:
        login = Credentials(account.user, account.password, sudo_password=account.password)
        visit.connect(login, accept=clinic.fingerprint)
        visit.apply(visit.plan(visit.facts(), visit.bundle()))
    return site

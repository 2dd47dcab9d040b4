"""Which page belongs to which step. A page is loaded when it is first shown: the start is quick."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from wizard.site.flow import Step

if TYPE_CHECKING:
    from wizard.gui.desk import Desk
    from wizard.gui.page import Page
    from wizard.gui.shell import Shell


def page_type(step: Step) -> type[Page]:
    """Return the class of a step's page."""
    match step:
        case Step.CONNECT:
            from wizard.gui.pages.connect import ConnectPage

            return ConnectPage
        case Step.STATIC_IP:
            from wizard.gui.pages.static_ip import StaticIpPage

            return StaticIpPage
        case Step.DOMAIN:
            from wizard.gui.pages.domain import DomainPage

            return DomainPage
        case Step.CERTIFICATE:
            from wizard.gui.pages.certificate import CertificatePage

            return CertificatePage
        case Step.DNS_DHCP:
            from wizard.gui.pages.dns_dhcp import DnsDhcpPage

            return DnsDhcpPage
        case Step.ACCESS_POINT:
            from wizard.gui.pages.access_point import AccessPointPage

            return AccessPointPage
        case Step.REVIEW:
            from wizard.gui.pages.review import ReviewPage

            return ReviewPage
        case Step.APPLY:
            from wizard.gui.pages.apply import ApplyPage

            return ApplyPage
        case Step.LIVE_CHECK:
            from wizard.gui.pages.live_check import LiveCheckPage

            return LiveCheckPage
        case Step.READINESS:
            from wizard.gui.pages.readiness import ReadinessPage

            return ReadinessPage
        case Step.DONE:
            from wizard.gui.pages.done import DonePage

            return DonePage


def _make(step: Step, desk: Desk, shell: Shell) -> Page:
    return page_type(step)(desk, shell)


PAGES: Mapping[Step, Callable[[Desk, Shell], Page]] = {step: partial(_make, step) for step in Step}

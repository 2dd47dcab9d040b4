"""Which page belongs to which step."""

from __future__ import annotations

from collections.abc import Mapping

from wizard.gui.page import Page
from wizard.gui.pages.access_point import AccessPointPage
from wizard.gui.pages.apply import ApplyPage
from wizard.gui.pages.certificate import CertificatePage
from wizard.gui.pages.connect import ConnectPage
from wizard.gui.pages.dns_dhcp import DnsDhcpPage
from wizard.gui.pages.domain import DomainPage
from wizard.gui.pages.done import DonePage
from wizard.gui.pages.live_check import LiveCheckPage
from wizard.gui.pages.readiness import ReadinessPage
from wizard.gui.pages.review import ReviewPage
from wizard.gui.pages.static_ip import StaticIpPage
from wizard.site.flow import Step

PAGES: Mapping[Step, type[Page]] = {
    Step.CONNECT: ConnectPage,
    Step.STATIC_IP: StaticIpPage,
    Step.DOMAIN: DomainPage,
    Step.CERTIFICATE: CertificatePage,
    Step.DNS_DHCP: DnsDhcpPage,
    Step.ACCESS_POINT: AccessPointPage,
    Step.REVIEW: ReviewPage,
    Step.APPLY: ApplyPage,
    Step.LIVE_CHECK: LiveCheckPage,
    Step.READINESS: ReadinessPage,
    Step.DONE: DonePage,
}

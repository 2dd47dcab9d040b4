"""Which page belongs to which step."""

from __future__ import annotations

from collections.abc import Mapping

from wizard.gui.page import Page
from wizard.gui.pages.access_point import AccessPointPage
from wizard.gui.pages.dns_dhcp import DnsDhcpPage
from wizard.gui.pages.domain import DomainPage
from wizard.gui.pages.static_ip import StaticIpPage
from wizard.site.flow import Step

PAGES: Mapping[Step, type[Page]] = {
    Step.STATIC_IP: StaticIpPage,
    Step.DOMAIN: DomainPage,
    Step.DNS_DHCP: DnsDhcpPage,
    Step.ACCESS_POINT: AccessPointPage,
}

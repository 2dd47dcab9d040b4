"""Which page belongs to which step."""

from __future__ import annotations

from collections.abc import Mapping

from wizard.gui.page import Page
from wizard.gui.pages.domain import DomainPage
from wizard.site.flow import Step

PAGES: Mapping[Step, type[Page]] = {
    Step.DOMAIN: DomainPage,
}

"""cloud-init: its network part is switched off, or it would bring the old settings back."""

from __future__ import annotations

from wizard.agent import names, wire
from wizard.plan.draft import Draft
from wizard.plan.templates import render


def files(draft: Draft) -> tuple[wire.WriteFile, ...]:
    """Plan the documented drop-in, where cloud-init still decides about the network.

    Source: cloud-init documentation, "Network configuration", "Disabling network configuration".
    """
    state = draft.facts.cloud_init
    ours = draft.facts.owns(names.CLOUD_INIT_FILE) is not None
    if not state.installed or state.disabled or (state.network_disabled and not ours):
        return ()
    return draft.write(names.CLOUD_INIT_FILE, render("cloud-init.cfg"), "static_ip") or ()

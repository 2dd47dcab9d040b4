"""Where the Wi-Fi of the server's own radio leads: a network of its own, or the cable's."""

from __future__ import annotations

from wizard.gui.widgets.choice import Choices, Option

ALONE, JOINED = "alone", "joined"


class RadioLayout(Choices):
    """Two cards that say which one to choose."""

    def __init__(self) -> None:
        super().__init__(
            (
                Option(
                    ALONE,
                    self.tr("To the server only"),
                    self.tr(
                        "Choose this when phones only need the server. The cable stays as it is."
                    ),
                    "access_point",
                ),
                Option(
                    JOINED,
                    self.tr("To the server and to everything on its cable"),
                    self.tr(
                        "Choose this when computers, a printer, a second access point or a way to "
                        "the Internet are on the cable. Wi-Fi and cable become one network."
                    ),
                    "ethernet",
                ),
            )
        )

    @property
    def joined(self) -> bool:
        """Whether radio and cable shall be in one network."""
        return self.value == JOINED

    def show_joined(self, joined: bool) -> None:
        """Show what was decided."""
        self.choose(JOINED if joined else ALONE)

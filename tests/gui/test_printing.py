"""The sheet as it comes out of the printer, looked at as a reader and a phone would."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from tests.handover.example import PASSPHRASE, READINESS, SITE, handover, hostile
from wizard.gui import printing
from wizard.handover import Handover, Wifi, qr, sheet
from wizard.handover.model import Item
from wizard.site.readiness import TOPICS

pytestmark = pytest.mark.usefixtures("qapp")

WHITE = QColor("white").rgb()


def printed(made: Handover, scale: float = 1.0) -> list[QImage]:
    one = sheet.compose(made, with_passphrase=True)
    return printing.pages(one.html, one.images, title=one.title, scale=scale)


def scanned(image: QImage) -> set[str]:
    """All QR codes that a camera would find in an image."""
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    found = zxingcpp.read_barcodes(
        grey, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    )
    return {each.text for each in found}


def full() -> Handover:
    """A usual site that answered every question there is."""
    answer = "Two USB disks, changed on Fridays by the nurse."
    items = tuple(Item(t, t.replace("_", " ").capitalize(), "good", answer=answer) for t in TOPICS)
    return handover(readiness=items, practice=True)


def visited(every: int) -> Handover:
    """The same with an answer to how often somebody comes."""
    made = full()
    return replace(made, site=replace(made.site, visit_every=every))


@pytest.mark.parametrize(
    "made",
    [handover(), full(), visited(60), visited(90), handover(wifi=None, certificate=None)],
)
def test_a_usual_site_fits_two_pages(made: Handover) -> None:
    assert len(printed(made)) == 2


@pytest.mark.parametrize("made", [handover(), hostile(), full()])
def test_nothing_runs_over_the_edge(made: Handover) -> None:
    for page in printed(made):
        right = page.width() - int(printing.SIDE) + 2
        margins = (range(int(printing.SIDE) - 2), range(right, page.width()))
        for columns in margins:
            marks = [
                (x, y) for x in columns for y in range(page.height()) if page.pixel(x, y) != WHITE
            ]
            assert not marks


def test_phones_read_the_codes_on_paper() -> None:
    found = scanned(printed(handover(), scale=2)[0])
    assert found == {
        "https://cht.kaloleni.example.org",
        qr.wifi_text("Kaloleni CHT", PASSPHRASE, "wpa2-wpa3"),
    }


@pytest.mark.parametrize(
    "wifi",
    [
        Wifi("عيادة كالوليني", passphrase="كلمة السر 123"),
        Wifi("Clinic 🏥🏥", "wpa3", hidden=True, passphrase='a"\\;,: b' * 7),
        Wifi("ක්ලිනික්", "wpa2", passphrase="x" * 63),
    ],
)
def test_phones_read_any_name(wifi: Wifi) -> None:
    text = qr.wifi_text(wifi.ssid, wifi.passphrase, wifi.security, hidden=wifi.hidden)
    assert text in scanned(printed(handover(wifi=wifi), scale=2)[0])


@pytest.mark.parametrize("ground", ["white", "black", "#13171c"])
def test_phones_read_a_code_in_any_window(ground: str) -> None:
    html = f'<body bgcolor="{ground}"><img src="code" width="220" height="220"></body>'
    text = "https://cht.example.org"
    [page] = printing.pages(html, {"code": qr.svg(text)})
    assert scanned(page) == {text}


def test_the_longest_domain_can_be_scanned() -> None:
    domain = ".".join(("a" * 62,) * 4)
    made = handover(site=replace(SITE, domain=domain))
    assert f"https://{domain}" in scanned(printed(made, scale=3)[0])


def test_a_long_readiness_goes_on_a_third_page() -> None:
    wordy = tuple(replace(each, answer="We think about it. " * 20) for each in READINESS)
    assert len(printed(handover(readiness=wordy))) == 3


def test_pdf() -> None:
    one = sheet.compose(handover(), with_passphrase=True)
    data = printing.pdf(one.html, one.images, title=one.title)
    assert data.startswith(b"%PDF-")
    assert re.search(rb"/Type /Pages.*?/Count 2\b", data, re.S)
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data)
    assert box is not None
    assert [round(float(each)) for each in box.groups()] == [595, 842]
    assert one.title.encode("utf-16-be") in data
    # Pictures and codes are drawn, not made of pixels: sharp at any size, and small.
    assert b"/Subtype /Image" not in data
    assert len(data) < 200_000


def test_pixels_are_drawn_too(tmp_path: Path) -> None:
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    image.fill(QColor("#ff0000"))
    assert image.save(str(tmp_path / "red.png"))
    images = {"red": (tmp_path / "red.png").read_bytes()}
    [page] = printing.pages('<img src="red" width="100" height="100">', images)
    middle = page.pixelColor(int(printing.SIDE) + 50, int(printing.TOP) + 50)
    assert middle == QColor("#ff0000")


@pytest.mark.parametrize(
    ("images", "error"),
    [
        ({}, KeyError),
        ({"a": b"neither"}, ValueError),
        ({"a": b"\x89PNG broken"}, ValueError),
    ],
)
def test_images_that_are_not_there(images: Mapping[str, bytes], error: type[Exception]) -> None:
    with pytest.raises(error):
        printing.pages('<img src="a" width="9" height="9">', images)


def test_the_look_does_not_depend_on_the_text_size_of_the_window(qapp: QApplication) -> None:
    usual = printed(handover())
    font = qapp.font()
    larger = qapp.font()
    larger.setPointSizeF(20)
    qapp.setFont(larger)
    try:
        assert printed(handover()) == usual
    finally:
        qapp.setFont(font)

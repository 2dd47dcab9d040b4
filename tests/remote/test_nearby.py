"""One line for each server that was found."""

from __future__ import annotations

import pytest

from wizard.remote.discover import Found
from wizard.remote.nearby import each_once, system


def found(address: str, fingerprint: str) -> Found:
    return Found(address, "eth0", "SSH-2.0-x" if fingerprint else "", fingerprint)


def test_a_server_with_several_addresses_is_one_server() -> None:
    seen = each_once(
        (
            found("fe80::1%eth0", "SHA256:a"),
            found("192.168.1.20", "SHA256:a"),
            found("fe80::2%eth0", "SHA256:b"),
        )
    )
    assert [one.address for one in seen] == ["192.168.1.20", "fe80::2%eth0"]


def test_addresses_are_sorted_as_numbers_and_silent_ones_come_last() -> None:
    seen = each_once(
        (
            found("192.168.1.3", ""),
            found("192.168.1.20", "SHA256:a"),
            found("192.168.1.4", ""),
            found("192.168.1.9", "SHA256:b"),
        )
    )
    addresses = ["192.168.1.9", "192.168.1.20", "192.168.1.3", "192.168.1.4"]
    assert [one.address for one in seen] == addresses


@pytest.mark.parametrize(
    ("banner", "name"),
    [
        ("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u6", "Debian"),
        ("SSH-2.0-OpenSSH_9.6p1 Ubuntu-3ubuntu13.14", "Ubuntu"),
        ("SSH-2.0-dropbear_2022.83", ""),
        ("", ""),
    ],
)
def test_the_greeting_may_tell_the_system(banner: str, name: str) -> None:
    assert system(banner) == name

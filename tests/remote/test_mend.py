"""After a failed login the cursor stands where it can be mended."""

from __future__ import annotations

import pytest

from wizard.remote.mend import input_of
from wizard.remote.words import WORDS

EXPECTED = {
    "password-wrong": "server.password",
    "password-off": "server.password",
    "password-expired": "server.user",
    "nothing-to-show": "server.password",
    "key-unknown": "server.key",
    "key-refused": "server.key",
    "key-passphrase-wrong": "server.passphrase",
    "key-passphrase-needed": "server.passphrase",
    "sudo-password-wrong": "server.sudo",
    "sudo-password-needed": "server.sudo",
    "sudo-not-allowed": "server.user",
    "sudo-missing": "server.user",
    "user-missing": "server.user",
    "name-unknown": "server.host",
    "no-route": "server.host",
    "refused": "server.host",
    "server-silent": "server.host",
    "scope-missing": "server.host",
    "host-key-changed": "",
    "host-key-differs": "",
    "disk-full": "",
    "lost": "",
    "python-missing": "",
}


@pytest.mark.parametrize("code", EXPECTED)
def test_the_input_belongs_to_the_cure(code: str) -> None:
    assert code in WORDS
    assert input_of(code, with_key=code.startswith("key-")) == EXPECTED[code]


def test_the_proof_is_what_was_chosen() -> None:
    assert input_of("second-step", with_key=True) == "server.key"
    assert input_of("second-step", with_key=False) == "server.password"


def test_a_key_of_the_server_is_never_sent_to_an_input_of_ours() -> None:
    """Nothing that is typed here makes a changed host key right."""
    assert {
        input_of(c, with_key=k) for c in WORDS if c.startswith("host-key-") for k in (True, False)
    } == {""}

"""The kernel's filter for `watch`: a socket that gets a few kinds of frames and nothing else.

What the kernel throws away costs no copy and no wake-up, so that phones may synchronise at full
speed while somebody watches. Of what a phone sends inside its secure connection only the first
bytes come through, which tell its kind and length (RFC 8446, section 5.1).
"""

from __future__ import annotations

import ctypes
import socket
import struct
from typing import Dict, List, Optional, Tuple

# linux/filter.h, linux/bpf_common.h
LDB, LDH, LDXB_IHL = 0x30, 0x28, 0xB1
LDB_X, LDH_X, LDX_IMM = 0x50, 0x48, 0x01
LD_MEM, STORE, LD_LENGTH = 0x60, 0x02, 0x80
JUMP, JEQ, JGE, JSET = 0x05, 0x15, 0x35, 0x45
AND, SHIFT_RIGHT, ADD_X, TO_X, RETURN = 0x54, 0x74, 0x0C, 0x07, 0x06
SO_ATTACH_FILTER, SO_RCVBUFFORCE = 26, 33  # asm-generic/socket.h

WHOLE = 4096  # bytes: a ClientHello with a post-quantum key share has some 1900
HEAD = 192  # bytes: the longest headers, and the beginning of a TLS record
BULK = 1400  # bytes: a longer packet is an upload; requests and rests of a ClientHello are shorter
BUFFER = 1 << 20  # bytes that may wait for us; the kernel counts what does not fit

SYN, RST, PSH, ACK = 0x02, 0x04, 0x08, 0x10

Line = Tuple[str, int, int, str, str]  # label, code, operand, where to go if true, and if not


def program(https: int = 443, http: int = 80) -> List[Tuple[int, int, int, int]]:
    """Return the filter as (code, if true, if false, operand), see packet(7) and bpf(4)."""
    lines: List[Line] = [
        ("", LDH, 12, "", ""),
        ("", JEQ, 0x0806, "arp", ""),
        ("", JEQ, 0x86DD, "ip6", ""),
        ("", JEQ, 0x0800, "ip4", "drop"),
        # who asks by ARP shows the address that it uses
        ("arp", LDH, 20, "", ""),
        ("", JEQ, 1, "head", "drop"),
        ("ip6", LDB, 20, "", ""),
        ("", STORE, 0, "", ""),
        ("", LDX_IMM, 40, "", ""),
        ("", JUMP, 0, "transport", ""),
        ("ip4", LDH, 20, "", ""),
        ("", JSET, 0x1FFF, "drop", ""),  # a later fragment has no ports
        ("", LDB, 23, "", ""),
        ("", STORE, 0, "", ""),
        ("", LDXB_IHL, 14, "", ""),
        ("transport", LD_MEM, 0, "", ""),
        ("", JEQ, 6, "tcp", ""),
        ("", JEQ, 17, "", "drop"),
        ("", LDH_X, 16, "", ""),
        ("", JEQ, 53, "whole", ""),
        ("", JEQ, 67, "whole", ""),
        ("", JEQ, 68, "whole", "drop"),
        ("tcp", LDB_X, 27, "", ""),
        ("", STORE, 1, "", ""),  # the flags
        ("", LDH_X, 14, "", ""),
        ("", JEQ, https, "answer", ""),
        ("", LDH_X, 16, "", ""),
        ("", JEQ, https, "secure", ""),
        ("", JEQ, http, "plain", ""),
        ("", JEQ, 853, "", "drop"),
        ("", LD_MEM, 1, "", ""),
        ("", JSET, SYN, "head", "drop"),
        ("plain", LD_MEM, 1, "", ""),
        ("", JSET, PSH, "whole", "drop"),
        # From the web server: an alert, or the end of a connection that it refuses
        ("answer", LD_MEM, 1, "", ""),
        ("", JSET, SYN, "drop", ""),
        *_payload(),
        ("", JEQ, 0x1503, "head", "drop"),
        # To the web server: handshake, alert, the head of data; a ClientHello may fill two packets
        # whose second is only told by its push flag.
        ("secure", LD_MEM, 1, "", ""),
        ("", JSET, SYN, "head", ""),
        *_payload(),
        ("", JEQ, 0x1603, "whole", ""),
        ("", JEQ, 0x1403, "whole", ""),  # a second ClientHello may follow (RFC 8446, 4.1.4)
        ("", JEQ, 0x1503, "head", ""),
        ("", STORE, 2, "", ""),
        ("", LD_LENGTH, 0, "", ""),
        ("", JGE, BULK, "drop", ""),
        ("", LD_MEM, 2, "", ""),
        ("", JEQ, 0x1703, "head", ""),
        ("", LD_MEM, 1, "", ""),
        ("", JSET, PSH, "whole", "drop"),
        ("whole", RETURN, WHOLE, "", ""),
        ("head", RETURN, HEAD, "", ""),
        ("drop", RETURN, 0, "", ""),
    ]  # fmt: skip
    places: Dict[str, int] = {line[0]: at for at, line in enumerate(lines) if line[0]}
    made = []
    for at, (_, code, operand, yes, no) in enumerate(lines):
        hop = [places[label] - at - 1 if label else 0 for label in (yes, no)]
        if code == JUMP:
            made.append((code, 0, 0, hop[0]))
        else:
            made.append((code, hop[0], hop[1], operand))
    return made


def _payload() -> List[Line]:
    """Load the first two bytes that TCP carries; a packet that carries none is dropped there."""
    return [
        ("", LDB_X, 26, "", ""),
        ("", AND, 0xF0, "", ""),
        ("", SHIFT_RIGHT, 2, "", ""),
        ("", ADD_X, 0, "", ""),
        ("", TO_X, 0, "", ""),
        ("", LDH_X, 14, "", ""),
    ]


def attach(tap: socket.socket, lines: Optional[List[Tuple[int, int, int, int]]] = None) -> None:
    """Give a packet socket its filter. Raises OSError."""
    made = b"".join(struct.pack("HBBI", *line) for line in lines or program())
    room = ctypes.create_string_buffer(made)
    count = len(made) // 8
    tap.setsockopt(
        socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", count, ctypes.addressof(room))
    )

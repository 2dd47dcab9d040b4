"""A cable that is slow or loses packets: a program that carries frames between two interfaces.

The kernel's netem would do, but not every kernel has it. Arguments: two interfaces, delay in
milliseconds and loss in percent, each for every frame in either direction.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import random
import select
import socket
import sys
import time

SOL_PACKET = 263
PACKET_VNET_HDR = 15  # frames come and go with their offload state; without it checksums break
PACKET_IGNORE_OUTGOING = 23
ETH_P_ALL = 0x0003
AT_ONCE = 200  # frames on their way in one direction; a real cable's buffers end as well


def listen(interface: str) -> socket.socket:
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    end.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    end.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    end.bind((interface, ETH_P_ALL))
    return end


def main() -> None:
    ends = [listen(name) for name in sys.argv[1:3]]
    delay, loss = float(sys.argv[3]) / 1000, float(sys.argv[4]) / 100
    number = itertools.count()
    waiting: list[tuple[float, int, socket.socket, bytes]] = []
    print("ready", flush=True)
    while True:
        pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for source in select.select(ends, [], [], pause)[0]:
            frame = source.recv(70000)
            if random.random() >= loss and len(waiting) < 2 * AT_ONCE:
                other = ends[1] if source is ends[0] else ends[0]
                heapq.heappush(waiting, (time.monotonic() + delay, next(number), other, frame))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, target, frame = heapq.heappop(waiting)
            with contextlib.suppress(OSError):  # the cable is out at that end
                target.send(frame)


if __name__ == "__main__":
    main()

"""The table on the screen, and the same as a block of docs/figures.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.measure import APPLY, BY_HAND, OPEN_PEER, PEER, PLAIN, PLANNED, SUDO, VISIT
from tests.bench.peer import CHECKOUT

PAGE = CHECKOUT / "docs" / "figures.md"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
Plain = dict[str, Any]
Rows = list[tuple[str, ...]]

WORDS = {
    PLAIN: "`ssh` login that runs `python3 -c pass`",
    SUDO: "the same with `sudo -n`",
    VISIT: "this program, window open: connect, facts, plan; nothing to do",
    PLANNED: "this program, whole process: `plan` on the command line",
    OPEN_PEER: "pyinfra in a running Python, nothing to do",
    PEER: "pyinfra, whole process: `pyinfra -y`, nothing to do",
}
GOALS = {
    f"{VISIT} / {SUDO}": "at most 1.6",
    f"{VISIT} / {PLAIN}": "at most 1.6",
    f"{OPEN_PEER} / {VISIT}": "at least 3",
    f"{PEER} / {PLANNED}": "at least 3",
}
PARTS = {
    "connect": "connect: login, sudo, agent",
    "facts": "facts",
    "plan": "plan and certificate, on the laptop",
    "visit": "the three together: a run without changes",
    "apply, nothing to do": "apply with nothing to do",
    "full apply": "full apply: first contact, delivery, plan, change, proof",
    "renewal": "renewal of the certificate: connect, facts, plan, change, proof",
    APPLY: "of that, from Apply to the comparison with what is served",
    BY_HAND: "the same by hand: `scp`, `docker cp`, reload, `openssl s_client`; no way back",
    "check": "live check",
}
SIZES = {
    "zipapp": "agent as it is delivered",
    "zipapp on the server": "agent on the server, compiled",
    "agent memory after facts": "peak memory of the agent on the server, a run without changes",
    "laptop memory": "peak memory of the program on the laptop, without its window",
}


def tables(found: Plain) -> Iterator[tuple[tuple[str, ...], Rows]]:
    """Yield head and rows of every table."""
    spread: Rows = [(WORDS[k], *_three(v, 2)) for k, v in found["seconds"].items()]
    yield ("seconds", "median", "min", "max"), spread
    ratios: Rows = [(k, *_three(v, 2), GOALS.get(k, "")) for k, v in found["ratios"].items()]
    yield ("ratio, round by round", "median", "min", "max", "goal"), ratios
    parts: Rows = [
        (
            text,
            *_three(found["parts"][name]["seconds"], 2),
            str(found["parts"][name]["round_trips"]),
            str(found["parts"][name]["logins"]),
        )
        for name, text in PARTS.items()
    ]
    yield ("seconds", "median", "min", "max", "questions to the agent", "logins"), parts
    yield ("size", "kB"), [(SIZES[k], f"{v / 1000:.0f}") for k, v in found["bytes"].items()]


def _three(spread: Plain, digits: int) -> tuple[str, str, str]:
    median, low, high = (f"{spread[key]:.{digits}f}" for key in ("median", "min", "max"))
    return median, low, high


def show(found: Plain, console: Console) -> None:
    """Print the tables."""
    for head, rows in tables(found):
        table = Table(title=head[0])
        table.add_column("")
        for name in head[1:]:
            table.add_column(name, justify="right")
        for row in rows:
            table.add_row(*row)
        console.print(table)


def block(found: Plain) -> str:
    """Return the tables as Markdown, with what one must know to read them."""
    lines = [
        f"Measured on {found['date']} by `make bench`: 2 cores, server under full emulation, "
        f"{found['rounds']} rounds in turns. Emulation makes the server many times slower "
        "than a real one, so only the ratios mean something. "
        f"pyinfra {found['pyinfra']} does {found['operations']} operations: the files that this "
        "program owns on that server, the package, two services.",
    ]
    for head, rows in tables(found):
        lines += ["", "| " + " | ".join(head) + " |"]
        lines.append("| --- |" + " ---: |" * (len(head) - 1))
        lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def write(found: Plain) -> None:
    """Renew the block of the page, or add it at the end."""
    text = PAGE.read_text(encoding="utf-8")
    if BEGIN not in text:
        text = f"{text.rstrip()}\n\n## Speed\n\n{BEGIN}\n{END}\n"
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{block(found)}{END}{after}", encoding="utf-8")

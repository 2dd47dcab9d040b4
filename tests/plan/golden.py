"""Golden cases: facts and a site in, a plan out, all of it data.

A case is a folder below `cases/` with two files: `case.json`, written by hand, and `plan.json`,
written by `python -m tests.plan.golden --write` and read by a person before it is kept.

case.json: `about` (one sentence), `rows` (of the catalogue of failures seen elsewhere, see
docs), `base` (facts, below `bases/`), `site` (below `sites/`), and if need be `applied` (plan and
carry out once before any change), `changes` (see `change`), `site_changes` (dotted path to
value), `certificate` (serial number; 0 = none), `key` (false: without it), `renew`,
`passphrase` (of the Wi-Fi), `now` (what the laptop's clock says).
"""

from __future__ import annotations

import difflib
import hashlib
import json
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tomli_w

from tests.plan.pair import bundle
from tests.plan.simulate import facts_after, parse_yaml
from wizard.agent import wire
from wizard.certificate.bundle import Bundle
from wizard.plan import Plan, plan
from wizard.site import toml
from wizard.site.model import Site

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """One case, read and put together."""

    name: str
    about: str
    rows: tuple[int, ...]
    site: Site
    facts: wire.Facts
    bundle: Bundle | None
    renew: bool
    passphrase: str
    now: datetime = NOW

    def plan(self) -> Plan:
        """Plan it."""
        return plan(
            self.site,
            self.facts,
            self.bundle,
            now=self.now,
            renew=self.renew,
            who="test",
            passphrase=self.passphrase,
        )

    def again(self) -> Plan:
        """Plan once more, on a server that has carried the first plan out."""
        after = facts_after(self.site, self.facts, self.plan())
        return plan(self.site, after, self.bundle, now=self.now, renew=self.renew)

    @property
    def golden(self) -> Path:
        """The file with the plan that a person has read."""
        return HERE / "cases" / self.name / "plan.json"


def names() -> list[str]:
    """Return the names of all cases."""
    return sorted(path.parent.name for path in (HERE / "cases").glob("*/case.json"))


def load(name: str) -> Case:
    """Read a case. Raises KeyError for a path in `changes` that leads nowhere."""
    data = json.loads((HERE / "cases" / name / "case.json").read_text("utf-8"))
    known = {"about", "rows", "base", "site", "applied", "changes", "site_changes"}
    unknown = set(data) - known - {"certificate", "key", "renew", "passphrase", "now"}
    assert not unknown, f"{name}: {unknown}"
    facts = json.loads((HERE / "bases" / f"{data['base']}.json").read_text("utf-8"))
    site = site_of(data["site"], data.get("site_changes", {}))
    serial = data.get("certificate", 1)
    certificate = bundle(serial, key=data.get("key", True)) if serial else None
    if data.get("applied"):
        before = wire.decode(wire.Facts, facts)
        first = site_of(data["site"], {})
        passphrase = data.get("passphrase", "")
        made = plan(first, before, bundle(), now=NOW, passphrase=passphrase)
        facts = wire.encode(facts_after(first, before, made))
    for path, value in data.get("changes", {}).items():
        change(facts, path, value)
    return Case(
        name,
        data["about"],
        tuple(data.get("rows", ())),
        site,
        wire.decode(wire.Facts, facts),
        certificate,
        data.get("renew", False),
        data.get("passphrase", ""),
        datetime.fromisoformat(data["now"]) if "now" in data else NOW,
    )


def site_of(name: str, changes: dict[str, Any]) -> Site:
    """Return a site of `sites/` with some values replaced (TOML's own names, dotted)."""
    text = (HERE / "sites" / f"{name}.toml").read_text("utf-8")
    data = tomllib.loads(text)
    for path, value in changes.items():
        *parents, last = path.split(".")
        table = data
        for parent in parents:
            table = table.setdefault(parent, {})
        table[last] = value
    return toml.loads(tomli_w.dumps(data))


def change(facts: dict[str, Any], path: str, value: Any) -> None:
    """Replace one value in facts: "network.reason", "interfaces|enp1s0|carrier".

    Parts are parted by "." or, where one has a dot in it, all by "|". An item of a list is named
    by its number or its name, path, unit or container; a "+" at the end appends. A file's
    hashes are worked out from its text.
    """
    parts = path.split("|" if "|" in path else ".")
    append = parts[-1].endswith("+")
    parts[-1] = parts[-1].rstrip("+")
    at: Any = facts
    for part in parts[:-1]:
        at = at[_index(at, part)] if isinstance(at, list) else at[part]
    last = _index(at, parts[-1]) if isinstance(at, list) else parts[-1]
    if append:
        at[last].append(_hashed(value))
    elif isinstance(at, dict) and last not in at and "netplan" not in parts and parts != ["scan"]:
        raise KeyError(path)
    elif isinstance(value, dict) and "$yaml" in value:
        at[last] = parse_yaml(value["$yaml"])
    else:
        at[last] = _hashed(value)
        if last == "text" and "present" in at:
            at["present"] = _sha256(value)
        if last == "text" and "sha256" in at:
            at["sha256"] = _sha256(value)


def _index(items: list[Any], part: str) -> int:
    if part.isdigit():
        return int(part)
    for index, item in enumerate(items):
        if part in (item.get(key) for key in ("name", "path", "unit", "container")):
            return index
    raise KeyError(part)


def _hashed(value: Any) -> Any:
    if isinstance(value, list):
        return [_hashed(v) for v in value]
    if isinstance(value, dict) and {"path", "mode", "text"} <= set(value):
        return {"sha256": _sha256(value["text"]), "redacted": False, **value}
    if isinstance(value, dict) and {"path", "written", "text"} <= set(value):
        return {"present": _sha256(value["text"]), **value}
    return value


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def render(case: Case) -> str:
    """Return what `plan.json` should hold."""
    made = case.plan()
    data: dict[str, Any] = {"about": case.about, **made.plain(), "order": None}
    if not any(p.severity == "problem" for p in made.problems):
        order = made.order(prove=True)
        wanted = ("confirm", "seconds", "address", "address6", "prove", "interface")
        data["order"] = {key: getattr(order, key) for key in wanted}
    for one in data["changes"]:
        one["diff"] = one["diff"].splitlines()
        if one.get("content") and one["diff"]:
            one["content"] = "(see diff)"
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def differences() -> Iterator[tuple[Case, str, str]]:
    """Yield every case whose plan is not the one that was read: case, kept text, new text."""
    for name in names():
        case = load(name)
        kept = case.golden.read_text("utf-8") if case.golden.exists() else ""
        if (new := render(case)) != kept:
            yield case, kept, new


def main(arguments: list[str]) -> int:
    """Print what differs; with --write also keep it."""
    write = arguments == ["--write"]
    if arguments and not write:
        print(__doc__)
        return 2
    count = 0
    for case, kept, new in differences():
        count += 1
        name = str(case.golden.relative_to(HERE))
        old = kept.splitlines(keepends=True)
        sys.stdout.writelines(difflib.unified_diff(old, new.splitlines(keepends=True), name, name))
        if write:
            case.golden.write_text(new, "utf-8")
    print(f"{len(names())} cases, {count} {'written' if write else 'differ'}.")
    return 0 if write or not count else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

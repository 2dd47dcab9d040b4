"""The site file: TOML that a person can write and read, and that cannot hold a secret."""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import stat
import tempfile
import tomllib
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tomli_w

from wizard.agent import disk
from wizard.site.model import VERSION, Readiness, Site
from wizard.site.words import SiteError, shown

HEADER = "# One site of CHT Offline Setup. The program never writes passwords or keys into it.\n"
LIMIT = 1024 * 1024  # bytes; a site file has two pages

_SECRET_KEY = re.compile(
    r"pass_?(word|wd|phrase|code|wort)|secret|token|credential|private_?key|(^|_)(psk|pwd|pin)(_|$)"
)
_SECRET_VALUE = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----"
    r"|PuTTY-User-Key-File-\d"
    r"|^[a-z][a-z0-9+.-]{0,15}://[^/\s:@]{1,99}:[^/\s@]{1,99}@",  # ssh://user:password@host
    re.IGNORECASE,
)
_UNSAID = frozenset({"visit_every"})  # its default stands for no answer
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_EXPECTED = {str: "text in quotes", int: "a whole number", bool: "true or false"}


def load(path: str | os.PathLike[str]) -> Site:
    """Read a site file.

    Raises SiteError for whatever keeps the file from being a site: codes site_*, key_*,
    value_type, secret_*. Nothing larger than 1 MiB is read.
    """
    name = shown(os.fspath(path))
    try:
        mode = Path(path).stat().st_mode
        if stat.S_ISDIR(mode):
            raise SiteError("site_is_folder", path=name)
        if not stat.S_ISREG(mode):  # reading a pipe or a device could last for ever
            raise SiteError("site_not_file", path=name)
        with Path(path).open("rb") as file:
            data = file.read(LIMIT + 1)
    except FileNotFoundError as error:
        raise SiteError("site_missing", path=name) from error
    except PermissionError as error:
        raise SiteError("site_no_permission", path=name) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise SiteError("site_unreadable", path=name, reason=_reason(error)) from error
    if len(data) > LIMIT:
        raise SiteError("site_too_large", source=name)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SiteError("site_not_utf8", str(error), source=name) from error
    return loads(text, name)


def loads(text: str, source: str = "") -> Site:
    """Read a site from the text of a site file; `source` names it in messages.

    Raises SiteError. Keys that are left out have their default value.
    """
    source = source or "The site file"
    text = text.removeprefix("\ufeff")  # Notepad's byte order mark
    if not text.strip():
        raise SiteError("site_empty", source=source)
    if len(text) > LIMIT:
        raise SiteError("site_too_large", source=source)
    data = _parse(text, source)
    _refuse_secrets(data, source)
    _refuse_newer(data, source)
    site: Site = _table(Site, data, "", source)
    return site


def dumps(site: Site) -> str:
    """Write a site as the text of a site file; the same site gives the same text.

    Raises SiteError when a readiness answer holds a secret or text that is no Unicode.
    """
    plain = _plain(site)
    _refuse_secrets(plain, "The site")
    tables = {k: v for k, v in plain.items() if isinstance(v, dict)}
    top = {k: v for k, v in plain.items() if k not in tables}
    parts = [HEADER + tomli_w.dumps({"version": VERSION, **top})]
    for name, table in tables.items():
        lists = {k: v for k, v in table.items() if v and isinstance(v, list) and _rows(v)}
        simple = {k: v for k, v in table.items() if k not in lists}
        parts.append(f"[{name}]\n{tomli_w.dumps(simple)}")
        parts += [
            f"[[{name}.{k}]]\n{tomli_w.dumps(row)}" for k, rows in lists.items() for row in rows
        ]
    return "\n".join(parts)


def save(site: Site, path: str | os.PathLike[str]) -> None:
    """Write a site file, readable by its owner alone; the old file stays until the new is whole.

    Raises SiteError (site_save_no_permission, site_not_saved, and as `dumps`).
    """
    data = dumps(site).encode("utf-8")
    name = shown(os.fspath(path))
    try:
        _replace(Path(os.path.realpath(path)), data)
    except PermissionError as error:
        raise SiteError("site_save_no_permission", path=name) from error
    except (OSError, ValueError) as error:
        raise SiteError("site_not_saved", path=name, reason=_reason(error)) from error


def resolve(site: Site, folder: str | os.PathLike[str]) -> Site:
    """Return the site with absolute paths: relative ones start at `folder`, ~ is the home."""

    def absolute(path: str) -> str:
        # Whatever is not a path (empty, a NUL inside) stays as it is, for `problems` to name.
        if not path or "\0" in path:
            return path
        return os.path.abspath(os.path.join(folder, os.path.expanduser(path)))

    files = tuple(map(absolute, site.certificate.files))
    return dataclasses.replace(
        site,
        server=dataclasses.replace(site.server, key=absolute(site.server.key)),
        certificate=dataclasses.replace(site.certificate, files=files),
    )


def _replace(path: Path, data: bytes) -> None:
    """Atomic: a temporary file (0600 by mkstemp) in the same folder, fsync, rename, fsync."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:50]}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        disk.replace(temporary, str(path))
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    if os.name == "posix":  # Windows cannot open a folder
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _parse(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason, _, place = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", place)
        number = int(line[1]) if line else text.count("\n") + 1
        raise SiteError("site_broken", source=source, line=number, reason=shown(reason)) from None
    except (RecursionError, ValueError):
        # Thousands of brackets, or a number with thousands of digits: no line is told.
        reason = "something is nested too deeply or too long"
        raise SiteError("site_broken", source=source, line=1, reason=reason) from None


# ------------------------------------------------------------------------ secrets


def _refuse_secrets(data: Mapping[str, Any], source: str) -> None:
    """Look at every key and every text, also at places that a site file does not have."""
    for path, key, value in _walk(data):
        if key is not None and _SECRET_KEY.search(_words(key)):
            raise SiteError("secret_key", source=source, path=path)
        if isinstance(value, str):
            if _SECRET_VALUE.search(value):
                raise SiteError("secret_value", source=source, path=path)
            if not _is_unicode(value) or (key is not None and not _is_unicode(key)):
                raise SiteError("text_unwritable", path=path)


def _words(key: str) -> str:
    """passPhrase, Pass-Phrase and PASS PHRASE are pass_phrase."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower())


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _walk(data: Mapping[str, Any]) -> Iterator[tuple[str, str | None, Any]]:
    """Yield (path, key or None in lists, value) of everything, without recursion."""
    waiting: list[tuple[str, str | None, Any]] = [("", None, data)]
    while waiting:
        path, key, value = waiting.pop()
        yield path, key, value
        if isinstance(value, Mapping):
            waiting += [(_join(path, k), k, v) for k, v in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{path}[{i}]", None, v) for i, v in enumerate(value)]


def _join(path: str, key: str) -> str:
    name = key if _BARE.fullmatch(key) else f'"{key}"'
    # Thousands of dotted keys would make thousands of ever longer paths.
    return shown(f"{path}.{name}" if path else name)


# --------------------------------------------------------------- tables and types


def _refuse_newer(data: Mapping[str, Any], source: str) -> None:
    version = data.get("version", VERSION)
    if type(version) is not int or version < 1:
        _wrong("version", version, f"a whole number from 1 to {VERSION}", source)
    if version > VERSION:
        found = version if version < 10**9 else "…"
        raise SiteError("site_newer", source=source, found=found, known=VERSION)


def _table(cls: type[Any], data: Any, path: str, source: str) -> Any:
    if not isinstance(data, dict):
        _wrong(path, data, f"a table, written as [{path}]", source)
    if cls is Readiness:
        return _readiness(data, path, source)
    kinds = typing.get_type_hints(cls)
    for key in data:
        if key not in kinds:
            _unknown(key, path, list(kinds), source)
    values = {}
    for field in dataclasses.fields(cls):
        where = _join(path, field.name)
        if field.name in data:
            values[field.name] = _value(kinds[field.name], data[field.name], where, source)
        elif field.default is field.default_factory is dataclasses.MISSING:
            raise SiteError("key_missing", source=source, path=where)
    return cls(**values)


def _readiness(data: dict[str, Any], path: str, source: str) -> Readiness:
    """Any topic: which ones mean something is for `problems` to say."""
    return Readiness(tuple((k, _value(str, v, _join(path, k), source)) for k, v in data.items()))


def _value(kind: Any, value: Any, path: str, source: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _table(typing.cast("type[Any]", kind), value, path, source)
    if typing.get_origin(kind) is tuple:
        inner = typing.get_args(kind)[0]
        if not isinstance(value, list):
            what = "text in quotes" if inner is str else f"tables, each written as [[{path}]]"
            expected = f"a list of {what}" if inner is str else what
            _wrong(path, value, expected, source)
        return tuple(_value(inner, v, f"{path}[{i}]", source) for i, v in enumerate(value))
    if type(value) is not kind:  # bool is an int to Python, not to people
        _wrong(path, value, _EXPECTED[kind], source)
    return value


def _wrong(path: str, value: Any, expected: str, source: str) -> typing.NoReturn:
    kinds = {
        str: "text",
        bool: "true or false",
        int: "a number",
        float: "a number with a fraction",
        list: "a list",
        dict: "a table",
    }
    found = kinds.get(type(value), "a date or time")
    raise SiteError("value_type", source=source, path=path, expected=expected, found=found)


def _unknown(key: str, path: str, siblings: list[str], source: str) -> typing.NoReturn:
    where = _join(path, key)
    close = difflib.get_close_matches(key[:100], siblings, n=1)
    near = _join(path, close[0]) if close else _elsewhere(key)
    if near:
        raise SiteError("key_unknown_near", source=source, path=where, near=near)
    raise SiteError("key_unknown", source=source, path=where)


def _elsewhere(key: str) -> str:
    """A right key in the wrong table, which happens when a [table] line is forgotten."""
    paths = {p.rpartition(".")[2]: p for p in reversed(keys())}
    close = difflib.get_close_matches(key[:100], list(paths), n=1, cutoff=0.8)
    return paths[close[0]] if close else ""


def keys(cls: type[Any] = Site, path: str = "") -> list[str]:
    """Return the path of every key that a site file can have, tables before their keys."""
    found = []
    for name, kind in typing.get_type_hints(cls).items():
        inner = typing.get_args(kind)[0] if typing.get_origin(kind) is tuple else kind
        where = _join(path, name)
        if cls is not Readiness:
            found.append(where)
        if dataclasses.is_dataclass(inner):
            found += keys(typing.cast("type[Any]", inner), where)
    return found


# ------------------------------------------------------------------------ writing


def _plain(value: Any) -> Any:
    """Turn a site into TOML data without what was left empty."""
    if isinstance(value, Readiness):
        answers = dict(value.answers)
        if len(answers) != len(value.answers):
            raise ValueError("a readiness topic is answered twice")
        return answers
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if not dataclasses.is_dataclass(value):
        return value
    found: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        inner, default = getattr(value, field.name), _default(field)
        # What is empty by default says nothing; what has a default value may get another
        # one in a later program, so it is written down.
        empty = inner in ("", ()) or dataclasses.is_dataclass(inner) or field.name in _UNSAID
        if inner == default and empty:
            continue
        found[field.name] = _plain(inner)
    return found


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _rows(value: list[Any]) -> bool:
    return all(isinstance(v, dict) for v in value)

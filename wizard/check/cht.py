"""Does CHT itself answer, as the app on a phone asks it? (cht-core: api/src/routing.js)"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from wizard.check.base import Check, Look, Said, failed, passed, skipped, warning
from wizard.check.fetch import Answer, FetchFailed, fetch
from wizard.check.reach import Unreached
from wizard.check.served import TlsFailed

_GATEWAY = (502, 504)  # nginx is there, CHT's API behind it is not


class HttpRedirect(Check):
    """Plain http leads to https with the same name; no phone needs it, people who type do."""

    code = "http_redirect"
    page = "certificate"
    needs = ("link",)
    limit = 6.0

    def _ask(self, look: Look) -> Said:
        target = look.target
        if not target.http_port:
            return skipped("not-published")
        try:
            answer = fetch(look, "/", secure=False)
        except Unreached as error:
            return warning("closed", error.detail, port=target.http_port)
        except FetchFailed as error:
            return warning("broken", error.detail, port=target.http_port)
        location = answer.headers.get("location", "")
        if not 300 <= answer.status < 400 or not location:
            return warning("plain", status=answer.status, port=target.http_port)
        words: dict[str, Any] = {"location": location, "port": target.http_port}
        try:
            url = urlsplit(location)
            host, port = url.hostname, url.port or 443
        except ValueError:
            return failed("elsewhere", **words)
        if url.scheme != "https" or host != target.domain:
            return failed("elsewhere", **words)
        if port != target.https_port:
            # CHT's nginx redirects to https://$host, which has no port.
            return warning("port-lost", **words)
        return passed(**words)


def _get(look: Look, path: str, clock: str) -> Answer | Said:
    try:
        answer = fetch(look, path)
    except FetchFailed as error:
        return failed(error.variant, error.detail)
    except TlsFailed as error:
        return failed("slow" if error.variant == "no-answer" else "broken", error.detail)
    except Unreached as error:
        return failed("broken", error.detail)
    if (date := answer.date()) is not None:
        look.notes.clocks.setdefault(clock, date - answer.at)
    return answer


def _json(answer: Answer) -> dict[str, Any] | None:
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


class SetupPoll(Check):
    """What the app asks before it accepts the address: handler "medic-api", and ready.

    (cht-android: AppUrlVerifier.java)
    """

    code = "setup_poll"
    page = "certificate"
    needs = ("tls_handshake",)
    limit = 15.0

    def _ask(self, look: Look) -> Said:
        if not look.target.cht:
            return skipped("not-cht")
        answer = _get(look, "/setup/poll", "web")
        if isinstance(answer, Said):
            return answer
        status, data = answer.status, _json(answer)
        detail = f"{status} {answer.body[:300]!r}"
        if status in _GATEWAY:
            return failed("api-down", detail, status=status)
        if status == 503:
            return failed("starting", detail)
        if status != 200:
            return failed("status", detail, status=status)
        if data is None:
            return failed("page", detail)
        if data.get("handler") != "medic-api":
            return failed("other-handler", detail)
        if data.get("ready") is not True:
            return failed("not-ready", detail, reason=str(data.get("detail", ""))[:200])
        return passed(detail=detail)


class Monitoring(Check):
    """CHT's own word on its version and its database; "" and -1 mean that it could not ask."""

    code = "monitoring"
    page = "certificate"
    needs = ("setup_poll",)
    limit = 25.0

    def _ask(self, look: Look) -> Said:
        if not look.target.cht:
            return skipped("not-cht")
        answer = _get(look, "/api/v2/monitoring", "monitoring")
        if isinstance(answer, Said):
            return answer
        detail = f"{answer.status} {answer.body[:300]!r}"
        if answer.status == 404:
            return warning("old", detail)
        if answer.status != 200:
            return failed("status", detail, status=answer.status)
        data = _json(answer)
        if data is None:
            return failed("garbled", detail)
        current = _at(data, "date", "current")
        if _number(current):
            look.notes.clocks["cht"] = float(current) / 1000 - answer.at
        return self._judge(data, detail)

    @staticmethod
    def _judge(data: dict[str, Any], detail: str) -> Said:
        version = _at(data, "version", "app")
        couchdb = _at(data, "version", "couchdb")
        documents = _at(data, "couchdb", "medic", "doc_count")
        if not _number(documents) or documents < 0:
            return failed("database", detail, what=f"documents: {documents!r}")
        if not isinstance(couchdb, str) or not couchdb:
            return failed("database", detail, what=f"version: {couchdb!r}")
        if not isinstance(version, str) or not version:
            return failed("version", detail)
        return passed(detail=f"{documents} documents", version=version, couchdb=couchdb)


def _at(data: Any, *path: str) -> Any:
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

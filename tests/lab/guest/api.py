"""Stands in for CHT's API: the answers a healthy server gives without a login."""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = "@CHT_VERSION@"
STARTED = time.time()
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>CHT login</title></head>
<body><form id="form" action="/medic/login" method="POST"><input id="user">
<input id="password" type="password"><button id="login">Login</button></form></body></html>"""


def database(name: str) -> dict[str, object]:
    return {
        "name": name,
        "update_sequence": 1024,
        "doc_count": 512,
        "doc_del_count": 3,
        "fragmentation": 1.2,
        "sizes": {"active": 1048576, "file": 2097152},
    }


def monitoring() -> dict[str, object]:
    counts = {"total": 0, "seven_days": 0, "weekly": 0}
    return {
        "version": {"app": VERSION, "node": "v22.12.0", "couchdb": "3.4.2"},
        "couchdb": {
            "medic": database("medic"),
            "sentinel": database("medic-sentinel"),
            "usersmeta": database("medic-users-meta"),
            "users": database("_users"),
        },
        "date": {"current": int(time.time() * 1000), "uptime": time.time() - STARTED},
        "sentinel": {"backlog": 0},
        "messaging": {"outgoing": counts},
        "outbound_push": {"backlog": 0},
        "feedback": {"count": 0},
        "conflict": {"count": 0},
        "replication_limit": {"count": 0},
        "replication_failure": {"count": 0},
        "connected_users": {"count": 0},
    }


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, status: int, body: str, kind: str) -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind + "; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        answer: dict[str, object]
        if path == "/setup/poll":
            detail = "All required services are running normally"
            answer = {"ready": True, "handler": "medic-api", "version": "0.1.0", "detail": detail}
        elif path == "/api/info":
            answer = {"version": "0.1.0"}
        elif path == "/api/v2/monitoring":
            answer = monitoring()
        elif path in ("/", "/medic/login"):
            self.reply(200, PAGE, "text/html")
            return
        else:
            self.reply(404, json.dumps({"code": 404, "error": "Not found"}), "application/json")
            return
        self.reply(200, json.dumps(answer), "application/json")

    do_HEAD = do_GET


if __name__ == "__main__":
    ThreadingHTTPServer(("", 5988), Api).serve_forever()

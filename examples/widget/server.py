"""A chat on a page for other people: pip install ./clients/python, then python examples/widget/server.py

Your backend makes a token for each visitor, good for an hour and for one session alone: whoever takes it out of the
page can go on with that conversation, and nothing else. In gateway.yaml, so that the page may talk to the gateway:

    gateway: {allowed_origins: ["http://127.0.0.1:8000"]}

OPENCLAW_TOKEN, which makes the tokens, has the scope admin, and never leaves this program.
"""

import json
import os
import secrets
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from openclaw import OpenClawClient

HERE = Path(__file__).parent
SDK = HERE.parents[1] / "clients" / "js" / "src"
GATEWAY = os.environ.get("OPENCLAW_URL", "http://127.0.0.1:18789")
client = OpenClawClient(GATEWAY, os.environ["OPENCLAW_TOKEN"])


class Page(BaseHTTPRequestHandler):
    """`/` is the page, `/sdk/…` the client, `POST /visit` what a visitor is given."""

    def do_GET(self) -> None:
        name = self.path.removeprefix("/sdk/")
        if self.path == "/":
            self._answer("text/html; charset=utf-8", (HERE / "page.html").read_bytes())
        elif name in {path.name for path in SDK.iterdir()}:
            self._answer("text/javascript", (SDK / name).read_bytes())
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        if self.path != "/visit":
            self.send_error(404)
            return
        session = f"visitor-{secrets.token_hex(8)}"
        made = client.token.create(name=session, expires_in="1h", scopes=["read", "chat"], sessions=[session])
        visit = {"baseUrl": GATEWAY, "token": made.token, "sessionKey": session}
        self._answer("application/json", json.dumps(visit).encode())

    def _answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8000), Page)
    print(f"http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()

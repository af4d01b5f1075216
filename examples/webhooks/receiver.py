"""Receive signed webhooks. `pip install standardwebhooks`

    python examples/webhooks/receiver.py whsec_… [PORT]

Prints a line for each event; stops after --count events.
"""

import argparse
import json
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

parser = argparse.ArgumentParser()
parser.add_argument("secret")
parser.add_argument("port", type=int, nargs="?", default=8900)
parser.add_argument("--count", type=int, default=0)
options = parser.parse_args()
verifier = Webhook(options.secret)
seen: set[str] = set()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            event = verifier.verify(body, headers)
        except (WebhookVerificationError, ValueError):
            self.send_response(401)
            self.end_headers()
            return
        # It may come again: the id is the same then.
        if headers["webhook-id"] not in seen:
            seen.add(headers["webhook-id"])
            print(event["type"], json.dumps(event["data"], ensure_ascii=False), flush=True)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


server = HTTPServer(("127.0.0.1", options.port), Receiver)
print(f"listening on http://127.0.0.1:{options.port}", flush=True)
while not options.count or len(seen) < options.count:
    server.handle_request()

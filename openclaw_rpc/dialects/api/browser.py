"""Reference 002: `/api/browser`. A screenshot is the PNG itself, or JSON where the client asks for that alone."""

from __future__ import annotations

import base64

from openclaw_rpc.dialects.rest import Ask, Endpoint, Inputs, Plan, Reply, direct, without_pin
from openclaw_rpc.protocol import browser
from openclaw_rpc.protocol.browser import BrowserPicture, BrowserScreenshotParams
from openclaw_rpc.protocol.validation import checked

PNG = "image/png"
JSON = "application/json"


def screenshot(inputs: Inputs) -> Plan:
    """A picture of the page that was used last."""
    params = checked(dict(without_pin(inputs.query)), BrowserScreenshotParams, browser.screenshot.name, texts=True)
    picture: BrowserPicture = yield Ask(browser.screenshot, params)
    accepted = inputs.headers.get("accept", "")
    if JSON in accepted and PNG not in accepted:
        return Reply(picture)
    return Reply(base64.b64decode(picture.data), headers={"Content-Type": picture.mime_type})


ENDPOINTS = (
    direct("POST", "/api/browser/open", browser.open_),
    Endpoint(
        verb="GET",
        path="/api/browser/screenshot",
        plan=screenshot,
        doc="A picture of the page that was used last, as PNG; as JSON where the client accepts that alone.",
        calls=(browser.screenshot,),
        query=dict,
        answer=BrowserPicture,
        params=True,
        media=(PNG, JSON),
    ),
    direct("POST", "/api/browser/execute", browser.execute),
)

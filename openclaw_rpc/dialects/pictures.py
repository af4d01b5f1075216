"""Pictures over HTTP: as JSON with base64, or as the PNG itself for whom accepts one."""

import base64
from typing import Any

from openclaw_rpc.dialects.rest import Ask, Endpoint, Inputs, Plan, Reply
from openclaw_rpc.protocol import browser
from openclaw_rpc.protocol.browser import BrowserPicture
from openclaw_rpc.protocol.validation import checked

PNG = "image/png"


def picture(verb: str, path: str, *, as_image: bool = False) -> Endpoint:
    """An endpoint that takes a screenshot; ``as_image``: as PNG, whatever the client accepts."""

    def plan(inputs: Inputs) -> Plan:
        given: dict[str, Any] = {**(inputs.query or {}), **(inputs.body or {})}
        params = checked(given, browser.screenshot.params, "the screenshot", texts=bool(inputs.query))
        shot: BrowserPicture = yield Ask(browser.screenshot, params)
        if as_image or PNG in inputs.headers.get("accept", ""):
            return Reply(base64.b64decode(shot.data), headers={"Content-Type": PNG})
        return Reply(shot)

    return Endpoint(
        verb=verb,
        path=path,
        plan=plan,
        doc=browser.screenshot.doc,
        calls=(browser.screenshot,),
        body=dict if verb == "POST" else None,
        query=dict,
        answer=None if as_image else BrowserPicture,
    )

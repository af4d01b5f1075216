"""Scripts in a page: bounded in time and in what they answer, and stopped where nobody waits any more.

Chromium's own protocol runs them (https://chromedevtools.github.io/devtools-protocol/tot/Runtime/): it can end a script
that never does, which Playwright cannot. What a script answers becomes JSON inside the page, so that neither a value of
a gigabyte nor one that holds itself reaches the gateway.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

import msgspec

from openclaw_rpc.adapters.browser.faults import GONE, TEXT, fault, first_line
from openclaw_rpc.adapters.browser.profile import Devtools
from openclaw_rpc.protocol.errors import InvalidRequest, Timeout, TooLarge
from openclaw_rpc.protocol.surrogates import replaced_in
from openclaw_rpc.protocol.validation import mended

LEFT: Final = ("navigated", "context was destroyed", "Cannot find context")
"""What Chromium says where a script's page was led elsewhere."""
RUN: Final = """(async (source, most, text) => {
  const AsyncFunction = (async () => {}).constructor;
  const told = (error) => {
    try {
      return { error: String(error instanceof Error ? `${error.name}: ${error.message}` : error).slice(0, text) };
    } catch {
      return { error: "it throws what cannot be shown" };
    }
  };
  try {
    let run;
    try {
      run = new AsyncFunction(`return (\\n${source}\\n);`);
    } catch {
      run = new AsyncFunction(source);
      try {
        (0, eval)(`if (false) {\\n${source}\\n}`);
        run = () => (0, eval)(source);
      } catch {}
    }
    let value = await run();
    if (typeof value === "function") value = await value();
    value = JSON.stringify(value);
    if (value === undefined) return { json: "null" };
    return value.length > most ? { long: true } : { json: value };
  } catch (error) {
    return told(error);
  }
})(%s, %d, %d)"""
"""An expression, else a function's body, which is run as a script, for its last value, where it is one as well."""


async def run_script(session: Devtools, script: str, timeout_ms: int, most: int) -> Any:
    """The value of a script: an expression, statements (the last one's value), or a function's body with ``return``.

    Args:
        session: The page's line to Chromium.
        script: JavaScript; promises are awaited, a function is called.
        timeout_ms: How long it may take.
        most: How many characters its value may have, as JSON.

    Raises:
        InvalidRequest: it is no JavaScript, throws, or its value is no JSON.
        Timeout: it takes too long; it may run still.
        TooLarge: its value is too large.
        Conflict: the page was closed meanwhile, or led elsewhere.
    """
    try:
        async with asyncio.timeout(timeout_ms / 1000):
            answer = await _evaluate(session, script, timeout_ms, most)
    except TimeoutError:
        raise _too_slow(timeout_ms) from None
    except Exception as error:
        line = first_line(error)
        if "terminated" in line or "timed out" in line:
            raise _too_slow(timeout_ms) from None
        raise fault(GONE[0] if any(sign in line for sign in LEFT) else line, "script") from None
    return _value(answer, most)


async def _evaluate(session: Devtools, script: str, timeout_ms: int, most: int) -> dict[str, Any]:
    return await session.send(
        "Runtime.evaluate",
        {
            "expression": RUN % (json.dumps(script), most, TEXT),
            "awaitPromise": True,
            "returnByValue": True,
            "userGesture": True,
            "timeout": timeout_ms,
        },
    )


def _value(answer: dict[str, Any], most: int) -> Any:
    answer = replaced_in(answer)
    told: Any = answer.get("result", {}).get("value")
    details: Any = answer.get("exceptionDetails")
    if details:
        thrown = str(details.get("exception", {}).get("description") or details.get("text")).partition("\n")[0][:TEXT]
        raise InvalidRequest(f"script: {thrown}", field="script", reason=thrown)
    if "long" in told:
        raise TooLarge("the script's value is too large", field="script", reason="value", limit=most)
    if "error" in told:
        thrown = str(told["error"]).partition("\n")[0]
        raise InvalidRequest(f"script: {thrown}", field="script", reason=thrown)
    return msgspec.json.decode(mended(told["json"].encode()))


def _too_slow(timeout_ms: int) -> Timeout:
    return Timeout(f"the script took longer than {timeout_ms} ms", field="script", reason="script")

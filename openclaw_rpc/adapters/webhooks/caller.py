"""Calls signed the Standard Webhooks way (standardwebhooks.com), through the outbound guard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import aiohttp

from openclaw_rpc.adapters.outbound.session import ClosedAddress
from openclaw_rpc.domain.webhooks.service import WebhookResponse


class WebhookCaller:
    """Posts events. ``session`` is asked for when one is first called."""

    def __init__(self, session: Callable[[], aiohttp.ClientSession]) -> None:
        self._session = session

    async def call(
        self, url: str, message_id: str, body: bytes, keys: Sequence[str], seconds: float
    ) -> WebhookResponse:
        """Post a body; what the other side answers is not read."""
        headers = signed(message_id, body, keys, datetime.now(UTC))
        try:
            async with self._session().post(
                url,
                data=body,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=10),
            ) as answer:
                pause = answer.headers.get("Retry-After", "")
                return WebhookResponse(
                    status=answer.status,
                    error=None if answer.status < 300 else f"answered {answer.status}",
                    retry_after=float(pause) if pause.isdigit() else None,
                )
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, ClosedAddress):
                return WebhookResponse(
                    error="the address is private, and outbound.allow_private_hosts does not name it"
                )
            return WebhookResponse(
                error=f"could not be reached: {error.os_error.strerror or type(error.os_error).__name__}"
            )
        except TimeoutError:
            return WebhookResponse(error=f"took longer than {seconds:g} s")
        except (aiohttp.ClientError, ValueError, OSError) as error:
            return WebhookResponse(error=f"gave no answer: {type(error).__name__}")


def signed(message_id: str, body: bytes, keys: Sequence[str], at: datetime) -> dict[str, str]:
    """The headers of a call: an id, the time, a signature for each key."""
    # Imported when something is first called: 15 ms.
    from standardwebhooks.webhooks import Webhook

    text = body.decode()
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(key).sign(message_id, at, text) for key in keys),
    }

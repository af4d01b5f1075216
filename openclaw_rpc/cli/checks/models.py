"""Whether the configured models' servers answer, asked directly: no gateway runs that could say so."""

import asyncio
from collections.abc import Mapping

from openclaw_rpc.cli.checks.check import Check, fail, ok, warn
from openclaw_rpc.config.settings import Settings
from openclaw_rpc.domain.models import PRIMARY, ProviderSettings
from openclaw_rpc.protocol.errors import ProviderError

SECONDS = 10.0


async def providers(settings: Settings) -> list[Check]:
    """A check a provider; where none is configured, what will answer instead."""
    if not settings.providers:
        return [
            ok(
                "models",
                "none configured; a local server on its usual port is used, else the built-in offline agent answers",
                "openclaw config set providers.primary '{type: ollama, model: llama3.2}' configures one.",
            )
        ]
    return await asyncio.gather(*(_ask(name, one, settings.providers) for name, one in settings.providers.items()))


async def _ask(name: str, settings: ProviderSettings, others: Mapping[str, ProviderSettings]) -> Check:
    from openclaw_rpc.app import local

    title = f"model {name}"
    provider = local.provider(name, settings)
    try:
        async with asyncio.timeout(SECONDS):
            found = await provider.models()
    except ProviderError as error:
        hint = f"Correct providers.{name} in gateway.yaml, or start its server."
        # a provider that is nobody's first choice is missed only when it is needed
        return (
            fail(title, error.message, hint)
            if name == PRIMARY or len(others) == 1
            else warn(title, error.message, hint)
        )
    except TimeoutError:
        return fail(title, f"{name} did not list its models within {SECONDS:g} s", "Check its base_url.")
    finally:
        await provider.aclose()
    if found and all(model.id != settings.model for model in found):
        return warn(
            title,
            f"answers, but does not list {settings.model}",
            f"Set providers.{name}.model to one of: {', '.join(model.id for model in found[:8])}",
        )
    return ok(title, f"answers, and offers {settings.model}")

"""A browser: Playwright drives it, and all it fetches comes through a proxy that asks the outbound guard."""

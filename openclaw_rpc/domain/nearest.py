"""Which of the names that there are may have been meant."""

from collections.abc import Iterable


def meant(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """``; did you mean shell?``, to stand behind an error; empty where no known name is near."""
    from difflib import get_close_matches  # seldom needed

    spelled = {one.lower(): one for one in known}
    found = get_close_matches(name[:100].lower(), spelled, n=1, cutoff=cutoff)
    return f"; did you mean {spelled[found[0]]}?" if found else ""

"""What schemathesis makes of `/openapi.json`: no 5xx, no answer outside the document, no hang.

`python -m tests.fuzz.http --cases 5000 [--seed 1]`. Half of an operation's cases fit the document, half do not.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import anyio
import anyio.to_thread
import hypothesis
import hypothesis.errors
import requests  # noqa: TID251 - schemathesis speaks through it
import schemathesis
from schemathesis import checks
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode

from tests.support.gateway import TOKEN, gateway, settings
from tests.support.upstream import scripted_upstream

SECONDS = 10.0
"""An answer that takes longer is a hang."""
LEFT_OUT = ("browser.", "command.", "event.subscribe", "skill.install", "skill.search")
"""A browser, a shell and a registry would be asked for real, and a session's events never end: tested elsewhere."""
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
QUIET = [hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.filter_too_much, hypothesis.HealthCheck.data_too_large]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@dataclass
class Report:
    """What came of it: ``cases`` were answered; ``faults``, the first of each operation, hold the request too. With
    ``hangs`` nothing more was asked.
    """

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    hangs: bool = False

    def __str__(self) -> str:
        answers = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        lines = [f"{self.cases} cases in {self.seconds:.1f} s; answers: {answers}; {len(self.faults)} faults"]
        return "\n".join([*lines, *(f"--- {name}\n{text}" for name, text in self.faults.items())])


def operations(schema: Any) -> Iterator[Any]:
    """What is asked."""
    for found in schema.get_all_operations():
        operation = found.ok()
        if not any(call.startswith(LEFT_OUT) for call in _calls(operation)):
            yield operation


def _calls(operation: Any) -> list[str]:
    """The methods behind an operation."""
    return operation.definition.raw.get("x-calls", [])


def fuzz(url: str, token: str, cases: int, *, seed: int = 1, seconds: float = math.inf) -> Report:
    """Ask a gateway so many times, for ``seconds`` at most, and until it hangs. Every operation gets its share at once,
    since a share always begins with the plainest case; what one has no cases for, and what no client can send, goes to
    the others in the next round. Blocks: not for the loop that the gateway runs in.
    """
    report, began = Report(), time.monotonic()

    def over() -> bool:
        return report.hangs or time.monotonic() - began >= seconds

    with warnings.catch_warnings(), requests.Session() as session:
        # What the generators warn of is no fault of the gateway.
        warnings.simplefilter("ignore")
        document = session.get(f"{url}/openapi.json", timeout=SECONDS).json()
        session.headers["Authorization"] = f"Bearer {token}"
        found = operations(schemathesis.openapi.from_dict(document))
        pairs = [(operation, mode) for operation in found for mode in MODES]
        for number in itertools.count():
            before = report.cases
            for at, (operation, mode) in enumerate(pairs):
                due = (cases - before) * (at + 1) // len(pairs) - (report.cases - before)
                if due > 0 and not over():
                    _ask(operation, mode, due, seed + number, url, session, report)
            if not before < report.cases < cases or over():
                break
    report.seconds = time.monotonic() - began
    return report


def _ask(
    operation: Any, mode: GenerationMode, cases: int, seed: int, url: str, session: requests.Session, report: Report
) -> None:
    label = f"{operation.label} ({mode.value})"

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=cases,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=QUIET,
    )
    @hypothesis.given(operation.as_strategy(generation_mode=mode))
    def each(case: Any) -> None:
        if label in report.faults or report.hangs:
            return
        fault = _one(case, url, session, report)
        if fault is not None:
            report.faults[label] = fault

    try:
        each()
    except hypothesis.errors.Unsatisfiable:
        # Nothing about this operation could be wrong.
        return


def _one(case: Any, url: str, session: requests.Session, report: Report) -> str | None:
    """Ask once; what is wrong with the answer."""
    try:
        response = case.call(base_url=url, session=session, timeout=SECONDS)
    except requests.exceptions.Timeout:
        report.hangs = True
        return f"no answer in {SECONDS:g} s\n{case.as_curl_command()}"
    except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeError):
        return None
    except requests.exceptions.ConnectionError as error:
        report.hangs = True
        return f"{error}\n{case.as_curl_command()}"
    report.cases += 1
    report.statuses[response.status_code] += 1
    if response.status_code >= 500:
        return f"{response.status_code} {response.text[:500]}\n{case.as_curl_command()}"
    try:
        case.validate_response(response, checks=CHECKS)
    except FailureGroup as found:
        return "\n".join(str(each) for each in found.exceptions) + f"\n{case.as_curl_command()}"
    return None


async def run(cases: int, *, seed: int = 1, seconds: float = math.inf) -> Report:
    """The same against a gateway of its own."""
    async with scripted_upstream() as upstream, gateway(settings(upstream.url)) as opened:
        return await anyio.to_thread.run_sync(lambda: fuzz(opened.url, TOKEN, cases, seed=seed, seconds=seconds))


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.http", description=__doc__)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    report = anyio.run(lambda: run(args.cases, seed=args.seed), backend_options={"use_uvloop": True})
    print(report)
    return int(bool(report.faults))


if __name__ == "__main__":
    sys.exit(main())

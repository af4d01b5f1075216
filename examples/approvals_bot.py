"""A bot that decides what agents may do: commands on its list pass, everything else is refused with a reason.

    security: {policies: {shell: ask}}            # in gateway.yaml: what the bot is to be asked about

    pip install ./clients/python
    OPENCLAW_PIN=… python examples/approvals_bot.py 'git (status|log|diff).*' 'ls.*'

OPENCLAW_TOKEN has the scope of an admin of the owner, who sees everybody's approvals. Run it as long as the gateway
runs: it comes back by itself, and looks at what waited meanwhile.
"""

import os
import re
import sys

from openclaw import ConflictError, NotFoundError, OpenClawClient

ALLOWED = [re.compile(pattern) for pattern in sys.argv[1:]]
client = OpenClawClient(token=os.environ["OPENCLAW_TOKEN"])


def allowed(tool: str, params: dict) -> bool:
    # One plain command: nothing that a shell would make two of.
    command = str(params.get("command", ""))
    plain = not re.search(r"[;&|<>`$\n\\]", command)
    return tool == "shell" and plain and any(pattern.fullmatch(command) for pattern in ALLOWED)


def decide(approval_id: str, tool: str, params: dict) -> None:
    try:
        if allowed(tool, params):
            client.tool.approve(approval_id=approval_id, pin=os.environ.get("OPENCLAW_PIN"))
            print(f"approved {tool} {params}", flush=True)
        else:
            client.tool.deny(approval_id=approval_id, reason="not on the list of what passes by itself")
            print(f"refused {tool} {params}", flush=True)
    except (NotFoundError, ConflictError):
        pass  # somebody else was faster, or the time was up


# Subscribed first, so that nothing falls between the two; then what waits already, now and after a lost connection.
events = client.subscribe(topics=["messages"])
waiting = client.tool.pending().approvals
print("watching", flush=True)
for approval in waiting:
    decide(approval.approval_id, approval.tool, approval.params)
for event in events:
    if event.type == "tool.approval":
        decide(event.data["approvalId"], event.data["tool"], event.data["params"])
    elif event.type == "resync":
        for approval in client.tool.pending().approvals:
            decide(approval.approval_id, approval.tool, approval.params)

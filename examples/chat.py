"""A chat in the terminal: pip install ./clients/python, then python examples/chat.py

Ctrl-C stops an answer, Ctrl-D leaves.
"""

import os
import sys

from openclaw import OpenClawClient, OpenClawError

client = OpenClawClient(token=os.environ.get("OPENCLAW_TOKEN"))
session = sys.argv[1] if len(sys.argv) > 1 else "terminal"

while True:
    try:
        message = input("> ")
    except (EOFError, KeyboardInterrupt):
        break
    try:
        with client.chat.stream(message=message, session_key=session) as run:
            for event in run:
                if event.type == "chat.delta":
                    print(event.data["delta"], end="", flush=True)
                elif event.type == "tool.call":
                    print(f"[{event.data['tool']}]", end=" ", flush=True)
                elif event.type == "chat.done" and "error" in event.data:
                    print(event.data["error"]["message"], end="")
    except KeyboardInterrupt:
        print(" [stopped]", end="")
    except OpenClawError as error:
        print(f"[{error}]", end="")
    print()

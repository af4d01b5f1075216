"""The OpenAI SDK, with its address changed: pip install openai

    python examples/openai_sdk.py "What can you do?"

The model `openclaw` is the gateway's agent, tools and memory and all; `openclaw/<agent>` is another of its agents. Any
other model is asked directly, with your own messages and tools.
"""

import os
import sys

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("OPENCLAW_URL", "http://127.0.0.1:18789") + "/v1",
    api_key=os.environ["OPENCLAW_TOKEN"],
)
message = " ".join(sys.argv[1:]) or "What can you do?"

print("models:", ", ".join(model.id for model in client.models.list()))

# `user` names the session: the agent remembers what was said in it.
stream = client.chat.completions.create(
    model="openclaw",
    messages=[{"role": "user", "content": message}],
    user="openai-example",
    stream=True,
)
for chunk in stream:
    if chunk.choices and chunk.choices[0].delta.content:
        print(chunk.choices[0].delta.content, end="", flush=True)
print()

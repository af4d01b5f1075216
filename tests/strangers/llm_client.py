# type: ignore  - its packages are those of an environment of its own
"""Simon Willison's `llm`, as a command, against a gateway: `python llm_client.py BASE_URL TOKEN`."""

import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

BASE, TOKEN = sys.argv[1], sys.argv[2]
LLM = Path(sys.executable).with_name("llm")
HOME = tempfile.TemporaryDirectory()
MODELS = """
- model_id: scripted
  model_name: scripted
  api_base: {base}
  api_key_name: gateway
  supports_tools: true
  supports_schema: true
- model_id: agent
  model_name: openclaw/default
  api_base: {base}
  api_key_name: gateway
  supports_tools: true
- model_id: whole
  model_name: scripted
  api_base: {base}
  api_key_name: gateway
  can_stream: false
"""


def llm(*words):
    environment = {**os.environ, "LLM_USER_PATH": HOME.name}
    done = subprocess.run([LLM, *words], capture_output=True, text=True, timeout=60, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def streamed():
    assert llm("-m", "scripted", "one two") == "echo: one two"


def whole():
    assert llm("-m", "whole", "Hello there") == "echo: Hello there"


def agent():
    assert llm("-m", "agent", "Hi") == "echo: Hi"


def tools():
    code = "def look(q: str) -> str:\n    return 'found ' + q\n"
    for model in ("scripted", "agent"):
        assert llm("-m", model, "--functions", code, '[[tool:look {"q": "x"}]]') == "tool said: found x"
        assert llm("-c", "and more") == "echo: and more"


Path(HOME.name, "extra-openai-models.yaml").write_text(MODELS.format(base=BASE))
Path(HOME.name, "keys.json").write_text(json.dumps({"gateway": TOKEN}))
for found in (streamed, whole, agent, tools):
    try:
        found()
        print(json.dumps({"check": found.__name__, "ok": True}), flush=True)
    except Exception:
        print(json.dumps({"check": found.__name__, "ok": False, "error": traceback.format_exc()[-1500:]}), flush=True)
HOME.cleanup()

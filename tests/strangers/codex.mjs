// OpenAI's Codex, as a command, against a gateway: node codex.mjs BASE_URL TOKEN. Its answers and its own tools.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [, , base, token] = process.argv;
const folder = import.meta.dirname;
const codex = join(folder, "node_modules", ".bin", "codex");

// Not below /tmp, where Codex refuses to put its helpers.
const work = mkdtempSync(join(folder, "codex-"));
const home = join(work, "home");
mkdirSync(home);
writeFileSync(
  join(home, "config.toml"),
  `model_provider = "gateway"
approval_policy = "never"
sandbox_mode = "danger-full-access"
[model_providers.gateway]
name = "gateway"
base_url = "${base}"
env_key = "GATEWAY_TOKEN"
wire_api = "responses"
[features]
plugins = false
`,
);

function run(model, ...words) {
  const options = {
    cwd: work, encoding: "utf8", input: "", timeout: 60_000,
    env: { ...process.env, CODEX_HOME: home, GATEWAY_TOKEN: token, RUST_LOG: "error" },
  };
  const done = spawnSync(codex, ["exec", "--skip-git-repo-check", "--json", "-m", model, ...words], options);
  const events = done.stdout.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  assert.equal(done.status, 0, done.stderr + done.stdout);
  const items = events.filter((event) => event.type === "item.completed").map((event) => event.item);
  return {
    thread: events.find((event) => event.type === "thread.started").thread_id,
    said: items.filter((item) => item.type === "agent_message").map((item) => item.text).join(""),
    commands: items.filter((item) => item.type === "command_execution"),
  };
}

for (const model of ["scripted", "openclaw"]) {
  try {
    const first = run(model, '[[tool:exec_command {"cmd": "echo from-$((40 + 2))"}]]');
    assert.match(first.said, /from-42/);
    assert.equal(first.commands.length, 1);
    const second = run(model, "resume", first.thread, "and more");
    assert.equal(second.said, "echo: and more");
    console.log(JSON.stringify({ check: model, ok: true }));
  } catch (error) {
    console.log(JSON.stringify({ check: model, ok: false, error: String(error.stack ?? error).slice(0, 1500) }));
  }
}
rmSync(work, { recursive: true, force: true });

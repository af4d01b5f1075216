// The MCP SDK's client against a gateway's /mcp: node mcp_sdk.mjs URL TOKEN.

import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [, , url, token] = process.argv;

async function connected(shown = token) {
  const headers = { Authorization: `Bearer ${shown}` };
  const client = new Client({ name: "stranger", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return client;
}

const checks = {
  async tools_are_listed() {
    const client = await connected();
    const { tools } = await client.listTools();
    const names = tools.map((tool) => tool.name);
    for (const name of ["file_write", "file_read", "shell", "chat_run"]) assert.ok(names.includes(name), name);
    await client.close();
  },
  async a_tool_is_used() {
    const client = await connected();
    await client.callTool({ name: "file_write", arguments: { path: "sdk.txt", content: "hé 天" } });
    const read = await client.callTool({ name: "file_read", arguments: { path: "sdk.txt" } });
    assert.match(read.content[0].text, /hé 天/);
    await client.close();
  },
  async a_failure_is_told() {
    const client = await connected();
    const read = await client.callTool({ name: "file_read", arguments: { path: "missing.txt" } });
    assert.equal(read.isError, true);
    assert.match(read.content[0].text, /missing\.txt/);
    await client.close();
  },
  async what_is_cancelled_ends() {
    const client = await connected();
    const given = { name: "shell", arguments: { command: "sleep 30" } };
    const stop = AbortSignal.timeout(300);
    await assert.rejects(client.callTool(given, undefined, { signal: stop }));
    assert.ok((await client.listTools()).tools.length > 0);
    await client.close();
  },
  async an_agent_answers() {
    const client = await connected();
    const said = await client.callTool({ name: "chat_run", arguments: { message: "Hello there" } });
    assert.match(said.content[0].text, /echo: Hello there/);
    await client.close();
  },
  async a_wrong_token_is_refused() {
    await assert.rejects(connected("wrong"), /401|Unauthorized/i);
  },
};

for (const [check, run] of Object.entries(checks)) {
  try {
    await run();
    console.log(JSON.stringify({ check, ok: true }));
  } catch (error) {
    console.log(JSON.stringify({ check, ok: false, error: String(error.stack ?? error).slice(-1500) }));
  }
}
process.exit(0);

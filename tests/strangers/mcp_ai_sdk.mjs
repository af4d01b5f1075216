// The AI SDK's MCP client against a gateway's /mcp: node mcp_ai_sdk.mjs URL TOKEN.

import assert from "node:assert/strict";
import { createMCPClient } from "@ai-sdk/mcp";

const [, , url, token] = process.argv;

const client = (shown = token) =>
  createMCPClient({ transport: { type: "http", url, headers: { Authorization: `Bearer ${shown}` } } });
const call = { toolCallId: "call-1", messages: [] };

const checks = {
  async tools_are_listed() {
    const found = await client();
    const tools = await found.tools();
    for (const name of ["file_write", "file_read", "shell", "chat_run"]) assert.ok(tools[name], name);
    await found.close();
  },
  async a_tool_is_used() {
    const found = await client();
    const tools = await found.tools();
    await tools.file_write.execute({ path: "ai.txt", content: "hé 天" }, call);
    assert.match(JSON.stringify(await tools.file_read.execute({ path: "ai.txt" }, call)), /hé 天/);
    await found.close();
  },
  async a_failure_is_told() {
    const found = await client();
    const tools = await found.tools();
    let said;
    try {
      said = await tools.file_read.execute({ path: "missing.txt" }, call);
    } catch (error) {
      said = String(error);
    }
    assert.match(JSON.stringify(said), /missing\.txt/);
    await found.close();
  },
  async a_wrong_token_is_refused() {
    await assert.rejects(client("wrong").then((found) => found.tools()), /401|Unauthorized/i);
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

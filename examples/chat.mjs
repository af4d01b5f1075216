// A chat in the terminal: npm install ./clients/js, then node examples/chat.mjs   (Node 20: npm install ws, too)
//
// Ctrl-C stops an answer, Ctrl-D leaves.
import readline from "node:readline/promises";
import { OpenClawClient } from "@openclaw/sdk";

const WebSocket = globalThis.WebSocket ?? (await import("ws").catch(() => ({}))).WebSocket; // else over fetch
const client = new OpenClawClient({ token: process.env.OPENCLAW_TOKEN, WebSocket });
const terminal = readline.createInterface({ input: process.stdin, output: process.stdout, prompt: "> " });
const sessionKey = process.argv[2] ?? "terminal";
let stop;
terminal.on("SIGINT", () => (stop ? stop.abort(new Error("stopped")) : terminal.close()));

terminal.prompt();
for await (const message of terminal) {
  stop = new AbortController();
  try {
    for await (const event of client.chat.stream({ message, sessionKey }, { signal: stop.signal })) {
      if (event.type === "chat.delta") process.stdout.write(event.data.delta);
      else if (event.type === "tool.call") process.stdout.write(`[${event.data.tool}] `);
      else if (event.type === "chat.done" && event.data.error) process.stdout.write(event.data.error.message);
    }
  } catch (error) {
    process.stdout.write(` [${error.message}]`);
  }
  stop = undefined;
  process.stdout.write("\n");
  terminal.prompt();
}

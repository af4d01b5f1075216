// OpenClaw's client library, as a program would use it: says as JSON lines what happened, and does what it is told.
import { GatewayClient } from "@openclaw/gateway-client";
import { createInterface } from "node:readline";

const [url, token] = process.argv.slice(2);
const say = (what) => process.stdout.write(JSON.stringify(what) + "\n");
const client = new GatewayClient({
  url,
  token,
  minProtocol: 4,
  maxProtocol: 4,
  onHelloOk: (hello) => say({ hello: hello.protocol, scopes: hello.auth.scopes }),
  onConnectError: (error) => say({ failed: String(error.message ?? error) }),
  onClose: (code) => say({ closed: code }),
  onGap: (gap) => say({ gap }),
  onEvent: (event) => say({ event: event.event, seq: event.seq, payload: event.payload }),
});
client.start();
createInterface({ input: process.stdin }).on("line", async (line) => {
  const { id, method, params } = JSON.parse(line);
  try {
    say({ id, result: await client.request(method, params) });
  } catch (error) {
    say({ id, error: String(error.message ?? error) });
  }
});

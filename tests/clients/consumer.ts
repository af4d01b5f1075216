// How a program in TypeScript uses the package: it must compile, and what is marked must not.
import { APIError, OpenClaw, OpenClawClient, RunError } from "@openclaw/sdk";
import type { Events, GatewayEvent, Methods } from "@openclaw/sdk";

const client = new OpenClawClient({ baseUrl: "http://127.0.0.1:18789", token: "t" });
const page = await client.call("session.list", { limit: 5 }, { signal: AbortSignal.timeout(1000), timeoutMs: 500 });
const keys: string[] = page.sessions.map((session) => session.sessionKey);
const accepted: Methods["chat.run"]["result"] = await client.call("chat.run", { message: keys.join() });
const code: Methods["chat.run"]["errors"] = "conflict";

for await (const event of client.chat.stream({ message: "Hello", sessionKey: accepted.sessionKey })) {
  if (event.type === "chat.delta") console.log(event.data.delta.length, event.epoch, event.seq, code);
  if (event.type === "tool.call") console.log(event.data.tool);
  if (event.type === "resync") console.log(event.data.response);
}
for await (const event of client.subscribe({ topics: ["sessions"] })) if (event.type === "session.updated") break;
for await (const event of client.subscribe({ sessionKey: "a", after: { epoch: "e", seq: 1 } })) console.log(event.type);
for await (const chunk of client.messageStream("Hello")) console.log(chunk.content.length);
const text: string = (await client.message("Hello", { conversationId: "c" })).content;
const { response, usage } = await client.agent.run({ message: text });
const sent = await new OpenClaw({ apiKey: "t" }).messages.send({ content: response });
console.log(sent.actions, usage.totalTokens);

function told(event: GatewayEvent, delta: Events["chat.delta"]): string {
  return event.type === "chat.done" ? event.data.finishReason : delta.delta;
}
console.log(told, (error: unknown) => (error instanceof RunError ? error.runId : error instanceof APIError && error.field));

// @ts-expect-error there is no such method
client.call("chat.walk", {});
// @ts-expect-error a message is text
client.call("chat.run", { message: 5 });
// @ts-expect-error there is no such topic
client.subscribe({ topics: ["weather"] });

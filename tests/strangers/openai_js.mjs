// OpenAI's JavaScript SDK against a gateway: node openai_js.mjs BASE_URL TOKEN, a line of JSON a check.

import assert from "node:assert/strict";
import OpenAI from "openai";

const [, , baseURL, apiKey] = process.argv;
const client = new OpenAI({ baseURL, apiKey, timeout: 20_000 });
const ask = (content, more = {}) =>
  client.chat.completions.create({ model: "scripted", messages: [{ role: "user", content }], ...more });
const tool = { type: "function", function: { name: "look", parameters: { type: "object", properties: {} } } };

const checks = {
  async plain() {
    const reply = await ask("Hello there");
    assert.equal(reply.choices[0].message.content, "echo: Hello there");
    assert.ok(reply._request_id);
  },
  async iterated() {
    let text = "";
    for await (const chunk of await ask("one two", { stream: true })) text += chunk.choices[0]?.delta.content ?? "";
    assert.equal(text, "echo: one two");
  },
  async streamed() {
    const stream = client.chat.completions.stream({
      model: "scripted",
      messages: [{ role: "user", content: "a b" }],
      stream_options: { include_usage: true },
    });
    const whole = await stream.finalChatCompletion();
    assert.equal(whole.choices[0].message.content, "echo: a b");
    assert.ok(whole.usage.total_tokens > 0);
  },
  async agent_streamed() {
    const stream = client.chat.completions.stream({ model: "openclaw", messages: [{ role: "user", content: "a b" }] });
    assert.equal((await stream.finalChatCompletion()).choices[0].message.content, "echo: a b");
  },
  async tools() {
    const reply = await ask('[[tool:look {"q": "x"}]]', { tools: [tool] });
    assert.equal(reply.choices[0].message.tool_calls[0].function.name, "look");
  },
  async turns() {
    for (const model of ["scripted", "openclaw"]) {
      const messages = [{ role: "user", content: '[[tool:look {"q": "x"}]]' }];
      for (const wanted of ["tool said: 42", "echo: and more"]) {
        let reply = await client.chat.completions.create({ model, messages, tools: [tool] });
        messages.push(reply.choices[0].message);
        if (reply.choices[0].finish_reason === "tool_calls") {
          const [call] = reply.choices[0].message.tool_calls;
          messages.push({ role: "tool", tool_call_id: call.id, content: "42" });
          reply = await client.chat.completions.create({ model, messages, tools: [tool] });
          messages.push(reply.choices[0].message);
        }
        assert.equal(reply.choices[0].message.content, wanted);
        messages.push({ role: "user", content: "and more" });
      }
    }
  },
  async left() {
    const stream = await ask("[[slow:1000,20]]", { stream: true });
    for await (const _ of stream) break;
    stream.controller.abort();
  },
  async responses() {
    const reply = await client.responses.create({ model: "scripted", input: "Hello" });
    assert.equal(reply.output_text, "echo: Hello");
    const stream = client.responses.stream({ model: "scripted", input: "a b" });
    const kinds = [];
    for await (const event of stream) kinds.push(event.type);
    assert.equal(kinds.at(-1), "response.completed");
    assert.equal((await stream.finalResponse()).output_text, "echo: a b");
  },
  async embeddings() {
    const reply = await client.embeddings.create({ model: "scripted", input: ["ab"] });
    assert.deepEqual(reply.data[0].embedding, [2, 1, 0.5]);
  },
  async models() {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    assert.ok(ids.includes("openclaw/default"));
    assert.equal((await client.models.retrieve("openclaw/default")).id, "openclaw/default");
  },
  async errors() {
    const once = client.withOptions({ maxRetries: 0 });
    await assert.rejects(
      once.chat.completions.create({ model: "scripted", n: 2, messages: [{ role: "user", content: "x" }] }),
      (error) => error instanceof OpenAI.BadRequestError && error.param === "n",
    );
    await assert.rejects(
      new OpenAI({ baseURL, apiKey: "wrong", maxRetries: 0 }).models.list(),
      (error) => error instanceof OpenAI.AuthenticationError && error.code === "invalid_api_key",
    );
    await assert.rejects(async () => {
      for await (const _ of await ask("[[error:broken]]", { stream: true }));
    }, OpenAI.APIError);
  },
};

for (const [check, run] of Object.entries(checks)) {
  try {
    await run();
    console.log(JSON.stringify({ check, ok: true }));
  } catch (error) {
    console.log(JSON.stringify({ check, ok: false, error: String(error.stack ?? error).slice(0, 1500) }));
  }
}

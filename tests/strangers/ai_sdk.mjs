// The AI SDK with its OpenAI-compatible provider against a gateway: node ai_sdk.mjs BASE_URL TOKEN.

import assert from "node:assert/strict";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { embed, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

const [, , baseURL, apiKey] = process.argv;
const gateway = createOpenAICompatible({ name: "openclaw", baseURL, apiKey, includeUsage: true });
const model = gateway("scripted");

const checks = {
  async plain() {
    const { text, usage } = await generateText({ model, prompt: "Hello there" });
    assert.equal(text, "echo: Hello there");
    assert.ok(usage.totalTokens > 0);
  },
  async streamed() {
    const result = streamText({ model, prompt: "one two" });
    let text = "";
    for await (const piece of result.textStream) text += piece;
    assert.equal(text, "echo: one two");
    assert.equal(await result.finishReason, "stop");
  },
  async agent_streamed() {
    const result = streamText({ model: gateway("openclaw/default"), prompt: "a b" });
    assert.equal(await result.text, "echo: a b");
    assert.equal(await result.finishReason, "stop");
  },
  async tools() {
    const look = tool({ description: "Look", inputSchema: z.object({ q: z.string() }) });
    const { toolCalls } = await generateText({ model, prompt: '[[tool:look {"q": "x"}]]', tools: { look } });
    assert.deepEqual([toolCalls[0].toolName, toolCalls[0].input], ["look", { q: "x" }]);
  },
  async turns() {
    for (const name of ["scripted", "openclaw"]) {
      const look = tool({
        description: "Look",
        inputSchema: z.object({ q: z.string() }),
        execute: ({ q }) => `found ${q}`,
      });
      const options = { model: gateway(name), tools: { look }, stopWhen: stepCountIs(3) };
      const messages = [{ role: "user", content: '[[tool:look {"q": "x"}]]' }];
      const first = await generateText({ ...options, messages });
      assert.match(first.text, /found x/);
      messages.push(...first.response.messages, { role: "user", content: "and more" });
      assert.equal(await streamText({ ...options, messages }).text, "echo: and more");
    }
  },
  async thinking() {
    const result = streamText({ model, prompt: "[[think:well well]] so" });
    assert.match(await result.text, /echo:/);
    assert.match((await result.reasoningText) ?? "", /well well/);
  },
  async embeddings() {
    const { embedding } = await embed({ model: gateway.embeddingModel("scripted"), value: "ab" });
    assert.deepEqual(embedding, [2, 1, 0.5]);
  },
  async errors() {
    const seen = [];
    const result = streamText({ model, prompt: "[[error:broken]]", onError: ({ error }) => seen.push(error) });
    await result.consumeStream();
    assert.ok(seen.length > 0);
    await assert.rejects(generateText({ model: gateway("openclaw/none"), prompt: "x", maxRetries: 0 }));
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

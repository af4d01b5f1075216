// The AI SDK with OpenAI's own provider, which asks /v1/responses, in turns: node ai_sdk_openai.mjs BASE_URL TOKEN.

import assert from "node:assert/strict";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

const [, , baseURL, apiKey] = process.argv;
const openai = createOpenAI({ baseURL, apiKey });
const models = { responses: (name) => openai(name), chat: (name) => openai.chat(name) };

async function turns(model) {
  const seen = [];
  const look = tool({
    description: "Look",
    inputSchema: z.object({ q: z.string() }),
    execute: ({ q }) => (seen.push(q), `found ${q}`),
  });
  const options = { model, tools: { look }, stopWhen: stepCountIs(4) };
  const messages = [{ role: "user", content: '[[tool:look {"q": "x"}]]' }];
  const first = await generateText({ ...options, messages });
  assert.match(first.text, /found x/);
  assert.deepEqual(seen, ["x"]);
  messages.push(...first.response.messages, { role: "user", content: "and more" });
  const second = streamText({ ...options, messages });
  assert.equal(await second.text, "echo: and more");
  assert.equal(await second.finishReason, "stop");
  messages.push(...(await second.response).messages, { role: "user", content: "[[think:well well]] so" });
  const third = await generateText({ ...options, messages });
  assert.match(third.text, /echo:/);
}

for (const [kind, model] of Object.entries(models)) {
  for (const name of ["scripted", "openclaw"]) {
    const check = `${kind} ${name}`;
    try {
      await turns(model(name));
      console.log(JSON.stringify({ check, ok: true }));
    } catch (error) {
      console.log(JSON.stringify({ check, ok: false, error: String(error.stack ?? error).slice(0, 1500) }));
    }
  }
}

// The OpenAI SDK for JavaScript, with its address changed: npm install openai
//
//     node examples/openai_sdk.mjs "What can you do?"
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: (process.env.OPENCLAW_URL ?? "http://127.0.0.1:18789") + "/v1",
  apiKey: process.env.OPENCLAW_TOKEN,
});

const stream = await client.chat.completions.create({
  model: "openclaw", // the gateway's agent, tools and memory and all
  messages: [{ role: "user", content: process.argv[2] ?? "What can you do?" }],
  user: "openai-example", // names the session
  stream: true,
});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? "");
console.log();

// The JavaScript client against a gateway: node sdk.mjs SDK BASE_URL CUT_URL TOKEN [WS], a line of JSON a check.
// CUT_URL leads to the same gateway through a network that cuts every connection after some bytes.

import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

const [, , sdk, baseUrl, cutUrl, token, ws] = process.argv;
const { OpenClaw, OpenClawClient, ...errors } = await import(pathToFileURL(sdk));
const Socket = ws ? (await import(ws)).WebSocket : globalThis.WebSocket;
const made = (more = {}) => new OpenClawClient({ baseUrl, token, WebSocket: Socket, ...more });
const all = async (stream) => {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
};
const text = (events) => events.filter((e) => e.type === "chat.delta").map((e) => e.data.delta).join("");
const words = (n) => Array.from({ length: n }, (_, i) => `w${i} `).join("");
const client = made();

const sockets = {
  async a_call_is_answered() {
    assert.ok((await client.call("agent.list")).agents.length >= 1);
    assert.equal(client.state, "open");
  },
  async a_run_is_followed_to_its_end() {
    const events = await all(client.chat.stream({ message: "Hello there", sessionKey: "js-run" }));
    assert.equal(text(events), "echo: Hello there");
    assert.equal(events.at(-1).type, "chat.done");
    assert.equal(events.at(-1).data.finishReason, "stop");
    assert.ok(events.every((event, i) => event.epoch === events[0].epoch && (!i || event.seq > events[i - 1].seq)));
  },
  async leaving_the_loop_aborts_the_run() {
    let runId;
    for await (const event of client.chat.stream({ message: "[[slow:2000,20]]", sessionKey: "js-left" })) {
      runId = event.data.runId ?? runId;
      if (event.type === "chat.delta") break;
    }
    assert.equal((await client.call("chat.wait", { runId })).finishReason, "aborted");
  },
  async a_signal_ends_a_stream_and_a_call_with_its_own_reason() {
    const stop = new AbortController();
    const stream = client.chat.stream({ message: "[[slow:2000,20]]", sessionKey: "js-signal" }, stop);
    await stream.next();
    const reason = new Error("enough");
    stop.abort(reason);
    await assert.rejects(all(stream), (error) => error === reason);
    const { runId } = stream;
    const waiting = new AbortController();
    const wait = client.call("chat.wait", { runId, timeoutMs: 60_000 }, waiting);
    assert.equal((await client.call("chat.wait", { runId })).finishReason, "aborted");
    await wait;
    const held = client.call("agent.list", {}, { signal: AbortSignal.abort(reason) });
    await assert.rejects(held, (error) => error === reason);
  },
  async what_is_too_large_is_refused_before_it_is_sent() {
    await client.call("agent.list");
    const states = [];
    const hearNoMore = client.on("state", (state) => states.push(state));
    await assert.rejects(client.message("é".repeat(5_300_000)), errors.TooLargeError);
    hearNoMore();
    assert.ok(!states.includes("reconnecting") && !states.includes("closed"), states.join());
  },
  async a_call_has_a_deadline_of_its_own() {
    const stream = client.chat.stream({ message: "[[slow:2000,20]]", sessionKey: "js-deadline" });
    await stream.next();
    const wait = client.call("chat.wait", { runId: stream.runId, timeoutMs: 60_000 }, { timeoutMs: 50 });
    await assert.rejects(wait, errors.DeadlineError);
    stream.close();
  },
  async errors_are_classes_and_name_the_field() {
    await assert.rejects(client.call("session.get", { sessionKey: "nowhere" }), (error) => {
      assert.ok(error instanceof errors.NotFoundError && error instanceof errors.APIError);
      assert.deepEqual([error.code, error.field], ["not_found", "sessionKey"]);
      return true;
    });
    await assert.rejects(client.call("session.get", { sessionKey: 5 }), errors.InvalidRequestError);
    const stranger = made({ token: "secret-and-wrong" });
    await assert.rejects(stranger.call("agent.list"), (error) => {
      assert.ok(error instanceof errors.UnauthorizedError);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
    assert.equal(stranger.state, "closed");
  },
  async where_nobody_listens_a_call_fails_after_its_tries() {
    const states = [];
    const nobody = made({ baseUrl: "http://127.0.0.1:18012" });
    nobody.on("state", (state) => states.push(state));
    await assert.rejects(nobody.call("agent.list"), errors.ConnectionFailedError);
    nobody.close();
    assert.deepEqual(states, ["closed"]);
  },
  async two_hundred_calls_at_once_share_one_socket() {
    const answers = await Promise.all(Array.from({ length: 200 }, () => client.call("session.list", { limit: 1 })));
    assert.equal(answers.length, 200);
  },
  async a_subscription_tells_what_was_missed_then_what_comes() {
    const sessionKey = "js-watched";
    const first = await all(client.chat.stream({ message: "one", sessionKey }));
    const { epoch, seq } = first[0];
    const seen = [];
    const watched = client.subscribe({ sessionKey, after: { epoch, seq } });
    const second = client.chat.stream({ message: "two", sessionKey });
    const [events] = await Promise.all([
      (async () => {
        for await (const event of watched) {
          seen.push(event);
          if (seen.filter((e) => e.type === "chat.done").length === 2) break;
        }
        return seen;
      })(),
      all(second),
    ]);
    assert.equal(text(events), "echo: oneecho: two");
    assert.ok(events.every((event, i) => !i || event.seq > events[i - 1].seq));
  },
  async topics_tell_of_every_session() {
    const messages = client.subscribe({ topics: ["messages"] });
    await messages.ready;
    await all(client.chat.stream({ message: "heard", sessionKey: "js-topic" }));
    const { value } = await messages.next();
    assert.equal(value.type, "chat.message");
    assert.equal(value.data.message.content, "heard");
    messages.close();
  },
  async nothing_is_lost_and_nothing_comes_twice_over_a_bad_network() {
    const bad = made({ baseUrl: cutUrl });
    const states = new Set();
    bad.on("state", (state) => states.add(state));
    const streams = [0, 1, 2].map((i) => bad.chat.stream({ message: "[[slow:120,3]]", sessionKey: `js-bad-${i}` }));
    const watched = bad.subscribe({ sessionKey: "js-run" });
    const runs = await Promise.all(streams.map(all));
    for (const events of runs) {
      assert.equal(text(events), words(120));
      assert.equal(events.at(-1).data.finishReason, "stop");
      assert.ok(!events.some((event) => event.type === "resync"));
      assert.equal(new Set(events.map((event) => event.seq)).size, events.length);
    }
    assert.ok(states.has("reconnecting"));
    watched.close();
    bad.close();
    assert.equal(bad.state, "closed");
    await assert.rejects(bad.call("agent.list"), errors.OpenClawError);
  },
  async a_failed_run_says_so_in_its_last_event() {
    const events = await all(client.chat.stream({ message: "[[error:broken]]", sessionKey: "js-failed" }));
    assert.equal(events.at(-1).data.finishReason, "error");
  },
};

const verbs = {
  async message() {
    const first = await client.message("Hello");
    assert.equal(first.content, "echo: Hello");
    assert.equal(first.role, "assistant");
    assert.ok(first.id && first.conversationId && first.tokens.total > 0 && Array.isArray(first.skillsUsed));
    const second = await client.message("again");
    assert.equal(second.conversationId, first.conversationId);
    assert.equal((await client.message("x", { conversationId: "mine" })).conversationId, "mine");
  },
  async message_stream() {
    const chunks = await all(client.messageStream("one two"));
    assert.equal(chunks[0].type, "start");
    assert.equal(chunks.at(-1).type, "end");
    assert.equal(chunks.map((chunk) => chunk.content).join(""), "echo: one two");
  },
  async agent_run() {
    const said = await client.agent.run({ message: "Hello!", sessionKey: "session-123" });
    assert.equal(said.response, "echo: Hello!");
    assert.equal(said.sessionKey, "session-123");
    assert.ok(said.runId && said.usage.totalTokens > 0);
  },
  async messages_send_and_stream() {
    const other = new OpenClaw({ apiKey: token, baseUrl, WebSocket: Socket });
    const said = await other.messages.send({ content: "Hello" });
    assert.equal(said.content, "echo: Hello");
    assert.ok(said.messageId && said.sessionId && Array.isArray(said.actions));
    const parts = await all(await other.messages.stream({ content: "[[raw:so ```js\nlet x\n``` done]]" }));
    const joined = (type) => parts.filter((part) => part.type === type).map((part) => part.content).join("");
    assert.deepEqual([joined("text"), joined("code")], ["so  done", "let x\n"]);
  },
  async a_run_that_begins_again_is_told() {
    const told = (...events) => {
      const body = events.map((event, i) => `id: r/e/${i}\ndata: ${JSON.stringify(event)}\n\n`).join("");
      return made({ fetch: async () => new Response(body, { headers: { "Content-Type": "text/event-stream" } }) });
    };
    const seen = (pieces) => pieces.map((piece) => [piece.type, piece.content]);
    const again = { type: "resync", message: "the run begins again" };
    const token = (content) => ({ type: "token", content });
    const flat = told(token("one"), again, token("two"), { type: "end", id: "r", finish_reason: "stop" });
    assert.deepEqual(seen(await all(flat.messageStream("x"))).slice(0, 3), [["token", "one"], ["resync", ""], ["token", "two"]]);
    const piece = (content) => ({ type: "text", content });
    const parts = told(piece("one"), again, piece("two"), { type: "done", runId: "r", finishReason: "stop" });
    const read = await all(await parts.messages.stream({ content: "x" }));
    assert.deepEqual(seen(read), [["text", "one"], ["resync", ""], ["text", "two"]]);
  },
  async failures() {
    for (const failing of [
      () => client.message("[[error:broken]]"),
      () => all(client.messageStream("[[error:broken]]")),
      () => client.agent.run({ message: "[[error:broken]]" }),
      () => client.messages.send({ content: "[[error:broken]]" }),
      () => client.messages.stream({ content: "[[error:broken]]" }).then(all),
    ]) {
      await assert.rejects(failing, (error) => {
        assert.ok(error instanceof errors.RunError, String(error));
        assert.ok(error.runId);
        assert.deepEqual([error.finishReason, error.error.code], ["error", "provider_error"]);
        return true;
      });
    }
    await assert.rejects(made({ token: "wrong" }).message("x"), errors.UnauthorizedError);
    await assert.rejects(client.message(""), errors.InvalidRequestError);
    await assert.rejects(client.message("[[slow:500,20]]", { signal: AbortSignal.timeout(50) }), { name: "TimeoutError" });
  },
  async streams_go_on_over_a_bad_network() {
    const bad = made({ baseUrl: cutUrl, WebSocket: undefined });
    const chunks = await all(bad.messageStream("[[slow:120,3]]"));
    assert.equal(chunks.map((chunk) => chunk.content).join(""), words(120));
  },
};

const fetching = {
  async calls_say_what_they_need() {
    await assert.rejects(client.call("agent.list"), /WebSocket/);
    await assert.rejects(all(client.subscribe({ topics: ["messages"] })), errors.OpenClawError);
  },
  async a_run_is_followed_over_fetch() {
    const bad = made({ baseUrl: cutUrl });
    const events = await all(bad.chat.stream({ message: "[[slow:120,3]]", sessionKey: "js-fetch" }));
    assert.equal(text(events), words(120));
    assert.equal(events.at(-1).type, "chat.done");
    assert.ok(events.every((event, i) => event.epoch && (!i || event.seq > events[i - 1].seq)));
  },
};

for (const [check, run] of Object.entries(Socket ? { ...sockets, ...verbs } : { ...fetching, ...verbs })) {
  try {
    await run();
    console.log(JSON.stringify({ check, ok: true }));
  } catch (error) {
    console.log(JSON.stringify({ check, ok: false, error: String(error.stack ?? error).slice(0, 1500) }));
  }
}

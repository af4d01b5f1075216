"use strict";
// The WebSocket: how one gets in, what goes over it, and every method to be tried. From /openrpc.json and /asyncapi.json.

/** The address of a path beside this page, below a proxy's prefix as well. */
const beside = (path) => new URL(`../${path}`, location.href).href;
const socketAddress = () => beside("ws").replace(/^http/, "ws");

function frameRow(title, text, about) {
  return make("tr", {}, make("td", {}, title), make("td", {}, make("pre", {}, text)), make("td", {}, ...prose(about)));
}

function framesTable() {
  return make("table", {}, make("tbody", {},
    frameRow("call", '{"jsonrpc": "2.0", "id": 1, "method": "system.status", "params": {}}', "`id` is any string or number of yours; the answer has it too."),
    frameRow("answer", '{"jsonrpc": "2.0", "id": 1, "result": {…}}', "Answers come in the order in which calls end."),
    frameRow("error", '{"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": "…", "data": {"code": "invalid_request", "field": "…"}}}', "`data.code` is the same word as over HTTP."),
    frameRow("notification", '{"jsonrpc": "2.0", "method": "chat.abort", "params": {…}}', "A call without `id` is carried out and not answered."),
    frameRow("batch", "[call, call, …]", "Answered by a list, each answer with its `id`."),
    frameRow("event", '{"type": "chat.delta", "data": {…}, "epoch": "…", "seq": 17}', "With the subprotocol `jsonrpc`: `{\"jsonrpc\", \"method\": \"chat.delta\", \"params\": {…, epoch, seq}}`."),
    frameRow("first message on /ws", '{"type": "auth", "token": "…"}', "For clients that can't set headers; on `/` the handshake proves who you are.")));
}

function closeTable(codes) {
  const head = make("tr", {}, ...["code", "reason", "come back?", "meaning"].map((each) => make("th", {}, each)));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...codes.map((each) => make("tr", {}, make("td", {}, make("code", {}, String(each.code))),
    make("td", {}, each.reason), make("td", {}, each.reconnect ? "yes" : "no"), make("td", {}, each.meaning)))));
}

/** One call over a socket of its own; what it is told after the answer is shown as well, until it is stopped. */
function callOnce(method, params, output, stop) {
  // Whoever is signed in to the dashboard is known by the handshake, others by a first message.
  const address = $("token").value ? socketAddress() : socketAddress().replace(/ws$/, "");
  const socket = new WebSocket(address, ["jsonrpc"]);
  const say = (text) => { output.textContent += `${text}\n`; };
  let asked = false;
  const ask = () => {
    if (asked) return;
    asked = true;
    const call = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    say(`→ ${call}`);
    socket.send(call);
  };
  socket.onopen = () => { if ($("token").value) socket.send(JSON.stringify({ type: "auth", token: $("token").value })); };
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(data);
    if (["connected", "auth_success"].includes(frame.method || frame.type)) ask();
    else say(`← ${"id" in frame ? JSON.stringify(frame, null, 2) : data}`);
  };
  socket.onclose = ({ code, reason }) => say(stop.signal.aborted ? "(closed)" : `closed: ${code} ${reason}${asked ? "" : " — is the token right?"}`);
  stop.signal.addEventListener("abort", () => socket.close());
}

/** The params of the method's example. */
function exampleOf(method) {
  return Object.fromEntries(method.examples[0].params.map((each) => [each.name, each.value]));
}

function methodOf(method, rpc) {
  const inside = make("div", { class: "inside" });
  const id = `method-${method.name}`;
  const node = make("details", { class: "operation", id },
    make("summary", {}, make("span", { class: "verb POST" }, "CALL"), make("code", {}, method.name), make("span", {}, ...prose(method.summary))), inside);
  node.addEventListener("toggle", () => {
    if (!node.open || inside.children.length) return;
    const properties = Object.fromEntries(method.params.map((each) => [each.name, { ...each.schema, description: each.description || each.schema.description }]));
    const schema = { type: "object", properties, required: method.params.filter((each) => each.required).map((each) => each.name) };
    const body = make("textarea", { "aria-label": "params", spellcheck: "false" });
    body.value = JSON.stringify(exampleOf(method), null, 2);
    const output = make("pre", { hidden: true, "aria-live": "polite" });
    let stop = new AbortController();
    const send = () => {
      stop.abort();
      stop = new AbortController();
      output.hidden = false;
      output.textContent = "";
      try { callOnce(method.name, JSON.parse(body.value || "{}"), output, stop); } catch (error) { output.textContent = String(error); }
    };
    const events = method["x-emits"] || [];
    inside.append(
      make("p", {}, ...prose(method.description || method.summary)),
      make("p", { class: "tags" }, make("code", {}, `scope ${method["x-scope"]}`), make("code", {}, `counts as ${method["x-rate"]}`)),
      make("h3", {}, "Params"), method.params.length ? fields(schema) : make("p", { class: "note" }, "none"), body,
      make("div", { class: "row" }, make("button", { class: "send", onclick: send }, "Call"), make("button", { onclick: () => stop.abort() }, "Stop")), output,
      make("h3", {}, "Result"), fields(method.result.schema) || make("p", { class: "note" }, typeOf(method.result.schema)),
      ...(events.length ? [make("h3", {}, "Events that may follow"), make("p", {}, ...events.flatMap((each) => [make("a", { href: `#event-${each}` }, each), " "]))] : []),
      make("h3", {}, "Errors"), make("ul", { class: "fields" }, ...method["x-errors"].map((name) => {
        const row = rpc["x-errors"][name] || {};
        return make("li", {}, make("code", {}, row.code ? String(row.code) : name), " ", ...prose(row.description || row.message || ""));
      })));
  });
  return node;
}

function eventOf(name, event) {
  const inside = make("div", { class: "inside" });
  const node = make("details", { class: "operation", id: `event-${name}` },
    make("summary", {}, make("span", { class: "verb GET" }, "EVENT"), make("code", {}, name), make("span", {}, ...prose(event.description))), inside);
  node.addEventListener("toggle", () => {
    if (!node.open || inside.children.length) return;
    inside.append(make("p", {}, event.topic ? `Told to whom follows the topic ${event.topic}, and with its session.` : "Told with its session or run.",
      event.lasting ? " It is kept: a client that comes back gets it." : ""), fields(event.data) || "");
  });
  return node;
}

/** Append the WebSocket's sections to the page; what they hold can be searched like the rest. */
function showSocket(rpc, asynchronous, entries) {
  api.components.schemas = { ...rpc.components.schemas, ...api.components.schemas };
  const topics = [...new Set(Object.values(rpc["x-events"]).map((event) => event.topic).filter(Boolean))];
  const parts = [
    ["WebSocket", "", [
      make("p", {}, ...prose(`Connect to \`${socketAddress().replace(/ws$/, "")}\` with a token in the handshake (\`Authorization: Bearer …\`), or to \`${socketAddress()}\` and say who you are first. Every method below is called the same way.`)),
      make("h3", {}, "Frames"), framesTable(),
      make("h3", {}, "Topics"), make("p", {}, ...prose(`\`event.subscribe {"topics": […]}\` follows ${topics.map((each) => `\`${each}\``).join(", ")}; \`{"sessionKey"}\` or \`{"runId"}\` one session or run; with \`after: {epoch, seq}\` it goes on where you were.`)),
      make("h3", {}, "Close codes"), closeTable(asynchronous["x-close-codes"] || []),
    ]],
    ["Methods", "Called over the WebSocket; over HTTP they have the addresses above.", rpc.methods.map((method) => [`method-${method.name}`, "CALL", "POST", method.name, methodOf(method, rpc), method.summary])],
    ["Events", "What the gateway tells by itself.", Object.entries(rpc["x-events"]).map(([name, event]) => [`event-${name}`, "EVENT", "GET", name, eventOf(name, event), event.description])],
  ];
  for (const [title, about, nodes] of parts) {
    const section = make("section", {}, make("h2", { id: title }, title), make("p", { class: "note" }, about));
    const group = make("div", {}, make("h2", {}, title));
    for (const each of nodes) {
      if (!Array.isArray(each)) { section.append(each); continue; }
      const [id, word, colour, name, node, words] = each;
      const link = make("a", { href: `#${id}`, onclick: () => { node.open = true; } }, make("span", { class: `verb ${colour}` }, word), make("span", {}, name));
      entries.push({ words: `${name} ${words} ${title} websocket`.toLowerCase(), nodes: [node, link], section, group });
      section.append(node);
      group.append(link);
    }
    if (!Array.isArray(nodes[0])) entries.push({ words: "websocket frames topics close codes", nodes: [], section, group });
    $("main").append(section);
    $("index").append(group);
  }
}

// Everything shown comes from the gateway's own documents, and goes into the page as text, never as HTML.
const VERBS = ["get", "post", "put", "patch", "delete"];
const DEEPEST = 4;
const $ = (id) => document.getElementById(id);
let api;

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== ""));
  return node;
}

/** Text in which `code` is set as code. */
function prose(text = "") {
  return text.split("`").map((part, at) => (at % 2 ? make("code", {}, part) : part));
}

function resolve(part) {
  while (part && part.$ref) part = part.$ref.slice(2).split("/").reduce((found, step) => found[step], api);
  return part || {};
}

function typeOf(schema) {
  const name = schema.$ref && schema.$ref.split("/").pop();
  const plain = resolve(schema);
  if (plain.anyOf) return plain.anyOf.map(typeOf).join(" or ");
  if (plain.enum) return plain.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (plain.type === "array") return `${typeOf(plain.items || {})}[]`;
  return name || plain.type || "any";
}

function limits(schema) {
  const names = { minimum: "≥", maximum: "≤", minLength: "length ≥", maxLength: "length ≤", maxItems: "items ≤" };
  const found = Object.entries(names).filter(([name]) => name in schema).map(([name, sign]) => `${sign} ${schema[name]}`);
  if (schema.default !== undefined && schema.default !== null) found.push(`else ${JSON.stringify(schema.default)}`);
  return found.join(", ");
}

/** The fields of a schema, those of its parts folded away until they are asked for. */
function fields(schema, depth = 0) {
  const plain = resolve(schema);
  const parts = plain.anyOf || (plain.type === "array" && plain.items ? [plain.items] : []);
  if (!plain.properties) return parts.map((part) => fields(part, depth)).filter(Boolean)[0];
  if (depth > DEEPEST) return undefined;
  const list = make("ul", { class: "fields" });
  for (const [name, field] of Object.entries(plain.properties)) {
    const required = (plain.required || []).includes(name);
    const about = resolve(field);
    const described = about.description || (about.anyOf || []).map((part) => resolve(part).description).find(Boolean);
    const item = make("li", {}, make("code", { class: required ? "needed" : "" }, name), " ",
      make("span", { class: "type" }, typeOf(field)), " ", make("span", { class: "note" }, limits(about)), " ", ...prose(described));
    if (fields(field, DEEPEST)) {
      const fold = make("details", { class: "schema", ontoggle: () => fold.children.length < 2 && fold.append(fields(field, depth + 1) || "") },
        make("summary", {}, "its fields"));
      item.append(fold);
    }
    list.append(item);
  }
  return list;
}

/** A body to begin with: what is required, and no more. */
function sample(schema, depth = 0) {
  const plain = resolve(schema);
  if (plain.default !== undefined && plain.default !== null && depth) return plain.default;
  if (plain.enum) return plain.enum[0];
  if (plain.anyOf) return sample(plain.anyOf[0], depth);
  if (plain.type === "array") return plain.minItems ? [sample(plain.items || {}, depth + 1)] : [];
  if (plain.type === "string") return "…".slice(0, plain.minLength || 0);
  if (plain.type === "integer" || plain.type === "number") return plain.minimum || 0;
  if (plain.type === "boolean") return false;
  if (plain.type !== "object" || depth > DEEPEST) return {};
  return Object.fromEntries((plain.required || []).map((name) => [name, sample(plain.properties[name], depth + 1)]));
}

function request(path, verb, operation, inputs, body) {
  const query = new URLSearchParams();
  const headers = {};
  let place = path;
  for (const { parameter, input } of inputs) {
    const value = input.value;
    if (value === "" && !(parameter.required && parameter.in === "path")) continue;
    if (parameter.in === "path") place = place.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (parameter.in === "query") query.set(parameter.name, value);
    else headers[parameter.name] = value;
  }
  if (body && body.value.trim()) headers["Content-Type"] = Object.keys(operation.requestBody.content)[0];
  const found = query.toString();
  return { url: place + (found ? `?${found}` : ""), headers, verb: verb.toUpperCase(), body: body && body.value.trim() ? body.value : undefined };
}

function asCurl({ url, headers, verb, body }, guarded) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const words = ["curl", "-sN", "-X", verb, ...(guarded ? ["-H", '"Authorization: Bearer $TOKEN"'] : [])];
  for (const [name, value] of Object.entries(headers)) words.push("-H", quoted(`${name}: ${value}`));
  if (body !== undefined) words.push("-d", quoted(body));
  return [...words, quoted(beside(url.slice(1)))].join(" ");
}

async function send(made, stream, output, stop) {
  output.textContent = "…";
  const headers = { ...made.headers, Accept: stream ? "text/event-stream" : "application/json" };
  if ($("token").value) headers.Authorization = `Bearer ${$("token").value}`;
  const began = performance.now();
  try {
    const answer = await fetch(beside(made.url.slice(1)), { method: made.verb, headers, body: made.body, signal: stop.signal, credentials: $("token").value ? "omit" : "same-origin", cache: "no-store" });
    const shown = ["x-request-id", "x-ratelimit-remaining", "retry-after", "location", "content-type"]
      .filter((name) => answer.headers.has(name)).map((name) => `${name}: ${answer.headers.get(name)}`);
    const head = `${answer.status} ${answer.statusText} · ${Math.round(performance.now() - began)} ms\n${shown.join("\n")}\n\n`;
    output.textContent = head;
    const reader = answer.body.getReader();
    const decoder = new TextDecoder();
    let said = "";
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      said += decoder.decode(piece.value, { stream: true });
      output.textContent = head + said;
    }
    if ((answer.headers.get("content-type") || "").includes("json")) output.textContent = head + JSON.stringify(JSON.parse(said), null, 2);
  } catch (error) {
    output.textContent += stop.signal.aborted ? "\n(stopped)" : `\n${error}`;
  }
}

function tryOut(path, verb, operation, parameters) {
  const inputs = [];
  const rows = parameters.map((parameter) => {
    const schema = resolve(parameter.schema);
    const input = make("input", { "aria-label": parameter.name, placeholder: schema.default ?? "", spellcheck: "false" });
    inputs.push({ parameter, input });
    return make("tr", {}, make("td", {}, make("code", { class: parameter.required ? "needed" : "" }, parameter.name)),
      make("td", {}, parameter.in), make("td", {}, input),
      make("td", {}, ...prose(parameter.description || schema.description || ""), " ", make("span", { class: "note" }, `${typeOf(schema)} ${limits(schema)}`)));
  });
  const content = operation.requestBody && Object.values(operation.requestBody.content)[0];
  const body = content && make("textarea", { "aria-label": "body", spellcheck: "false" });
  if (body) body.value = JSON.stringify(sample(content.schema), null, 2);
  const media = Object.keys((Object.entries(operation.responses).find(([status]) => status < 300) || [0, {}])[1].content || {});
  const streams = media.includes("text/event-stream");
  const stream = make("input", { type: "checkbox", checked: streams && media.length === 1 });
  const output = make("pre", { hidden: true, "aria-live": "polite" });
  let stop = new AbortController();
  const made = () => request(path, verb, operation, inputs, body);
  const buttons = make("div", { class: "row" },
    make("button", { class: "send", onclick: () => { stop.abort(); stop = new AbortController(); output.hidden = false; send(made(), stream.checked, output, stop); } }, "Send"),
    make("button", { onclick: () => stop.abort() }, "Stop"),
    make("button", { onclick: () => { output.hidden = false; output.textContent = asCurl(made(), operation.security?.length !== 0); } }, "curl"),
    streams ? make("label", {}, stream, " as a stream") : "");
  return [
    rows.length ? make("h3", {}, "Parameters") : "", rows.length ? make("table", {}, ...rows) : "",
    body ? make("h3", {}, "Body") : "", body || "", body ? make("details", { class: "schema" }, make("summary", {}, "fields"), fields(content.schema) || "any JSON") : "",
    buttons, output,
  ];
}

function answers(operation) {
  return Object.entries(operation.responses).map(([status, response]) => {
    const [media, content] = Object.entries(resolve(response).content || {})[0] || [];
    const shown = content && fields(content.schema);
    const title = [make("code", {}, status), " ", ...prose(resolve(response).description), " ", make("span", { class: "note" }, media || "")];
    return shown ? make("details", { class: "schema" }, make("summary", {}, ...title), shown) : make("div", { class: "schema note" }, ...title);
  });
}

function operationOf(path, verb, operation) {
  const parameters = (operation.parameters || []).map(resolve);
  const inside = make("div", { class: "inside" });
  const node = make("details", { class: "operation", id: operation.operationId },
    make("summary", {}, make("span", { class: `verb ${verb.toUpperCase()}` }, verb.toUpperCase()), make("code", {}, path), make("span", {}, ...prose(operation.summary))), inside);
  node.addEventListener("toggle", () => {
    if (!node.open || inside.children.length) return;
    const facts = [...(operation["x-calls"] || []).map((name) => `method ${name}`)];
    if (operation["x-scope"]) facts.push(`scope ${operation["x-scope"]}`, `counts as ${operation["x-rate"]}`);
    inside.append(make("p", {}, ...prose(operation.description || operation.summary)), make("p", { class: "tags" }, ...facts.map((fact) => make("code", {}, fact))),
      ...tryOut(path, verb, operation, parameters).filter(Boolean), make("h3", {}, "Answers"), ...answers(operation));
  });
  return node;
}

function show(rpc, asynchronous) {
  $("version").textContent = api.info.version;
  const main = $("main");
  const entries = [];
  main.replaceChildren(make("p", { class: "note" }, api.info.description));
  for (const tag of api.tags) {
    const section = make("section", {}, make("h2", {}, tag.name), make("p", { class: "note" }, ...prose(tag.description)));
    const group = make("div", {}, make("h2", {}, tag.name));
    for (const [path, place] of Object.entries(api.paths)) {
      for (const verb of VERBS.filter((each) => (place[each]?.tags || []).includes(tag.name))) {
        const operation = place[verb];
        const node = operationOf(path, verb, operation);
        const link = make("a", { href: `#${operation.operationId}`, onclick: () => { node.open = true; } },
          make("span", { class: `verb ${verb.toUpperCase()}` }, verb.toUpperCase()), make("span", {}, path));
        const words = `${verb} ${path} ${operation.summary} ${operation.description} ${(operation["x-calls"] || []).join(" ")} ${tag.name}`;
        entries.push({ words: words.toLowerCase(), nodes: [node, link], section, group });
        section.append(node);
        group.append(link);
      }
    }
    main.append(section);
    $("index").append(group);
  }
  showSocket(rpc, asynchronous, entries);
  const search = () => {
    const wanted = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const alive = new Set();
    for (const { words, nodes, section, group } of entries) {
      const fits = wanted.every((word) => words.includes(word));
      for (const node of nodes) node.hidden = !fits;
      if (fits) alive.add(section).add(group);
    }
    for (const { section, group } of entries) { section.hidden = !alive.has(section); group.hidden = !alive.has(group); }
  };
  $("search").addEventListener("input", search);
  const go = () => { const node = location.hash && $(location.hash.slice(1)); if (node && "open" in node) { node.open = true; node.scrollIntoView(); } };
  addEventListener("hashchange", go);
  go();
}

addEventListener("keydown", (event) => {
  if (event.key === "/" && !/INPUT|TEXTAREA/.test(document.activeElement.tagName)) { event.preventDefault(); $("search").focus(); }
});
$("token").value = sessionStorage.getItem("openclaw-token") || "";
$("token").addEventListener("change", () => sessionStorage.setItem("openclaw-token", $("token").value));
const read = (name) => fetch(beside(name)).then((answer) => answer.json());
Promise.all([read("openapi.json"), read("openrpc.json"), read("asyncapi.json")])
  .then(([found, rpc, asynchronous]) => { api = found; show(rpc, asynchronous); })
  .catch((error) => { $("state").textContent = `The gateway's documents could not be read: ${error}`; });

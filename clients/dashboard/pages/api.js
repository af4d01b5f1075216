/** API: every method, called by hand; and the frames that pass. */
import { Fragment, html, useEffect, useRef, useState } from "../lib/html.js";
import { milliseconds, pretty } from "../lib/format.js";
import { call, explain, follow } from "../lib/net.js";
import { t } from "../lib/words.js";
import { Fault, Waiting, useCall } from "../parts/load.js";

const MOST_FRAMES = 300;
const TOPICS = ["messages", "sessions", "channels", "tasks", "logs"];
const ARROWS = { out: "→", in: "←", event: "◆" };

/** @typedef {{way: "out" | "in" | "event", text: string}} Frame */

export default function Api() {
  const discovered = useCall("rpc.discover");
  const [wanted, setWanted] = useState("");
  const [chosen, setChosen] = useState("system.status");
  const [frames, setFrames] = useState(/** @type {Frame[]} */ ([]));
  const log = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (log.current) log.current.scrollTop = log.current.scrollHeight;
  }, [frames]);
  if (!discovered.data) return html`<${Waiting} of=${discovered} />`;
  /** @param {Frame["way"]} way @param {unknown} frame */
  const passed = (way, frame) => setFrames((before) => [...before, { way, text: JSON.stringify(frame) }].slice(-MOST_FRAMES));
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const methods = discovered.data.methods.filter((/** @type {any} */ each) => words.every((word) => `${each.name} ${each.summary ?? each.description ?? ""}`.toLowerCase().includes(word)));
  const method = discovered.data.methods.find((/** @type {any} */ each) => each.name === chosen);
  return html`<${Fragment}>
    <p class="note">${t("Every method of the gateway, as in its OpenRPC document.")} <a href="docs/api">${t("The whole API, with examples")}</a></p>
    <div class="split">
      <div class="card">
        <input type="search" aria-label=${t("Search methods")} placeholder=${t("Search methods")} value=${wanted}
          onInput=${(/** @type {any} */ event) => setWanted(event.target.value)} />
        <ul class="methods" aria-label=${t("Methods")}>${methods.map((/** @type {any} */ each) => html`<li key=${each.name}>
          <button type="button" aria-pressed=${String(each.name === chosen)} onClick=${() => setChosen(each.name)}>${each.name}</button></li>`)}</ul>
      </div>
      ${method && html`<${Call} key=${chosen} method=${method} onFrame=${passed} />`}
    </div>
    <section class="card">
      <h2>${t("Frames")}</h2>
      <${Events} onFrame=${passed} />
      <div class="lines frames" role="log" aria-label=${t("Frames")} aria-live="off" tabindex="0" ref=${log}>
        ${frames.map((frame, at) => html`<div key=${at}><span>${ARROWS[frame.way]}</span><span>${frame.text}</span></div>`)}
      </div>
    </section>
  <//>`;
}

/** @param {{method: any, onFrame: (way: Frame["way"], frame: unknown) => void}} props */
function Call({ method, onFrame }) {
  const params = Object.fromEntries(method.examples[0].params.map((/** @type {any} */ each) => [each.name, each.value]));
  const [text, setText] = useState(JSON.stringify(params, null, 2));
  const [result, setResult] = useState(/** @type {{text: string, ms: number} | null} */ (null));
  const [fault, setFault] = useState("");
  const send = async () => {
    setFault("");
    let given;
    try {
      given = text.trim() ? JSON.parse(text) : {};
    } catch (error) {
      setFault(`${t("The params are not JSON.")} ${/** @type {Error} */ (error).message}`);
      return;
    }
    onFrame("out", { method: method.name, params: given });
    const began = performance.now();
    try {
      const answer = await call(method.name, given);
      onFrame("in", { result: answer });
      setResult({ text: pretty(answer), ms: performance.now() - began });
    } catch (error) {
      const { code, message, field, reason } = /** @type {any} */ (error);
      onFrame("in", { error: { code, message, field, reason } });
      setResult(null);
      setFault([code, explain(error), field, reason].filter(Boolean).join(" · "));
    }
  };
  return html`<section class="card">
    <h2>${method.name}</h2>
    <p>${method.summary ?? method.description}</p>
    ${method.params.length > 0 && html`<details><summary>${t("What it takes")}</summary>
      <ul>${method.params.map((/** @type {any} */ each) => html`<li key=${each.name}><code>${each.name}</code>${each.required ? " *" : ""}
        <span class="note"> ${each.description ?? each.schema?.description ?? ""}</span></li>`)}</ul></details>`}
    <label class="field"><span>${t("Params")}</span>
      <textarea class="tall" spellcheck=${false} aria-label=${t("Params")} value=${text} onInput=${(/** @type {any} */ event) => setText(event.target.value)} /></label>
    <div class="row"><button type="button" class="primary" onClick=${send}>${t("Call")}</button>
      ${result && html`<span class="note">${milliseconds(Math.round(result.ms))}</span>`}</div>
    <${Fault} text=${fault} />
    <div role="region" hidden=${!result} aria-label=${t("Result")} tabindex="0" class="code-view scroll">${result?.text ?? ""}</div>
  </section>`;
}

/** Follows the topics that are ticked. @param {{onFrame: (way: Frame["way"], frame: unknown) => void}} props */
function Events({ onFrame }) {
  const [topics, setTopics] = useState(/** @type {string[]} */ ([]));
  useEffect(() => {
    if (topics.length === 0) return;
    const leaving = new AbortController();
    follow({ topics }, (event) => onFrame("event", event), leaving.signal).catch((error) => onFrame("in", { error: explain(error) }));
    return () => leaving.abort();
  }, [topics]);
  return html`<div class="row" role="group" aria-label=${t("Events to show")}>
    <span class="note">${t("Events to show")}:</span>
    ${TOPICS.map((topic) => html`<label key=${topic} class="field check"><span>${topic}</span>
      <input type="checkbox" checked=${topics.includes(topic)}
        onChange=${() => setTopics((before) => (before.includes(topic) ? before.filter((each) => each !== topic) : [...before, topic]))} /></label>`)}
  </div>`;
}

/** Logs: the newest lines, and those that are written while one looks. */
import { Fragment, html, useEffect, useLayoutEffect, useRef, useState } from "../lib/html.js";
import { call, explain, follow, whenOpen } from "../lib/net.js";
import { t } from "../lib/words.js";
import { Fault } from "../parts/load.js";

const LEVELS = ["debug", "info", "warn", "error"];
const MOST = 2000;
const SHOWN = 500;
const AT_END = 40;

/** @typedef {{timestamp: string, level: string, component: string, message: string, fields?: Record<string, unknown>}} Line */

/** @param {Line} line */
function asText(line) {
  const fields = Object.entries(line.fields ?? {}).map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return [line.message, ...fields].join(" ");
}

/** @param {Line} line @param {string} level */
function atLeast(line, level) {
  const rank = LEVELS.indexOf(line.level === "critical" ? "error" : line.level);
  return rank < 0 || rank >= LEVELS.indexOf(level);
}

export default function Logs() {
  const [level, setLevel] = useState("info");
  const [filter, setFilter] = useState("");
  const [paused, setPaused] = useState(false);
  const [fault, setFault] = useState("");
  const [lines, setLines] = useState(/** @type {Line[]} */ ([]));
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const atEnd = useRef(true);
  const held = useRef(false);
  held.current = paused;
  useEffect(() => {
    const leaving = new AbortController();
    /** @type {Line[]} */
    let fresh = [];
    let scheduled = false;
    const take = () => {
      scheduled = false;
      if (held.current) return;
      const more = fresh;
      fresh = [];
      setLines((before) => [...before, ...more].slice(-MOST));
    };
    const load = async () => {
      try {
        const { logs } = await call("log.tail", { lines: SHOWN, level }, { signal: leaving.signal });
        setLines(logs);
        setFault("");
      } catch (error) {
        if (!leaving.signal.aborted) setFault(explain(error));
      }
    };
    const stop = whenOpen(() => !held.current && load());
    follow({ topics: ["logs"] }, (event) => {
      if (event.type !== "log.line" || !atLeast(event.data, level)) return;
      fresh = [...fresh, event.data].slice(-MOST);
      if (!scheduled) setTimeout(take, 100);
      scheduled = true;
    }, leaving.signal).catch((error) => setFault(explain(error)));
    return () => {
      stop();
      leaving.abort();
    };
  }, [level, paused]);
  useLayoutEffect(() => {
    if (atEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  });
  const wanted = filter.trim().toLowerCase();
  const fits = lines.filter((line) => !wanted || `${line.component} ${asText(line)}`.toLowerCase().includes(wanted)).slice(-SHOWN);
  const scrolled = () => {
    const element = box.current;
    if (element) atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < AT_END;
  };
  return html`<${Fragment}>
    <div class="row">
      <label class="field"><span>${t("Level")}</span>
        <select value=${level} onChange=${(/** @type {any} */ event) => setLevel(event.target.value)}>
          ${LEVELS.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}
        </select></label>
      <label class="field"><span>${t("Filter")}</span>
        <input type="text" value=${filter} spellcheck=${false} onInput=${(/** @type {any} */ event) => setFilter(event.target.value)} /></label>
      <button type="button" aria-pressed=${String(paused)} onClick=${() => setPaused(!paused)}>${paused ? t("Go on") : t("Pause")}</button>
      <span class="note">${t("{n} lines", { n: fits.length })}</span>
    </div>
    <${Fault} text=${fault} />
    <div class="lines" role="log" aria-label=${t("Log")} aria-live="off" tabindex="0" ref=${box} onScroll=${scrolled}>
      ${fits.map((line, at) => html`<div key=${`${line.timestamp} ${at}`} class=${line.level}>
        <time>${line.timestamp.slice(11, 23)}</time><span class="level">${line.level}</span>
        <span class="what">${line.component}</span><span>${asText(line)}</span></div>`)}
    </div>
  <//>`;
}

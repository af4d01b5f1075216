/** Memory: what agents remember, searched, added to and deleted. */
import { Fragment, html, useEffect, useState } from "../lib/html.js";
import { moment, number, pretty } from "../lib/format.js";
import { call } from "../lib/net.js";
import { t } from "../lib/words.js";
import { Fault, Waiting, useCall, useTask } from "../parts/load.js";
import { Remove } from "../parts/remove.js";
import { Table } from "../parts/table.js";

const SEARCH_MS = 200;
const MOST = 50;

export default function Memory() {
  const stats = useCall("memory.stats");
  const [query, setQuery] = useState("");
  const [results, setResults] = useState(/** @type {any[]} */ ([]));
  const [fault, run] = useTask();
  const search = () => run(async () => {
    const text = query.trim();
    setResults(text ? (await call("memory.search", { query: text, limit: MOST })).results : []);
  });
  useEffect(() => {
    const timer = setTimeout(search, SEARCH_MS);
    return () => clearTimeout(timer);
  }, [query]);
  /** @param {string} key */
  const remove = (key) => run(async () => {
    await call("memory.delete", { key });
    setResults((before) => before.filter((each) => each.key !== key));
    await stats.reload();
  });
  return html`<${Fragment}>
    ${stats.data ? html`<dl class="facts">
      <div><dt>${t("Entries in the log")}</dt><dd>${number(stats.data.wal.entries)}</dd></div>
      <div><dt>${t("Compacted files")}</dt><dd>${number(stats.data.compacted.files)}</dd></div>
      <div><dt>${t("Size")}</dt><dd>${number(stats.data.totalSizeMb, 2)} MiB</dd></div>
    </dl>` : html`<${Waiting} of=${stats} />`}
    <div class="row">
      <input type="search" aria-label=${t("Search memory")} placeholder=${t("Search memory")} value=${query}
        onInput=${(/** @type {any} */ event) => setQuery(event.target.value)} />
    </div>
    <${Fault} text=${fault} />
    <${Table} name=${t("Memory")} heads=${["Key", "Value", "Stored", "Fits", ""]} keys=${results.map((each) => each.key)}
      empty=${query.trim() ? t("Nothing found.") : t("Search for a word to see what is remembered.")}
      rows=${results.map((each) => [
        html`<code>${each.key}</code>`, html`<span class="plain-text">${pretty(each.value)}</span>`, moment(each.createdAt), number(each.score, 2),
        html`<${Remove} label=${t("Delete {name}", { name: each.key })} text=${t("It is forgotten for good.")} onYes=${() => remove(each.key)} />`,
      ])} />
    <${Remember} onDone=${() => { stats.reload(); search(); }} />
  <//>`;
}

/** @param {{onDone: () => void}} props */
function Remember({ onDone }) {
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const [fault, run, busy] = useTask();
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    const done = await run(() => call("memory.store", { key: key.trim(), value }));
    if (!done) return;
    setKey("");
    setValue("");
    onDone();
  };
  return html`<section class="card">
    <h2>${t("Remember something")}</h2>
    <form class="fields" onSubmit=${submit}>
      <label class="field"><span>${t("Key")}</span><input type="text" value=${key} onInput=${(/** @type {any} */ event) => setKey(event.target.value)} /></label>
      <label class="field"><span>${t("Value")}</span><textarea rows="2" value=${value} onInput=${(/** @type {any} */ event) => setValue(event.target.value)} /></label>
      <div class="row"><button type="submit" disabled=${busy || !key.trim() || !value.trim()}>${t("Remember")}</button></div>
    </form>
    <${Fault} text=${fault} />
  </section>`;
}

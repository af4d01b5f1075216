/** Skills: those that are installed, and those that a registry has. */
import { Fragment, html, useState } from "../lib/html.js";
import { moment, number } from "../lib/format.js";
import { call } from "../lib/net.js";
import { t } from "../lib/words.js";
import { Fault, Waiting, useCall, useTask } from "../parts/load.js";
import { Remove } from "../parts/remove.js";
import { Badge, Table } from "../parts/table.js";

export default function Skills() {
  const list = useCall("skill.list");
  const [fault, run] = useTask();
  const skills = list.data?.skills ?? [];
  /** @param {string} method @param {object} params */
  const change = (method, params) => run(async () => {
    await call(method, params);
    await list.reload();
  });
  return html`<${Fragment}>
    <${Fault} text=${fault} />
    ${list.data ? html`<${Table} name=${t("Skills")} heads=${["Skill", "About", "Version", "Status", "Uses", "Last used", ""]}
      keys=${skills.map((/** @type {any} */ each) => each.slug)} empty=${t("No skills are installed yet.")}
      rows=${skills.map((/** @type {any} */ each) => [
        html`<strong>${each.name}</strong><br /><code>@${each.slug}</code>`, each.error ? html`<span class="fault">${each.error}</span>` : each.description,
        each.version, html`<${Badge} word=${each.status} />`, number(each.invocations), each.lastUsed ? moment(each.lastUsed) : "–",
        html`<div class="row"><button type="button" aria-label=${`${each.enabled ? t("Disable") : t("Enable")} ${each.name}`}
            onClick=${() => change(each.enabled ? "skill.disable" : "skill.enable", { name: each.slug })}>${each.enabled ? t("Disable") : t("Enable")}</button>
          <${Remove} verb="Remove" label=${t("Remove {name}", { name: each.name })} text=${t("The skill and its files are deleted.")}
            onYes=${() => change("skill.remove", { name: each.slug })} /></div>`,
      ])} />` : html`<${Waiting} of=${list} />`}
    <${Install} onDone=${list.reload} />
  <//>`;
}

/** @param {{onDone: () => void}} props */
function Install({ onDone }) {
  const [query, setQuery] = useState("");
  const [found, setFound] = useState(/** @type {any} */ (null));
  const [fault, run, busy] = useTask();
  /** @param {Event} event */
  const search = (event) => {
    event.preventDefault();
    run(async () => setFound(await call("skill.search", { query: query.trim() })));
  };
  /** @param {string} name */
  const install = (name) => run(async () => {
    await call("skill.install", { name }, { timeoutMs: 120_000 });
    onDone();
  });
  return html`<section class="card">
    <h2>${t("Install a skill")}</h2>
    <form class="row" onSubmit=${search}>
      <input type="search" aria-label=${t("Search skills")} placeholder=${t("Search skills")} value=${query}
        onInput=${(/** @type {any} */ event) => setQuery(event.target.value)} />
      <button type="submit" disabled=${busy || !query.trim()}>${t("Search")}</button>
    </form>
    <${Fault} text=${fault} />
    ${found?.registryError && html`<p class="note">${found.registryError}</p>`}
    ${found && html`<${Table} name=${t("Found skills")} heads=${["Skill", "About", "Version", ""]} empty=${t("Nothing found.")}
      keys=${found.results.map((/** @type {any} */ each) => `${each.source} ${each.slug}`)}
      rows=${found.results.map((/** @type {any} */ each) => [each.name, each.description, each.version ?? "", each.installed
        ? html`<${Badge} word="installed" />`
        : html`<button type="button" disabled=${busy} aria-label=${`${t("Install")} ${each.slug}`} onClick=${() => install(each.slug)}>${t("Install")}</button>`])} />`}
  </section>`;
}

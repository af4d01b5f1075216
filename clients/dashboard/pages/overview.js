/** Overview: how the gateway is now, and what it has done. */
import { Fragment, html, useEffect, useState } from "../lib/html.js";
import { bytes, clock, duration, milliseconds, number } from "../lib/format.js";
import { useStore } from "../lib/store.js";
import { t } from "../lib/words.js";
import { Budgets } from "../parts/budgets.js";
import { Bars, Lines } from "../parts/chart.js";
import { Waiting, useCall } from "../parts/load.js";

const EVERY_MS = 5000;
const POINTS = 60;
const DAYS = 14;

/** @typedef {{at: number, p50: number, p95: number, runs: number}} Point */

export default function Overview() {
  const status = useCall("system.status", {}, EVERY_MS);
  const since = new Date(Date.now() - (DAYS - 1) * 86_400_000).toISOString().slice(0, 10);
  const usage = useCall("usage.query", { by: "day", since, limit: DAYS }, 6 * EVERY_MS);
  const [points, setPoints] = useState(/** @type {Point[]} */ ([]));
  const now = status.data;
  const live = useStore((state) => state.connection);
  useEffect(() => {
    if (!now) return;
    const { latencyP50Ms = now.reasoning.avgLatencyMs, latencyP95Ms = now.reasoning.avgLatencyMs } = now.reasoning;
    const point = { at: Date.now(), p50: latencyP50Ms, p95: latencyP95Ms, runs: now.load.runsRunning };
    setPoints((before) => [...before, point].slice(-POINTS));
  }, [now]);
  if (!now) return html`<${Waiting} of=${status} />`;
  const days = [...(usage.data?.rows ?? [])].reverse();
  return html`<${Fragment}>
    ${status.fault && html`<${Waiting} of=${status} />`}
    <dl class="facts">
      <${Fact} name="Status" value=${live === "open" ? t(now.status) : t("unknown")} />
      <${Fact} name="Model" value=${now.reasoning.primaryModel} />
      <${Fact} name="Version" value=${now.version} />
      <${Fact} name="Uptime" value=${duration(now.uptime)} />
      <${Fact} name="Runs" value=${t("{running} at work, {queued} waiting", { running: now.load.runsRunning, queued: now.load.runsQueued })} />
      <${Fact} name="Connections" value=${number(now.load.connections)} />
      <${Fact} name="Memory|in use" value=${now.load.memoryBytes ? bytes(now.load.memoryBytes) : t("unknown")} />
    </dl>
    <div class="cards">
      <${Card} title="Tokens|of text" note=${t("By day: read below, written above")}>
        <${Bars} name=${t("Tokens|of text")} about=${summary(days, (/** @type {any} */ row) => row.totalTokens)} labels=${days.map((row) => row.key.slice(5))}
          series=${[days.map((row) => row.promptTokens), days.map((row) => row.completionTokens)]} show=${short} />
      <//>
      <${Card} title="Cost" note=${days.some((row) => row.cost !== undefined) ? t("By day, at the configured prices") : t("No prices are configured (providers.NAME.prices).")}>
        <${Bars} name=${t("Cost")} about=${summary(days, (/** @type {any} */ row) => row.cost ?? 0)} labels=${days.map((row) => row.key.slice(5))}
          series=${[days.map((row) => row.cost ?? 0)]} show=${(/** @type {number} */ value) => number(value, 2)} />
      <//>
      <${Card} title="Latency" note=${points.length ? t("Of the model's answers: half within {p50}, 95 % within {p95} (dashed)", { p50: milliseconds(points.at(-1)?.p50 ?? 0), p95: milliseconds(points.at(-1)?.p95 ?? 0) }) : ""}>
        <${Lines} name=${t("Latency")} about=${t("Latency")} labels=${points.map((point) => clock(point.at))}
          series=${[points.map((point) => point.p50), points.map((point) => point.p95)]} show=${milliseconds} />
      <//>
      <${Card} title="Runs at work" note=${t("Since this page was opened")}>
        <${Lines} name=${t("Runs at work")} about=${t("Runs at work")} labels=${points.map((point) => clock(point.at))}
          series=${[points.map((point) => point.runs)]} show=${(/** @type {number} */ value) => number(value)} />
      <//>
      ${usage.data?.budgets?.length && html`<${Budgets} of=${usage.data.budgets} />`}
    </div>
    ${usage.data && html`<p class="note">${t("{requests} requests and {tokens} tokens in {days} days.", {
      requests: number(usage.data.total.requests), tokens: number(usage.data.total.totalTokens), days: DAYS })}</p>`}
  <//>`;
}

/** @param {{name: string, value: string}} props */
function Fact({ name, value }) {
  return html`<div><dt>${t(name)}</dt><dd>${value}</dd></div>`;
}

/** @param {{title: string, note: string, children?: any}} props */
function Card({ title, note, children }) {
  return html`<section class="card"><h2>${t(title)}</h2>${children}<p class="note">${note}</p></section>`;
}

/** A number that fits beside an axis. @param {number} value */
function short(value) {
  if (value >= 1e6) return `${number(value / 1e6, 1)}M`;
  return value >= 1e3 ? `${number(value / 1e3, 1)}k` : number(value);
}

/** @param {any[]} days @param {(row: any) => number} of */
function summary(days, of) {
  return days.map((row) => `${row.key}: ${number(of(row), 2)}`).join(", ");
}

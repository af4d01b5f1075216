/** Small charts: bars by day, lines over time. What they show stands in their name, too. */
import { html } from "../lib/html.js";

const WIDTH = 320;
const HEIGHT = 150;
const LEFT = 44;
const BOTTOM = 20;
const TOP = 10;

/** A round number at or above a value. @param {number} value */
function roundUp(value) {
  if (value <= 0) return 1;
  const step = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((each) => each * step).find((each) => each >= value) ?? value;
}

/** @param {{name: string, about: string, top: number, show: (value: number) => string, labels: string[], children?: any}} props */
function Frame({ name, about, top, show, labels, children }) {
  const base = HEIGHT - BOTTOM;
  return html`<svg class="chart" role="img" aria-label=${name} viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none">
    <title>${about}</title>
    <line class="axis" x1=${LEFT} y1=${base} x2=${WIDTH} y2=${base} /><line class="axis" x1=${LEFT} y1=${TOP} x2=${WIDTH} y2=${TOP} />
    <text x=${LEFT - 5} y=${base} text-anchor="end">0</text><text x=${LEFT - 5} y=${TOP + 5} text-anchor="end">${show(top)}</text>
    <text x=${LEFT} y=${HEIGHT - 5}>${labels[0] ?? ""}</text>
    ${labels.length > 1 && html`<text x=${WIDTH} y=${HEIGHT - 5} text-anchor="end">${labels.at(-1)}</text>`}
    ${children}
  </svg>`;
}

/** @typedef {{name: string, about: string, labels: string[], series: number[][], show: (value: number) => string}} ChartProps */

/** Bars; a second series stands on the first. @param {ChartProps} props */
export function Bars({ name, about, labels, series, show }) {
  const sums = labels.map((_, at) => series.reduce((sum, each) => sum + (each[at] ?? 0), 0));
  const top = roundUp(Math.max(...sums, 0));
  const space = HEIGHT - BOTTOM - TOP;
  const step = (WIDTH - LEFT) / Math.max(labels.length, 1);
  return html`<${Frame} name=${name} about=${about} top=${top} show=${show} labels=${labels}>
    ${labels.map((label, at) => {
      let base = HEIGHT - BOTTOM;
      return series.map((each, which) => {
        const height = ((each[at] ?? 0) / top) * space;
        base -= height;
        return html`<rect key=${`${label} ${which}`} class=${which ? "bar2" : "bar"} x=${LEFT + at * step + step * 0.12} y=${base}
          width=${Math.min(step * 0.76, 60)} height=${height}><title>${`${label}: ${show(each[at] ?? 0)}`}</title></rect>`;
      });
    })}
  <//>`;
}

/** Lines over time. @param {ChartProps} props */
export function Lines({ name, about, labels, series, show }) {
  const top = roundUp(Math.max(...series.flat(), 0));
  const space = HEIGHT - BOTTOM - TOP;
  const step = (WIDTH - LEFT) / Math.max(labels.length - 1, 1);
  return html`<${Frame} name=${name} about=${about} top=${top} show=${show} labels=${labels}>
    ${series.map((values, which) => html`<polyline key=${which} class=${which ? "line2" : "line"}
      points=${values.map((value, at) => `${(LEFT + at * step).toFixed(1)},${(HEIGHT - BOTTOM - (value / top) * space).toFixed(1)}`).join(" ")} />`)}
  <//>`;
}

/** Numbers, times and sizes in the reader's language. */
import { get } from "./store.js";

/** @type {Map<string, any>} */
const made = new Map();

/**
 * Formatters are costly to make, and asked for with every row.
 * @template T
 * @param {string} name @param {(language: string) => T} make @returns {T}
 */
function once(name, make) {
  const key = `${get().language} ${name}`;
  if (!made.has(key)) made.set(key, make(get().language));
  return made.get(key);
}

/** @param {number} value @param {number} [digits] */
export function number(value, digits = 0) {
  return once(`n${digits}`, (language) => new Intl.NumberFormat(language, { maximumFractionDigits: digits })).format(value);
}

/** A date and a time. @param {string | number | Date} when */
export function moment(when) {
  const at = new Date(when);
  if (Number.isNaN(at.getTime())) return String(when);
  const style = /** @type {const} */ ({ dateStyle: "medium", timeStyle: "short" });
  return once("moment", (language) => new Intl.DateTimeFormat(language, style)).format(at);
}

/** The time of day; the date as well where it is not today. @param {string | number | Date} when */
export function clock(when) {
  const at = new Date(when);
  if (Number.isNaN(at.getTime())) return String(when);
  const today = at.toDateString() === new Date().toDateString();
  if (!today) return moment(at);
  return once("clock", (language) => new Intl.DateTimeFormat(language, { timeStyle: "short" })).format(at);
}

/** @param {number} ms */
export function milliseconds(ms) {
  return ms < 1000 ? `${number(ms)} ms` : `${number(ms / 1000, 1)} s`;
}

/** @param {number} seconds */
export function duration(seconds) {
  const parts = /** @type {[number, string][]} */ ([
    [Math.floor(seconds / 86400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [Math.floor(seconds) % 60, "s"],
  ]);
  const from = parts.findIndex(([value]) => value > 0);
  return from < 0 ? "0 s" : parts.slice(from, from + 2).map(([value, unit]) => `${value} ${unit}`).join(" ");
}

/** @param {number} count */
export function bytes(count) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  while (count >= 1000 && at < units.length - 1) (count /= 1000), (at += 1);
  return `${number(count, at ? 1 : 0)} ${units[at]}`;
}

/** A JSON value as people read it. @param {unknown} value */
export function pretty(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2) ?? "";
}

/**
 * What an MCP server asks while a tool is in use, as a form: the flat JSON Schemas of MCP's elicitation. The gateway
 * checks the answer; the browser says at once what is missing or out of bounds.
 */
import { html } from "../lib/html.js";
import { t } from "../lib/words.js";

/**
 * @typedef {object} Asked
 * @property {string} name
 * @property {string} label
 * @property {string} about
 * @property {"text" | "number" | "check" | "choice" | "choices"} kind
 * @property {{value: any, label: string}[]} choices
 * @property {boolean} required
 * @property {any} start What stands there at first.
 * @property {Record<string, any>} bounds Attributes of the input that bound it.
 */

const TYPES = /** @type {Record<string, string>} */ ({ email: "email", uri: "url", date: "date" });

/** @param {any} schema @returns {{value: any, label: string}[]} */
function choicesOf(schema) {
  const titled = schema?.oneOf ?? schema?.anyOf;
  if (Array.isArray(titled) && titled.every((each) => "const" in each)) {
    return titled.map((each) => ({ value: each.const, label: String(each.title ?? each.const) }));
  }
  return (schema?.enum ?? []).map((/** @type {any} */ value, /** @type {number} */ at) => ({ value, label: String(schema.enumNames?.[at] ?? value) }));
}

/** The fields of a question. @param {any} asks a JSON Schema @returns {Asked[]} */
export function askedOf(asks) {
  return Object.entries(/** @type {Record<string, any>} */ (asks?.properties ?? {})).map(([name, rule]) => {
    const about = { name, label: String(rule.title ?? name), about: String(rule.description ?? ""), required: asks.required?.includes(name) ?? false };
    if (rule.type === "array") return { ...about, kind: "choices", choices: choicesOf(rule.items), start: rule.default ?? [], bounds: {} };
    const choices = choicesOf(rule);
    if (choices.length) return { ...about, kind: "choice", choices, start: rule.default ?? null, bounds: {} };
    if (rule.type === "boolean") return { ...about, kind: "check", choices, start: rule.default ?? false, bounds: {} };
    const whole = rule.type === "integer";
    if (whole || rule.type === "number") {
      return { ...about, kind: "number", choices, start: rule.default ?? "", bounds: { type: "number", step: whole ? 1 : "any", min: rule.minimum, max: rule.maximum } };
    }
    const bounds = { type: TYPES[rule.format] ?? "text", minLength: rule.minLength, maxLength: rule.maxLength };
    return { ...about, kind: "text", choices, start: rule.default ?? "", bounds };
  });
}

/** What the fields hold as it is sent: what was left empty is left out. @param {Asked[]} fields @param {Record<string, any>} values */
export function answerOf(fields, values) {
  const answer = /** @type {Record<string, any>} */ ({});
  for (const { name, kind, start } of fields) {
    const value = name in values ? values[name] : start;
    if (value === null || value === "") continue;
    answer[name] = kind === "number" ? Number(value) : value;
  }
  return answer;
}

/** @param {{fields: Asked[], values: Record<string, any>, onPut: (name: string, value: any) => void}} props */
export function AskedFields({ fields, values, onPut }) {
  return html`<div class="fields">${fields.map((field) => html`<${One} key=${field.name} field=${field}
    value=${field.name in values ? values[field.name] : field.start} onPut=${(/** @type {any} */ value) => onPut(field.name, value)} />`)}</div>`;
}

/** @param {{field: Asked, value: any, onPut: (value: any) => void}} props */
function One({ field, value, onPut }) {
  const { label, kind, choices, required, bounds } = field;
  const about = field.about && html`<span class="note">${field.about}</span>`;
  const name = html`<span>${label}${required && kind !== "check" ? " *" : ""}</span>`;
  if (kind === "check") {
    return html`<div class="field"><label class="field check">${name}
      <input type="checkbox" aria-label=${label} checked=${Boolean(value)} onChange=${(/** @type {any} */ event) => onPut(event.target.checked)} /></label>${about}</div>`;
  }
  if (kind === "choices") {
    return html`<fieldset class="field"><legend>${name}</legend>
      ${choices.map((each) => html`<label class="field check" key=${each.label}><span>${each.label}</span>
        <input type="checkbox" checked=${value.includes(each.value)} onChange=${(/** @type {any} */ event) =>
          onPut(choices.map((one) => one.value).filter((one) => (one === each.value ? event.target.checked : value.includes(one))))} /></label>`)}
      ${about}</fieldset>`;
  }
  if (kind === "choice") {
    const at = choices.findIndex((each) => each.value === value);
    return html`<label class="field">${name}
      <select aria-label=${label} required=${required} value=${at < 0 ? "" : String(at)}
        onChange=${(/** @type {any} */ event) => onPut(choices[event.target.value]?.value ?? null)}>
        <option value="">${required ? t("Choose …") : "–"}</option>
        ${choices.map((each, index) => html`<option key=${index} value=${String(index)}>${each.label}</option>`)}
      </select>${about}</label>`;
  }
  return html`<label class="field">${name}
    <input ...${bounds} aria-label=${label} required=${required} autocomplete="off" value=${value}
      onInput=${(/** @type {any} */ event) => onPut(event.target.value)} />${about}</label>`;
}

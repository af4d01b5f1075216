/** The fields of the configuration's form, read from its JSON Schema and from what is in force. */

/**
 * @typedef {"check" | "choice" | "number" | "text" | "secret" | "list" | "json"} Kind
 * @typedef {object} Field
 * @property {string} path Dotted: `gateway.heartbeat_seconds`.
 * @property {string} about
 * @property {Kind} kind
 * @property {string[]} choices
 * @property {boolean} optional Whether it may be empty: null.
 * @property {any} value
 */

export const HIDDEN = "***REDACTED***";
const SECRET = /(^|[._])(token|password|secret|api_key|pin)$/;

/** @param {any} schema @param {any} part */
function resolve(schema, part) {
  let found = part ?? {};
  for (let hops = 0; found.$ref && hops < 8; hops += 1) {
    const { $ref, ...around } = found;
    const target = $ref.slice(2).split("/").reduce((/** @type {any} */ at, /** @type {string} */ step) => at?.[step], schema) ?? {};
    found = { ...target, ...around };
  }
  return found;
}

/** @param {any} schema @param {any} part */
function plain(schema, part) {
  const found = resolve(schema, part);
  if (!found.anyOf) return { ...found, optional: false };
  const parts = found.anyOf.map((/** @type {any} */ each) => resolve(schema, each));
  const rest = parts.filter((/** @type {any} */ each) => each.type !== "null");
  const optional = rest.length < parts.length;
  return rest.length === 1 ? { ...rest[0], description: found.description ?? rest[0].description, optional } : { description: found.description, optional };
}

/**
 * All fields below a part of the schema.
 *
 * @param {any} schema the whole @param {any} part @param {any} value @param {string} path @returns {Field[]}
 */
export function fieldsOf(schema, part, value, path) {
  const found = plain(schema, part);
  if (found.properties && (value || !found.optional)) {
    return Object.entries(found.properties).flatMap(([name, child]) => fieldsOf(schema, child, value?.[name], path ? `${path}.${name}` : name));
  }
  const entries = found.type === "object" && found.additionalProperties && value && typeof value === "object" ? Object.entries(value) : [];
  const inner = plain(schema, found.additionalProperties);
  if (entries.length && inner.properties) return entries.flatMap(([name, each]) => fieldsOf(schema, inner, each, `${path}.${name}`));
  return [{ path, about: found.description ?? "", optional: found.optional, value: value ?? null, ...kindOf(schema, found, path) }];
}

/** @param {any} schema @param {any} found @param {string} path @returns {{kind: Kind, choices: string[]}} */
function kindOf(schema, found, path) {
  const choices = (found.enum ?? []).filter((/** @type {any} */ each) => each !== null).map(String);
  if (choices.length) return { kind: "choice", choices };
  if (found.type === "boolean") return { kind: "check", choices };
  if (found.type === "integer" || found.type === "number") return { kind: "number", choices };
  if (found.type === "string") return { kind: SECRET.test(path) ? "secret" : "text", choices };
  if (found.type === "array" && plain(schema, found.items).type === "string") return { kind: "list", choices };
  return { kind: "json", choices };
}

/** What a field's text stands for. @param {Field} field @param {string} text @throws {Error} it can't be read */
export function read(field, text) {
  if (field.kind === "list") return text.split(/[\n,]/).map((each) => each.trim()).filter(Boolean);
  if (text === "" && (field.optional || field.kind === "number")) return null;
  if (field.kind === "number") {
    if (!Number.isFinite(Number(text))) throw new Error(field.path);
    return Number(text);
  }
  if (field.kind === "json") {
    try {
      return JSON.parse(text);
    } catch {
      throw new Error(field.path);
    }
  }
  return text;
}

/** A value as a field shows it. @param {Field} field @param {any} value */
export function shown(field, value) {
  if (field.kind === "list") return (value ?? []).join(", ");
  if (field.kind === "json") return value === null ? "" : JSON.stringify(value);
  return value === null || value === undefined ? "" : String(value);
}

/** One patch of changes by their dotted paths. @param {Record<string, any>} changes */
export function patchOf(changes) {
  /** @type {any} */
  const patch = {};
  for (const [path, value] of Object.entries(changes)) {
    const names = path.split(".");
    const last = names.pop() ?? "";
    let at = patch;
    for (const name of names) at = at[name] ??= {};
    at[last] = value;
  }
  return patch;
}

/**
 * Tokens into elements, one by one: what a model says becomes text and the few elements below, whatever it holds. HTML
 * stays text. Nothing is loaded: pictures become links.
 */
import { codeBlock } from "./code.js";
import { formula } from "./math.js";
import { t } from "../lib/words.js";

/** @typedef {import("../vendor/marked.js").Token} Token */

const DEEPEST = 40;
const BLOCKS = new Set(["paragraph", "heading", "code", "blockquote", "list", "table", "hr", "space", "def"]);
const ALIGNMENTS = ["left", "center", "right"];

/** @param {string} tag @param {Record<string, string>} attributes @param {Iterable<Node | string>} children */
function make(tag, attributes = {}, children = []) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** An address that a link may lead to, or undefined. @param {string | undefined} href */
export function safeAddress(href) {
  if (!href || /[\u0000-\u0020]/.test(href)) return undefined;
  try {
    const { protocol } = new URL(href);
    return protocol === "https:" || protocol === "http:" || protocol === "mailto:" ? href : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string | undefined} href @param {Iterable<Node | string>} children @param {string | null} [title] */
function link(href, children, title) {
  const address = safeAddress(href);
  if (!address) return make("span", {}, children);
  return make("a", { href: address, target: "_blank", rel: "noopener noreferrer", ...(title ? { title } : {}) }, children);
}

/** @param {Token[] | undefined} tokens @param {number} depth @returns {Node[]} */
function inline(tokens, depth) {
  return (tokens ?? []).map((token) => span(token, depth + 1));
}

/** @param {Token} token @param {number} depth @returns {Node} */
function span(token, depth) {
  if (depth > DEEPEST) return document.createTextNode(token.raw);
  switch (token.type) {
    case "strong":
    case "em":
    case "del":
      return make(token.type, {}, inline(token.tokens, depth));
    case "codespan":
      return make("code", {}, [token.text ?? ""]);
    case "br":
      return make("br");
    case "link":
      return link(token.href, inline(token.tokens, depth), token.title);
    case "image":
      return link(token.href, [`${t("Picture")}: ${token.text || token.href}`], token.title);
    case "math":
      return formula(token.text ?? "", Boolean(token.display));
    case "text":
      if (token.tokens) return make("span", {}, inline(token.tokens, depth));
      return document.createTextNode(token.text ?? "");
    case "escape":
      return document.createTextNode(token.text ?? "");
    default:
      return BLOCKS.has(token.type) ? block(token, depth) : document.createTextNode(token.raw);
  }
}

/** @param {Token} token @param {number} depth */
function list(token, depth) {
  /** @type {Record<string, string>} */
  const start = {};
  if (token.ordered && token.start !== 1 && token.start !== "") start.start = String(token.start);
  const items = (token.items ?? []).map((item) => {
    const children = inline(item.tokens?.filter((each) => each.type !== "checkbox"), depth);
    if (!item.task) return make("li", {}, children);
    const mark = item.checked ? "☑ " : "☐ ";
    return make("li", { class: "task" }, [mark, ...children]);
  });
  return make(token.ordered ? "ol" : "ul", start, items);
}

/** @param {Token} token @param {number} depth */
function table(token, depth) {
  /** @param {string} tag @param {{tokens: Token[]}} cell @param {number} column */
  const cell = (tag, cell, column) => {
    const align = token.align?.[column];
    return make(tag, align && ALIGNMENTS.includes(align) ? { class: `at-${align}` } : {}, inline(cell.tokens, depth));
  };
  const head = make("tr", {}, (token.header ?? []).map((each, column) => cell("th", each, column)));
  const rows = (token.rows ?? []).map((row) => make("tr", {}, row.map((each, column) => cell("td", each, column))));
  const whole = make("table", {}, [make("thead", {}, [head]), make("tbody", {}, rows)]);
  return make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": t("Table") }, [whole]);
}

/**
 * The element of a block.
 *
 * @param {Token} token
 * @param {number} [depth]
 * @returns {Node}
 */
export function block(token, depth = 0) {
  if (depth > DEEPEST) return document.createTextNode(token.raw);
  switch (token.type) {
    case "paragraph":
      return make("p", {}, inline(token.tokens, depth));
    case "heading":
      // The page's own heading is the first; an answer's begin below it.
      return make(`h${Math.min((token.depth ?? 1) + 2, 6)}`, {}, inline(token.tokens, depth));
    case "code":
      return codeBlock(token.text ?? "", (token.lang ?? "").split(/\s/)[0] ?? "");
    case "blockquote":
      return make("blockquote", {}, inline(token.tokens, depth));
    case "list":
      return list(token, depth);
    case "table":
      return table(token, depth);
    case "hr":
      return make("hr");
    case "space":
    case "def":
      return document.createTextNode("");
    case "html":
      return make("p", { class: "raw" }, [token.raw]);
    default:
      return span(token, depth);
  }
}

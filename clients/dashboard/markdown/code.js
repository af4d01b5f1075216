/** Blocks of code: the language's name, a button to copy, and colours once the highlighter is there. */
import { copyText } from "../lib/clipboard.js";
import { t } from "../lib/words.js";

const LONGEST = 40_000;
const SCOPE = /^hljs-[a-z_-]+$|^[a-z_]+_$/;

/** @type {Promise<typeof import("../vendor/highlight.js").default> | undefined} */
let highlighter;

/**
 * The element of a block of code.
 *
 * @param {string} code
 * @param {string} language as it was written; may be empty
 */
export function codeBlock(code, language) {
  const figure = document.createElement("figure");
  figure.className = "code";
  const bar = document.createElement("figcaption");
  const name = document.createElement("span");
  name.textContent = language || t("text");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = t("Copy code");
  button.addEventListener("click", async () => {
    await copyText(code);
    button.dataset.done = "";
    setTimeout(() => delete button.dataset.done, 1500);
  });
  bar.append(name, button);
  const frame = document.createElement("pre");
  frame.tabIndex = 0;
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", language ? `${t("Code")}: ${language}` : t("Code"));
  const inner = document.createElement("code");
  inner.textContent = code;
  frame.append(inner);
  figure.append(bar, frame);
  return figure;
}

/** Colour the code in `root` that was not coloured yet. @param {Element} root */
export async function colour(root) {
  const waiting = [...root.querySelectorAll("figure.code:not([data-coloured])")];
  if (waiting.length === 0) return;
  for (const figure of waiting) figure.setAttribute("data-coloured", "");
  highlighter ??= import("../vendor/highlight.js").then((module) => module.default);
  const hljs = await highlighter;
  for (const figure of waiting) {
    const code = figure.querySelector("code");
    const language = figure.querySelector("figcaption span")?.textContent ?? "";
    const text = code?.textContent ?? "";
    if (!code || text.length > LONGEST || !hljs.getLanguage(language)) continue;
    await new Promise((resolve) => setTimeout(resolve));
    const { value } = hljs.highlight(text, { language, ignoreIllegals: true });
    code.replaceChildren(...coloured(value));
  }
}

/** The highlighter's HTML, of which only spans, their classes and text are taken. @param {string} value */
function coloured(value) {
  const parsed = new DOMParser().parseFromString(`<pre>${value}</pre>`, "text/html").querySelector("pre");
  return parsed ? copies(parsed) : [];
}

/** @param {Node} from @returns {Node[]} */
function copies(from) {
  return [...from.childNodes].map((node) => {
    if (!(node instanceof HTMLSpanElement)) return document.createTextNode(node.textContent ?? "");
    const span = document.createElement("span");
    span.className = [...node.classList].filter((name) => SCOPE.test(name)).join(" ");
    span.append(...copies(node));
    return span;
  });
}

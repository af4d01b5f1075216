/** A text in Markdown that may still grow: only the blocks that changed are made anew. */
import { html, useEffect, useLayoutEffect, useRef } from "../lib/html.js";
import { colour } from "./code.js";
import { block } from "./elements.js";
import { blocks } from "./read.js";

/** @typedef {{tokens: import("../vendor/marked.js").Token[], nodes: Node[]}} Shown */

/** Reading again waits for so many times as long as reading took, while a text grows: some texts are slow to read. */
const REST = 8;
const QUICK_MS = 8;

/** The blocks of a text; one that can't be read, such as quotes in quotes without end, is one block of plain text. */
/** @param {string} text @param {import("../vendor/marked.js").Token[]} before */
function read(text, before) {
  try {
    return blocks(text, before);
  } catch {
    return [{ type: "html", raw: text }];
  }
}

/** @param {{text: string, growing?: boolean}} props `growing`: more is coming */
export function Markdown({ text, growing = false }) {
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  const shown = useRef(/** @type {Shown} */ ({ tokens: [], nodes: [] }));
  const due = useRef(0);
  useLayoutEffect(() => {
    const root = place.current;
    const began = performance.now();
    if (!root || (growing && began < due.current)) return;
    const before = shown.current;
    const tokens = read(text, before.tokens);
    const took = performance.now() - began;
    due.current = took > QUICK_MS ? began + took * (REST + 1) : 0;
    let same = 0;
    while (same < tokens.length && tokens[same]?.raw === before.tokens[same]?.raw) same += 1;
    for (const node of before.nodes.slice(same)) node.parentNode?.removeChild(node);
    const fresh = tokens.slice(same).map((token) => block(token));
    root.append(...fresh);
    shown.current = { tokens, nodes: [...before.nodes.slice(0, same), ...fresh] };
  }, [text, growing]);
  useEffect(() => {
    if (!growing && place.current) colour(place.current).catch(() => {});
  }, [text, growing]);
  return html`<div class="markdown" ref=${place} />`;
}

/** A text in Markdown that may still grow: only the blocks that changed are made anew. */
import { html, useEffect, useLayoutEffect, useRef } from "../lib/html.js";
import { colour } from "./code.js";
import { block } from "./elements.js";
import { blocks } from "./read.js";

/** @typedef {{tokens: import("../vendor/marked.js").Token[], nodes: Node[]}} Shown */

/** @param {{text: string, growing?: boolean}} props `growing`: more is coming */
export function Markdown({ text, growing = false }) {
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  const shown = useRef(/** @type {Shown} */ ({ tokens: [], nodes: [] }));
  useLayoutEffect(() => {
    const root = place.current;
    if (!root) return;
    const before = shown.current;
    const tokens = blocks(text, before.tokens);
    let same = 0;
    while (same < tokens.length && tokens[same]?.raw === before.tokens[same]?.raw) same += 1;
    for (const node of before.nodes.slice(same)) node.parentNode?.removeChild(node);
    const fresh = tokens.slice(same).map((token) => block(token));
    root.append(...fresh);
    shown.current = { tokens, nodes: [...before.nodes.slice(0, same), ...fresh] };
  }, [text]);
  useEffect(() => {
    if (!growing && place.current) colour(place.current).catch(() => {});
  }, [text, growing]);
  return html`<div class="markdown" ref=${place} />`;
}

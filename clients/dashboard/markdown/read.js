/** Markdown into marked's tokens, mathematics among them. */
import { Marked } from "../vendor/marked.js";

/** @typedef {import("../vendor/marked.js").Token} Token */

const BLOCK = /^(?:\$\$([\s\S]+?)\$\$|\\\[([\s\S]+?)\\\])[ \t]*(?:\n|$)/;
const INLINE = /^(?:\$\$([^\n]+?)\$\$|\\\(([\s\S]+?)\\\)|\\\[([\s\S]+?)\\\]|\$(?=\S)((?:\\.|[^$\n\\])+?)(?<=\S)\$(?!\d))/;
const LONGEST_FORMULA = 5000;

/** @param {"block" | "inline"} level @param {RegExp} pattern @returns {import("../vendor/marked.js").Extension} */
function mathematics(level, pattern) {
  return {
    name: level === "block" ? "mathBlock" : "math",
    level,
    // Where a formula may begin: a block's at the beginning of a line alone, or paragraphs are cut at every dollar.
    start: (source) => {
      const at = level === "block" ? source.search(/(?<=\n)(?:\$\$|\\\[)/) : source.search(/\$|\\[([]/);
      return at < 0 ? undefined : at;
    },
    tokenizer(source) {
      const found = pattern.exec(source);
      if (!found || found[0].length > LONGEST_FORMULA) return undefined;
      const text = found.slice(1).find((group) => group !== undefined) ?? "";
      const display = level === "block" || found[1] !== undefined || found[3] !== undefined;
      return { type: "math", raw: found[0], text: text.trim(), display };
    },
  };
}

const marked = new Marked({
  gfm: true,
  breaks: true,
  extensions: [mathematics("block", BLOCK), mathematics("inline", INLINE)],
});

/**
 * The blocks of a text. The text of a stream only grows, so all but the last two blocks stay what they are: `before`,
 * the blocks of what was read last, spares reading those again.
 *
 * @param {string} text
 * @param {Token[]} [before]
 * @returns {Token[]}
 */
export function blocks(text, before = []) {
  const source = text.replace(/\r\n?/g, "\n");
  const settled = before.slice(0, -2);
  const length = settled.reduce((sum, token) => sum + token.raw.length, 0);
  if (length > 0 && source.startsWith(settled.map((token) => token.raw).join(""))) {
    return [...settled, ...marked.lexer(source.slice(length))];
  }
  return marked.lexer(source);
}

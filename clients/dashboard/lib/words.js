/** The page's words: English as it stands in the code, and its Chinese. */
import { get } from "./store.js";
import { CHINESE } from "./chinese.js";

/**
 * The words in the reader's language. `{name}` in them is replaced by the value of that name.
 *
 * @param {string} english
 * @param {Record<string, string | number>} [values]
 */
export function t(english, values) {
  const words = get().language === "zh-CN" ? (CHINESE[english] ?? english) : english;
  return values ? words.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole)) : words;
}

/** The page's words: English as it stands in the code, and its Chinese. */
import { get } from "./store.js";

/** @type {Record<string, string>} */
let chinese = {};

/** Load the words of a language; English is there already. @param {string} language */
export async function loadWords(language) {
  if (language === "zh-CN") chinese = (await import("./chinese.js")).CHINESE;
}

/**
 * The words in the reader's language. `{name}` in them is replaced by the value of that name.
 * What stands behind a `|` is not shown: it tells two meanings of one English word apart.
 *
 * @param {string} english
 * @param {Record<string, string | number>} [values]
 */
export function t(english, values) {
  const words = (get().language === "zh-CN" && chinese[english]) || english.replace(/\|.*/, "");
  return values ? words.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole)) : words;
}

/** Language and theme: the browser's until somebody chooses, then theirs. */
import { keep, recall } from "./prefs.js";
import { get, update } from "./store.js";
import { loadWords } from "./words.js";

const dark = matchMedia("(prefers-color-scheme: dark)");

/** @returns {"en" | "zh-CN"} */
function preferred() {
  const kept = recall("language");
  if (kept === "en" || kept === "zh-CN") return kept;
  const wanted = navigator.languages.find((each) => /^(zh|en)\b/i.test(each)) ?? "en";
  return /^zh/i.test(wanted) ? "zh-CN" : "en";
}

function apply() {
  const { language, theme } = get();
  const root = document.documentElement;
  root.lang = language;
  root.dataset.theme = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
}

/** Read what was chosen, and follow the system. */
export async function startLook() {
  const theme = recall("theme");
  update({ theme: theme === "light" || theme === "dark" ? theme : "system" });
  dark.addEventListener("change", apply);
  addEventListener("languagechange", () => speak(preferred()));
  await speak(preferred());
}

/** @param {"en" | "zh-CN"} language */
async function speak(language) {
  await loadWords(language).catch(() => {});
  update({ language });
  apply();
}

/** @param {"en" | "zh-CN"} language */
export function chooseLanguage(language) {
  keep("language", language);
  speak(language);
}

/** @param {"system" | "light" | "dark"} theme */
export function chooseTheme(theme) {
  keep("theme", theme === "system" ? "" : theme);
  update({ theme });
  apply();
}

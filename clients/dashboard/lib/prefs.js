/** What is kept in this browser: language, theme, drafts. Never a token. */

const PREFIX = "openclaw.";

/** @param {string} name @returns {string | null} */
export function recall(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** Keep a text; an empty one is forgotten. @param {string} name @param {string} value */
export function keep(name, value) {
  try {
    if (value) localStorage.setItem(PREFIX + name, value);
    else localStorage.removeItem(PREFIX + name);
  } catch {
    // A browser that keeps nothing, or is full, still shows everything.
  }
}

/** Forget everything that is not a choice of looks, as on signing out. */
export function forget() {
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith(PREFIX) && name !== `${PREFIX}language` && name !== `${PREFIX}theme`) localStorage.removeItem(name);
  }
}

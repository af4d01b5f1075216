/** The page for whoever is not signed in. */
import { signIn } from "../lib/access.js";
import { html, useEffect, useRef, useState } from "../lib/html.js";
import { chooseLanguage } from "../lib/look.js";
import { useStore } from "../lib/store.js";
import { t } from "../lib/words.js";

export function SignIn() {
  const refusal = useStore((state) => state.refusal);
  const language = useStore((state) => state.language);
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => {
    document.title = `${t("Sign in")} · OpenClaw`;
    field.current?.focus();
    performance.mark("openclaw:ready");
  }, []);
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    await signIn(token.trim());
    setBusy(false);
  };
  return html`<main class="sign-in">
    <form onSubmit=${submit}>
      <span class="mark" aria-hidden="true" />
      <h1>${t("Sign in")}</h1>
      <p>${t("Open the link that the gateway printed when it started, or make one:")} <code>openclaw dashboard</code></p>
      ${refusal && html`<p role="alert" class="fault">${refusal}</p>`}
      <label><span>${t("Token")}</span>
        <input ref=${field} class="secret" type="text" autocomplete="off" spellcheck=${false} autocapitalize="off" value=${token}
          onInput=${(/** @type {any} */ event) => setToken(event.target.value)} /></label>
      <button type="submit" class="primary" disabled=${busy || !token.trim()}>${t("Sign in")}</button>
      <select class="plain" aria-label=${t("Language")} value=${language}
        onChange=${(/** @type {any} */ event) => chooseLanguage(event.target.value)}>
        <option value="en">English</option><option value="zh-CN">中文</option>
      </select>
    </form>
  </main>`;
}

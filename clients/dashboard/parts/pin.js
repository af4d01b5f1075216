/** The PIN that the gateway's owner gives before something guarded is done. */
import { html } from "../lib/html.js";
import { explain } from "../lib/net.js";
import { t } from "../lib/words.js";

/** @param {{value: string, onInput: (pin: string) => void}} props */
export function PinField({ value, onInput }) {
  return html`<label class="pin"><span>PIN</span>
    <input type="text" class="secret" autofocus inputmode="numeric" autocomplete="off" spellcheck=${false} value=${value}
      onInput=${(/** @type {any} */ event) => onInput(event.target.value)} /></label>`;
}

/** Whether the PIN is what is missing. @param {any} error */
export function wantsPin(error) {
  return error?.reason === "pin_required" || error?.reason === "wrong_pin";
}

/** Why something guarded was refused, in words. @param {any} error */
export function explainPin(error) {
  if (error?.reason === "pin_required") return t("This needs the PIN.");
  if (error?.reason === "wrong_pin") return t("That is not the PIN.");
  if (error?.reason === "pin_not_set") return t("This needs a PIN, and none is set yet. Set one on the gateway's machine: openclaw pin set");
  return explain(error);
}

/** Asks for the PIN where a call is refused for want of it, and makes the call again. */
import { html, useEffect, useState } from "../lib/html.js";
import { call } from "../lib/net.js";
import { update, useStore } from "../lib/store.js";
import { t } from "../lib/words.js";
import { Dialog } from "./dialog.js";
import { PinField, explainPin, wantsPin } from "./pin.js";

/**
 * @typedef {object} PinAsked
 * @property {string} method What is to be done.
 * @property {string} fault
 * @property {(pin: string | null) => void} answer with null where nothing is to be done
 */

/**
 * A call of what may be guarded (`security.require_pin_for`).
 *
 * @param {string} method @param {Record<string, any>} params @returns {Promise<any>}
 * @throws what the call is refused with; without the PIN, that it is missing
 */
export async function guarded(method, params) {
  let pin = "";
  for (;;) {
    try {
      return await call(method, pin ? { ...params, pin } : params);
    } catch (error) {
      if (!wantsPin(error)) throw error;
      const given = await ask(method, pin ? explainPin(error) : "");
      if (given === null) throw error;
      pin = given;
    }
  }
}

/** @param {string} method @param {string} fault @returns {Promise<string | null>} */
function ask(method, fault) {
  return new Promise((resolve) => {
    update({
      pinAsked: {
        method, fault,
        answer: (pin) => {
          update({ pinAsked: null });
          resolve(pin);
        },
      },
    });
  });
}

export function PinDialog() {
  const asked = useStore((state) => state.pinAsked);
  return asked && html`<${Question} asked=${asked} />`;
}

/** @param {{asked: PinAsked}} props */
function Question({ asked }) {
  const [pin, setPin] = useState("");
  useEffect(() => setPin(""), [asked]);
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    asked.answer(pin);
  };
  return html`<${Dialog} label=${t("This needs the PIN.")} onClose=${() => asked.answer(null)}>
    <form onSubmit=${submit}>
      <p><code>${asked.method}</code></p>
      ${asked.fault && html`<p role="alert" class="fault">${asked.fault}</p>`}
      <${PinField} value=${pin} onInput=${setPin} />
      <div class="row end">
        <button type="button" onClick=${() => asked.answer(null)}>${t("Cancel")}</button>
        <button type="submit" class="primary" disabled=${!pin}>${t("Go on")}</button>
      </div>
    </form>
  <//>`;
}

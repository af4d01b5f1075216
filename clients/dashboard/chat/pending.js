/** A message that the gateway has not acknowledged yet. */
import { html } from "../lib/html.js";
import { t } from "../lib/words.js";
import { discard, resend } from "./outbox.js";

/** @param {{message: import("./outbox.js").Outgoing}} props */
export function Pending({ message }) {
  const state = { sending: t("sending"), waiting: t("waiting for the connection"), failed: t("not sent") }[message.state];
  return html`<article class="message user pending" aria-label=${`${t("You")}, ${state}`}>
    <div class="bubble"><p class="plain-text">${message.text}</p></div>
    ${message.state === "failed" ? html`<div class="row">
      <span role="alert" class="fault">${message.fault}</span>
      <button type="button" onClick=${() => resend(message.id)}>${t("Retry")}</button>
      <button type="button" onClick=${() => discard(message.id)}>${t("Discard")}</button>
    </div>` : html`<p class="note">${state} …</p>`}
  </article>`;
}

/** Channels: the chat platforms that the gateway speaks on. */
import { Fragment, html, useEffect, useState } from "../lib/html.js";
import { moment } from "../lib/format.js";
import { call, follow } from "../lib/net.js";
import { t } from "../lib/words.js";
import { Dialog } from "../parts/dialog.js";
import { Fault, Waiting, useCall, useTask } from "../parts/load.js";
import { Badge, Table } from "../parts/table.js";

export default function Channels() {
  const list = useCall("channel.list");
  const [pairing, setPairing] = useState("");
  const [sending, setSending] = useState("");
  const [fault, run, busy] = useTask();
  useEffect(() => {
    const leaving = new AbortController();
    follow({ topics: ["channels"] }, (event) => {
      if (event.type.startsWith("channel.")) list.reload();
    }, leaving.signal).catch(() => {});
    return () => leaving.abort();
  }, []);
  const channels = list.data?.channels ?? [];
  /** @param {any} channel */
  const toggle = (channel) => run(async () => {
    await call(channel.enabled ? "channel.disable" : "channel.enable", { channelId: channel.id });
    await list.reload();
  });
  return html`<${Fragment}>
    <${Fault} text=${fault} />
    ${list.data ? html`<${Table} name=${t("Channels")} heads=${["Channel", "Status", "Account", "Today", "Outbox", ""]}
      keys=${channels.map((/** @type {any} */ each) => each.id)} empty=${t("There are no channels.")}
      rows=${channels.map((/** @type {any} */ each) => [
        html`<strong>${each.name}</strong><br /><code>${each.id}</code>`,
        html`<${Badge} word=${each.status} />${each.lastError && html`<p class="note">${each.lastError}</p>`}`,
        each.account || each.botUsername || each.connectedSince ? html`${each.account ?? each.botUsername}${each.connectedSince && html`<p class="note">${t("since {when}", { when: moment(each.connectedSince) })}</p>`}` : "",
        each.messagesToday ?? "",
        Object.values(each.outbox ?? {}).some(Boolean) ? t("{waiting} waiting, {failed} failed, {unknown} unknown", each.outbox) : "",
        html`<div class="row">
          <button type="button" disabled=${busy} aria-label=${`${each.enabled ? t("Disable") : t("Enable")} ${each.name}`} onClick=${() => toggle(each)}>${each.enabled ? t("Disable") : t("Enable")}</button>
          <button type="button" disabled=${!each.enabled} aria-label=${`${t("Pair")} ${each.name}`} onClick=${() => setPairing(each.id)}>${t("Pair")}</button>
          <button type="button" disabled=${!each.enabled} aria-label=${`${t("Send")} ${each.name}`} onClick=${() => setSending(each.id)}>${t("Send")}</button></div>`,
      ])} />
      <p class="note">${t("A channel's tokens stand in gateway.yaml, section channels.")}</p>` : html`<${Waiting} of=${list} />`}
    ${pairing && html`<${Pair} channel=${pairing} onClose=${() => setPairing("")} />`}
    ${sending && html`<${Send} channel=${sending} onClose=${() => setSending("")} />`}
  <//>`;
}

/** @param {{channel: string, onClose: () => void}} props */
function Pair({ channel, onClose }) {
  const [code, setCode] = useState("");
  const [sender, setSender] = useState("");
  const [fault, run, busy] = useTask();
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    run(async () => setSender((await call("channel.pair", { channelId: channel, code: code.trim() })).sender));
  };
  return html`<${Dialog} label=${`${t("Pair")} ${channel}`} onClose=${onClose}>
    <form onSubmit=${submit}>
      <p>${t("Somebody who writes to the bot for the first time is given a code. Enter it here to let them in.")}</p>
      <label class="field"><span>${t("Code")}</span>
        <input type="text" autocomplete="off" value=${code} onInput=${(/** @type {any} */ event) => setCode(event.target.value.toUpperCase())} /></label>
      <${Fault} text=${fault} />
      ${sender && html`<p role="status">${t("{sender} may write now.", { sender })}</p>`}
      <div class="row end"><button type="button" onClick=${onClose}>${t("Close")}</button>
        <button type="submit" class="primary" disabled=${busy || !code.trim()}>${t("Pair")}</button></div>
    </form>
  <//>`;
}

/** @param {{channel: string, onClose: () => void}} props */
function Send({ channel, onClose }) {
  const [to, setTo] = useState("");
  const [text, setText] = useState("");
  const [fault, run, busy] = useTask();
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    if (await run(() => call("channel.send", { channelId: channel, to: to.trim(), text }))) onClose();
  };
  return html`<${Dialog} label=${`${t("Send")} ${channel}`} onClose=${onClose}>
    <form onSubmit=${submit}>
      <label class="field"><span>${t("To")}</span><input type="text" value=${to} onInput=${(/** @type {any} */ event) => setTo(event.target.value)} /></label>
      <label class="field"><span>${t("Text")}</span><textarea rows="4" value=${text} onInput=${(/** @type {any} */ event) => setText(event.target.value)} /></label>
      <${Fault} text=${fault} />
      <div class="row end"><button type="button" onClick=${onClose}>${t("Cancel")}</button>
        <button type="submit" class="primary" disabled=${busy || !to.trim() || !text.trim()}>${t("Send")}</button></div>
    </form>
  <//>`;
}

/** Files: the workspace, folder by folder. */
import { Fragment, html, useRef, useState } from "../lib/html.js";
import { bytes, moment } from "../lib/format.js";
import { t } from "../lib/words.js";
import { Dialog } from "../parts/dialog.js";
import { Fault, Waiting, useCall, useTask } from "../parts/load.js";
import { guarded } from "../parts/pin-dialog.js";
import { Remove } from "../parts/remove.js";
import { Table } from "../parts/table.js";

const PICTURES = /** @type {Record<string, string>} */ ({ png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp" });
const SHOWN_BYTES = 200_000;
const LARGEST = 7_000_000;

/** @param {Blob} file @returns {Promise<string>} */
async function base64(file) {
  const reader = new FileReader();
  const done = new Promise((resolve, reject) => {
    reader.onload = resolve;
    reader.onerror = () => reject(reader.error);
  });
  reader.readAsDataURL(file);
  await done;
  return String(reader.result).replace(/^[^,]*,/, "");
}

/** @param {string} text in base64 */
function asBlob(text) {
  return new Blob([Uint8Array.from(atob(text), (character) => character.charCodeAt(0))]);
}

export default function Files() {
  const [path, setPath] = useState("/");
  const [shown, setShown] = useState(/** @type {{name: string, text?: string, picture?: string, more?: boolean} | null} */ (null));
  const list = useCall("file.list", { path });
  const picker = useRef(/** @type {HTMLInputElement | null} */ (null));
  const [fault, run] = useTask();
  const entries = [...(list.data?.entries ?? [])].sort((a, b) => Number(b.type === "directory") - Number(a.type === "directory") || a.name.localeCompare(b.name));
  /** @param {() => Promise<unknown>} task */
  const change = (task) => run(async () => {
    await task();
    await list.reload();
  });
  /** @param {any} entry */
  const open = (entry) => run(async () => {
    const media = PICTURES[entry.name.split(".").pop()?.toLowerCase() ?? ""];
    if (media && entry.size < LARGEST) {
      const { content } = await guarded("file.read", { path: entry.path, encoding: "base64" });
      setShown({ name: entry.name, picture: `data:${media};base64,${content}` });
      return;
    }
    const { content, nextOffset } = await guarded("file.read", { path: entry.path, limit: SHOWN_BYTES });
    setShown({ name: entry.name, text: content, more: nextOffset !== undefined });
  });
  /** @param {any} entry */
  const download = (entry) => run(async () => {
    const { content } = await guarded("file.read", { path: entry.path, encoding: "base64" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(asBlob(content));
    link.download = entry.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  });
  /** @param {FileList | null} given */
  const upload = (given) => change(async () => {
    for (const file of given ?? []) {
      if (file.size > LARGEST) throw new Error(t("{name} is larger than {size} MB.", { name: file.name, size: LARGEST / 1e6 }));
      await guarded("file.write", { path: `${path.replace(/\/$/, "")}/${file.name}`, content: await base64(file), encoding: "base64" });
    }
  });
  const steps = path.split("/").filter(Boolean);
  return html`<${Fragment}>
    <div class="row">
      <nav class="row" aria-label=${t("Folder")}>
        <button type="button" onClick=${() => setPath("/")}>/</button>
        ${steps.map((step, at) => html`<button type="button" key=${at} onClick=${() => setPath(`/${steps.slice(0, at + 1).join("/")}`)}>${step}</button>`)}
      </nav>
      <span class="grow" />
      <button type="button" onClick=${() => picker.current?.click()}>${t("Upload")}</button>
      <input ref=${picker} type="file" multiple hidden aria-hidden="true" tabindex="-1" onChange=${(/** @type {any} */ event) => { upload(event.target.files); event.target.value = ""; }} />
    </div>
    <${Fault} text=${fault} />
    ${list.data && !list.fault ? html`<${Table} name=${t("Files")} heads=${["Name", "Size", "Changed", ""]} keys=${entries.map((each) => each.path)}
      empty=${t("This folder is empty.")} rows=${entries.map((each) => {
        const folder = each.type === "directory";
        return [
          html`<button type="button" onClick=${() => (folder ? setPath(each.path) : open(each))}>${folder ? `${each.name}/` : each.name}</button>`,
          folder ? "" : bytes(each.size), moment(each.modifiedAt),
          html`<div class="row">${!folder && html`<button type="button" aria-label=${`${t("Download")} ${each.name}`} onClick=${() => download(each)}>${t("Download")}</button>`}
            <${Remove} label=${t("Delete {name}", { name: each.name })} text=${folder ? t("The folder and all that is in it are deleted.") : t("The file is deleted.")}
              onYes=${() => change(() => guarded("file.delete", { path: each.path, ...(folder ? { recursive: true } : {}) }))} /></div>`,
        ];
      })} />` : html`<${Waiting} of=${list} />`}
    ${shown && html`<${Dialog} label=${shown.name} wide onClose=${() => setShown(null)}>
      ${shown.picture ? html`<img class="result" alt=${shown.name} src=${shown.picture} />` : html`<pre tabindex="0" role="group" aria-label=${shown.name}>${shown.text}</pre>`}
      ${shown.more && html`<p class="note">${t("The rest is not shown: download the file.")}</p>`}
      <div class="row end"><button type="button" onClick=${() => setShown(null)}>${t("Close")}</button></div>
    <//>`}
  <//>`;
}

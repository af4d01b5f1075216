/** Files that go with a message: pictures and texts within it, everything else by way of the workspace. */
import { t } from "../lib/words.js";
import { guarded } from "../parts/pin-dialog.js";
import { newId } from "./outbox.js";

const PICTURES = /^image\/(png|jpeg|gif|webp)$/;
const LONGEST_TEXT = 400_000;
const LARGEST = 7_000_000;

/** @typedef {{id: string, name: string, preview: string, attachment: any}} Attached */

/** @param {Blob} file @returns {Promise<string>} */
function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

/** Whether bytes are text that can be shown. @param {Uint8Array} data */
function asText(data) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(data);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}

/** What a file becomes. @param {File} file @returns {Promise<Attached>} */
export async function attach(file) {
  const name = file.name || t("Picture");
  if (file.size > LARGEST) throw new Error(t("{name} is larger than {size} MB.", { name, size: LARGEST / 1e6 }));
  const id = newId();
  if (PICTURES.test(file.type)) {
    const data = await base64(file);
    const preview = `data:${file.type};base64,${data}`;
    return { id, name, preview, attachment: { type: "image", data, mimeType: file.type, name } };
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  const text = asText(bytes);
  if (text !== null && text.length <= LONGEST_TEXT) {
    return { id, name, preview: "", attachment: { type: "text", text, name, ...(file.type ? { mimeType: file.type } : {}) } };
  }
  const path = `/inbox/${id}-${name.replace(/[^\p{L}\p{N}._-]/gu, "_")}`;
  await guarded("file.write", { path, content: await base64(file), encoding: "base64" });
  return { id, name, preview: "", attachment: { type: "file", path, name } };
}

/** The chat: sessions at the side, the open one's messages, and where one writes. */
import { Fragment, classes, html, useEffect, useState } from "../lib/html.js";
import { useStore } from "../lib/store.js";
import { t } from "../lib/words.js";
import { loadChoices } from "./choices.js";
import { Composer } from "./composer.js";
import { Log } from "./log.js";
import { leave, open } from "./session.js";
import { SessionList } from "./session-list.js";
import { SessionMenu } from "./session-menu.js";
import { nameOf } from "./sessions.js";

export function ChatPage() {
  const key = useStore((state) => state.route.session);
  const [listed, setListed] = useState(false);
  useEffect(() => {
    loadChoices();
    return leave;
  }, []);
  useEffect(() => {
    setListed(false);
    if (key) open(key);
    else leave();
  }, [key]);
  const known = useStore((state) => (key ? (state.chats[key]?.info ?? state.sessions.byKey[key]) : null));
  const title = key ? nameOf(known) || key : t("New chat");
  useEffect(() => {
    document.title = `${title} · OpenClaw`;
  }, [title]);
  return html`<${Fragment}>
    <div class=${classes("chat-side", listed && "open")}><${SessionList} open=${key} /></div>
    <section class="chat">
      <div class="chat-top">
        <button type="button" class="sessions-button" aria-expanded=${String(listed)} onClick=${() => setListed(!listed)}>${t("Sessions")}</button>
        <h1>${title}</h1>
        ${key && known && html`<${SessionMenu} session=${known} />`}
      </div>
      <${Log} key=${`log ${key}`} session=${key} />
      <${Composer} key=${`composer ${key}`} session=${key} />
    </section>
  <//>`;
}

/** What a page asks of the gateway when it is opened, and again when the connection is back. */
import { html, useCallback, useEffect, useRef, useState } from "../lib/html.js";
import { explain, isUnknownMethod, whenOpen } from "../lib/net.js";
import { all } from "../lib/pages.js";
import { t } from "../lib/words.js";

/**
 * @typedef {object} Loaded
 * @property {any} data The last answer; null before the first.
 * @property {string} fault Why there is no newer one, in words.
 * @property {boolean} unknown Whether the gateway has no such method.
 * @property {() => Promise<void>} reload
 */

/**
 * @param {string} method
 * @param {object} [params]
 * @param {number} [everyMs] again after so long, as long as the page can be seen
 * @returns {Loaded}
 */
export function useCall(method, params = {}, everyMs = 0) {
  const [data, setData] = useState(/** @type {any} */ (null));
  const [fault, setFault] = useState("");
  const [unknown, setUnknown] = useState(false);
  const wanted = JSON.stringify(params);
  const alive = useRef(true);
  const reload = useCallback(async () => {
    try {
      const answer = await all(method, JSON.parse(wanted));
      if (!alive.current) return;
      setData(answer);
      setFault("");
    } catch (error) {
      if (!alive.current) return;
      setUnknown(isUnknownMethod(error));
      setFault(explain(error));
    }
  }, [method, wanted]);
  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
    };
  }, []);
  useEffect(() => {
    const stop = whenOpen(reload);
    const timer = everyMs ? setInterval(() => document.visibilityState === "visible" && reload(), everyMs) : undefined;
    return () => {
      stop();
      clearInterval(timer);
    };
  }, [reload]);
  return { data, fault, unknown, reload };
}

/**
 * What there is to say in the place of what was asked for: that it is on its way, that it failed, that there is none.
 *
 * @param {{of: Loaded}} props
 */
export function Waiting({ of }) {
  if (of.unknown) return html`<p class="card note" role="status">${t("This gateway has no such method: this page needs a newer version.")}</p>`;
  if (of.fault) {
    return html`<div class="row"><p role="alert" class="fault">${of.fault}</p>
      <button type="button" onClick=${of.reload}>${t("Retry")}</button></div>`;
  }
  return of.data ? null : html`<p class="note">${t("Loading …")}</p>`;
}

/** Does things that may fail, and says so. @returns {[string, (task: () => Promise<unknown>) => Promise<boolean>, boolean]} */
export function useTask() {
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  /** @param {() => Promise<unknown>} task */
  const run = async (task) => {
    setBusy(true);
    setFault("");
    try {
      await task();
      return true;
    } catch (error) {
      setFault(explain(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return [fault, run, busy];
}

/** @param {{text: string}} props */
export function Fault({ text }) {
  return text ? html`<p role="alert" class="fault">${text}</p>` : null;
}

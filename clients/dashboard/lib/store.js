/**
 * The one store: everything that more than one component shows. Components read a part of it by `useStore`, and are
 * rendered again when that part is another; whoever changes something calls `update`.
 */
import { useEffect, useState } from "./html.js";

/**
 * @typedef {"connecting" | "open" | "reconnecting" | "closed"} Connection
 * @typedef {"checking" | "out" | "in"} Access
 * @typedef {{page: string, session: string | null}} Route
 *
 * @typedef {object} State
 * @property {Access} access Whether somebody is signed in.
 * @property {string} refusal Why not, in words; shown on the sign-in page.
 * @property {Connection} connection
 * @property {Route} route
 * @property {"en" | "zh-CN"} language
 * @property {"system" | "light" | "dark"} theme
 * @property {string} toast A short message at the edge of the page.
 * @property {import("../chat/sessions.js").SessionsState} sessions
 * @property {Record<string, import("../chat/model.js").Chat>} chats By session key; only those that were opened lately.
 * @property {import("../chat/outbox.js").Outgoing[]} outbox
 * @property {import("../chat/approvals.js").Approval[]} approvals
 * @property {boolean} approvalsHidden
 * @property {import("../parts/pin-dialog.js").PinAsked | null} pinAsked A call that waits for the PIN.
 * @property {import("../chat/choices.js").Choices} choices The agents and models that can be picked.
 */

/** @type {State} */
let state = {
  access: "checking",
  refusal: "",
  connection: "connecting",
  route: { page: "chat", session: null },
  language: "en",
  theme: "system",
  toast: "",
  sessions: { byKey: {}, order: [], total: 0, totalIsMore: false, cursor: null, loading: false, query: "", found: null },
  chats: {},
  outbox: [],
  approvals: [],
  approvalsHidden: false,
  pinAsked: null,
  choices: { agents: [], models: [] },
};

/** @type {Set<() => void>} */
const listeners = new Set();

/** The state as it is now. */
export function get() {
  return state;
}

/** Change parts of the state. @param {Partial<State>} changes */
export function update(changes) {
  state = { ...state, ...changes };
  for (const listener of [...listeners]) listener();
}

/** Be told of every change. @param {() => void} listener @returns {() => void} ends it */
export function watch(listener) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/**
 * A part of the state; the component is rendered again when it changes.
 *
 * @template T
 * @param {(state: State) => T} select
 * @returns {T}
 */
export function useStore(select) {
  const part = select(state);
  const [, again] = useState(0);
  useEffect(() => {
    let shown = part;
    const look = () => {
      const now = select(state);
      if (Object.is(now, shown)) return;
      shown = now;
      again((count) => count + 1);
    };
    look();
    return watch(look);
  });
  return part;
}

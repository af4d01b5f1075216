/** Signing in and out. The page holds no token: the gateway's cookie does, which scripts can't read. */
import { BASE, connect, disconnect } from "./net.js";
import { forget } from "./prefs.js";
import { update } from "./store.js";
import { t } from "./words.js";

/** @param {string} path @param {object} [body] */
function post(path, body) {
  return fetch(BASE + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: body ? JSON.stringify(body) : null,
    credentials: "same-origin",
  });
}

/** The code of a sign-in link; it leaves the address bar at once. */
function codeOfLink() {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (location.pathname.endsWith("/login")) history.replaceState(null, "", "./#/chat");
  return code;
}

/** Find out whether somebody is signed in, by a link's code or from before, and connect. */
export async function start() {
  const code = codeOfLink();
  try {
    if (code) {
      const answer = await post("/login", { code });
      if (!answer.ok && !(await known())) {
        update({ access: "out", refusal: t("This sign-in link was used already or is too old. Make a new one: openclaw dashboard") });
        return;
      }
    } else if (!(await known())) {
      update({ access: "out", refusal: "" });
      return;
    }
  } catch {
    // No gateway answers at the moment; the connection goes on trying.
  }
  enter();
}

async function known() {
  const answer = await fetch(`${BASE}/status`, { credentials: "same-origin", cache: "no-store" });
  return answer.status !== 401;
}

function enter() {
  update({ access: "in", refusal: "" });
  connect((error) => {
    update({ access: "out", refusal: error ? t("Your sign-in has ended. Sign in again.") : "" });
  });
}

/** Sign in with a token. @param {string} token */
export async function signIn(token) {
  update({ refusal: "" });
  try {
    const answer = await post("/login", { token });
    if (answer.ok) enter();
    else if (answer.status === 401) update({ refusal: t("That is not a valid token.") });
    else update({ refusal: t("Signing in failed ({status}).", { status: answer.status }) });
  } catch {
    update({ refusal: t("The gateway can't be reached.") });
  }
}

/** One object for saying and hearing: what it says itself, it does not hear. */
const tabs = new BroadcastChannel("openclaw");

/** Sign out, here and in every other tab of this browser. */
export async function signOut() {
  try {
    await post("/logout");
  } finally {
    disconnect();
    forget();
    update({ access: "out", refusal: "", chats: {}, approvals: [], outbox: [] });
    tabs.postMessage("signed out");
  }
}

/** Leave when another tab signs out. */
export function watchOtherTabs() {
  tabs.onmessage = () => location.reload();
}

/** Calls of tools that wait for a human's yes. */
import { call, follow, whenOpen } from "../lib/net.js";
import { get, update } from "../lib/store.js";

/**
 * @typedef {object} Approval
 * @property {string} approvalId
 * @property {string} tool
 * @property {any} params
 * @property {boolean} needsPin
 * @property {string} sessionKey
 * @property {string} agentId
 * @property {string} expiresAt
 * @property {string[]} [read] What its run had read from outside by then.
 * @property {any} [asks] A question of an MCP server: a JSON Schema of what may be answered.
 */

async function refresh() {
  const { approvals } = await call("tool.pending");
  update({ approvals });
}

/** Follow what waits. @param {AbortSignal} signal */
export function startApprovals(signal) {
  const stop = whenOpen(() => void refresh().catch(() => {}));
  signal.addEventListener("abort", stop);
  follow({ topics: ["messages"] }, ({ type, data }) => {
    const others = get().approvals.filter((each) => each.approvalId !== data.approvalId);
    if (type === "tool.approval") update({ approvals: [...others, data], approvalsHidden: false });
    if (type === "tool.decided") update({ approvals: others });
  }, signal).catch(() => {});
}

/** Let a call go on. @param {Approval} approval @param {string} pin @param {any} content what was asked for */
export async function approve(approval, pin, content) {
  await call("tool.approve", { approvalId: approval.approvalId, ...(pin ? { pin } : {}), ...(approval.asks ? { content } : {}) });
  decided(approval);
}

/** @param {Approval} approval */
export async function deny(approval) {
  await call("tool.deny", { approvalId: approval.approvalId });
  decided(approval);
}

/** @param {Approval} approval */
function decided(approval) {
  update({ approvals: get().approvals.filter((each) => each.approvalId !== approval.approvalId) });
}

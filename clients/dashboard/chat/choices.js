/** The agents and models that a chat can be given. */
import { call } from "../lib/net.js";
import { get, update } from "../lib/store.js";

/**
 * @typedef {object} Choices
 * @property {{id: string, name?: string, default?: boolean}[]} agents
 * @property {{id: string, provider: string, default?: boolean}[]} models
 */

/** Ask for them, once. */
export async function loadChoices() {
  if (get().choices.agents.length) return;
  const [agents, models] = await Promise.all([
    call("agent.list").then((found) => found.agents, () => []),
    call("model.list").then((found) => found.models, () => []),
  ]);
  update({ choices: { agents, models } });
}

/** @typedef {import("../types/api.mjs").Methods} Methods */
/** @typedef {import("../types/api.mjs").Events} Events */
/** @typedef {import("../types/api.mjs").GatewayEvent} GatewayEvent */
/** @typedef {import("./streams.js").StreamEvent} StreamEvent */
/** @typedef {import("./client.js").ClientOptions} ClientOptions */
/** @typedef {import("./connection.js").State} State */
export { OpenClaw, OpenClawClient } from "./client.js";
export * from "./errors.js";

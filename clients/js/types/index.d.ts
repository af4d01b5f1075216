export type Methods = import("../types/api.mjs").Methods;
export type Events = import("../types/api.mjs").Events;
export type GatewayEvent = import("../types/api.mjs").GatewayEvent;
export type StreamEvent = import("./streams.js").StreamEvent;
export type ClientOptions = import("./client.js").ClientOptions;
export type State = import("./connection.js").State;
/** @typedef {import("../types/api.mjs").Methods} Methods */
/** @typedef {import("../types/api.mjs").Events} Events */
/** @typedef {import("../types/api.mjs").GatewayEvent} GatewayEvent */
/** @typedef {import("./streams.js").StreamEvent} StreamEvent */
/** @typedef {import("./client.js").ClientOptions} ClientOptions */
/** @typedef {import("./connection.js").State} State */
export { OpenClaw, OpenClawClient } from "./client.js";
export * from "./errors.js";

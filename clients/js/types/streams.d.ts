/// <reference lib="esnext.disposable" preserve="true" />
export type AnyEvent = {
    type: string;
    data: any;
    epoch?: string;
    seq?: number;
};
export type StreamEvent = import("../types/api.mjs").GatewayEvent | {
    type: "resync";
    data: {
        sessionKey?: string;
        runId?: string;
        topics?: string[];
        response?: string;
    };
    epoch?: string;
    seq?: number;
};
export type Methods = import("../types/api.mjs").Methods;
export type Connection = import("./connection.js").Connection;
export type Position = {
    epoch: string;
    seq: number;
};
/**
 * @typedef {object} AnyEvent An event whose type this package may not know.
 * @property {string} type
 * @property {any} data
 * @property {string} [epoch]
 * @property {number} [seq]
 */
/**
 * What a stream yields: the gateway's events, and `resync` where some of them can't be had any more. `response` is what
 * a run has said so far.
 *
 * @typedef {import("../types/api.mjs").GatewayEvent | {
 *   type: "resync",
 *   data: {sessionKey?: string, runId?: string, topics?: string[], response?: string},
 *   epoch?: string,
 *   seq?: number,
 * }} StreamEvent
 */
/** @typedef {import("../types/api.mjs").Methods} Methods */
/** @typedef {import("./connection.js").Connection} Connection */
/** @typedef {{epoch: string, seq: number}} Position */
/**
 * What is pushed at one end and iterated at the other.
 *
 * @template [E=StreamEvent]
 * @implements {AsyncIterableIterator<E>}
 */
export declare class Stream<E = StreamEvent> implements AsyncIterableIterator<E> {
    #private;
    /** @param {AbortSignal} [signal] */
    constructor(signal?: AbortSignal);
    /** Whether nothing comes any more. */
    get over(): boolean;
    /** @protected @param {AnyEvent} event */
    protected push(event: AnyEvent): void;
    /**
     * Nothing comes behind what was pushed.
     *
     * @protected
     * @param {unknown} [error] thrown to whoever iterates
     * @param {boolean} [now] whether what was pushed and not read is dropped
     */
    protected end(error?: unknown, now?: boolean): void;
    /** Stop what is behind the stream. @protected */
    protected leave(): void;
    /** @returns {Promise<IteratorResult<E, undefined>>} */
    next(): Promise<IteratorResult<E, undefined>>;
    /** Leave the stream. @returns {Promise<IteratorResult<E, undefined>>} */
    return(): Promise<IteratorResult<E, undefined>>;
    /** Leave the stream: what was not read is dropped. */
    close(): void;
    [Symbol.asyncDispose](): Promise<void>;
    [Symbol.asyncIterator](): this;
}
/**
 * A stream that comes over the connection.
 *
 * @extends {Stream<StreamEvent>}
 */
declare class Following extends Stream<StreamEvent> {
    /** The last event that was seen. @type {Position | undefined} */
    position: Position | undefined;
    /** What is followed. @type {Subscribing} */
    what: Subscribing;
    /** Whether what was missed is still to come, so that nothing may come before it. @protected */
    protected resuming: boolean;
    /** @protected @type {Connection} */
    protected connection: Connection;
    /** @param {Connection} connection @param {AbortSignal} [signal] */
    constructor(connection: Connection, signal?: AbortSignal);
    /** Whether an event was not seen yet; remembers it. @protected @param {AnyEvent} event */
    protected isNew({ epoch, seq }: AnyEvent): boolean;
    /** @protected @param {unknown} [error] @param {boolean} [now] */
    protected end(error?: unknown, now?: boolean): void;
    /** @param {unknown} error */
    fail(error: unknown): void;
}
export type RunAccepted = Methods["chat.run"]["result"];
/** @typedef {Methods["chat.run"]["result"]} RunAccepted */
/** A run from its start to its final event. Leaving it aborts the run. */
export declare class RunStream extends Following {
    #private;
    /** What the gateway answered: the run is on disk. @type {Promise<RunAccepted>} */
    accepted: Promise<RunAccepted>;
    /** @type {string | undefined} */
    runId: string | undefined;
    /** @type {string | undefined} */
    sessionKey: string | undefined;
    /**
     * @param {Connection} connection
     * @param {Methods["chat.run"]["params"]} params
     * @param {import("./connection.js").CallOptions} [options]
     */
    constructor(connection: Connection, params: Methods["chat.run"]["params"], options?: import("./connection.js").CallOptions);
    /** @param {AnyEvent} event */
    hear(event: AnyEvent): void;
    resume(): void;
    /** @protected */
    protected leave(): void;
}
export type Subscribing = {
    sessionKey?: string;
    runId?: string;
    topics?: import("../types/api.mjs").Topic[];
    /**
     * The last event that was seen: what came since comes first.
     */
    after?: Position;
};
/**
 * @typedef {object} Subscribing One of `sessionKey`, `runId` and `topics`.
 * @property {string} [sessionKey]
 * @property {string} [runId]
 * @property {import("../types/api.mjs").Topic[]} [topics]
 * @property {Position} [after] The last event that was seen: what came since comes first.
 */
/** What happens in a session, in a run, or under topics. Leaving it aborts nothing. */
export declare class Subscription extends Following {
    #private;
    what: {
        sessionKey?: string;
        runId?: string;
        topics?: import("../types/api.mjs").Topic[];
    };
    /** Where the stream stood when it began. @type {Promise<Methods["event.subscribe"]["result"]>} */
    ready: Promise<Methods["event.subscribe"]["result"]>;
    /**
     * @param {Connection} connection
     * @param {Subscribing} what
     * @param {import("./connection.js").CallOptions} [options]
     */
    constructor(connection: Connection, { after, ...what }: Subscribing, options?: import("./connection.js").CallOptions);
    /** @param {AnyEvent} event */
    hear(event: AnyEvent): void;
    resume(): void;
    /** @protected */
    protected leave(): void;
}
export {};

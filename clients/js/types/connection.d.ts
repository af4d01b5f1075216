export type State = "connecting" | "open" | "reconnecting" | "closed";
export type CallOptions = {
    /**
     * Ends the waiting; the call rejects with the signal's own reason.
     */
    signal?: AbortSignal;
    /**
     * How long to wait for the answer, a lost connection included; 0 waits for ever.
     */
    timeoutMs?: number;
    /**
     * In place of the client's.
     */
    maxRetries?: number;
};
export type CallDetails = {
    /**
     * Whether it may be sent again; else the table says so.
     */
    safe?: boolean;
    /**
     * Whether it goes before others, and dies with its connection: it takes up a stream.
     */
    first?: boolean;
    /**
     * Ends the waiting as long as the call was not sent.
     */
    withdraw?: AbortSignal;
    /**
     * Hears the result in the turn in which it arrives, before any event.
     */
    settle?: (result: any) => void;
};
export type Listener = {
    what: import("./streams.js").Subscribing;
    hear: (event: import("./streams.js").AnyEvent) => void;
    /**
     * Subscribe again, on a new connection.
     */
    resume: () => void;
    fail: (error: unknown) => void;
};
export type ConnectionOptions = {
    /**
     * `http://host:port`, without a slash at its end.
     */
    url: string;
    token: string | undefined;
    WebSocket: typeof WebSocket | undefined;
    fetch: typeof fetch;
    timeoutMs: number;
    maxRetries: number;
};
export type Pending = {
    method: string;
    params: object;
    /**
     * How many connections may fail, and how many refusals for now may come.
     */
    retriesLeft: number;
    /**
     * How often it may be sent again after a lost connection; 0 where that is not safe.
     */
    resendsLeft: number;
    /**
     * Whether nobody waits for it any more.
     */
    over: boolean;
    first: boolean;
    settle: (result: any) => void;
    reject: (error: unknown) => void;
};
export declare class Connection {
    #private;
    options: ConnectionOptions;
    /** @type {State} */
    state: State;
    /** @type {Set<(state: State, error?: unknown) => void>} */
    watchers: Set<(state: State, error?: unknown) => void>;
    /** @param {ConnectionOptions} options */
    constructor(options: ConnectionOptions);
    /** Whether there is a WebSocket to use. */
    get possible(): boolean;
    /**
     * @param {string} method
     * @param {object} [params]
     * @param {CallOptions & CallDetails} [options]
     * @returns {Promise<any>}
     */
    call(method: string, params?: object, options?: CallOptions & CallDetails): Promise<any>;
    /** @param {Listener} listener */
    listen(listener: Listener): void;
    /** @param {Listener} listener */
    unlisten(listener: Listener): void;
    /** Let the gateway send no more of what a listener followed and nobody else does. @param {Listener} leaving */
    unsubscribe(leaving: Listener): void;
    /** End all that waits, and close. @param {unknown} [error] what those are told who wait */
    close(error?: unknown): void;
}

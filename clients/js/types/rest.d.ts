import { Stream } from "./streams.js";
export type CallOptions = import("./connection.js").CallOptions;
/** A key that is used once: the same request again means the same run. */
export declare function newKey(): string;
export declare class Rest {
    options: import("./connection.js").ConnectionOptions;
    /** @param {import("./connection.js").ConnectionOptions} options */
    constructor(options: import("./connection.js").ConnectionOptions);
    /**
     * Ask, and ask again where that may help.
     *
     * @param {string} path
     * @param {object} body
     * @param {CallOptions} [options]
     * @returns {Promise<any>}
     */
    post(path: string, body: object, options?: CallOptions): Promise<any>;
    /**
     * @param {string} path
     * @param {object} body
     * @param {{headers: Record<string, string>, signal?: AbortSignal | undefined, maxRetries?: number}} options
     * @returns {Promise<Response>}
     */
    send(path: string, body: object, { headers, signal, maxRetries }: {
        headers: Record<string, string>;
        signal?: AbortSignal | undefined;
        maxRetries?: number;
    }): Promise<Response>;
}
export type Spelling = (name: string, data: any, id: string[]) => {
    event?: any;
    end?: boolean;
};
/**
 * @callback Spelling What an event is to who iterates, and whether it is the last; what it throws ends the stream.
 * @param {string} name
 * @param {any} data
 * @param {string[]} id its run, epoch and seq
 * @returns {{event?: any, end?: boolean}}
 */
/**
 * A stream of server-sent events, each with an id; after a lost connection it goes on behind the last one.
 *
 * @template E
 * @extends {Stream<E>}
 */
export declare class EventSource<E> extends Stream<E> {
    #private;
    /** The run's id, once its first event has come. @type {string | undefined} */
    runId: string | undefined;
    /**
     * @param {Rest} rest
     * @param {string} path
     * @param {object} body
     * @param {Spelling} spell
     * @param {AbortSignal} [signal]
     */
    constructor(rest: Rest, path: string, body: object, spell: Spelling, signal?: AbortSignal);
    /** Stop reading, and the run. @protected */
    protected leave(): void;
}

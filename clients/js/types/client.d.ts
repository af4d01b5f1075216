/// <reference lib="esnext.disposable" preserve="true" />
import { Subscription } from "./streams.js";
export type Methods = import("../types/api.mjs").Methods;
export type CallOptions = import("./connection.js").CallOptions;
export type State = import("./connection.js").State;
export type StreamEvent = import("./streams.js").StreamEvent;
export type ClientOptions = {
    /**
     * Where the gateway is; else `OPENCLAW_URL`, a page's own origin, or this machine's.
     */
    baseUrl?: string;
    /**
     * Else `GATEWAY_AUTH_TOKEN`. A page that is signed in by its cookie needs none.
     */
    token?: string;
    /**
     * The same as `token`.
     */
    apiKey?: string;
    /**
     * Where there is none, as in Node 20: that of the package `ws`.
     */
    WebSocket?: typeof WebSocket;
    fetch?: typeof fetch;
    /**
     * How long a call may take (60 s); `chat.stream` and `subscribe` take as long as they do.
     */
    timeoutMs?: number;
    /**
     * How often a call is tried again (2).
     */
    maxRetries?: number;
};
export type Options = {
    signal?: AbortSignal;
    timeoutMs?: number;
    maxRetries?: number;
};
export type Run = import("./streams.js").Stream<StreamEvent> & {
    runId?: string | undefined;
};
export type Message = {
    id: string;
    conversationId: string;
    role: string;
    content: string;
    skillsUsed: string[];
    tokens: {
        input: number;
        output: number;
        total: number;
    };
    latencyMs: number;
    model: string;
};
export type MessageChunk = {
    /**
     * `start`, `token`, `skill_call`, `skill_result`, `tool_call`, `tool_result`, `end`; `resync`: the
     * tokens before it do not count, since the run began again or, as its `message` says, some can't be had any more
     */
    type: string;
    /**
     * The piece of a `token`, else empty.
     */
    content: string;
    skill?: string;
    tool?: string;
    status?: string;
    message?: string;
    conversationId?: string;
    tokens?: {
        input: number;
        output: number;
        total: number;
    };
};
export type Usage = {
    promptTokens: number;
    completionTokens: number;
    totalTokens: number;
};
export type AgentAnswer = {
    response: string;
    runId: string;
    sessionKey: string;
    usage: Usage;
    finishReason: string;
    model?: string;
};
export type Sent = {
    content: string;
    messageId: string;
    sessionId: string;
    runId: string;
    actions: Record<string, unknown>[];
};
export type Part = {
    type: "text" | "code" | "resync";
    content: string;
    language?: string;
};
export declare class OpenClawClient {
    #private;
    chat: {
        stream: (params: Methods["chat.run"]["params"], options?: Options) => Run;
    };
    agent: {
        run: (params: {
            message: string;
            sessionKey?: string;
            agentId?: string;
            options?: Methods["chat.run"]["params"]["options"];
        }, options?: Options) => Promise<AgentAnswer>;
    };
    messages: {
        send: ({ content, sessionId }: {
            content: string;
            sessionId?: string;
        }, options?: Options) => Promise<Sent>;
        stream: ({ content, sessionId }: {
            content: string;
            sessionId?: string;
        }, { signal }?: Options) => Promise<import("./streams.js").Stream<Part>>;
    };
    /** @param {ClientOptions} [options] */
    constructor({ baseUrl, token, apiKey, ...rest }?: ClientOptions);
    /** How the connection is: `connecting` until the first call. @returns {State} */
    get state(): State;
    /**
     * Hear how the connection is, each time that changes; with `closed` comes the reason.
     *
     * @param {"state"} _event
     * @param {(state: State, error?: unknown) => void} hear
     * @returns {() => void} hears no more
     */
    on(_event: "state", hear: (state: State, error?: unknown) => void): () => void;
    /**
     * Call a method of the table.
     *
     * @template {keyof Methods} M
     * @param {M} method
     * @param {Methods[M]["params"]} [params]
     * @param {Options} [options]
     * @returns {Promise<Methods[M]["result"]>}
     */
    call<M extends keyof Methods>(method: M, params?: Methods[M]["params"], options?: Options): Promise<Methods[M]["result"]>;
    /**
     * Follow a session, a run, or topics; with `after`, first all that came since. Leaving the loop aborts nothing.
     *
     * @param {import("./streams.js").Subscribing} what
     * @param {Options} [options]
     */
    subscribe(what: import("./streams.js").Subscribing, options?: Options): Subscription;
    /** Close the connection: what waits for something fails. */
    close(): void;
    [Symbol.asyncDispose](): Promise<void>;
    /**
     * Ask an agent and wait for its answer.
     *
     * @param {string} text
     * @param {Options & {conversationId?: string, metadata?: Record<string, unknown>}} [options]
     * @returns {Promise<Message>}
     */
    message(text: string, { conversationId, metadata, ...options }?: Options & {
        conversationId?: string;
        metadata?: Record<string, unknown>;
    }): Promise<Message>;
    /**
     * Ask an agent and iterate the pieces of its answer.
     *
     * @param {string} text
     * @param {Options & {conversationId?: string, metadata?: Record<string, unknown>}} [options]
     * @returns {import("./streams.js").Stream<MessageChunk>}
     */
    messageStream(text: string, { conversationId, metadata, signal }?: Options & {
        conversationId?: string;
        metadata?: Record<string, unknown>;
    }): import("./streams.js").Stream<MessageChunk>;
}
/** The same client; the name that reference 002 has for it. */
export declare class OpenClaw extends OpenClawClient {
}

/**
 * What can go wrong. A token is in none of these.
 *
 * @typedef {object} Fault What the gateway said of an error.
 * @property {string} code The name that all its doors share, such as `not_found`.
 * @property {string} message
 * @property {number} [status] The HTTP status, where the answer came over HTTP.
 * @property {string} [field] Which field is wrong.
 * @property {string} [reason] What is wrong with it, or what is missing.
 * @property {string} [requestId] What the gateway's log calls the request.
 * @property {number} [retryAfter] Seconds until it is worth another try.
 * @property {Record<string, unknown>} [details] All else that was said.
 */
export type Fault = {
    /**
     * The name that all its doors share, such as `not_found`.
     */
    code: string;
    message: string;
    /**
     * The HTTP status, where the answer came over HTTP.
     */
    status?: number;
    /**
     * Which field is wrong.
     */
    field?: string;
    /**
     * What is wrong with it, or what is missing.
     */
    reason?: string;
    /**
     * What the gateway's log calls the request.
     */
    requestId?: string;
    /**
     * Seconds until it is worth another try.
     */
    retryAfter?: number;
    /**
     * All else that was said.
     */
    details?: Record<string, unknown>;
};
/** Whatever this package throws, but for an `AbortSignal`'s own reason. */
export declare class OpenClawError extends Error {
    name: string;
}
/** The gateway answered with an error. */
export declare class APIError extends OpenClawError {
    code: string;
    status: number | undefined;
    field: string | undefined;
    reason: string | undefined;
    requestId: string | undefined;
    retryAfter: number | undefined;
    details: Record<string, unknown>;
    name: string;
    /** @param {Fault} fault */
    constructor(fault: Fault);
}
/** The params are not what the method takes; `field` says which, `reason` why. */
export declare class InvalidRequestError extends APIError {
    name: string;
}
/** No token or password, or a wrong, expired or revoked one. */
export declare class UnauthorizedError extends APIError {
    name: string;
}
/** Known, but not allowed; `reason` says what is missing. */
export declare class ForbiddenError extends APIError {
    name: string;
}
/** There is no such thing, or it is another user's. */
export declare class NotFoundError extends APIError {
    name: string;
}
/** It took longer than was allowed; what was begun goes on. */
export declare class RequestTimeoutError extends APIError {
    name: string;
}
/** It exists already, or is in a state that forbids this. */
export declare class ConflictError extends APIError {
    name: string;
}
/** Larger than a limit that `details` names. */
export declare class TooLargeError extends APIError {
    name: string;
}
/** Over a rate limit: `retryAfter` seconds until the next try. */
export declare class RateLimitedError extends APIError {
    name: string;
}
/** A budget has too little left; `details`: `budget`, `limit`, `used`, `resetAt` (s since 1970). */
export declare class BudgetExceededError extends APIError {
    name: string;
}
/** A fault of the gateway; its log knows more under `requestId`. */
export declare class InternalServerError extends APIError {
    name: string;
}
/** Not now: starting, stopping, or too busy. */
export declare class ServiceUnavailableError extends APIError {
    name: string;
}
/** The model's server failed. */
export declare class ProviderError extends APIError {
    name: string;
}
/** The gateway can't be reached, or the connection was lost before the answer. */
export declare class ConnectionFailedError extends OpenClawError {
    name: string;
}
/** There was no answer within this client's own time limit. */
export declare class DeadlineError extends OpenClawError {
    name: string;
}
/** A run did not come to an answer: it failed, was aborted, or was interrupted. */
export declare class RunError extends OpenClawError {
    runId: string;
    finishReason: string;
    error: {
        code: string;
        message: string;
    } | null;
    name: string;
    /**
     * @param {string} runId
     * @param {string} finishReason `error`, `aborted` or `interrupted`
     * @param {{code: string, message: string} | null} [error]
     */
    constructor(runId: string, finishReason: string, error?: {
        code: string;
        message: string;
    } | null);
}
/**
 * The error of that code.
 *
 * @param {Fault} fault
 * @returns {APIError}
 */
export declare function apiError(fault: Fault): APIError;

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

/** Whatever this package throws, but for an `AbortSignal`'s own reason. */
export class OpenClawError extends Error {
  name = "OpenClawError";
}

/** The gateway answered with an error. */
export class APIError extends OpenClawError {
  name = "APIError";

  /** @param {Fault} fault */
  constructor(fault) {
    super(fault.message);
    this.code = fault.code;
    this.status = fault.status;
    this.field = fault.field;
    this.reason = fault.reason;
    this.requestId = fault.requestId;
    this.retryAfter = fault.retryAfter;
    this.details = fault.details ?? {};
  }
}

/** The params are not what the method takes; `field` says which, `reason` why. */
export class InvalidRequestError extends APIError {
  name = "InvalidRequestError";
}

/** No token or password, or a wrong, expired or revoked one. */
export class UnauthorizedError extends APIError {
  name = "UnauthorizedError";
}

/** Known, but not allowed; `reason` says what is missing. */
export class ForbiddenError extends APIError {
  name = "ForbiddenError";
}

/** There is no such thing, or it is another user's. */
export class NotFoundError extends APIError {
  name = "NotFoundError";
}

/** It took longer than was allowed; what was begun goes on. */
export class RequestTimeoutError extends APIError {
  name = "RequestTimeoutError";
}

/** It exists already, or is in a state that forbids this. */
export class ConflictError extends APIError {
  name = "ConflictError";
}

/** Larger than a limit that `details` names. */
export class TooLargeError extends APIError {
  name = "TooLargeError";
}

/** Over a rate limit: `retryAfter` seconds until the next try. */
export class RateLimitedError extends APIError {
  name = "RateLimitedError";
}

/** A budget has too little left; `details`: `budget`, `limit`, `used`, `resetAt` (s since 1970). */
export class BudgetExceededError extends APIError {
  name = "BudgetExceededError";
}

/** A fault of the gateway; its log knows more under `requestId`. */
export class InternalServerError extends APIError {
  name = "InternalServerError";
}

/** Not now: starting, stopping, or too busy. */
export class ServiceUnavailableError extends APIError {
  name = "ServiceUnavailableError";
}

/** The model's server failed. */
export class ProviderError extends APIError {
  name = "ProviderError";
}

/** The gateway can't be reached, or the connection was lost before the answer. */
export class ConnectionFailedError extends OpenClawError {
  name = "ConnectionFailedError";
}

/** There was no answer within this client's own time limit. */
export class DeadlineError extends OpenClawError {
  name = "DeadlineError";
}

/** A run did not come to an answer: it failed, was aborted, or was interrupted. */
export class RunError extends OpenClawError {
  name = "RunError";

  /**
   * @param {string} runId
   * @param {string} finishReason `error`, `aborted` or `interrupted`
   * @param {{code: string, message: string} | null} [error]
   */
  constructor(runId, finishReason, error) {
    super(error?.message ?? `the run was ${finishReason}`);
    this.runId = runId;
    this.finishReason = finishReason;
    this.error = error ?? null;
  }
}

/** @type {Record<string, typeof APIError>} */
const CLASSES = {
  invalid_request: InvalidRequestError,
  bad_request: InvalidRequestError,
  unauthorized: UnauthorizedError,
  forbidden: ForbiddenError,
  not_found: NotFoundError,
  timeout: RequestTimeoutError,
  conflict: ConflictError,
  too_large: TooLargeError,
  rate_limited: RateLimitedError,
  budget_exceeded: BudgetExceededError,
  internal_error: InternalServerError,
  service_unavailable: ServiceUnavailableError,
  provider_error: ProviderError,
};

/**
 * The error of that code.
 *
 * @param {Fault} fault
 * @returns {APIError}
 */
export function apiError(fault) {
  return new (CLASSES[fault.code] ?? APIError)(fault);
}

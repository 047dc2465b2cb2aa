import { GRANT_ERRORS } from './errors/grant.ts';
import { LOCK_ERRORS } from './errors/lock.ts';
import { REQUEST_ERRORS } from './errors/request.ts';
import { ROLLBACK_ERRORS } from './errors/rollback.ts';
import type { ErrorRow, Parameters } from './errors/row.ts';
import { TRANSACTION_ERRORS } from './errors/transaction.ts';

/** Every error of ours, by code. */
export const ERRORS = { ...LOCK_ERRORS, ...GRANT_ERRORS, ...REQUEST_ERRORS, ...TRANSACTION_ERRORS, ...ROLLBACK_ERRORS };

/** Code of an error of ours. Stable: scripts may rely on it. */
export type ErrorCode = keyof typeof ERRORS;

/** What the message of an error is made of. */
export type ErrorParameters<Code extends ErrorCode> = (typeof ERRORS)[Code]['example'];

/** An error in words. */
export interface ExplainedError {
  readonly code: ErrorCode;
  /** HTTP status. */
  readonly status: number;
  /** `reason` of the `metav1.Status`. */
  readonly reason: string;
  /** What happened and to which object, then what to do. */
  readonly message: string;
}

/** Puts an error into words. */
export function explain<Code extends ErrorCode>(code: Code, parameters: ErrorParameters<Code>): ExplainedError {
  // The row belongs to the code, so it takes the code's parameters; the compiler loses that through the index.
  const { status, reason, message, next } = ERRORS[code] as unknown as ErrorRow<Parameters>;
  const values: Parameters = parameters;
  return { code, status, reason, message: `${message(values)}. ${next(values)}` };
}

/** An error of ours, to be thrown. */
export class JanusError extends Error {
  override readonly name = 'JanusError';
  readonly explained: ExplainedError;

  constructor(explained: ExplainedError, options?: ErrorOptions) {
    super(explained.message, options);
    this.explained = explained;
  }
}

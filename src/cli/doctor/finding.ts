/** What one look at an installation has found. */
export interface Finding {
  /** What was looked at, in two or three words. */
  readonly check: string;
  readonly result: 'ok' | 'warn' | 'fail';
  readonly words: string;
  /** What to do; absent where all is well. */
  readonly next?: string;
}

/** All is well with it. */
export function ok(check: string, words: string): Finding {
  return { check, result: 'ok', words };
}

/** It may be well, or will not be for long. */
export function warning(check: string, words: string, next: string): Finding {
  return { check, result: 'warn', words, next };
}

/** It is not well. */
export function failure(check: string, words: string, next: string): Finding {
  return { check, result: 'fail', words, next };
}

import type { Guards } from '../../src/transaction/context.ts';

/** For an executor of a test that begins no transaction: it has no guards, and puts none up. */
export const NO_GUARDS: Guards = { holders: () => Promise.resolve([]), put: () => Promise.resolve(), drop: () => Promise.resolve() };

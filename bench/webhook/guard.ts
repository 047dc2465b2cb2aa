import { validateLocks } from '../../src/admission/locks.ts';
import type { Handler } from '../../src/admission/handle.ts';
import { CLUSTER_CONTROLLERS } from '../../src/lock/controllers.ts';
import { grantVerifier } from '../../src/lock/grant-verifier.ts';
import { generateKeyRing } from '../../src/lock/keys.ts';
import { RECORD } from './reviews.ts';

/** The handler of locks as Janus has it, with a record that is there already: what the API server needs to answer is not ours. */
export function lockHandler(): Handler {
  const verifier = grantVerifier(generateKeyRing(new Date()));
  return validateLocks({
    verifier: () => verifier,
    lookup: () => Promise.resolve({ found: 'record', record: RECORD }),
    controllers: CLUSTER_CONTROLLERS,
    now: () => new Date(),
    mayUnlock: () => Promise.resolve(false),
    breaking: () => Promise.reject(new Error('nothing is broken here')),
  });
}

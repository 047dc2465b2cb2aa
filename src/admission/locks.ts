import { decide } from '../lock/decision.ts';
import { unlockQuestion, type UnlockQuestion } from '../lock/forced-unlock.ts';
import type { GrantVerifier } from '../lock/grant-verifier.ts';
import { grantOf } from '../lock/grant-verifier.ts';
import { lookupsNeeded } from '../lock/lookups.ts';
import { wordsForObject } from '../lock/message.ts';
import type { LockRecord, RecordLookup } from '../lock/record.ts';
import { forcedUnlock } from '../lock/rules/forced-unlock.ts';
import { locksOf, lookupOf, type DecisionInput, type Locks, type UnlockRight } from '../lock/situation.ts';
import type { ObjectIdentity } from '../lock/label.ts';
import type { Handler } from './handle.ts';
import { readReview, toVerdict } from './lock-review.ts';
import type { UserInfo } from './review.ts';
import type { Verdict } from './verdict.ts';
import { undecided } from './verdict.ts';

/** A lock that somebody is let break. */
export interface Breaking {
  /** uid of the Transaction. */
  readonly transaction: string;
  /** Which it is; absent where its record cannot be read. */
  readonly of?: LockRecord['transaction'];
  readonly object: ObjectIdentity;
  /** The object for people: `ConfigMap shop/settings`. */
  readonly words: string;
  /** User name of who breaks it. */
  readonly by: string;
}

export interface LockGuard {
  /** A verifier over the keys as they are now. */
  readonly verifier: () => GrantVerifier;
  /** A record, read after the call. */
  readonly lookup: (transaction: string) => Promise<RecordLookup>;
  readonly controllers: DecisionInput['controllers'];
  readonly now: () => Date;
  /** Whether a user may break locks: those of one transaction, or any at all. Throws when that cannot be found out. */
  readonly mayUnlock: (user: UserInfo, question: UnlockQuestion) => Promise<boolean>;
  /** Takes note of a lock that is about to be broken. While it throws, the lock is not. */
  readonly breaking: (breaking: Breaking) => Promise<void>;
}

/** Handler that decides on writes to locked objects: reads the review, its grant and the records it needs, and asks `decide`. */
export function validateLocks(guard: LockGuard): Handler {
  return async (request) => {
    const review = readReview(request.raw);
    if ('allowed' in review) return review;
    const grant = await grantOf(review.user, guard.verifier(), guard.now());
    const lookups = await Promise.all(lookupsNeeded(review, grant).map(async (uid) => [uid, await guard.lookup(uid)] as const));
    const input = { review, grant, lookups: new Map(lookups), now: guard.now(), controllers: guard.controllers };
    const locks = locksOf(review);
    const question = unlockQuestion({ ...input, locks });
    if (question === undefined) return toVerdict(decide(input));
    const decision = decide({ ...input, unlockRight: await rightOf(guard, request.userInfo, question) });
    if (!decision.allow || decision.rule !== forcedUnlock.name || request.dryRun) return toVerdict(decision);
    return noted(guard, breakingOf(input, locks));
  };
}

async function rightOf(guard: LockGuard, user: UserInfo, question: UnlockQuestion): Promise<UnlockRight> {
  try {
    return (await guard.mayUnlock(user, question)) ? 'granted' : 'missing';
  } catch {
    return 'unknown';
  }
}

function breakingOf(input: DecisionInput, { object, oldLock }: Locks): Breaking {
  const { review } = input;
  const transaction = oldLock?.transaction ?? '';
  const lookup = lookupOf(input, transaction);
  const of = lookup.found === 'record' ? { of: lookup.record.transaction } : {};
  return { transaction, object, words: wordsForObject(review, object), by: review.user.username, ...of };
}

// The note comes before the label goes: a transaction that did not know would commit what is no longer its own.
async function noted(guard: LockGuard, breaking: Breaking): Promise<Verdict> {
  const { of, transaction, words } = breaking;
  const name = of === undefined ? transaction : `${of.namespace}/${of.name}`;
  try {
    await guard.breaking(breaking);
  } catch (error) {
    return undecided(
      forcedUnlock.name,
      `${words}: that its lock is broken could not be noted in the record of transaction ${name}, so it is not broken. Try again.`,
      error,
    );
  }
  const warning = `${words}: the lock of transaction ${name} is broken. That transaction ends, and undoes what it may; of this object it undoes nothing.`;
  return { allowed: true, rule: forcedUnlock.name, warnings: [warning] };
}

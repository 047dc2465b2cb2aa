import type { KubeObject, ObjectRef } from '../../kube/object.ts';
import { isLockOf, LOCK_LABEL, parseLockLabel, type LockLabel } from '../../lock/label.ts';
import { stateUnder } from '../lock-states.ts';
import type { SeenTransactions } from '../lock-states.ts';
import type { Seen } from './look.ts';

/** Who holds an object, as far as the caller may see. */
export interface LockWords {
  /** `shop/move-db`, or a uid. */
  readonly transaction: string;
  readonly phase?: string;
  /** User on whose behalf it is held. */
  readonly holder?: string;
  /** `3/7`: changes in effect, of how many. */
  readonly progress?: string;
}

/** The lock that a change would meet; undefined where nothing is in its way. */
export function lockOn(
  ref: ObjectRef,
  { holder, live }: Pick<Seen, 'holder' | 'live'>,
  transactions: SeenTransactions,
): LockWords | undefined {
  const uid = holder?.transaction ?? (live === undefined ? undefined : ownLock(ref, live)?.transaction);
  if (uid === undefined) return undefined;
  const { phase, progress, state, transaction, holder: user } = stateUnder(uid, transactions);
  if (holder === undefined && (state === 'Void' || state === 'Orphaned')) return undefined;
  return {
    transaction: transaction === undefined ? uid : `${transaction.namespace}/${transaction.name}`,
    ...(phase === undefined ? {} : { phase }),
    ...(user === undefined ? {} : { holder: user }),
    ...(progress === undefined ? {} : { progress: `${progress.committed}/${progress.total}` }),
  };
}

function ownLock({ kind, name, namespace = '' }: ObjectRef, { metadata }: KubeObject): LockLabel | undefined {
  const lock = parseLockLabel(metadata.labels?.[LOCK_LABEL]);
  const identity = { group: kind.group, resource: kind.resource, namespace, name, uid: metadata.uid ?? '' };
  return lock !== undefined && isLockOf(lock, identity) ? lock : undefined;
}

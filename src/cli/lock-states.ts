import { parseDuration } from '../api/duration.ts';
import type { Phase, Transaction } from '../api/transaction.ts';
import { DEFAULT_TIMEOUT } from '../api/transaction-spec.ts';
import { isApiError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/object.ts';
import { TRANSACTIONS } from '../transaction/kinds.ts';
import type { Cluster } from './cluster.ts';
import type { LockedObject } from './locked-objects.ts';

/** What a reader without access to records can say of a lock. `Held`: its Transaction has not ended, or needs a person. */
export type LockState = 'Held' | 'Void' | 'Orphaned' | 'Unknown';

/** A lock as a reader sees it. */
export interface SeenLock extends LockedObject {
  readonly state: LockState;
  readonly transaction?: { readonly namespace: string; readonly name: string };
  readonly phase?: Phase;
  /** User on whose behalf it is locked. */
  readonly holder?: string;
  /** RFC 3339. */
  readonly since?: string;
  /** RFC 3339; when the Transaction is rolled back at the latest. */
  readonly until?: string;
  readonly progress?: { readonly committed: number; readonly total: number };
}

/** The Transactions that the caller may read, by uid. */
export interface SeenTransactions {
  readonly byUid: ReadonlyMap<string, Transaction>;
  /** Whether those are all there are. */
  readonly all: boolean;
}

/** Reads Transactions of all namespaces, or where one may not, of one's own; none at all where one may not do that either. */
export async function seenTransactions({ client, namespace }: Cluster): Promise<SeenTransactions> {
  const everywhere = await listed(() => client.list(TRANSACTIONS, { limit: 500 }));
  const found = everywhere ?? (await listed(() => client.list(TRANSACTIONS, { namespace, limit: 500 }))) ?? [];
  return { byUid: new Map(found.map((one) => [one.metadata.uid ?? '', one as Transaction])), all: everywhere !== undefined };
}

async function listed(list: () => Promise<{ readonly items: readonly KubeObject[] }>): Promise<readonly KubeObject[] | undefined> {
  try {
    return (await list()).items;
  } catch (error) {
    if (isApiError(error, 403)) return undefined;
    throw error;
  }
}

/** What is known of one lock. Status mirrors the record: it is good for a look, and the server decides on each write. */
export function stateOf(object: LockedObject, transactions: SeenTransactions): SeenLock {
  return { ...object, ...stateUnder(object.lock.transaction, transactions) };
}

/** What is known of the locks of a Transaction, by its uid. */
export function stateUnder(uid: string, { all, byUid }: SeenTransactions): Omit<SeenLock, keyof LockedObject> {
  const transaction = byUid.get(uid);
  if (transaction === undefined) return { state: all ? 'Orphaned' : 'Unknown' };
  const { metadata, spec, status } = transaction;
  const { holder, itemsCommitted, itemsTotal, phase, startedAt } = status ?? {};
  return {
    state: phase === 'Committed' || phase === 'RolledBack' ? 'Void' : 'Held',
    transaction: { namespace: metadata.namespace ?? '', name: metadata.name ?? '' },
    ...(phase === undefined ? {} : { phase }),
    ...(holder === undefined ? {} : { holder }),
    ...(startedAt === undefined ? {} : { since: startedAt }),
    ...untilOf(phase, startedAt, spec?.timeout),
    ...(itemsTotal === undefined ? {} : { progress: { committed: itemsCommitted ?? 0, total: itemsTotal } }),
  };
}

/** Phases that spec.timeout ends. */
const GOES_ON: ReadonlySet<Phase> = new Set(['Preparing', 'Prepared', 'Committing']);

function untilOf(phase: Phase | undefined, startedAt = '', timeout: string = DEFAULT_TIMEOUT): Pick<SeenLock, 'until'> {
  if (phase === undefined || !GOES_ON.has(phase)) return {};
  const at = Date.parse(startedAt) + parseDuration(timeout);
  return Number.isFinite(at) ? { until: new Date(at).toISOString() } : {};
}

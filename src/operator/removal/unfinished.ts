import { LEASE_CLEANUP_FINALIZER, REQUEST_ROLLBACK_ANNOTATION, RETRY_ROLLBACK_ANNOTATION } from '../../api/group.ts';
import { isSealed, type Transaction } from '../../api/transaction.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import { refOfTransaction, TRANSACTIONS } from '../../transaction/kinds.ts';
import { isEnded } from '../../transaction/status.ts';
import { openTransactions } from '../open-transactions.ts';

/** A Transaction that is not done with. */
export interface Unfinished {
  /** With its namespace. */
  readonly name: string;
  readonly words: string;
  /** Undefined where only its record is left. */
  readonly transaction?: Transaction;
}

/** Those that hold locks, are about to take some, or may have left labels. */
export async function unfinishedTransactions(client: KubeClient, systemNamespace: string): Promise<readonly Unfinished[]> {
  const all = await everyTransaction(client);
  const named = new Map(all.map((transaction) => [nameOf(transaction), transaction]));
  const open = new Set(await openTransactions(client, systemNamespace));
  const found = all.flatMap((transaction): readonly Unfinished[] => {
    const name = nameOf(transaction);
    const phase = transaction.status?.phase ?? 'Pending';
    if (open.has(name)) return [{ name, words: `${name} (${phase})`, transaction }];
    if (isSealed(transaction) && !isEnded(transaction.status?.phase)) return [{ name, words: `${name} (${phase})`, transaction }];
    const leaves = isSealed(transaction) && (transaction.metadata.finalizers ?? []).includes(LEASE_CLEANUP_FINALIZER);
    return leaves ? [{ name, words: `${name} (${phase}, its locks are being taken off)`, transaction }] : [];
  });
  const orphans = [...open].filter((name) => !named.has(name)).map((name) => ({ name, words: `${name} (its Transaction is gone)` }));
  return [...found, ...orphans];
}

/** Every Transaction there is; none where its definition is gone. */
export async function everyTransaction(client: KubeClient): Promise<readonly Transaction[]> {
  try {
    return (await client.list(TRANSACTIONS, { limit: 500 })).items as unknown as readonly Transaction[];
  } catch (error) {
    if (isApiError(error, 404)) return [];
    throw error;
  }
}

/** Asks for its rollback, as a person would. What has left only labels is being taken care of already. */
export async function askForRollback(client: KubeClient, { transaction }: Unfinished): Promise<void> {
  if (transaction === undefined) return;
  const failed = transaction.status?.phase === 'Failed';
  if (!failed && isEnded(transaction.status?.phase)) return;
  const key = failed ? RETRY_ROLLBACK_ANNOTATION : REQUEST_ROLLBACK_ANNOTATION;
  if (transaction.metadata.annotations?.[key] !== undefined) return;
  try {
    await client.patch(refOfTransaction(transaction), { type: 'merge', patch: { metadata: { annotations: { [key]: 'true' } } } });
  } catch (error) {
    if (!isApiError(error, 404)) throw error;
  }
}

function nameOf({ metadata: { namespace = '', name = '' } }: Transaction): string {
  return `${namespace}/${name}`;
}

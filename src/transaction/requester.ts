import { REQUESTER_ANNOTATION, SEALED_BY_ANNOTATION } from '../api/group.ts';
import type { ResourceChange } from '../api/resource-change.ts';
import type { Transaction } from '../api/transaction.ts';

/** Somebody who had a hand in a transaction, as admission stamped it. */
export interface Requester {
  /** The stamp as it stands on the object; absent where admission never saw it. */
  readonly stamp: string | undefined;
  /** For messages. */
  readonly user: string;
  /** For messages: where the stamp stands. */
  readonly object: string;
}

/** Whoever made, filled or sealed a transaction, each once: all of them must be allowed to use its ServiceAccount. */
export function requestersOf(transaction: Transaction, changes: readonly ResourceChange[]): readonly Requester[] {
  const annotations = transaction.metadata.annotations ?? {};
  const found = [
    requester(annotations[REQUESTER_ANNOTATION], 'the Transaction'),
    requester(annotations[SEALED_BY_ANNOTATION], 'the sealing of the Transaction'),
    ...changes.map((change) =>
      requester(change.metadata.annotations?.[REQUESTER_ANNOTATION], `ResourceChange ${change.metadata.name ?? ''}`),
    ),
  ];
  const seen = new Set<string | undefined>();
  return found.filter(({ stamp }) => !seen.has(stamp) && seen.add(stamp));
}

/** User name of whoever sealed a transaction, for messages. */
export function sealerOf(transaction: Transaction): string {
  return userIn(transaction.metadata.annotations?.[SEALED_BY_ANNOTATION]);
}

function requester(stamp: string | undefined, object: string): Requester {
  return { stamp, user: userIn(stamp), object };
}

function userIn(stamp: string | undefined): string {
  try {
    const value: unknown = JSON.parse(stamp ?? '');
    const name = (value as { username?: unknown } | null)?.username;
    return typeof name === 'string' ? name : 'somebody unknown';
  } catch {
    return 'somebody unknown';
  }
}

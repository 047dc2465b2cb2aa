import type { Condition, ItemStatus, Transaction } from '../../api/transaction.ts';
import { exitCode } from '../exit-codes.ts';
import { stateOfItem } from '../views/item-state.ts';
import { endOf, isAtRest } from './end.ts';
import type { StreamEvent } from './stream-schema.ts';

/** Names of objects, by change. */
export type ObjectNames = ReadonlyMap<string, string>;

/**
 * What has happened between two readings of a Transaction, in the order in which people think of it. Without an earlier one: all
 * there is to say about it. Times are those the cluster gives, else `now`.
 */
export function newsBetween(
  before: Transaction | undefined,
  after: Transaction,
  objects: ObjectNames,
  now: number,
): readonly StreamEvent[] {
  const common = { schema: 'janus.events/1', time: new Date(now).toISOString(), transaction: identityOf(after) } as const;
  const phase = phaseNews(before, after).map((one) => ({ ...common, ...one }));
  const items = (after.status?.items ?? []).flatMap((item) => itemNews(itemIn(before, item.name), item, objects));
  const conditions = (after.status?.conditions ?? []).flatMap((condition) => conditionNews(before, condition));
  return [
    ...phase,
    ...items.map((one) => ({ ...common, ...one })),
    ...conditions.map(({ at, ...one }) => ({ ...common, ...one, time: at })),
  ];
}

/** The last line: it rests. Undefined as long as it goes on. */
export function endNews(transaction: Transaction, now: number): StreamEvent | undefined {
  const { phase } = transaction.status ?? {};
  if (phase === undefined || !isAtRest(transaction)) return undefined;
  const time = transaction.status?.completedAt ?? new Date(now).toISOString();
  const exit = exitCode(endOf(phase));
  return { schema: 'janus.events/1', time, transaction: identityOf(transaction), type: 'end', phase, exitCode: exit };
}

/** The last line where it is gone. */
export function deletedNews(transaction: Transaction, now: number): StreamEvent {
  return { schema: 'janus.events/1', time: new Date(now).toISOString(), transaction: identityOf(transaction), type: 'deleted' };
}

/** `namespace`, `name` and `uid`. */
export function identityOf({ metadata }: Transaction): StreamEvent['transaction'] {
  const { namespace = '', name = '', uid = '' } = metadata;
  return { namespace, name, uid };
}

function phaseNews(before: Transaction | undefined, { status }: Transaction) {
  const { phase = 'Pending', itemsTotal, itemsCommitted } = status ?? {};
  const from = before === undefined ? undefined : (before.status?.phase ?? 'Pending');
  if (phase === from) return [];
  return [
    {
      type: 'phase' as const,
      phase,
      ...(from === undefined ? {} : { from }),
      ...(itemsTotal === undefined ? {} : { itemsTotal }),
      ...(itemsCommitted === undefined ? {} : { itemsCommitted }),
    },
  ];
}

function itemIn(transaction: Transaction | undefined, name: string): ItemStatus | undefined {
  return transaction?.status?.items?.find((item) => item.name === name);
}

function itemNews(before: ItemStatus | undefined, item: ItemStatus, objects: ObjectNames) {
  const [was, state] = [stateOfItem(before), stateOfItem(item)];
  if (state === 'waiting' || (was === state && before?.error === item.error)) return [];
  const object = objects.get(item.name);
  return [
    {
      type: 'change' as const,
      change: item.name,
      state,
      ...(object === undefined ? {} : { object }),
      ...(item.error === undefined || state !== 'failed' ? {} : { error: item.error }),
    },
  ];
}

function conditionNews(before: Transaction | undefined, { type, status, reason, message, lastTransitionTime }: Condition) {
  const was = before?.status?.conditions?.find((one) => one.type === type);
  if (was?.status === status && was.reason === reason && was.message === message) return [];
  return [{ type: 'condition' as const, condition: type, status, reason, message, at: lastTransitionTime }];
}

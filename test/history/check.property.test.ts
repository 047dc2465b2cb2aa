import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { violationsIn } from './check.ts';
import type { History, ObjectWrite } from './history.ts';
import { LABEL, lockOf } from './locks.ts';
import { FATES, World, type Deed, type Fate } from './model.ts';

const NAMES = ['a', 'b', 'c', 'd'];
const deed = fc.record({
  type: fc.constantFrom('Create', 'Update', 'Patch', 'Delete'),
  name: fc.constantFrom(...NAMES, 'e', 'f'),
}) as fc.Arbitrary<Deed>;
const deeds = fc.uniqueArray(deed, { selector: ({ name }) => name, minLength: 1, maxLength: 4 });
const transactions = fc.array(fc.record({ deeds, fate: fc.constantFrom(...FATES) }), { minLength: 1, maxLength: 5 });
const strangers = fc.array(
  fc.record({
    name: fc.constantFrom(...NAMES, 'e'),
    what: fc.constantFrom('locked field', 'free field', 'delete', 'create'),
    at: fc.nat({ max: 60 }),
  }),
  { maxLength: 20 },
);
const schedule = fc.array(fc.nat({ max: 4 }), { maxLength: 80 });

/** Transactions and strangers, woven into each other as the schedule says. */
const histories = fc.record({ transactions, strangers, schedule }).map(played);

function played(told: {
  readonly transactions: readonly { readonly deeds: readonly Deed[]; readonly fate: Fate }[];
  readonly strangers: readonly {
    readonly name: string;
    readonly what: 'locked field' | 'free field' | 'delete' | 'create';
    readonly at: number;
  }[];
  readonly schedule: readonly number[];
}): History {
  const world = new World(NAMES);
  const running = told.transactions.map(({ deeds, fate }, at) => world.transaction(at + 1, deeds, fate));
  for (let step = 0; running.length > 0; step += 1) {
    for (const [nonce, stranger] of told.strangers.entries())
      if (stranger.at === step) world.stranger(stranger.name, stranger.what, `s${String(nonce)}`);
    const at = (told.schedule[step] ?? step) % running.length;
    if (running[at]?.next().done === true) running.splice(at, 1);
    if (step > 5_000) throw new Error('the model stands still');
  }
  return world.history;
}

const rulesIn = (history: History): readonly string[] => [...new Set(violationsIn(history).map(({ rule }) => rule))];

/** The history with one write, chosen by `pick`, made into another. */
function tampered(
  history: History,
  pick: number,
  which: (write: ObjectWrite) => boolean,
  change: (write: ObjectWrite) => ObjectWrite,
): History | undefined {
  const places = history.writes.flatMap((write, at) => (which(write) ? [at] : []));
  const place = places[pick % Math.max(1, places.length)];
  if (place === undefined) return undefined;
  return { ...history, writes: history.writes.map((write, at) => (at === place ? change(write) : write)) };
}

describe('the checker', () => {
  test('finds nothing in a history in which everybody keeps to the rules', () => {
    fc.assert(
      fc.property(histories, (history) => {
        expect(violationsIn(history)).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  const actionOf = ({ by }: ObjectWrite): string => by?.grant?.action ?? '';
  const withoutGrant = (write: ObjectWrite): ObjectWrite => ({ ...write, by: { user: 'somebody', verb: 'patch', subresource: '' } });

  test.each<[string, string, (write: ObjectWrite, history: History) => boolean, (write: ObjectWrite) => ObjectWrite]>([
    [
      'a change under a lock by somebody without a grant',
      'foreign-write',
      (write) => ['apply', 'delete'].includes(actionOf(write)),
      withoutGrant,
    ],
    ['a lock taken off by somebody without a grant', 'foreign-write', (write) => actionOf(write) === 'unlock', withoutGrant],
    ['a lock set by somebody without a grant', 'forged-lock', (write) => actionOf(write) === 'lock', withoutGrant],
    [
      'a write under a lock by a grant of another attempt',
      'stale-write',
      (write) => actionOf(write) === 'apply',
      (write) => ({ ...write, by: { ...write.by!, grant: { ...write.by!.grant!, attempt: 99 } } }),
    ],
    [
      'an object that was put back with another value',
      'as-found',
      (write) => actionOf(write) === 'unlock' && write.after?.metadata.labels === undefined && wasPutBack(write),
      (write) => ({ ...write, after: { ...write.after!, data: { a: 'something else' } } }),
    ],
    [
      'an object that was put back with other owners',
      'as-found',
      // After a commit others may have come to own what it wrote: then nothing is said about owners.
      (write, history) => actionOf(write) === 'unlock' && wasPutBack(write) && !isCommitted(history, write),
      (write) => ({ ...write, after: { ...write.after!, metadata: { ...write.after!.metadata, managedFields: [] } } }),
    ],
  ])('finds %s', (_words, rule, which, change) => {
    let tried = 0;
    fc.assert(
      fc.property(histories, fc.nat(), (history, pick) => {
        const bad = tampered(history, pick, (write) => isHeld(history, write) && which(write, history), change);
        if (bad === undefined) return;
        tried += 1;
        expect(rulesIn(bad)).toContain(rule);
      }),
      { numRuns: 150 },
    );
    expect(tried).toBeGreaterThan(20);
  });

  test('finds an unlock that is missing', () => {
    fc.assert(
      fc.property(histories, fc.nat(), (history, pick) => {
        const last = new Map(history.writes.map((write) => [write.key, write]));
        const unlocks = [...last.values()].filter((write) => actionOf(write) === 'unlock');
        const missing = unlocks[pick % Math.max(1, unlocks.length)];
        if (missing === undefined) return;
        expect(rulesIn({ ...history, writes: history.writes.filter((write) => write !== missing) })).toContain('lock-left');
      }),
      { numRuns: 150 },
    );
  });

  test('finds a change that a commit has left out', () => {
    fc.assert(
      fc.property(histories, fc.nat(), (history, pick) => {
        const committed = new Set(
          history.records.flatMap(({ transaction, record }) => (record?.phase === 'Committed' ? [transaction] : [])),
        );
        const places = history.transactions.flatMap(({ uid, changes }, at) =>
          committed.has(uid) && changes.some(({ type }) => type !== 'Delete') ? [at] : [],
        );
        const place = places[pick % Math.max(1, places.length)];
        if (place === undefined) return;
        const more = history.transactions.map((transaction, at) => {
          if (at !== place) return transaction;
          return {
            ...transaction,
            changes: transaction.changes.map((change) => ({ ...change, content: { data: { a: 'other', missing: 'x' } } })),
          };
        });
        expect(rulesIn({ ...history, transactions: more })).toContain('all-or-nothing');
      }),
      { numRuns: 150 },
    );
  });

  test('finds a transaction that never ended, and a record that was left open', () => {
    fc.assert(
      fc.property(histories, fc.nat(), (history, pick) => {
        const at = pick % history.transactions.length;
        const waiting = history.transactions.map((transaction, place) =>
          place === at ? { ...transaction, phase: 'Committing' } : transaction,
        );
        expect(rulesIn({ ...history, transactions: waiting })).toContain('ended');
        const ends = history.records.filter(({ record }) => record?.phase === 'Committed' || record?.phase === 'RolledBack');
        const last = ends.filter(
          (end) => !history.records.some((later) => later.transaction === end.transaction && later.revision > end.revision),
        );
        const missing = last[pick % Math.max(1, last.length)];
        if (missing === undefined) return;
        expect(rulesIn({ ...history, records: history.records.filter((write) => write !== missing) })).toContain('record-open');
      }),
      { numRuns: 150 },
    );
  });
});

/** Whether the lock under which a write was made holds: then nobody else may make it. */
function isHeld({ records }: History, { key, before, revision, by }: ObjectWrite): boolean {
  const lock = lockOf(key, before);
  if (lock === undefined) return by?.grant?.action === 'lock';
  const record = records.findLast((write) => write.transaction === lock.transaction && write.revision < revision)?.record;
  return record?.phase !== 'Committed' && record?.phase !== 'RolledBack' && lock.attempt > (record?.voidThrough ?? 0);
}

/** Whether a write gives back what it had found, values and owners, so that a trace would be seen. */
function wasPutBack({ before, after }: ObjectWrite): boolean {
  return before?.metadata.labels?.[LABEL] !== undefined && (after?.metadata.managedFields ?? []).length > 0;
}

function isCommitted({ records }: History, { by }: ObjectWrite): boolean {
  return records.some(({ transaction, record }) => transaction === by?.grant?.transaction && record?.phase === 'Committed');
}

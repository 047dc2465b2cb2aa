import type { KubeObject } from '../../../src/kube/object.ts';
import { lastRecord, type Check, type ObjectWrite, type Submitted, type Timeline, type Violation } from '../history.ts';
import { keyOf } from '../intrusion.ts';
import { differenceOf, leavesOf, withDifference, type Leaves } from '../leaves.ts';
import { isCrowded, ownersOf, ownershipDifferences, ownershipText, ownManagersIn, withTransfer } from '../owners.ts';
import { tenuresOf, type Tenure } from '../tenures.ts';

/**
 * A transaction that did not commit, or was taken back later, leaves every object as it found it: the same fields with the same owners, but
 * for what others wrote meanwhile. Objects that others have changed in its way are excused where it names them, and they did.
 */
export const asFound: Check = (timeline) => timeline.transactions.flatMap((transaction) => leftBehind(timeline, transaction));

function leftBehind(timeline: Timeline, { uid, changes }: Submitted): readonly Violation[] {
  const records = timeline.byTransaction.get(uid) ?? [];
  const commit = records.find(({ record }) => record?.phase === 'Committed')?.revision;
  const back = records.find(
    ({ revision, record }) => commit !== undefined && revision > commit && record?.phase === 'RollingBack',
  )?.revision;
  return [...new Set(changes.map(({ key }) => key))].flatMap((key) => {
    const tenures = tenuresOf(timeline, uid, key);
    const held = commit === undefined ? -1 : tenures.findLastIndex(({ writes }) => (writes[0]?.revision ?? 0) < commit);
    const passing = (held < 0 ? tenures : tenures.slice(0, held)).map((tenure) => [tenure]);
    const taken = held >= 0 && back !== undefined ? [{ run: tenures.slice(held), back }] : [];
    const parts: readonly Run[] = [...passing.map((run) => ({ run })), ...taken];
    return parts.flatMap((part, at) => residueOf(timeline, uid, part, at === parts.length - 1));
  });
}

/** Tenures of one object that together must leave nothing; `back` is when a rollback of what was committed began. */
interface Run {
  readonly run: readonly Tenure[];
  readonly back?: number;
}

function residueOf(timeline: Timeline, transaction: string, { run, back }: Run, isLast: boolean): readonly Violation[] {
  const key = run[0]?.key ?? '';
  const record = lastRecord(timeline, transaction);
  const conflict = record?.targets.find((target) => keyOf(target) === key)?.conflict;
  const first = run[0]?.writes[0];
  const last = run.at(-1)?.writes.at(-1);
  const found = (words: string): readonly Violation[] => [
    { rule: 'as-found', object: key, transaction, words, ...(last === undefined ? {} : { revision: last.revision }) },
  ];
  // What it let go before it came back was not in anybody's way yet.
  if (conflict !== undefined && isLast) {
    const others = (timeline.byKey.get(key) ?? []).filter(
      (write) => isForeign(write, transaction) && write.revision > (first?.revision ?? 0),
    );
    return others.length > 0 ? [] : found(`it is named as a conflict (${conflict}), and nobody else wrote it`);
  }
  // A rollback that finds gone what the commit had made has nothing to do there.
  const untouched = back !== undefined && (last?.revision ?? 0) < back;
  const until = untouched ? atEnd(timeline, transaction, key) : last?.after;
  if (first?.before === undefined) return created(run, transaction, until) ? found('what it had created is there') : [];
  if (until === undefined) return found('it is gone');
  return differences(timeline, run, first.before, until, transaction).flatMap(found);
}

/** The object as it was when the transaction ended for the last time. */
function atEnd(timeline: Timeline, transaction: string, key: string): KubeObject | undefined {
  const end = timeline.byTransaction
    .get(transaction)
    ?.findLast(({ record }) => record?.phase === 'RolledBack' || record?.phase === 'Failed');
  return timeline.byKey.get(key)?.findLast(({ revision }) => revision < (end?.revision ?? 0))?.after;
}

function created(run: readonly Tenure[], transaction: string, until: KubeObject | undefined): boolean {
  if (until === undefined) return false;
  return run.some(({ writes }) =>
    writes.some(
      ({ before, after, by }) =>
        before === undefined && by?.grant?.transaction === transaction && after?.metadata.uid === until.metadata.uid,
    ),
  );
}

function differences(
  timeline: Timeline,
  run: readonly Tenure[],
  before: KubeObject,
  after: KubeObject,
  transaction: string,
): readonly string[] {
  const wanted = expectedLeaves(run, leavesOf(before), transaction);
  const values = [...differenceOf(wanted, leavesOf(after))].map(
    ([path, value]) => `${path} is ${value ?? 'gone'}, and was ${wanted.get(path) ?? 'not there'}`,
  );
  const own = ownManagersIn(after, transaction).map((manager) => `${manager} still owns something`);
  return [...values, ...own, ...ownershipOff(timeline, run, before, after, transaction)];
}

/** What was found, with what others wrote: each write of theirs under the lock, and all together what they did between two locks. */
function expectedLeaves(run: readonly Tenure[], found: Leaves, transaction: string): Leaves {
  let wanted = found;
  for (const [at, { writes }] of run.entries()) {
    const [left, next] = [run[at - 1]?.writes.at(-1)?.after, writes[0]?.before];
    if (left !== undefined && next !== undefined) wanted = withDifference(wanted, differenceOf(leavesOf(left), leavesOf(next)));
    for (const { before, after } of foreignIn(writes, transaction))
      if (before !== undefined && after !== undefined) wanted = withDifference(wanted, differenceOf(leavesOf(before), leavesOf(after)));
  }
  return wanted;
}

function ownershipOff(
  timeline: Timeline,
  run: readonly Tenure[],
  before: KubeObject,
  after: KubeObject,
  transaction: string,
): readonly string[] {
  const writes = run.flatMap((tenure) => tenure.writes);
  // What the API server has merged cannot be told apart again; and after a commit others may have come to own what it wrote.
  if ([before, after, ...writes.map((write) => write.after)].some((object) => object !== undefined && isCrowded(object))) return [];
  if (run.slice(1).some((tenure, at) => versionOf(run[at]?.writes.at(-1)?.after) !== versionOf(tenure.writes[0]?.before))) return [];
  const foreign = foreignIn(writes, transaction);
  if (isNamed(timeline, run, transaction)) return [];
  // Somebody has cleared who owns what: a rollback gives its own fields back to their earlier owners all the same.
  if (foreign.some(({ after: cleared }) => cleared !== undefined && (cleared.metadata.managedFields ?? []).length === 0)) return [];
  if (foreign.length === 0 && ownershipText(before, transaction) === ownershipText(after, transaction)) return [];
  let wanted = ownersOf(before, transaction);
  for (const write of foreign)
    if (write.before !== undefined && write.after !== undefined)
      wanted = withTransfer(wanted, ownersOf(write.before, transaction), ownersOf(write.after, transaction));
  const off = ownershipDifferences(wanted, ownersOf(after, transaction));
  if (off.length > 0 || foreign.length > 0) return off;
  return [`ownership was ${ownershipText(before, transaction)} and is ${ownershipText(after, transaction)}`];
}

function foreignIn(writes: readonly ObjectWrite[], transaction: string): readonly ObjectWrite[] {
  return writes.filter((write) => isForeign(write, transaction));
}

function versionOf(object: KubeObject | undefined): string {
  return object?.metadata.resourceVersion ?? '';
}

function isForeign({ by }: ObjectWrite, transaction: string): boolean {
  return by?.grant?.transaction !== transaction;
}

/** Whether the transaction says itself that it could not give all owners of the object back. */
function isNamed(timeline: Timeline, run: readonly Tenure[], transaction: string): boolean {
  const [, , namespace = '', name = ''] = run[0]?.key.split('/') ?? [];
  const places = lastRecord(timeline, transaction)?.inexact ?? [];
  return places.some((place) => place.includes(` ${namespace}/${name}: metadata.managedFields`));
}

import { flatten, leavesOf, type Leaves } from '../leaves.ts';
import type { Check, ObjectWrite, RecordWrite, Submitted, SubmittedChange, Timeline, Violation } from '../history.ts';
import { keyOf } from '../intrusion.ts';
import { lockOf } from '../locks.ts';

/**
 * At the moment of a commit every change of the transaction stands, on objects that carry its lock. And what its status says last is what its
 * record says.
 */
export const allOrNothing: Check = (timeline) =>
  timeline.transactions.flatMap((transaction) => {
    const commit = timeline.byTransaction.get(transaction.uid)?.find(({ record }) => record?.phase === 'Committed');
    if (commit === undefined) return uncommitted(transaction);
    return [...targetsOf(transaction)].flatMap(([key, changes]) => atCommit(timeline, transaction, key, changes, commit));
  });

function uncommitted({ uid, phase, changes, name }: Submitted): readonly Violation[] {
  if (phase !== 'Committed' || changes.length === 0) return [];
  return [{ rule: 'all-or-nothing', transaction: uid, words: `${name} says that it is committed, and its record never was` }];
}

function targetsOf({ changes }: Submitted): ReadonlyMap<string, readonly SubmittedChange[]> {
  const sorted = [...changes].sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1));
  const targets = new Map<string, SubmittedChange[]>();
  for (const change of sorted) targets.set(change.key, [...(targets.get(change.key) ?? []), change]);
  return targets;
}

function atCommit(
  timeline: Timeline,
  { uid, name }: Submitted,
  key: string,
  changes: readonly SubmittedChange[],
  { revision, record }: RecordWrite,
): readonly Violation[] {
  const last = timeline.byKey.get(key)?.findLast((write) => write.revision < revision);
  const found = (words: string): readonly Violation[] => [
    { rule: 'all-or-nothing', revision, object: key, transaction: uid, words: `${name} was committed, and ${words}` },
  ];
  const object = last?.after;
  if (changes.at(-1)?.type === 'Delete')
    return isDeleted(timeline, last, record?.targets.find((one) => keyOf(one) === key)?.uid, uid)
      ? []
      : found('what it was to delete is there');
  if (object === undefined) return found('there is no object');
  if (lockOf(key, object)?.transaction !== uid) return found('the object was not under its lock');
  const leaves = leavesOf(object);
  const { content, exact } = wantedOf(changes);
  const missing = [...content].filter(([path, value]) => leaves.get(path) !== value).map(([path]) => path);
  const surplus = exact ? [...leaves.keys()].filter((path) => path.startsWith('/data/') && !content.has(path)) : [];
  return missing.length + surplus.length === 0
    ? []
    : found(`these places are not as it wanted them: ${[...missing, ...surplus].join(', ')}`);
}

/** Gone, or going: the object is not waited for. What came under its name since, by others, is another object. */
function isDeleted({ byKey }: Timeline, last: ObjectWrite | undefined, locked: string | undefined, transaction: string): boolean {
  const object = last?.after;
  if (last === undefined || object === undefined || object.metadata.deletionTimestamp !== undefined) return true;
  const { uid } = object.metadata;
  const creation = byKey.get(last.key)?.find(({ before, after }) => before === undefined && after?.metadata.uid === uid);
  return uid !== locked && creation?.by?.grant?.transaction !== transaction;
}

/** What a chain of changes leaves, as far as it can be foretold; `exact` where no other data may be there. */
function wantedOf(changes: readonly SubmittedChange[]): { readonly content: Leaves; readonly exact: boolean } {
  let content = new Map<string, string>();
  let exact = false;
  for (const change of changes) {
    if (change.type === 'Delete') [content, exact] = [new Map(), false];
    else if (change.type === 'Update') [content, exact] = [new Map(wantedLeaves(change.content)), true];
    else content = new Map([...content, ...wantedLeaves(change.content)]);
  }
  return { content, exact };
}

function wantedLeaves(content: SubmittedChange['content'] = {}): Leaves {
  const { apiVersion: _version, kind: _kind, status: _status, stringData, ...rest } = content;
  const leaves = new Map(flatten(rest));
  for (const path of leaves.keys()) if (path === '/metadata/name' || path === '/metadata/namespace') leaves.delete(path);
  for (const [name, text] of Object.entries((stringData ?? {}) as Readonly<Record<string, string>>))
    leaves.set(`/data/${name}`, JSON.stringify(Buffer.from(text).toString('base64')));
  return leaves;
}

import { lastRecord, type Check, type Submitted, type Timeline } from '../history.ts';

const ENDS = ['Committed', 'RolledBack', 'Failed'];

/** Nothing waits for ever: every transaction came to an end, and says the one that its record says. */
export const ended: Check = (timeline) =>
  timeline.transactions.flatMap((transaction) => {
    const words = faultOf(timeline, transaction);
    return words === undefined ? [] : [{ rule: 'ended', transaction: transaction.uid, words: `${transaction.name} ${words}` }];
  });

function faultOf(timeline: Timeline, { uid, phase }: Submitted): string | undefined {
  // A Transaction that is gone: its record tells.
  if (phase === undefined) return undefined;
  if (!ENDS.includes(phase)) return `never ended: it is ${phase === '' ? 'not begun' : phase}`;
  const record = lastRecord(timeline, uid);
  const told = record?.outcome ?? record?.phase;
  return told === undefined || told === phase ? undefined : `says ${phase}, and its record says ${told}`;
}

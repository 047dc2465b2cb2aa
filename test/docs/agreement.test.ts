import { expect, test } from 'vitest';
import { agrees } from './agreement.ts';

const UIDS = ['0f5c1b0e-0000-4000-8000-000000000001', '6d1e2a77-0000-4000-8000-0000000000ff'] as const;

test.for([
  ['times', 'since 2026-11-27T14:10:02.662Z (1 s ago)', 'since 2026-11-28T00:00:00Z (12 s ago)'],
  ['ages', 'first   Committed   3s', 'first   Committed   2m10s'],
  ['uids', `uid: ${UIDS[0]}`, `uid: ${UIDS[1]}`],
  ['locks', `lock: ${UIDS[0]}.1.0f5c1b0e`, `lock: ${UIDS[1]}.2.6d1e2a77`],
  ['how lines are wrapped', 'one two\nthree', 'one\ntwo three\n'],
  ['what the page leaves out', 'first …\nlast', 'first\nsecond\nthird\nlast'],
] as const)('%s may differ', ([, expected, printed]) => {
  expect(agrees(expected, printed)).toBe(true);
});

test.for([
  ['another word', 'Committed', 'RolledBack'],
  ['a line more', 'one', 'one\ntwo'],
  ['a line less', 'one\ntwo', 'one'],
  ['nothing', 'one', ''],
  ['something in the place of nothing', '', 'one'],
  ['what only looks like a pattern', 'a.c (x)', 'abc (x)'],
  ['another count', '2 of 3', '1 of 3'],
] as const)('%s is told', ([, expected, printed]) => {
  expect(agrees(expected, printed)).toBe(false);
});

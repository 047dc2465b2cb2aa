import { expect, test } from 'vitest';
import type { SagaRecord } from '../../src/transaction/record.ts';
import { recordedProgress } from '../../src/transaction/recorded-progress.ts';

const target = (name: string, more: object = {}): object => ({ name, changes: [{ name, type: 'Patch', order: 0 }], ...more });
const record = {
  targets: [target('a', { after: {} }), target('b', { after: {}, undone: true }), target('c'), target('d', { after: {} })],
} as unknown as SagaRecord;

test('what a status leaves out stands where the record says', () => {
  const shown = [{ name: 'd', prepared: true, committed: true, rolledBack: false, error: 'conflict: x' }];
  expect(recordedProgress(record, shown).list()).toEqual([
    { name: 'a', prepared: true, committed: true, rolledBack: false },
    { name: 'b', prepared: true, committed: true, rolledBack: true },
    { name: 'c', prepared: false, committed: false, rolledBack: false },
    ...shown,
  ]);
});

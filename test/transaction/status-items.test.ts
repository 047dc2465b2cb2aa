import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ItemStatus, Phase } from '../../src/api/transaction.ts';
import { statusOf } from '../../src/transaction/status.ts';
import { SHOWN_MAX, shownItems } from '../../src/transaction/status-items.ts';

const item = (name: string, more: Partial<ItemStatus> = {}): ItemStatus => ({
  name,
  prepared: true,
  committed: false,
  rolledBack: false,
  ...more,
});
const many = (count: number, more: (n: number) => Partial<ItemStatus>): readonly ItemStatus[] =>
  Array.from({ length: count }, (_, n) => item(`change-${String(n)}`, more(n)));
const names = (items: readonly ItemStatus[]): readonly string[] => items.map(({ name }) => name);

describe('the items of a status', () => {
  test('are all there, in their order, up to five hundred', () => {
    const items = many(SHOWN_MAX, (n) => ({ committed: n % 2 === 0 }));
    expect(shownItems(items, 'Committing')).toEqual(items);
  });

  test('of more show what failed and what is not done, in the order of the changes', () => {
    const items = many(5_000, (n) => (n === 4_000 ? { error: 'no' } : { committed: n < 4_900 }));
    const shown = names(shownItems(items, 'Committing'));
    expect(shown).toHaveLength(SHOWN_MAX);
    expect(shown).toContain('change-4000');
    expect(shown.slice(-100)).toEqual(names(items.slice(4_900)));
    expect(shown[0]).toBe('change-0');
  });

  test('of a rollback show first what is still in effect, even where more failed without effect', () => {
    const items = many(2_000, (n) => (n < 1_500 ? { error: 'was refused' } : { committed: true, rolledBack: n < 1_990 }));
    expect(names(shownItems(items, 'Failed'))).toEqual(expect.arrayContaining([...names(items.slice(1_990))]));
  });

  test('are counted all, whatever is shown', () => {
    const items = many(3_000, (n) => ({ committed: n < 2_000 }));
    const status = statusOf(undefined, { phase: 'Committing', items, holder: 'dana' }, 1, '2026-01-01T00:00:00Z');
    expect([status.itemsTotal, status.itemsCommitted, status.items?.length]).toEqual([3_000, 2_000, SHOWN_MAX]);
  });

  test('are far from what an object may have, whatever their errors and names', () => {
    const phases: readonly Phase[] = ['Preparing', 'Committing', 'Committed', 'RollingBack', 'RolledBack', 'Failed'];
    const any = fc.record({
      name: fc.string({ minLength: 1, maxLength: 253 }),
      error: fc.option(
        fc.nat(20_000).map((length) => '"'.repeat(length)),
        { nil: undefined },
      ),
      committed: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 900 }), fc.constantFrom(...phases), (drawn, phase) => {
        const items = drawn.map(({ error, ...rest }) =>
          item(rest.name, { committed: rest.committed, ...(error === undefined ? {} : { error }) }),
        );
        const shown = shownItems(items, phase);
        expect(JSON.stringify(shown).length).toBeLessThan(300_000);
        expect(shown.length).toBeLessThanOrEqual(SHOWN_MAX);
      }),
      { numRuns: 30 },
    );
  });
});

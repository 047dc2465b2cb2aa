import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ordersOf } from '../../../src/cli/apply/order.ts';
import type { Orderable } from '../../../src/cli/apply/order.ts';

const item = (stage: number, needs: readonly number[] = [], order?: number): Orderable => ({
  stage,
  needs,
  ...(order === undefined ? {} : { order }),
});

/** Items that only need earlier ones, in an order that says nothing of that. */
const acyclic = fc
  .array(
    fc.record({ stage: fc.nat(5), needs: fc.array(fc.nat(30), { maxLength: 4 }), order: fc.option(fc.integer({ min: -2, max: 2 })) }),
    {
      maxLength: 30,
    },
  )
  .chain((drawn) =>
    fc.shuffledSubarray([...drawn.keys()], { minLength: drawn.length }).map((places) => {
      const items = new Array<Orderable>(drawn.length);
      for (const [index, { needs, order, stage }] of drawn.entries()) {
        const earlier = needs.filter((need) => need < index).map((need) => places[need] ?? 0);
        items[places[index] ?? 0] = item(stage, [...new Set(earlier)], order ?? undefined);
      }
      return items;
    }),
  );

describe('an order', () => {
  test('puts lower stages first, and what shares one in parallel', () => {
    expect(ordersOf([item(4), item(0), item(4), item(3)])).toEqual({ orders: [2, 0, 2, 1] });
  });

  test('puts what is needed first, whatever the stages say', () => {
    expect(ordersOf([item(3, [1]), item(4), item(3)])).toEqual({ orders: [2, 1, 0] });
  });

  test('goes by the order that somebody wrote before it goes by stages', () => {
    expect(ordersOf([item(0), item(4, [], -1), item(0, [], 7)])).toEqual({ orders: [1, 0, 2] });
  });

  test('of a chain is as long as the chain', () => {
    const chain = Array.from({ length: 20_000 }, (_, index) => item(0, index === 0 ? [] : [index - 1]));
    expect(ordersOf(chain)).toEqual({ orders: [...chain.keys()] });
    expect(ordersOf(chain.toReversed().map((one, index) => ({ ...one, needs: index + 1 < chain.length ? [index + 1] : [] })))).toEqual({
      orders: [...chain.keys()].reverse(),
    });
  });

  test('respects every need, every written order and every stage that nothing else moves, without gaps', () => {
    fc.assert(
      fc.property(acyclic, (items) => {
        const ordered = ordersOf(items);
        fc.pre('orders' in ordered);
        if (!('orders' in ordered)) return;
        const { orders } = ordered;
        const at = (index: number): number => orders[index] ?? -1;
        for (const [index, { needs, order = 0, stage }] of items.entries()) {
          for (const need of needs) expect(at(need)).toBeLessThan(at(index));
          for (const [other, { needs: theirs, order: theirOrder = 0, stage: theirStage }] of items.entries()) {
            // What needs something may come later than it would by itself, so only what needs nothing can be said to come before.
            if (theirs.length > 0) continue;
            if (theirOrder < order || (theirOrder === order && theirStage < stage)) expect(at(other)).toBeLessThan(at(index));
            if (needs.length === 0 && theirOrder === order && theirStage === stage) expect(at(other)).toBe(at(index));
          }
        }
        expect([...new Set(orders)].sort((a, b) => a - b)).toEqual([...new Set(orders)].map((_, rank) => rank));
      }),
    );
  });

  test('does not depend on where in the files an object stands', () => {
    fc.assert(
      fc.property(acyclic, (items) => {
        const reversed = items.map((one) => ({ ...one, needs: one.needs.map((need) => items.length - 1 - need) })).toReversed();
        const [forward, backward] = [ordersOf(items), ordersOf(reversed)];
        if ('orders' in forward) expect(backward).toEqual({ orders: forward.orders.toReversed() });
        else expect(backward).not.toHaveProperty('orders');
      }),
    );
  });
});

describe('disorder', () => {
  test('names a circle from its first object on', () => {
    expect(ordersOf([item(0), item(0, [3]), item(0, [1]), item(0, [2])])).toEqual({ disorders: [{ why: 'cycle', cycle: [1, 3, 2] }] });
  });

  test('is an object that needs itself', () => {
    expect(ordersOf([item(0, [0])])).toEqual({ disorders: [{ why: 'cycle', cycle: [0] }] });
  });

  test('names each of several circles', () => {
    expect(ordersOf([item(0, [1]), item(0, [0]), item(0, [3]), item(0, [2])])).toEqual({
      disorders: [
        { why: 'cycle', cycle: [0, 1] },
        { why: 'cycle', cycle: [2, 3] },
      ],
    });
  });

  test('is what is to come first by its order and needs what comes later, near or far', () => {
    expect(ordersOf([item(0, [1], -1), item(0)])).toEqual({ disorders: [{ why: 'contradiction', early: 0, late: 1 }] });
    expect(ordersOf([item(0, [1], 0), item(0, [2]), item(0, [], 5)])).toEqual({ disorders: [{ why: 'contradiction', early: 0, late: 1 }] });
  });

  test('is found in every graph that has a circle, and what it names is one', () => {
    fc.assert(
      fc.property(acyclic, fc.nat(), fc.nat(), (items, from, to) => {
        fc.pre(items.length > 0);
        const [a, b] = [from % items.length, to % items.length];
        // A need in both directions closes a circle.
        const closed = items.map((one, index) => (index === a ? { ...one, needs: [...one.needs, b] } : one));
        const circular = closed.map((one, index) => (index === b ? { ...one, needs: [...one.needs, a] } : one));
        const found = ordersOf(circular);
        expect(found).toHaveProperty('disorders');
        if (!('disorders' in found)) return;
        for (const disorder of found.disorders) {
          expect(disorder.why).toBe('cycle');
          if (disorder.why !== 'cycle') continue;
          for (const [at, index] of disorder.cycle.entries()) {
            expect(circular[index]?.needs).toContain(disorder.cycle[(at + 1) % disorder.cycle.length]);
          }
        }
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { celLiteral } from '../../../src/lock/guard/condition.ts';
import { guardEntries, holderOf, NAMES_PER_ENTRY } from '../../../src/lock/guard/entries.ts';
import type { GuardNeed } from '../../../src/lock/guard/need.ts';
import { OTHER_TX, TX } from '../scenario.ts';

const HOLDER = { transaction: TX, attempt: 3 };
const name = (of: string, namespace = 'shop'): GuardNeed => ({ way: 'name', group: '', resource: 'configmaps', namespace, name: of });

/** What API servers take of one expression. */
const EXPRESSION_MAX = 100_000;

describe('the entries of guards', () => {
  test('are none where nothing is to be guarded', () => {
    expect(guardEntries(HOLDER, [])).toEqual([]);
  });

  test('are one for each resource and way, and name nothing else', () => {
    const entries = guardEntries(HOLDER, [
      name('a'),
      name('b', 'other'),
      { way: 'scale', group: 'apps', resource: 'deployments', namespace: 'shop', name: 'web' },
      { way: 'eviction', group: '', resource: 'pods', namespace: 'shop', name: 'web-0' },
      { way: 'name', group: '', resource: 'namespaces', name: 'new' },
    ]);
    expect(entries.map(({ rules }) => rules)).toEqual([
      [{ apiGroups: [''], apiVersions: ['*'], resources: ['configmaps'], operations: ['CREATE'], scope: 'Namespaced' }],
      [{ apiGroups: ['apps'], apiVersions: ['*'], resources: ['deployments/scale'], operations: ['UPDATE'], scope: 'Namespaced' }],
      [{ apiGroups: [''], apiVersions: ['*'], resources: ['pods/eviction'], operations: ['CREATE'], scope: 'Namespaced' }],
      [{ apiGroups: [''], apiVersions: ['*'], resources: ['namespaces'], operations: ['CREATE'], scope: 'Cluster' }],
    ]);
    expect(entries[0]?.matchConditions[0]?.expression).toContain("(s == 'shop' && n in ['a']) || (s == 'other' && n in ['b'])");
    expect(entries[3]?.matchConditions[0]?.expression).toContain("(n in ['new'])");
  });

  test('have names that tell whose they are', () => {
    const entries = guardEntries(HOLDER, [name('a'), { ...name('web'), way: 'scale' }]);
    expect(entries.map((entry) => holderOf(entry.name))).toEqual([HOLDER, HOLDER]);
    expect(new Set(entries.map((entry) => entry.name)).size).toBe(2);
  });

  test.each([
    'locks.tx.janus.io',
    'probe.guards.tx.janus.io',
    `name-0.a0.${TX}.guards.tx.janus.io`,
    `name-0.a1.${TX}.guards.example.com`,
    `name-0.a1.x.guards.tx.janus.io`,
  ])('are not taken for anybody’s by the name %s', (of) => {
    expect(holderOf(of)).toBeUndefined();
  });

  test('hold every name once, none of them too many or too long for an API server', () => {
    const namespaces = fc.stringMatching(/^[a-z]{1,63}$/);
    const names = fc.oneof(fc.stringMatching(/^[a-z]{1,253}$/), fc.string({ minLength: 1, maxLength: 253, unit: 'binary' }));
    const needs = fc.uniqueArray(fc.record({ namespace: namespaces, name: names }), {
      minLength: 1,
      maxLength: 1_200,
      size: 'max',
      selector: ({ namespace, name: of }) => `${namespace}/${of}`,
    });
    fc.assert(
      fc.property(needs, (some) => {
        const entries = guardEntries(
          { transaction: OTHER_TX, attempt: 1 },
          some.map((one) => name(one.name, one.namespace)),
        );
        const expressions = entries.map(({ matchConditions }) => matchConditions.map(({ expression }) => expression).join());
        expect(Math.max(...expressions.map((expression) => expression.length))).toBeLessThan(EXPRESSION_MAX);
        const all = expressions.flatMap((expression) =>
          [...expression.matchAll(/n in \[([^\]]*)\]/g)].flatMap(([, list = '']) => list.split(', ')),
        );
        expect(all.sort()).toEqual(some.map((one) => celLiteral(one.name)).sort());
        const counts = expressions.map((expression) =>
          [...expression.matchAll(/n in \[([^\]]*)\]/g)].reduce((sum, [, list = '']) => sum + list.split(', ').length, 0),
        );
        expect(Math.max(...counts)).toBeLessThanOrEqual(NAMES_PER_ENTRY);
      }),
      { numRuns: 20 },
    );
  });
});

describe('a name in an expression', () => {
  test('can never end its own quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(celLiteral(text)).toMatch(/^'(?:[A-Za-z0-9._:-]|\\U[0-9a-f]{8})*'$/);
      }),
    );
  });

  test('stands for itself', () => {
    expect(celLiteral('web-0.shop')).toBe("'web-0.shop'");
    expect(celLiteral(`it's`)).toBe("'it\\U00000027s'");
    expect(() => celLiteral('\ud800')).toThrow(RangeError);
  });
});

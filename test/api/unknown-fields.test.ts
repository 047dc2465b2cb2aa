import { describe, expect, test } from 'vitest';
import { RESOURCE_CHANGE } from '../../src/api/resource-change.ts';
import { TRANSACTION } from '../../src/api/transaction.ts';
import { unknownFieldFaults } from '../../src/api/unknown-fields.ts';

describe('unknownFieldFaults', () => {
  test.each([
    ['serviceaccountname', 'serviceAccountName'],
    ['serviceAccount', 'serviceAccountName'],
    ['seald', 'sealed'],
    ['saeled', 'sealed'],
    ['locktimeouts', 'lockTimeout'],
    ['timeOut', 'timeout'],
  ])('takes %s to mean %s', (name, meant) => {
    const [fault] = unknownFieldFaults(TRANSACTION, { spec: { [name]: 1 } });
    expect(fault?.message).toBe(`there is no such field; did you mean spec.${meant}?`);
  });

  test('lists what there is where nothing is near', () => {
    expect(unknownFieldFaults(TRANSACTION, { spec: { health: { colour: 'red' } } })).toEqual([
      { field: 'spec.health.colour', message: 'there is no such field; known fields: timeout' },
    ]);
  });

  test('leaves alone what may hold anything', () => {
    const object = { metadata: { anything: 1 }, spec: { content: { anything: { at: ['all'] } } } };
    expect(unknownFieldFaults(RESOURCE_CHANGE, object)).toEqual([]);
  });

  test('shortens a name that is too long to print', () => {
    const [fault] = unknownFieldFaults(TRANSACTION, { ['x'.repeat(100_000)]: 1 });
    expect(fault?.field.length).toBeLessThan(100);
  });
});

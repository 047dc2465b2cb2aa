import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { validateTransaction } from '../../src/api/transaction-validation.ts';

const transaction = (spec: unknown, more: object = {}): unknown => ({
  apiVersion: 'tx.janus.io/v1alpha1',
  kind: 'Transaction',
  metadata: { name: 'release', namespace: 'shop' },
  ...(spec === undefined ? {} : { spec }),
  ...more,
});

const fields = (object: unknown, old?: unknown): readonly string[] => validateTransaction(object, old).map(({ field }) => field);

describe('validateTransaction', () => {
  test.each([
    ['a draft without a spec', undefined],
    ['the least spec', { serviceAccountName: 'deployer' }],
    ['one that is sealed from the start', { serviceAccountName: 'janus-txn', lockTimeout: '5m', sealed: true }],
    [
      'one with everything',
      {
        serviceAccountName: 'team.deployer',
        sealed: false,
        lockTimeout: '300ms',
        timeout: '1.5h',
        description: 'release 7',
        onConflict: 'Fail',
        foreignWrites: 'Delay',
        irreversible: 'Deny',
        health: { timeout: '90s' },
      },
    ],
    ['health without a timeout', { serviceAccountName: 'deployer', health: {} }],
  ])('accepts %s', (_, spec) => {
    expect(validateTransaction(transaction(spec))).toEqual([]);
  });

  test('names all faults at once, each with its field', () => {
    const faults = validateTransaction(
      transaction({
        serviceAccountName: '',
        sealed: 'yes',
        timeout: '5 m',
        lockTimeout: '0s',
        onConflict: 'wait',
        health: { timeout: '-1m' },
        tiemout: '1m',
      }),
    );
    expect(faults).toEqual([
      { field: 'spec.serviceAccountName', message: 'must not be empty' },
      { field: 'spec.sealed', message: 'must be a boolean, not the string "yes"' },
      { field: 'spec.onConflict', message: 'must be one of Wait, Fail' },
      { field: 'spec.tiemout', message: 'there is no such field; did you mean spec.timeout?' },
      { field: 'spec.lockTimeout', message: 'must be longer than zero, not 0s' },
      {
        field: 'spec.timeout',
        message: '"5 m" is not a duration: there is no unit " m" (units: h, m, s, ms, us, ns); write for example 90s, 5m or 1h30m',
      },
      { field: 'spec.health.timeout', message: 'must be longer than zero, not -1m' },
    ]);
  });

  test.each([
    ['no account', {}, ['spec.serviceAccountName'], 'is required'],
    ['a number for a duration', { serviceAccountName: 'a', timeout: 5 }, ['spec.timeout'], 'must be a string, not the number 5'],
    ['null for a duration', { serviceAccountName: 'a', timeout: null }, ['spec.timeout'], 'must be a string, not null'],
    ['a list for health', { serviceAccountName: 'a', health: [] }, ['spec.health'], 'must be an object, not a list'],
    ['an account that cannot exist', { serviceAccountName: 'Deployer' }, ['spec.serviceAccountName'], 'lower-case letters'],
    ['an account that is too long', { serviceAccountName: 'a'.repeat(254) }, ['spec.serviceAccountName'], 'at most 253'],
    ['a description that is too long', { serviceAccountName: 'a', description: 'x'.repeat(1025) }, ['spec.description'], 'at most 1024'],
    [
      'a duration that is too long to be one',
      { serviceAccountName: 'a', timeout: '9999999999h' },
      ['spec.timeout'],
      'longer than 2562047h',
    ],
    ['a duration of many characters', { serviceAccountName: 'a', timeout: `${'0'.repeat(70)}1s` }, ['spec.timeout'], 'at most 64'],
    ['a spec that is no object', 'x', ['spec'], 'must be an object, not the string "x"'],
  ])('refuses %s', (_, spec, expected, words) => {
    const faults = validateTransaction(transaction(spec));
    expect(faults.map(({ field }) => field)).toEqual(expected);
    expect(faults[0]?.message).toContain(words);
  });

  test('refuses another kind and version', () => {
    expect(validateTransaction({ apiVersion: 'v1', kind: 'Pod', metadata: {} })).toEqual([
      { field: 'apiVersion', message: 'must be tx.janus.io/v1alpha1' },
      { field: 'kind', message: 'must be Transaction' },
    ]);
  });

  test('knows what fields there are at the top, and does not look into status', () => {
    const object = transaction({ serviceAccountName: 'a' }, { specs: {}, status: { phase: 'Nonsense', more: 1 } });
    expect(validateTransaction(object)).toEqual([{ field: 'specs', message: 'there is no such field; did you mean spec?' }]);
  });

  test('takes whatever comes', () => {
    fc.assert(fc.property(fc.anything(), fc.anything(), (object, old) => Array.isArray(validateTransaction(object, old))));
    fc.assert(fc.property(fc.jsonValue(), (spec) => Array.isArray(validateTransaction(transaction(spec), transaction(spec)))));
  });

  describe('of a change', () => {
    const sealed = { serviceAccountName: 'deployer', sealed: true, health: { timeout: '5m' } };

    test('leaves a draft open to any', () => {
      const draft = transaction({ serviceAccountName: 'deployer' });
      expect(fields(transaction({ serviceAccountName: 'other', timeout: '1m' }), draft)).toEqual([]);
      expect(fields(transaction(undefined), draft)).toEqual([]);
      expect(fields(transaction(sealed), draft)).toEqual([]);
    });

    test('lets a sealed one keep its spec, whatever the order of its keys', () => {
      const reordered = { health: { timeout: '5m' }, sealed: true, serviceAccountName: 'deployer' };
      expect(fields(transaction(reordered, { metadata: { labels: { a: 'b' } } }), transaction(sealed))).toEqual([]);
    });

    test.each([
      ['unsealing it', { ...sealed, sealed: false }, 'spec.sealed'],
      ['leaving sealed out', { serviceAccountName: 'deployer' }, 'spec.sealed'],
      ['removing its spec', undefined, 'spec.sealed'],
      ['another account', { ...sealed, serviceAccountName: 'admin' }, 'spec'],
      ['another timeout', { ...sealed, timeout: '1h' }, 'spec'],
      ['a change deep inside', { ...sealed, health: { timeout: '6m' } }, 'spec'],
      ['a field less', { serviceAccountName: 'deployer', sealed: true }, 'spec'],
    ])('refuses of a sealed one %s', (_, spec, field) => {
      expect(fields(transaction(spec), transaction(sealed))).toEqual([field]);
    });
  });
});

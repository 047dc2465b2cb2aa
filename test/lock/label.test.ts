import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { creationLabelFor, isAttempt, isLockOf, isUuid, lockLabelFor, parseLockLabel, type ObjectIdentity } from '../../src/lock/label.ts';

const TX = '0e1f2a3b-4c5d-4e6f-8a9b-0c1d2e3f4a5b';
const UID = '3f95c800-1111-4222-8333-444455556666';
const PLACE = { group: 'apps', resource: 'deployments', namespace: 'shop', name: 'web' };

const attempts = fc.integer({ min: 1, max: 999_999_999_999_999 });
const places = fc.record({ group: fc.string(), resource: fc.string(), namespace: fc.string(), name: fc.string() });

describe('the value of the lock label', () => {
  test('names the transaction, the attempt and the object by the first 8 digits of its uid', () => {
    expect(lockLabelFor(TX, 7, UID)).toBe(`${TX}.7.3f95c800`);
  });

  test('names a created object by a hash over where it is served', () => {
    expect(creationLabelFor(TX, 1, PLACE)).toMatch(new RegExp(`^${TX}\\.1\\.c-[0-9a-f]{8}$`));
    expect(creationLabelFor(TX, 1, { group: '', resource: 'configmaps', namespace: 'default', name: 'a' })).toBe(`${TX}.1.c-1ece5818`);
  });

  test.each(['group', 'resource', 'namespace', 'name'] as const)('of a created object depends on its %s', (part) => {
    expect(creationLabelFor(TX, 1, { ...PLACE, [part]: 'other' })).not.toBe(creationLabelFor(TX, 1, PLACE));
  });

  test('comes back from parsing as it was written, and fits a label', () => {
    fc.assert(
      fc.property(fc.uuid(), attempts, fc.uuid(), places, (transaction, attempt, uid, place) => {
        for (const value of [lockLabelFor(transaction, attempt, uid), creationLabelFor(transaction, attempt, place)]) {
          expect(value.length).toBeLessThanOrEqual(63);
          expect(value).toMatch(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
          expect(parseLockLabel(value)).toMatchObject({ value, transaction, attempt });
        }
      }),
    );
  });

  test.each([
    ['a transaction uid in upper case', () => lockLabelFor(TX.toUpperCase(), 1, UID)],
    ['a transaction uid that is none', () => lockLabelFor('checkout', 1, UID)],
    ['attempt 0', () => lockLabelFor(TX, 0, UID)],
    ['a fraction of an attempt', () => lockLabelFor(TX, 1.5, UID)],
    ['an attempt that is not a number', () => creationLabelFor(TX, Number.NaN, PLACE)],
    ['an attempt of 16 digits', () => creationLabelFor(TX, 1_000_000_000_000_000, PLACE)],
    ['an object uid that is none', () => lockLabelFor(TX, 1, 'web')],
  ])('is not written for %s', (_, write) => {
    expect(write).toThrow(RangeError);
  });
});

describe('parsing', () => {
  test.each([
    ['nothing', ''],
    ['a number', 5],
    ['undefined', undefined],
    ['an object', {}],
    ['a value of one part', TX],
    ['a value without a last part', `${TX}.1.`],
    ['four parts', `${TX}.1.3f95c800.x`],
    ['a uid in upper case', `${TX.toUpperCase()}.1.3f95c800`],
    ['a uid without hyphens', `${TX.replaceAll('-', '')}.1.3f95c800`],
    ['a uid with a digit too few', `${TX.slice(1)}.1.3f95c800`],
    ['attempt 0', `${TX}.0.3f95c800`],
    ['an attempt with a leading zero', `${TX}.01.3f95c800`],
    ['a negative attempt', `${TX}.-1.3f95c800`],
    ['an attempt in exponents', `${TX}.1e3.3f95c800`],
    ['an attempt of 16 digits', `${TX}.1000000000000000.3f95c800`],
    ['9 digits at the end', `${TX}.1.3f95c8000`],
    ['7 digits at the end', `${TX}.1.3f95c80`],
    ['digits in upper case', `${TX}.1.3F95C800`],
    ['a creation mark in upper case', `${TX}.1.C-3f95c800`],
    ['another mark', `${TX}.1.d-3f95c800`],
    ['a line end', `${TX}.1.3f95c800\n`],
    ['space before', ` ${TX}.1.3f95c800`],
  ])('finds no lock in %s', (_, value) => {
    expect(parseLockLabel(value)).toBeUndefined();
  });

  test('never throws, and only accepts what it would write', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string()), (value) => {
        const label = parseLockLabel(value);
        if (label !== undefined) expect(label.value).toBe(value);
      }),
    );
  });
});

describe('whether a label locks an object', () => {
  const object: ObjectIdentity = { ...PLACE, uid: UID };
  const lockOf = (value: string) => {
    const label = parseLockLabel(value);
    if (label === undefined) throw new Error(`${value} is no label`);
    return label;
  };

  test('is true for the object whose uid it names', () => {
    expect(isLockOf(lockOf(lockLabelFor(TX, 1, UID)), object)).toBe(true);
  });

  test('is false for an object that the label was copied to', () => {
    expect(isLockOf(lockOf(lockLabelFor(TX, 1, UID)), { ...object, uid: '99999999-1111-4222-8333-444455556666' })).toBe(false);
    expect(isLockOf(lockOf(creationLabelFor(TX, 1, PLACE)), { ...object, resource: 'replicasets' })).toBe(false);
  });

  test('is true for the place of a creation, whatever uid the object got', () => {
    expect(isLockOf(lockOf(creationLabelFor(TX, 1, PLACE)), object)).toBe(true);
    expect(isLockOf(lockOf(creationLabelFor(TX, 1, PLACE)), PLACE)).toBe(true);
  });

  test('is false for a lock by uid on an object that has none yet', () => {
    expect(isLockOf(lockOf(lockLabelFor(TX, 1, UID)), PLACE)).toBe(false);
  });
});

describe('the parts', () => {
  test('a uid is a UUID in lower case', () => {
    expect([UID, TX].every(isUuid)).toBe(true);
    expect([UID.toUpperCase(), `${UID}\n`, '', 1, null, `{${UID}}`].some(isUuid)).toBe(false);
  });

  test('an attempt is a whole number from 1', () => {
    expect([1, 2, 999_999_999_999_999].every(isAttempt)).toBe(true);
    expect([0, -1, 1.5, '1', null, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY].some(isAttempt)).toBe(false);
  });
});

import { describe, expect, test } from 'vitest';
import { EXIT_CODES, exitCode } from '../../src/cli/exit-codes.ts';
import { exitOf } from '../../src/cli/exit-of.ts';
import { Fault, UsageFault } from '../../src/cli/fault.ts';
import { ApiError, TransportError } from '../../src/kube/errors.ts';

const UID = '0e1f2a3b-4c5d-4e6f-8a9b-0c1d2e3f4a5b';
const causes = [{ reason: 'LockedBy', field: UID, message: '2026-01-01T00:00:00Z' }];

describe('the exit code', () => {
  test('is a number of its own for each end', () => {
    expect(EXIT_CODES.map(({ code }) => code)).toEqual([0, 1, 2, 3, 4, 5, 130]);
    expect(exitCode('timedOut')).toBe(5);
  });

  test.each([
    ['arguments that make no sense', new UsageFault('x'), 'usage'],
    ['a fault', new Fault('x'), 'error'],
    ['a fault that says how it ends', new Fault('x', { exit: 'timedOut' }), 'timedOut'],
    ['a lock that refuses', new ApiError({ code: 423, reason: 'Locked', message: 'x' }), 'locked'],
    ['a lock that tells to wait', new ApiError({ code: 429, reason: 'TooManyRequests', message: 'x', details: { causes } }), 'locked'],
    ['a server that is busy', new ApiError({ code: 429, reason: 'TooManyRequests', message: 'x' }), 'error'],
    ['silence', new TransportError('x', { neverSent: false }), 'error'],
  ])('of %s', (_words, error, expected) => expect(exitOf(error)).toBe(expected));
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseStamp, stampOf } from '../../src/admission/stamp.ts';
import { ALICE, BOB } from './reviews.ts';

describe('a stamp', () => {
  test('names a user with uid, groups and extra', () => {
    expect(JSON.parse(stampOf(ALICE))).toEqual(ALICE);
    expect(JSON.parse(stampOf(BOB))).toEqual({ username: 'bob', groups: ['system:authenticated'], extra: {} });
  });

  test('leaves out a grant, however its key is written', () => {
    const stamp = stampOf({ ...ALICE, extra: { 'tx.janus.io/grant': ['token'], 'TX.janus.io/Grant': ['token'], team: ['shop'] } });
    expect(stamp).not.toContain('token');
    expect(JSON.parse(stamp)).toMatchObject({ extra: { team: ['shop'] } });
  });

  test('is the same text for the same user, in whatever order extra came', () => {
    const extra = { b: ['1'], a: ['2'], c: ['3'] };
    const reversed = Object.fromEntries(Object.entries(extra).toReversed());
    expect(stampOf({ ...ALICE, extra })).toBe(stampOf({ ...ALICE, extra: reversed }));
  });

  test('is read back as it was written', () => {
    const user = fc.record({
      username: fc.string(),
      groups: fc.array(fc.string()),
      extra: fc.dictionary(
        fc.string().filter((key) => key !== '__proto__'),
        fc.array(fc.string()),
      ),
    });
    fc.assert(
      fc.property(user, (info) => {
        expect(stampOf(parseStamp(stampOf(info)))).toBe(stampOf(info));
      }),
    );
  });

  test.each([
    '',
    'null',
    '{}',
    '[]',
    '"alice"',
    '{"username":7,"groups":[],"extra":{}}',
    '{"username":"x","groups":{},"extra":{}}',
    '{"username":"x","groups":[7],"extra":{}}',
    '{"username":"x","groups":[],"extra":{"a":"b"}}',
  ])('is not %s', (text) => {
    expect(() => parseStamp(text)).toThrow();
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answer, verdictOfFault } from '../../src/admission/answer.ts';
import { allow, forbid, undecided } from '../../src/admission/verdict.ts';

describe('an answer', () => {
  test('echoes the uid and says allowed', () => {
    expect(answer('u-1', allow('any'))).toEqual({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: 'u-1', allowed: true },
    });
  });

  test('carries a patch in base64', () => {
    const patch = [{ op: 'add' as const, path: '/metadata/annotations', value: { ä: 'ö' } }];
    const { response } = answer('u', allow('any', { patch }));
    expect(response.patchType).toBe('JSONPatch');
    expect(JSON.parse(Buffer.from(response.patch ?? '', 'base64').toString('utf8'))).toEqual(patch);
  });

  test('leaves out an empty patch and empty warnings', () => {
    expect(answer('u', allow('any', { patch: [], warnings: [] })).response).toEqual({ uid: 'u', allowed: true });
  });

  test('of a denial carries the whole status', () => {
    const status = { code: 429, reason: 'TooManyRequests', message: 'wait', details: { retryAfterSeconds: 3 } };
    expect(answer('u', { allowed: false, rule: 'r', status }).response).toEqual({
      uid: 'u',
      allowed: false,
      status: { status: 'Failure', ...status },
    });
  });

  test('never carries what went wrong inside', () => {
    const text = JSON.stringify(answer('u', undecided('r', 'try again', new Error('password=hunter2'))));
    expect(text).not.toContain('hunter2');
  });

  test('cuts warnings to a header’s size and takes control characters out', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 600 }), (warning) => {
        const [line = ''] = answer('u', allow('any', { warnings: [warning] })).response.warnings ?? [];
        expect(line.length).toBeLessThanOrEqual(256);
        expect(line).not.toMatch(/\p{Cc}/u);
      }),
    );
  });

  test('of a denial is in lines of bounded length, however long and strange what it quotes', () => {
    const long = `a\r\nb${'x'.repeat(100_000)}`;
    const causes = Array.from({ length: 1000 }, () => ({ reason: 'FieldValueInvalid', field: long, message: long }));
    const status = { code: 422, reason: 'Invalid', message: long, details: { name: long, group: 'tx.janus.io', causes } };
    const told = answer('u', { allowed: false, rule: 'r', status }).response.status;
    expect(told).toMatchObject({ code: 422, reason: 'Invalid', message: `a b${'x'.repeat(4092)}…`, details: { group: 'tx.janus.io' } });
    expect(JSON.stringify(told).length).toBeLessThan(220_000);
    expect(JSON.stringify(told)).not.toMatch(/\\[rn]/);
  });

  test('of a forbidding is 403, of an undecided one 500', () => {
    expect(answer('u', forbid('r', 'no')).response.status).toEqual({ status: 'Failure', code: 403, reason: 'Forbidden', message: 'no' });
    expect(answer('u', undecided('r', 'dunno')).response.status).toMatchObject({ code: 500, reason: 'InternalError' });
  });
});

test('a fault refuses in plain words and names the review', () => {
  const verdict = verdictOfFault({ uid: 'u\n1' });
  expect(verdict).toMatchObject({ allowed: false, status: { code: 500, reason: 'InternalError' } });
  expect(JSON.stringify(verdict)).toContain('review u 1 in the log');
});

import { describe, expect, test } from 'vitest';
import type { RecordLookupOptions } from '../../src/admission/record-lookup.ts';
import { recordLookup } from '../../src/admission/record-lookup.ts';
import type { KubeClient, RequestOptions } from '../../src/kube/client.ts';
import { ApiError, TransportError } from '../../src/kube/errors.ts';
import type { KubeObject, ObjectRef } from '../../src/kube/object.ts';
import type { LockRecord } from '../../src/lock/record.ts';
import { UID } from './reviews.ts';

const OTHER = '11111111-2222-3333-4444-555555555555';
const recordOf = (uid: string): LockRecord => ({ transaction: { namespace: 'shop', name: 'deploy', uid } }) as LockRecord;
const secret = (uid: string): KubeObject => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: `tx-${uid}` }, data: { uid } });
const notFound = (name?: string): ApiError =>
  new ApiError({ code: 404, reason: 'NotFound', message: 'not found', ...(name === undefined ? {} : { details: { name } }) });
const NAMESPACE: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'janus-system' }, status: { phase: 'Active' } };

type Answer = KubeObject | Error | Promise<KubeObject>;

/** A lookup over scripted answers, and the reads it made. */
function over(answers: { readonly secret: () => Answer; readonly namespace?: () => Answer }, options: Partial<RecordLookupOptions> = {}) {
  const reads: { readonly ref: ObjectRef; readonly options: RequestOptions | undefined }[] = [];
  const get = async (ref: ObjectRef, requestOptions?: RequestOptions): Promise<KubeObject> => {
    reads.push({ ref, options: requestOptions });
    const answer = await (ref.kind.kind === 'Secret' ? answers.secret() : (answers.namespace?.() ?? NAMESPACE));
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const parse = (found: KubeObject): LockRecord => recordOf((found['data'] as { uid: string }).uid);
  const lookup = recordLookup({ client: { get } as Pick<KubeClient, 'get'>, namespace: 'janus-system', parse, ...options });
  return { lookup, reads };
}

describe('looking up a record', () => {
  test('reads one Secret of Janus’s namespace, with a time limit below the webhook’s', async () => {
    const { lookup, reads } = over({ secret: () => secret(UID) });
    expect(await lookup(UID)).toEqual({ found: 'record', record: recordOf(UID) });
    expect(reads).toHaveLength(1);
    expect(reads[0]?.ref).toMatchObject({ kind: { kind: 'Secret' }, namespace: 'janus-system', name: `tx-${UID}` });
    expect(reads[0]?.options?.timeoutMs).toBeLessThan(2_500);
  });

  test('adds the progress that this process knows', async () => {
    const { lookup } = over({ secret: () => secret(UID) }, { progress: (uid) => (uid === UID ? { committed: 1, total: 3 } : undefined) });
    expect(await lookup(UID)).toMatchObject({ progress: { committed: 1, total: 3 } });
  });

  test('finds it absent only if the namespace is there and stays', async () => {
    const missing = (): Answer => notFound(`tx-${UID}`);
    expect(await over({ secret: missing }).lookup(UID)).toEqual({ found: 'absent' });
    for (const namespace of [
      { ...NAMESPACE, metadata: { name: 'janus-system', deletionTimestamp: '2026-01-01T00:00:00Z' } },
      { ...NAMESPACE, status: { phase: 'Terminating' } },
      notFound('janus-system'),
      new ApiError({ code: 403, reason: 'Forbidden', message: 'no' }),
      new TransportError('reset', { neverSent: false }),
    ])
      expect((await over({ secret: missing, namespace: () => namespace }).lookup(UID)).found).toBe('unreadable');
  });

  test.each([
    ['a 404 that does not name the Secret', notFound()],
    ['a 404 of something else', notFound('tx-other')],
    ['a 404 of a proxy', new ApiError({ code: 404, reason: 'Unknown', message: '', details: { name: `tx-${UID}` } })],
    ['a 403', new ApiError({ code: 403, reason: 'Forbidden', message: 'token=abc' })],
    ['a 410', new ApiError({ code: 410, reason: 'Gone', message: '' })],
    ['a 500', new ApiError({ code: 500, reason: 'InternalError', message: '' })],
    ['no answer', new TransportError('connection refused to 10.0.0.1', { neverSent: true })],
    ['a bug', new TypeError('token=abc')],
  ])('finds it unreadable after %s, in words that tell strangers nothing', async (_what, error) => {
    const found = await over({ secret: () => error }).lookup(UID);
    expect(found).toEqual({ found: 'unreadable', why: expect.stringMatching(/Janus/) as string });
    expect(JSON.stringify(found)).not.toMatch(/token|10\.0/);
  });

  test('finds it unreadable when it is damaged or belongs to another', async () => {
    const broken = over(
      { secret: () => secret(UID) },
      {
        parse: () => {
          throw new Error('content of the Secret');
        },
      },
    );
    expect(await broken.lookup(UID)).toEqual({ found: 'unreadable', why: 'its record is damaged' });
    expect(await over({ secret: () => secret(OTHER) }).lookup(UID)).toEqual({
      found: 'unreadable',
      why: 'its record belongs to another transaction',
    });
  });

  test.each(['', 'x', '../secrets/admin', `${UID}/x`, UID.toUpperCase(), `${UID}\n`])('asks nobody about %j', async (uid) => {
    const { lookup, reads } = over({ secret: () => secret(uid) });
    expect((await lookup(uid)).found).toBe('unreadable');
    expect(reads).toEqual([]);
  });

  test('gives up in time', async () => {
    const { lookup } = over({ secret: () => new Promise<KubeObject>(() => undefined) }, { deadlineMs: 20 });
    expect(await lookup(UID)).toEqual({ found: 'unreadable', why: 'the API server did not answer Janus within 20 ms' });
  });

  test('never takes an answer that was asked for before the review came', async () => {
    const sent: ((answer: KubeObject | Error) => void)[] = [];
    const { lookup } = over({
      secret: () =>
        new Promise<KubeObject>((resolve, reject) => sent.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)))),
    });
    const early = lookup(UID);
    await expect.poll(() => sent.length).toBe(1);
    const late = [lookup(UID), lookup(UID)];
    // The record appears between the first read and the reviews that came later.
    sent[0]?.(notFound(`tx-${UID}`));
    expect(await early).toEqual({ found: 'absent' });
    await expect.poll(() => sent.length).toBe(2);
    sent[1]?.(secret(UID));
    expect((await Promise.all(late)).map(({ found }) => found)).toEqual(['record', 'record']);
    expect(sent).toHaveLength(2);
  });

  test('does not let one transaction wait for another', async () => {
    const { lookup } = over({ secret: () => secret(OTHER) });
    const stuck = over({ secret: () => new Promise<KubeObject>(() => undefined) }, { deadlineMs: 10 });
    void stuck.lookup(UID);
    expect((await lookup(OTHER)).found).toBe('record');
  });
});

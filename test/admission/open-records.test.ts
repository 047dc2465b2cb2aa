import { describe, expect, test } from 'vitest';
import { openRecords } from '../../src/admission/open-records.ts';
import type { ListOptions } from '../../src/kube/client.ts';
import { ApiError } from '../../src/kube/errors.ts';
import type { KubeList, KubeObject, ResourceKind } from '../../src/kube/object.ts';
import type { LockRecord } from '../../src/lock/record.ts';
import { recordOf } from '../lock/scenario.ts';

const secretOf = (record: LockRecord | undefined): KubeObject => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'tx-x' }, record });

function reader(answer: () => Promise<readonly KubeObject[]>) {
  const asked: (ListOptions | undefined)[] = [];
  const client = {
    list: async <T extends KubeObject>(_kind: ResourceKind, options?: ListOptions): Promise<KubeList<T>> => {
      asked.push(options);
      return { apiVersion: 'v1', kind: 'SecretList', metadata: {}, items: (await answer()) as readonly T[] };
    },
  };
  const parse = (secret: KubeObject): LockRecord => {
    if (secret['record'] === undefined) throw new Error('not a record');
    return secret['record'] as LockRecord;
  };
  const progress = (): { committed: number; total: number } => ({ committed: 1, total: 2 });
  return { asked, read: openRecords({ client, namespace: 'janus-system', parse, progress }) };
}

describe('the open records', () => {
  test('are asked for by the label that only open ones have, and come the oldest first', async () => {
    const [young, old] = [recordOf({ lockedSince: '2026-01-01T00:00:09Z' }), recordOf({ lockedSince: '2026-01-01T00:00:01Z' })];
    const { asked, read } = reader(() => Promise.resolve([secretOf(young), secretOf(old)]));
    const progress = { committed: 1, total: 2 };
    expect(await read()).toEqual({
      found: 'records',
      records: [
        { record: old, progress },
        { record: young, progress },
      ],
    });
    expect(asked).toEqual([
      expect.objectContaining({ namespace: 'janus-system', labelSelector: 'tx.janus.io/open', fieldSelector: 'type=tx.janus.io/record' }),
    ]);
  });

  test('are without those whose phase says that they have ended', async () => {
    const { read } = reader(() =>
      Promise.resolve([secretOf(recordOf({ phase: 'Committed' })), secretOf(recordOf({ phase: 'RolledBack' }))]),
    );
    expect(await read()).toEqual({ found: 'records', records: [] });
  });

  test('are unreadable if one of them is, since it could hold anything', async () => {
    const { read } = reader(() => Promise.resolve([secretOf(recordOf()), secretOf(undefined)]));
    expect(await read()).toEqual({ found: 'unreadable', why: 'the record in Secret tx-x is damaged' });
  });

  test('are unreadable if the API server does not answer, in words for strangers', async () => {
    const refused = reader(() => Promise.reject(new ApiError({ code: 403, reason: 'Forbidden', message: 'secret words' })));
    expect(await refused.read()).toEqual({ found: 'unreadable', why: 'the API server answered 403 Forbidden to Janus' });
    const silent = reader(() => Promise.reject(new Error('secret words')));
    expect(JSON.stringify(await silent.read())).not.toContain('secret');
  });
});

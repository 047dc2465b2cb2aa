import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decodeRecord, encodeRecord, isOpen, RECORD_BYTES, tooLarge, type SagaRecord } from '../../src/transaction/record.ts';

const record: SagaRecord = {
  schema: 1,
  transaction: { namespace: 'shop', name: 'a', uid: '98aecb14-d10f-4e28-a998-14bb5f24d9bd' },
  serviceAccountName: 'deployer',
  requester: 'dana',
  phase: 'Committing',
  attempt: 2,
  foreignWrites: 'Deny',
  lockedSince: '2026-01-01T00:00:00Z',
  deadline: '2026-01-01T00:30:00Z',
  targets: [],
};

describe('a record', () => {
  test('comes back as it was', () => {
    expect(decodeRecord(encodeRecord(record))).toEqual(record);
  });

  test('of 5,000 objects stays far below the size of a Secret', () => {
    const target = (at: number): SagaRecord['targets'][number] => ({
      kind: { group: 'apps', version: 'v1', kind: 'Deployment', resource: 'deployments', namespaced: true },
      namespace: `namespace-${String(at % 40)}`,
      name: `deployment-number-${String(at)}`,
      changes: [{ name: `change-${String(at)}`, type: 'Patch', order: 0 }],
      scope: 'fields',
      uid: `${at.toString(16).padStart(8, '0')}-d10f-4e28-a998-14bb5f24d9bd`,
      fields: { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"app"}': { 'f:image': {} } } } } } },
      lockBy: 'patch',
    });
    expect(encodeRecord({ ...record, targets: Array.from({ length: 5000 }, (_, at) => target(at)) }).length).toBeLessThan(500_000);
  });

  test('for which a Secret has no room says so in words, with what a commit adds to it', () => {
    const target = (at: number, keys: number): SagaRecord['targets'][number] => ({
      kind: { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true },
      namespace: 'shop',
      name: `settings-${String(at)}`,
      changes: [{ name: `change-${String(at)}`, type: 'Patch', order: 0 }],
      scope: 'fields',
      uid: randomUUID(),
      fields: { 'f:data': Object.fromEntries(Array.from({ length: keys }, () => [`f:${randomUUID()}`, {}])) },
      lockBy: 'patch',
    });
    const of = (count: number, keys: number): SagaRecord => ({
      ...record,
      targets: Array.from({ length: count }, (_, at) => target(at, keys)),
    });
    expect(tooLarge(of(5_000, 3))).toBeUndefined();
    expect(encodeRecord(of(5_000, 3)).length).toBeLessThan(RECORD_BYTES);
    expect(tooLarge(of(5_000, 20))).toMatch(
      /^what must be known of its 5000 objects takes \d+ KiB, and there is room for 900: make two transactions of it$/,
    );
    expect(tooLarge(of(150, 20))).toBeUndefined();
  });

  test('that is none is refused: nothing may be concluded from it', () => {
    expect(() => decodeRecord(Buffer.from('{}'))).toThrow();
    expect(() => decodeRecord(gzipSync('{"schema":2}'))).toThrow('schema 1');
    expect(() => decodeRecord(gzipSync('null'))).toThrow('schema 1');
  });

  test('holds its locks until it is committed or rolled back, a failed one included', () => {
    const phases = ['Preparing', 'Committing', 'RollingBack', 'Failed', 'Committed', 'RolledBack'] as const;
    expect(phases.filter((phase) => isOpen({ phase }))).toEqual(['Preparing', 'Committing', 'RollingBack', 'Failed']);
  });
});

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decodeRecord, encodeRecord, isOpen, type SagaRecord } from '../../src/transaction/record.ts';

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

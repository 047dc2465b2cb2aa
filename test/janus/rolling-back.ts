import { expect } from 'vitest';
import type { Condition } from '../../src/api/conditions.ts';
import type { Transaction, TransactionSpec } from '../../src/api/transaction.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import { annotate, type Change, ended, plain, transact, until } from './transacting.ts';

/** How a transaction comes to be rolled back. */
export type Way = 'when a later change fails' | 'on request after the commit';
export const WAYS: readonly Way[] = ['when a later change fails', 'on request after the commit'];

/** Two Services that want one port: each passes its dry run, and the second is refused when it is really made. */
export function doomed(order = 5): readonly Change[] {
  const nodePort = 30_000 + Math.floor(Math.random() * 2_700);
  const service = (name: string, at: number): Change => ({
    type: 'Create',
    kind: 'Service',
    name,
    order: at,
    content: { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { type: 'NodePort', ports: [{ port: 80, nodePort }] } },
  });
  return [service(`one-${String(nodePort)}`, order), service(`two-${String(nodePort)}`, order + 1)];
}

/** Makes changes and has them undone, one way or the other. `committed` is called in between, where there is a between. */
export async function thereAndBack(
  admin: KubeClient,
  namespace: string,
  changes: readonly Change[],
  way: Way,
  options: { readonly spec?: Partial<TransactionSpec>; readonly committed?: () => Promise<unknown> } = {},
): Promise<Transaction> {
  if (way === 'when a later change fails') {
    const done = await transact(admin, namespace, [...changes, ...doomed()], options.spec);
    expect(done.status?.phase, JSON.stringify(done.status)).toBe('RolledBack');
    expect(conditionOf(done, 'Ready')?.message).toContain('port is already allocated');
    return done;
  }
  const done = await transact(admin, namespace, changes, options.spec);
  expect(done.status?.phase, JSON.stringify(done.status)).toBe('Committed');
  await options.committed?.();
  return rollBackOnRequest(admin, done);
}

/** Asks for a rollback of what was committed, and waits for it. */
export async function rollBackOnRequest(admin: KubeClient, transaction: Transaction): Promise<Transaction> {
  await annotate(admin, transaction, 'tx.janus.io/request-rollback');
  const done = await until(admin, transaction, ({ status }) => status?.phase === 'RolledBack' || status?.phase === 'Failed');
  expect(done.status?.phase, JSON.stringify(done.status)).toBe('RolledBack');
  return ended(admin, transaction);
}

/** One condition of a Transaction. */
export function conditionOf(transaction: Transaction, type: string): Condition | undefined {
  return transaction.status?.conditions?.find((condition) => condition.type === type);
}

/** Condition `Exact` as a rollback without remainder leaves it. */
export const EXACT = { status: 'True', reason: 'RestoredExactly' };

/** An object without what its controller writes by itself: status, its owner's entry, and the revision of a Deployment. */
export function uncontrolled(object: KubeObject): KubeObject {
  const { status: _status, ...rest } = plain(object);
  const { annotations, managedFields = [], ...metadata } = rest.metadata;
  const { 'deployment.kubernetes.io/revision': _revision, ...others } = annotations ?? {};
  const entries = managedFields.filter(({ subresource }) => subresource !== 'status');
  return {
    ...rest,
    metadata: { ...metadata, managedFields: entries, ...(Object.keys(others).length > 0 ? { annotations: others } : {}) },
  };
}

/** An object without what is another's when it is made anew. */
export function reborn(object: KubeObject): KubeObject {
  const { uid: _uid, creationTimestamp: _time, ...metadata } = object.metadata;
  return { ...object, metadata };
}

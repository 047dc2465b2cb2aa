import { randomBytes } from 'node:crypto';
import type { Transaction, TransactionSpec } from '../../src/api/transaction.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { isApiError } from '../../src/kube/errors.ts';
import type { KubeObject, ObjectRef, ResourceKind } from '../../src/kube/object.ts';
import { pause } from '../../src/kube/pause.ts';
import { CUSTOM_RESOURCE_DEFINITIONS } from '../../src/kube/well-known.ts';
import { draft, ended, seal, until, type Change } from './transacting.ts';

/** A kind with a status of its own and no controller: tests say when an object of it is ready. */
export const GATES: ResourceKind = { group: 'test.example.com', version: 'v1', kind: 'Gate', resource: 'gates', namespaced: true };

/** A transaction that stays open, with everything locked, until it is told to go on. */
export interface Held {
  readonly transaction: Transaction;
  /** The object whose readiness is waited for; the transaction patches `spec.size` of it. */
  readonly gate: ObjectRef;
  /** Lets it go on, and waits for its end. */
  release(): Promise<Transaction>;
}

const installed = new WeakMap<KubeClient, Promise<void>>();

/**
 * Seals a transaction with these changes and waits until it holds all its objects and waits for its first order to get
 * ready. Changes are of order 1 unless they say otherwise, so they are locked and not made yet.
 */
export async function hold(
  admin: KubeClient,
  namespace: string,
  changes: readonly Change[],
  spec: Partial<TransactionSpec> = {},
): Promise<Held> {
  await installGates(admin);
  const gate = await makeGate(admin, namespace);
  const waiting: Change = {
    type: 'Patch',
    apiVersion: 'test.example.com/v1',
    kind: 'Gate',
    name: gate.name,
    content: { spec: { size: 2 } },
    order: 0,
  };
  const all = [waiting, ...changes.map((change) => ({ order: 1, ...change }))];
  const drafted = await draft(admin, namespace, all, { health: { timeout: '5m' }, ...spec });
  await seal(admin, drafted);
  const first = `${drafted.metadata.name ?? ''}-0`;
  const transaction = await until(admin, drafted, ({ status }) => {
    if (status?.phase === 'RolledBack' || status?.phase === 'Failed') throw new Error(`it did not get so far: ${JSON.stringify(status)}`);
    return status?.phase === 'Committing' && status.items?.some(({ name, committed }) => name === first && committed) === true;
  });
  return {
    transaction,
    gate,
    async release() {
      await writeReadiness(admin, gate, 'True');
      return ended(admin, transaction);
    },
  };
}

/** A Gate that is not ready yet. */
export async function makeGate(admin: KubeClient, namespace: string, name = `gate-${randomBytes(4).toString('hex')}`): Promise<ObjectRef> {
  await installGates(admin);
  const ref = { kind: GATES, namespace, name };
  await admin.create(ref, { apiVersion: 'test.example.com/v1', kind: 'Gate', metadata: { name, namespace }, spec: { size: 1 } });
  await writeReadiness(admin, ref, 'False');
  return ref;
}

/** What a controller would do. */
export async function writeReadiness(admin: KubeClient, gate: ObjectRef, status: 'True' | 'False'): Promise<KubeObject> {
  const conditions = [{ type: 'Ready', status, reason: 'Test', message: `the test says ${status}` }];
  return (await admin.patch(gate, { type: 'merge', patch: { status: { conditions } } }, { subresource: 'status' })).object;
}

/** Installs the kind once for each client. */
export function installGates(admin: KubeClient): Promise<void> {
  const begun = installed.get(admin) ?? install(admin);
  installed.set(admin, begun);
  return begun;
}

async function install(admin: KubeClient): Promise<void> {
  const { group, kind, resource } = GATES;
  const name = `${resource}.${group}`;
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: open, status: open } } };
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural: resource, singular: 'gate', listKind: 'GateList' },
      versions: [{ name: 'v1', served: true, storage: true, schema, subresources: { status: {} } }],
    },
  };
  await admin.apply({ kind: CUSTOM_RESOURCE_DEFINITIONS, name }, definition, { fieldManager: 'test', force: true });
  const deadline = performance.now() + 120_000;
  while (!(await isServed(admin))) {
    if (performance.now() > deadline) throw new Error(`${name} is not served after two minutes`);
    await pause(20);
  }
}

async function isServed(admin: KubeClient): Promise<boolean> {
  try {
    await admin.list(GATES);
    return true;
  } catch (error) {
    // 429 is "storage is (re)initializing": a kind that is just being set up.
    if (isApiError(error, 404, 429, 503)) return false;
    throw error;
  }
}

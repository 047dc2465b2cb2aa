import { apiVersionOf } from '../../src/kube/object.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { applyAs, at, eventually, mergeAs, WIDGETS } from './objects.ts';
import type { Change } from './transacting.ts';

/** A custom resource that keeps a transaction with `spec.health` open for as long as it is not ready. */
export interface Gate {
  /** To be among the changes. */
  readonly change: Change;
  /** Resolves once the transaction has made its change and so waits. */
  reached(): Promise<void>;
  /** Lets the transaction go on. */
  open(): Promise<void>;
  /** Makes the transaction fail. */
  fail(): Promise<void>;
}

/** Waits for its gate no longer than a minute. */
export const HELD_OPEN = { health: { timeout: '60s' } };

/** Makes a gate, shut. */
export async function makeGate(admin: KubeClient, namespace: string, order = 0): Promise<Gate> {
  const name = `gate-${String(Math.floor(Math.random() * 1e9))}`;
  const ref = at(WIDGETS, namespace, name);
  await applyAs(admin, 'gatekeeper', ref, { spec: { size: 1 } });
  const say = (type: string, status: string): Promise<unknown> =>
    mergeAs(
      admin,
      'gatekeeper',
      ref,
      { status: { conditions: [{ type, status, reason: 'AsTold', message: 'as the test told it' }] } },
      'status',
    );
  await say('Ready', 'False');
  return {
    change: { type: 'Patch', apiVersion: apiVersionOf(WIDGETS), kind: WIDGETS.kind, name, order, content: { spec: { size: 2 } } },
    reached: () => eventually('the gate is reached', async () => ((await admin.get(ref))['spec'] as { size?: number }).size === 2),
    open: async () => void (await say('Ready', 'True')),
    fail: async () => void (await say('Stalled', 'True')),
  };
}

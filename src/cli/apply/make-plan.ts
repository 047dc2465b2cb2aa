import type { Identity } from '../../kube/client.ts';
import { describeRef } from '../../kube/object.ts';
import { mayDependOnEarlier } from '../../transaction/deferral.ts';
import { planOf } from '../../transaction/plan.ts';
import type { Plan } from '../../transaction/plan.ts';
import type { Cluster } from '../cluster.ts';
import { gather } from '../faults.ts';
import { seenTransactions } from '../lock-states.ts';
import { lockOn } from './lock-words.ts';
import { lookAt } from './look.ts';
import type { Seen } from './look.ts';
import { executionOrders } from './needs.ts';
import { plannedObject } from './planned.ts';
import type { PlannedObject } from './planned.ts';
import { deletions } from './prune.ts';
import { refusalWords } from './refusal.ts';
import type { ObjectName } from './inventory.ts';
import type { Wanted } from './wanted.ts';

/** What a plan is made of. */
export interface PlanRequest {
  readonly wanted: readonly Wanted[];
  /** On whose behalf the server is asked; absent for the caller's own. */
  readonly as?: Identity;
  /** `spec.order` of each; absent: as kinds and annotations say. */
  readonly orders?: readonly number[];
  /** What an earlier set had: what is not wanted any more is deleted. */
  readonly earlier?: readonly ObjectName[];
}

/**
 * What becomes of each object, as the server computes it, in the order in which it is done.
 *
 * @throws Fault with a line for each object that the server refuses for good.
 */
export async function makePlan(cluster: Cluster, { as, earlier = [], orders, wanted }: PlanRequest): Promise<readonly PlannedObject[]> {
  const given = orders ?? executionOrders(wanted);
  const [seen, transactions] = await Promise.all([lookAt(cluster.client, wanted, as), seenTransactions(cluster)]);
  const enginePlan = asExecuted(wanted, given);
  const planned = gather([...wanted.entries()], ([index, one]) => {
    const what = seen[index] ?? { warnings: [] };
    return plannedObject(one, what, given[index] ?? 0, lockOn(one.ref, what, transactions), unchecked(enginePlan, index, one, what));
  });
  const last = given.reduce((highest, order) => Math.max(highest, order), -1);
  const deleted = await deletions(cluster, { earlier, wanted, after: last, transactions, ...(as === undefined ? {} : { as }) });
  return [...planned, ...deleted].toSorted((a, b) => a.order - b.order || compare(describeRef(a.ref), describeRef(b.ref)));
}

/** The plan that the executor would make of it, with the index of each object for the name of its change. */
function asExecuted(wanted: readonly Wanted[], orders: readonly number[]): Plan {
  return planOf(
    wanted.map(({ content, ref }, index) => ({
      name: String(index),
      type: 'Create',
      order: orders[index] ?? 0,
      kind: ref.kind,
      ...(ref.namespace === undefined ? {} : { namespace: ref.namespace }),
      targetName: ref.name,
      content,
    })),
  );
}

/** Why it is not known yet what a change comes to. @throws Fault where the refusal is for good */
function unchecked(plan: Plan, index: number, { manifest, ref }: Wanted, { holder, live, refusal }: Seen): string | undefined {
  if (holder !== undefined) return live === undefined ? 'its name is held' : 'it is locked';
  if (refusal === undefined) return undefined;
  const change = plan.changes.find(({ name }) => name === String(index));
  // As the executor will: it judges again once earlier changes are made.
  if (change !== undefined && mayDependOnEarlier(plan, change, refusal)) return 'it needs what this very transaction makes';
  throw manifest.fault([], refusalWords(describeRef(ref), refusal));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

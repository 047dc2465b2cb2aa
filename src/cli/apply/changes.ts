import type { ResourceChange } from '../../api/resource-change.ts';
import { findKind } from '../../kube/kind-catalog.ts';
import type { ResourceKind } from '../../kube/object.ts';
import { normalizeContent } from '../../lock/fields/normalize.ts';
import { promisedKinds } from '../../transaction/resolve.ts';
import { changesOf } from '../changes.ts';
import type { Cluster } from '../cluster.ts';
import { Fault } from '../fault.ts';
import { gather } from '../faults.ts';
import { manifestsOf } from '../manifest.ts';
import { readTransaction } from '../transaction.ts';
import type { ObjectName } from './inventory.ts';
import type { PlanRequest } from './make-plan.ts';
import type { Wanted } from './wanted.ts';

/** What a Transaction asks for, and as whom. */
export interface AskedFor extends Pick<PlanRequest, 'wanted' | 'orders' | 'earlier'> {
  readonly serviceAccountName?: string;
}

/**
 * What the changes of a Transaction ask for, whether it is sealed or not.
 *
 * @throws Fault where there is no such Transaction, or it has no changes.
 */
export async function changedByTransaction(cluster: Cluster, name: string): Promise<AskedFor> {
  const { namespace } = cluster;
  const [transaction, kinds] = await Promise.all([readTransaction(cluster, name), cluster.kinds()]);
  const changes = await changesOf(cluster, transaction);
  if (changes.length === 0) throw new Fault(`Transaction ${namespace}/${name} has no changes.`);
  const writes = changes.filter(({ spec }) => spec.type !== 'Delete');
  const known = [...kinds, ...promisedKinds(changes).values()];
  return {
    wanted: gather(writes, (change) => wantedBy(change, known, namespace)),
    orders: writes.map(({ spec }) => spec.order ?? 0),
    earlier: changes.filter(({ spec }) => spec.type === 'Delete').map((change) => nameOf(change, namespace)),
    ...(transaction.spec === undefined ? {} : { serviceAccountName: transaction.spec.serviceAccountName }),
  };
}

function nameOf({ spec: { target } }: ResourceChange, home: string): ObjectName {
  const { apiVersion, kind, name, namespace = home } = target;
  return { apiVersion, kind, name, namespace };
}

function wantedBy({ metadata, spec }: ResourceChange, kinds: readonly ResourceKind[], home: string): Wanted {
  const { content = {}, target, type } = spec;
  const place = `ResourceChange ${metadata.name ?? ''}`;
  const kind = findKind({ kinds }, target);
  if (kind === undefined) throw new Fault(`${place}: this cluster serves no ${target.kind} of ${target.apiVersion}.`);
  const ref = kind.namespaced ? { kind, name: target.name, namespace: target.namespace ?? home } : { kind, name: target.name };
  const [manifest] = manifestsOf({ value: content, at: () => place });
  if (manifest === undefined) throw new Fault(`${place}: its content is a List, and a change is for one object.`);
  const { content: complete, faults, warnings } = normalizeContent(ref, type, content);
  gather(faults, ({ field, message }) => {
    throw new Fault(`${place}: ${field} ${message}.`);
  });
  return { ref, manifest, content: complete, dependsOn: [], warnings, ...(type === 'Update' ? { replaces: true } : {}) };
}

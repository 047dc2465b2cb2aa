import type { ItemStatus, Transaction, TransactionStatus } from '../../src/api/transaction.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import { SECRETS as SECRET_KIND } from '../../src/kube/well-known.ts';
import { RECORD_LABEL, recordName, storedFrom } from '../../src/transaction/record-store.ts';
import { GATES } from '../janus/holding.ts';
import { DEPLOYMENTS, SECRETS } from '../janus/objects.ts';
import { uncontrolled } from '../janus/rolling-back.ts';
import { CONFIG_MAPS } from '../janus/transacting.ts';
import { ROLE_BINDINGS } from './kinds.ts';

const KINDS = [CONFIG_MAPS, SECRETS, DEPLOYMENTS, GATES, ROLE_BINDINGS];

/** The objects of a namespace, by kind and name, without what every write moves. */
export type Objects = Readonly<Record<string, unknown>>;

/** What a transaction has left, in a form that is the same for every run of the same scenario. */
export interface EndState {
  readonly objects: Objects;
  /** What its Transaction says. */
  readonly transaction: Readonly<Pick<TransactionStatus, 'phase'>> & {
    readonly conditions: readonly string[];
    readonly finalizers: readonly string[];
    readonly annotations: readonly string[];
    readonly items: readonly ItemStatus[];
  };
  /** What its record says. */
  readonly record: unknown;
}

/** Every object of a namespace as its owners see it: values, labels, finalizers, and who owns what. */
export async function objectsOf(admin: KubeClient, namespace: string): Promise<Objects> {
  const lists = await Promise.all(KINDS.map((kind) => admin.list(kind, { namespace })));
  const entries = lists
    .flatMap(({ items }) => items)
    .filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt')
    .map((object) => [`${object.kind} ${object.metadata.name ?? ''}`, ofKind(object)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Objects without what makes them this object and no other of the same name. */
export function reborn(objects: Objects): Objects {
  return Object.fromEntries(
    Object.entries(objects).map(([key, object]) => {
      const { metadata, ...rest } = object as KubeObject;
      const { uid: _uid, creationTimestamp: _time, ...others } = metadata;
      return [key, { ...rest, metadata: others }];
    }),
  );
}

/** All that is left of a transaction in its namespace and in that of Janus. */
export async function endStateOf(admin: KubeClient, transaction: Transaction): Promise<EndState> {
  const { namespace = '', name = '', uid = '' } = transaction.metadata;
  const secrets = await admin.list(SECRET_KIND, { namespace: 'janus-system', labelSelector: `${RECORD_LABEL}=${uid}` });
  const own = secrets.items.find(({ metadata }) => metadata.name === recordName(uid));
  const state: EndState = {
    transaction: transactionView(transaction),
    record: own === undefined ? 'none' : recordView(own),
    objects: reborn(await objectsOf(admin, namespace)),
  };
  const text = JSON.stringify(state)
    .replaceAll(namespace, 'NAMESPACE')
    .replaceAll(name, 'NAME')
    .replaceAll(uid, 'UID')
    .replaceAll(uid.slice(0, 8), 'UID8')
    // Owners' own times were set to a day long past; a write of the transaction has the time of its run.
    .replace(/"time":"(?!2024-01-01)[^"]+"/g, '"time":"now"');
  return JSON.parse(text) as EndState;
}

/** A Gate's readiness and a Deployment's status are written by others, whenever they come to it. */
function ofKind(object: KubeObject): KubeObject {
  const { metadata, ...rest } = uncontrolled(object);
  return { ...rest, metadata: { ...metadata, managedFields: [...(metadata.managedFields ?? [])].sort(byManager) } };
}

function byManager(a: { readonly manager?: string }, b: { readonly manager?: string }): number {
  return JSON.stringify([a.manager, a]) < JSON.stringify([b.manager, b]) ? -1 : 1;
}

function transactionView({ status, metadata }: Transaction): EndState['transaction'] {
  const conditions = [...(status?.conditions ?? [])].sort((a, b) => (a.type < b.type ? -1 : 1));
  return {
    ...(status?.phase === undefined ? {} : { phase: status.phase }),
    conditions: conditions.map(({ type, status: is, reason }) => `${type} ${is} ${reason ?? ''}`),
    finalizers: metadata.finalizers ?? [],
    annotations: Object.keys(metadata.annotations ?? {}).sort(),
    items: (status?.items ?? []).map(({ resourceVersion: _version, ...item }) => item).sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function recordView(secret: KubeObject): unknown {
  const { record } = storedFrom(secret);
  const targets = record.targets.map(({ name, undone, conflict, pending, within }) => ({ name, undone, conflict, pending, within }));
  return { phase: record.phase, outcome: record.outcome, because: record.because, relock: record.relock, inexact: record.inexact, targets };
}

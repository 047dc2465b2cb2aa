import type { Identity, KubeClient, WriteOptions } from '../../../src/kube/client.ts';
import { isApiError, TransportError } from '../../../src/kube/errors.ts';
import type { KubeObject, ObjectRef } from '../../../src/kube/object.ts';
import { pause } from '../../../src/kube/pause.ts';
import { find } from '../../janus/transacting.ts';
import { LABEL } from '../locks.ts';
import { freePatchOf, partOf, wholeOf } from './objects.ts';
import { plannedTry, type PlannedTry } from './plan.ts';

/** What strangers have tried, and what came of it. */
export interface Tally {
  tried: number;
  accepted: number;
  /** By the lock webhook: 423, 429, or 403 with words of Janus. */
  refused: number;
  /** While no webhook answers: locked objects are frozen. */
  frozen: number;
  /** For any other reason: it is gone, was there already, has moved. */
  failed: number;
}

/** Tries one thing after the other until it is told to stop. */
export async function beStranger(
  admin: KubeClient,
  namespace: string,
  seed: string,
  stranger: number,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  for (let n = 0; !signal.aborted; n += 1) {
    const planned = plannedTry(seed, stranger, n);
    tally.tried += 1;
    try {
      await attempt(admin, namespace, planned);
      tally.accepted += 1;
    } catch (error) {
      // Without an answer nobody knows what came of it: the history does.
      if (!isApiError(error) && !(error instanceof TransportError)) throw error;
      tally[isApiError(error) ? outcomeOf(error) : 'failed'] += 1;
    }
    await pause(planned.pauseMs, signal);
  }
}

function outcomeOf(error: { readonly code: number; readonly message: string }): 'refused' | 'frozen' | 'failed' {
  if (error.message.includes('failed calling webhook')) return 'frozen';
  if (error.code === 423 || error.code === 429) return 'refused';
  return error.code === 403 && error.message.includes('janus') ? 'refused' : 'failed';
}

async function attempt(admin: KubeClient, namespace: string, planned: PlannedTry): Promise<unknown> {
  const { trick, prey, nonce, field, manager } = planned;
  const ref: ObjectRef = { kind: prey.kind, namespace, name: prey.name };
  const as = identityOf(planned, namespace);
  const by: WriteOptions = { fieldManager: manager, ...(as === undefined ? {} : { as }) };
  const merge = (patch: unknown): Promise<unknown> => admin.patch(ref, { type: 'merge', patch }, by);
  switch (trick) {
    case 'patch':
      return merge(partOf(prey, nonce, field));
    case 'free patch':
      return merge(freePatchOf(prey, nonce, field));
    case 'apply':
      return admin.apply(ref, partOf(prey, nonce, field) as unknown as KubeObject, {
        ...by,
        fieldManager: `${manager}-apply`,
        force: true,
      });
    case 'update':
      return edited(admin, ref, by, (object) => ({ ...object, metadata: { ...object.metadata, annotations: { [field]: nonce } } }));
    case 'delete':
      return admin.delete(ref, as === undefined ? {} : { as });
    case 'delete all':
      return admin.raw('DELETE', `/api/v1/namespaces/${namespace}/configmaps?fieldSelector=metadata.name%3D${prey.name}`);
    case 'create':
      return admin.create(ref, wholeOf(prey, nonce) as unknown as KubeObject, by);
    case 'status':
      return admin.patch(ref, { type: 'merge', patch: statusOf(planned) }, { ...by, subresource: 'status' });
    case 'label off':
      return merge({ metadata: { labels: { [LABEL]: null } } });
    case 'label forged':
      return merge({ metadata: { labels: { [LABEL]: `00000000-0000-4000-8000-000000000000.1.${nonce.padStart(8, '0').slice(-8)}` } } });
    case 'label copied':
      return edited(admin, ref, by, (object) => labelled(object, object.metadata.uid ?? ''));
    case 'finalizer':
      return edited(admin, ref, by, ({ metadata, ...rest }) => ({
        ...rest,
        metadata: {
          ...metadata,
          finalizers: mayHold(metadata, nonce) ? ['example.com/held'] : [],
        },
      }));
    case 'owner':
      return edited(admin, ref, by, ({ metadata, ...rest }) => ({
        ...rest,
        metadata: { ...metadata, ownerReferences: [{ apiVersion: 'v1', kind: 'Namespace', name: namespace, uid: metadata.uid ?? '' }] },
      }));
    case 'owners cleared':
      return merge({ metadata: { managedFields: [{}] } });
  }
}

/** Rarely puts one on, always takes one off: else everything would soon be waiting for its deletion. */
function mayHold({ finalizers = [], deletionTimestamp }: KubeObject['metadata'], nonce: string): boolean {
  return finalizers.length === 0 && deletionTimestamp === undefined && nonce.endsWith('3');
}

/** Reads, changes, and puts back with the version that was read. */
async function edited(admin: KubeClient, ref: ObjectRef, by: WriteOptions, change: (object: KubeObject) => KubeObject): Promise<unknown> {
  const object = await find(admin, ref);
  return object === undefined ? undefined : admin.update(ref, change(object), by);
}

/** A lock of this very object, for a transaction that there is not. */
function labelled(object: KubeObject, uid: string): KubeObject {
  const labels = { ...object.metadata.labels, [LABEL]: `00000000-0000-4000-8000-000000000000.1.${uid.slice(0, 8)}` };
  return { ...object, metadata: { ...object.metadata, labels } };
}

function statusOf({ prey, nonce, field }: PlannedTry): unknown {
  const metadata = nonce.endsWith('7') ? { metadata: { annotations: { [field]: nonce } } } : {};
  return prey.kind.kind === 'Widget' ? { ...metadata, status: { note: nonce } } : { ...metadata, status: { observedGeneration: 1 } };
}

function identityOf({ as }: PlannedTry, namespace: string): Identity | undefined {
  if (as === 'admin') return undefined;
  if (as === 'person') return { user: 'jane', groups: ['system:masters'] };
  return { user: `system:serviceaccount:${namespace}:deployer` };
}

import type { Identity } from '../kube/client.ts';
import { isApiError } from '../kube/errors.ts';
import type { FieldsV1, KubeObject } from '../kube/object.ts';
import type { Run } from './context.ts';
import { ChangeFailedError } from './fault.ts';
import type { PlannedChange, PlannedTarget } from './plan.ts';
import { describeTarget, refOf } from './target.ts';

/** An object as a dry run would leave it, and the fields that the change writes. */
export interface Outcome {
  readonly object: KubeObject;
  readonly written: FieldsV1;
}

/** What a dry run has seen. */
export interface DryRun {
  /** The live object; absent where there is none. */
  readonly live?: { readonly uid: string; readonly resourceVersion: string };
  /** For Patch and Create only. */
  readonly outcome?: Outcome;
  /** The live object, or what would come of it, where there is one. */
  readonly object?: KubeObject;
}

/** Sends a request as the transaction's ServiceAccount. */
export type Send = <T>(request: (as: Identity) => Promise<T>) => Promise<T>;
/**
 * What one change would do, by a dry run on the server. Nothing is written.
 * @throws ChangeFailedError where it cannot be done whatever the server says; what the client throws
 */
export function dryRunOf(run: Run, target: PlannedTarget, change: PlannedChange, fieldManager: string, send: Send): Promise<DryRun> {
  if (change.content === undefined) return dryRunDelete(run, target, change, send);
  if (change.type === 'Update') return dryRunUpdate(run, target, change, change.content, fieldManager, send);
  return dryRunApply(run, target, change, change.content, fieldManager, send);
}

async function dryRunApply(
  run: Run,
  target: PlannedTarget,
  change: PlannedChange,
  content: KubeObject,
  fieldManager: string,
  send: Send,
): Promise<DryRun> {
  const written = await send((as) =>
    run.context.client.apply(refOf(target), content, { as, dryRun: true, force: true, fieldManager, fieldValidation: 'Strict' }),
  );
  if (written.created && change.type === 'Patch') {
    throw new ChangeFailedError(
      change.name,
      `${describeTarget(target)} does not exist; a Patch changes what is there, use Create for what is not`,
    );
  }
  const set = written.object.metadata.managedFields?.find((entry) => entry.manager === fieldManager && entry.operation === 'Apply');
  const outcome = { object: written.object, written: set?.fieldsV1 ?? {} };
  if (written.created) return { outcome };
  return { live: liveOf(written.object, change), outcome, object: written.object };
}

async function dryRunUpdate(
  run: Run,
  target: PlannedTarget,
  change: PlannedChange,
  content: KubeObject,
  fieldManager: string,
  send: Send,
): Promise<DryRun> {
  const ref = refOf(target);
  return send(async (as) => {
    const current = await run.context.client.get(ref, { as });
    const { uid, resourceVersion } = liveOf(current, change);
    const next = { ...content, metadata: { ...content.metadata, uid, resourceVersion } };
    try {
      await run.context.client.update(ref, next, { as, dryRun: true, fieldManager, fieldValidation: 'Strict' });
    } catch (error) {
      // Others write faster than we ask: then the lock meets a newer object than was seen here, and it is asked again, at rest.
      if (!isApiError(error, 409)) throw error;
    }
    return { live: { uid, resourceVersion }, object: current };
  });
}

/** Gone already is no fault: the Delete has nothing to do. */
async function dryRunDelete(run: Run, target: PlannedTarget, change: PlannedChange, send: Send): Promise<DryRun> {
  try {
    return await send(async (as) => {
      const current = await run.context.client.get(refOf(target), { as });
      const { uid, resourceVersion } = liveOf(current, change);
      await run.context.client.delete(refOf(target), { as, dryRun: true, preconditions: { uid }, propagationPolicy: 'Background' });
      return { live: { uid, resourceVersion }, object: current };
    });
  } catch (error) {
    if (isApiError(error, 404)) return {};
    throw error;
  }
}

/** @throws ChangeFailedError for an object that is on its way out: nothing written to it would last. */
function liveOf(object: KubeObject, change: PlannedChange): { readonly uid: string; readonly resourceVersion: string } {
  const { uid = '', resourceVersion = '', deletionTimestamp } = object.metadata;
  if (deletionTimestamp !== undefined) {
    throw new ChangeFailedError(change.name, `${object.kind} ${object.metadata.name ?? ''} is being deleted since ${deletionTimestamp}`);
  }
  return { uid, resourceVersion };
}

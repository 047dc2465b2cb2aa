import type { KubeClient } from '../kube/client.ts';
import { isApiError } from '../kube/errors.ts';
import { describeRef, type KubeObject, type ObjectRef } from '../kube/object.ts';
import { pointerTo } from '../lock/fields/pointer.ts';
import { unlockManagerFor } from '../lock/forced-unlock.ts';
import { LOCK_LABEL, parseLockLabel } from '../lock/label.ts';

/** How the label of an object is to be taken off. */
export interface TakeOff {
  /** Say that a lock which holds is meant to be broken. */
  readonly force: boolean;
  readonly dryRun: boolean;
  /** Only a lock of this Transaction, by uid. */
  readonly transaction?: string;
}

/** What became of it. */
export interface TakenOff {
  readonly was: 'locked' | 'not-locked' | 'gone';
  readonly warnings: readonly string[];
}

/** How often a label that changes under our hands is looked at again. */
const TRIES = 5;
const POINTER = pointerTo(['metadata', 'labels', LOCK_LABEL]);

/**
 * Takes exactly the label off that the object carries, and nothing else; a label that has changed meanwhile is looked at again.
 *
 * @throws ApiError where the server refuses.
 */
export async function takeOff(client: KubeClient, ref: ObjectRef, how: TakeOff): Promise<TakenOff> {
  for (let tries = TRIES; ; tries -= 1) {
    const label = await labelOn(client, ref);
    if (label === undefined) return { was: 'gone', warnings: [] };
    const transaction = parseLockLabel(label)?.transaction ?? '';
    const other = how.transaction !== undefined && how.transaction !== transaction;
    if (label === '' || other) return { was: 'not-locked', warnings: [] };
    const operations = [
      { op: 'test', path: POINTER, value: label },
      { op: 'remove', path: POINTER },
    ] as const;
    try {
      const fieldManager = how.force ? unlockManagerFor(transaction) : 'janus-cli';
      const { warnings } = await client.patch(ref, { type: 'json', operations }, { fieldManager, dryRun: how.dryRun });
      return { was: 'locked', warnings };
    } catch (error) {
      if (isApiError(error, 404)) return { was: 'gone', warnings: [] };
      // The test failed: the executor has locked it anew, or let it go.
      if (!isApiError(error, 409, 422) || tries === 1) throw error;
    }
  }
}

/** The label; '' where the object carries none, undefined where there is no object. */
async function labelOn(client: KubeClient, ref: ObjectRef): Promise<string | undefined> {
  let object: KubeObject;
  try {
    object = await client.get(ref);
  } catch (error) {
    if (isApiError(error, 404)) return undefined;
    throw error;
  }
  return object.metadata.labels?.[LOCK_LABEL] ?? '';
}

/** Words for what became of an object. */
export function takenOffWords(ref: ObjectRef, { was }: TakenOff, dryRun: boolean): string {
  const object = describeRef(ref);
  if (was === 'gone') return `${object} is not there`;
  if (was === 'not-locked') return `${object} is not locked`;
  return dryRun ? `${object} unlocked (server dry run)` : `${object} unlocked`;
}

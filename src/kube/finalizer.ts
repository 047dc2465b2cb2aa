import type { KubeClient } from './client.ts';
import { isApiError, isTransient } from './errors.ts';
import type { KubeObject, ObjectRef } from './object.ts';
import { retrying } from './retry.ts';

type Client = Pick<KubeClient, 'get' | 'patch'>;

/** Calls until somebody who edits the object all the time has won. */
const ATTEMPTS = 8;

/**
 * Puts a finalizer on an object, beside those that others have put there. Returns the object as it then is, or undefined where
 * that very object is gone or going already, so that it would be too late.
 */
export async function addFinalizer<T extends KubeObject>(
  client: Client,
  ref: ObjectRef,
  object: T,
  finalizer: string,
): Promise<T | undefined> {
  return change(client, ref, object, (current) => {
    if (current.metadata.deletionTimestamp !== undefined) return 'too late';
    const { finalizers = [] } = current.metadata;
    return finalizers.includes(finalizer) ? undefined : [...finalizers, finalizer];
  });
}

/** Takes a finalizer off an object, and leaves those of others. Returns the object as it then is, or undefined where that very object is gone. */
export async function removeFinalizer<T extends KubeObject>(
  client: Client,
  ref: ObjectRef,
  object: T,
  finalizer: string,
): Promise<T | undefined> {
  return change(client, ref, object, (current) => {
    const { finalizers = [] } = current.metadata;
    return finalizers.includes(finalizer) ? finalizers.filter((one) => one !== finalizer) : undefined;
  });
}

/** By compare-and-swap, from what is known at first and from what is there after a conflict. An object of the same name is another one. */
async function change<T extends KubeObject>(
  client: Client,
  ref: ObjectRef,
  object: T,
  wanted: (current: T) => readonly string[] | undefined | 'too late',
): Promise<T | undefined> {
  const { uid } = object.metadata;
  let current: T | undefined = object;
  const once = async (): Promise<T | undefined> => {
    if (current === undefined || current.metadata.uid !== uid) return undefined;
    const finalizers = wanted(current);
    if (finalizers === 'too late') return undefined;
    if (finalizers === undefined) return current;
    const { resourceVersion } = current.metadata;
    try {
      return (await client.patch<T>(ref, { type: 'merge', patch: { metadata: { resourceVersion, uid, finalizers } } })).object;
    } catch (error) {
      if (isApiError(error, 404)) return undefined;
      if (isApiError(error, 409)) current = await find<T>(client, ref);
      throw error;
    }
  };
  return retrying(once, { attempts: ATTEMPTS, retryable: (error) => isTransient(error) || isApiError(error, 409) });
}

async function find<T extends KubeObject>(client: Client, ref: ObjectRef): Promise<T | undefined> {
  try {
    return await client.get<T>(ref);
  } catch (error) {
    if (isApiError(error, 404)) return undefined;
    throw error;
  }
}

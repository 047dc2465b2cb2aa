import type { KubeObject } from '../kube/object.ts';
import type { LockRecord } from '../lock/record.ts';
import { storedFrom } from '../transaction/record-store.ts';

/** How many records are kept decoded. */
const KEPT = 32;

/**
 * Reads records out of Secrets, and decodes one version of a record once: a transaction of 200 objects asks for the same
 * one hundreds of times in a second. The Secret is read from the API server each time all the same.
 */
export function recordReader(): (secret: KubeObject) => LockRecord {
  const decoded = new Map<string, { readonly version: string; readonly record: LockRecord }>();
  return (secret) => {
    const { uid = '', resourceVersion = '' } = secret.metadata;
    const known = decoded.get(uid);
    if (known !== undefined && known.version === resourceVersion && uid !== '' && resourceVersion !== '') return known.record;
    const { record } = storedFrom(secret);
    decoded.delete(uid);
    decoded.set(uid, { version: resourceVersion, record });
    const oldest = decoded.size > KEPT ? decoded.keys().next().value : undefined;
    if (oldest !== undefined) decoded.delete(oldest);
    return record;
  };
}

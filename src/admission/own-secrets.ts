import type { KubeObject } from '../kube/object.ts';
import type { LockRecord, RecordLookup } from '../lock/record.ts';
import { RECORD_LABEL, RECORD_TYPE } from '../transaction/record-store.ts';
import type { Handler } from './handle.ts';
import type { AdmissionRequest } from './review.ts';
import { allow, forbid } from './verdict.ts';

export interface OwnSecretRules {
  /** User name under which Janus itself speaks to the API server. */
  readonly ownUsername: string;
  /** Reads a record out of its Secret. Throws when it is none. */
  readonly parse: (secret: KubeObject) => LockRecord;
  /** A record, read after the call. */
  readonly lookup: (transaction: string) => Promise<RecordLookup>;
}

/**
 * Handler that decides on writes to the Secrets in which Janus keeps records, before-images and the keys of grants: they are
 * Janus's alone. Only what Janus can make nothing of may be deleted by others, so that a person can clean up after an accident,
 * and the keys, which are then made anew.
 */
export function validateOwnSecrets(rules: OwnSecretRules): Handler {
  return async (request) => {
    if (request.userInfo.username === rules.ownUsername) return allow('own');
    if (request.operation === 'DELETE' && (await isUseless(request.oldObject as KubeObject | undefined, rules))) return allow('useless');
    return forbid(
      'janus-only',
      `Secret ${nameOf(request)} is kept by Janus alone: what is locked, and how it is undone, is told from it. ` +
        'Leave it as it is; Janus removes it when its transaction is gone.',
    );
  };
}

async function isUseless(secret: KubeObject | undefined, { parse, lookup }: OwnSecretRules): Promise<boolean> {
  const transaction = secret?.metadata.labels?.[RECORD_LABEL];
  if (secret === undefined) return false;
  if (transaction === undefined) return !isRecord(secret, parse);
  if (secret['type'] === RECORD_TYPE) return !isRecord(secret, parse);
  return (await lookup(transaction)).found === 'absent';
}

function isRecord(secret: KubeObject, parse: OwnSecretRules['parse']): boolean {
  try {
    parse(secret);
    return true;
  } catch {
    return false;
  }
}

function nameOf({ namespace, name, oldObject, object }: AdmissionRequest): string {
  const known = (oldObject ?? object) as KubeObject | undefined;
  return `${namespace}/${known?.metadata.name ?? name}`;
}

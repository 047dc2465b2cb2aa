import { gunzipSync, gzipSync } from 'node:zlib';
import { APPLIED_SET_ANNOTATION } from '../../api/group.ts';
import type { Transaction } from '../../api/transaction.ts';
import { apiVersionOf } from '../../kube/object.ts';
import type { ObjectRef } from '../../kube/object.ts';
import { changesOf } from '../changes.ts';
import type { Cluster } from '../cluster.ts';
import { Fault } from '../fault.ts';
import { readTransaction } from '../transaction.ts';

/** An object by name. */
export interface ObjectName {
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent for cluster-scoped kinds. */
  readonly namespace?: string;
  readonly name: string;
}

/** Bytes of the annotation unpacked: more is no set of ours. */
const MAX_BYTES = 16 * 1024 * 1024;

/** A set of objects as the text of an annotation: names repeat themselves, and all annotations together may have 256 KiB. */
export function packed(refs: readonly ObjectRef[]): string {
  const names = refs.map(({ kind, name, namespace }) => [apiVersionOf(kind), kind.kind, namespace ?? '', name].join(' ')).sort();
  return gzipSync(names.join('\n')).toString('base64');
}

/** @throws Fault where the text is not of `packed`. */
export function unpacked(text: string): readonly ObjectName[] {
  try {
    const lines = gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: MAX_BYTES }).toString('utf8').split('\n');
    return lines.filter((line) => line !== '').map(readLine);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault(`The annotation ${APPLIED_SET_ANNOTATION} cannot be read: somebody has changed it.`, { cause: error });
  }
}

function readLine(line: string): ObjectName {
  const [apiVersion = '', kind = '', namespace = '', name = ''] = line.split(' ');
  if (apiVersion === '' || kind === '' || name === '')
    throw new Fault(`The annotation ${APPLIED_SET_ANNOTATION} cannot be read: somebody has changed it.`);
  return { apiVersion, kind, name, ...(namespace === '' ? {} : { namespace }) };
}

/**
 * What a committed Transaction left in the cluster: the whole set that `janus apply` was given, or, of one that was made otherwise,
 * the objects of its changes.
 *
 * @throws Fault where the Transaction is not Committed.
 */
export async function appliedSet(cluster: Cluster, name: string): Promise<readonly ObjectName[]> {
  const transaction = await readTransaction(cluster, name);
  const { phase = 'Pending' } = transaction.status ?? {};
  if (phase !== 'Committed') {
    throw new Fault(
      `--prune-from names Transaction ${cluster.namespace}/${name}, which is ${phase}, so what it applied is not known to be there: name one that is Committed.`,
    );
  }
  const text = transaction.metadata.annotations?.[APPLIED_SET_ANNOTATION];
  return text === undefined ? changedBy(cluster, transaction) : unpacked(text);
}

async function changedBy(cluster: Cluster, transaction: Transaction): Promise<readonly ObjectName[]> {
  return (await changesOf(cluster, transaction))
    .filter(({ spec }) => spec.type !== 'Delete')
    .map(({ spec: { target } }) => ({
      apiVersion: target.apiVersion,
      kind: target.kind,
      name: target.name,
      namespace: target.namespace ?? cluster.namespace,
    }));
}

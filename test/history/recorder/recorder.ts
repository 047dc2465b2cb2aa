import { readFile } from 'node:fs/promises';
import type { KubeClient } from '../../../src/kube/client.ts';
import type { KubeObject, ResourceKind } from '../../../src/kube/object.ts';
import { pause } from '../../../src/kube/pause.ts';
import type { Transport } from '../../../src/kube/transport.ts';
import { watchChanges } from '../../../src/kube/watch.ts';
import { SECRETS } from '../../../src/kube/well-known.ts';
import { RECORD_LABEL, storedFrom } from '../../../src/transaction/record-store.ts';
import type { ObjectWrite, RecordWrite } from '../history.ts';
import { attributed } from './attribution.ts';
import { auditedRequestIn, type AuditedRequest } from './audit-log.ts';

/** What was recorded. */
export interface Recorded {
  readonly writes: readonly ObjectWrite[];
  readonly records: readonly RecordWrite[];
  /** All requests of the audit log, refused ones too. */
  readonly requests: readonly AuditedRequest[];
}

/** Records every write that an API server accepts, from when it is begun. */
export interface Recorder {
  /** Waits until nothing is missing any more of what was accepted before the call, and ends. */
  finish(): Promise<Recorded>;
}

interface Place {
  readonly kind: ResourceKind;
  readonly namespace: string;
  readonly labelSelector?: string;
}

const SYSTEM = 'janus-system';

/** Begins to record the objects of these kinds in a namespace, and the records of its transactions. */
export async function record(
  { admin, transport, auditLog }: { readonly admin: KubeClient; readonly transport: Transport; readonly auditLog: string },
  namespace: string,
  kinds: readonly ResourceKind[],
): Promise<Recorder> {
  const ending = new AbortController();
  const places: readonly Place[] = [
    ...kinds.map((kind) => ({ kind, namespace })),
    { kind: SECRETS, namespace: SYSTEM, labelSelector: RECORD_LABEL },
  ];
  const followed = await Promise.all(places.map((place) => follow(admin, transport, place, ending.signal)));
  return {
    async finish() {
      for (const one of followed) await one.caughtUp();
      ending.abort();
      const seen = followed.map(({ writes }) => writes);
      const requests = (await readFile(auditLog, 'utf8')).split('\n').filter(Boolean).map(auditedRequestIn);
      const writes = seen.slice(0, -1).flat();
      return {
        writes: attributed(writes, requests),
        records: (seen.at(-1) ?? []).flatMap((write) => recordIn(write, namespace)),
        requests,
      };
    },
  };
}

interface Followed {
  readonly writes: readonly ObjectWrite[];
  caughtUp(): Promise<void>;
}

/** Lists once and watches from there. A watch that the server ends is gone on with; whatever else goes wrong leaves a hole, and throws. */
async function follow(admin: KubeClient, transport: Transport, place: Place, signal: AbortSignal): Promise<Followed> {
  const { kind, namespace, labelSelector } = place;
  const selected = { namespace, ...(labelSelector === undefined ? {} : { labelSelector }) };
  const list = await admin.list(kind, selected);
  const now = new Map(list.items.map((object) => [object.metadata.name ?? '', object]));
  const writes: ObjectWrite[] = [];
  let hole: unknown;
  let resourceVersion = list.metadata.resourceVersion ?? '';
  const watch = async (): Promise<void> => {
    while (!signal.aborted) {
      const options = { transport, kind, ...selected, resourceVersion, timeoutSeconds: 3600, silenceMs: 300_000, signal };
      for await (const { type, object } of watchChanges<KubeObject>(options)) {
        resourceVersion = object.metadata.resourceVersion ?? resourceVersion;
        if (type !== 'BOOKMARK') writes.push(keep(now, place, object, type === 'DELETED'));
      }
    }
  };
  watch().catch((error: unknown) => {
    if (!signal.aborted) hole = error;
  });
  return {
    writes,
    async caughtUp() {
      const deadline = performance.now() + 120_000;
      for (;;) {
        if (hole !== undefined) throw new Error(`the watch on ${kind.resource} has a hole`, { cause: hole });
        const { items } = await admin.list(kind, selected);
        const versions = new Map(items.map(({ metadata }) => [metadata.name ?? '', metadata.resourceVersion]));
        if (versions.size === now.size && [...now].every(([name, { metadata }]) => versions.get(name) === metadata.resourceVersion)) return;
        if (performance.now() > deadline) throw new Error(`the watch on ${kind.resource} never caught up`);
        await pause(50);
      }
    },
  };
}

function keep(now: Map<string, KubeObject>, { kind, namespace }: Place, object: KubeObject, gone: boolean): ObjectWrite {
  const name = object.metadata.name ?? '';
  const before = now.get(name);
  if (gone) now.delete(name);
  else now.set(name, object);
  return {
    revision: Number(object.metadata.resourceVersion),
    key: [kind.group, kind.resource, namespace, name].join('/'),
    ...(before === undefined ? {} : { before }),
    ...(gone ? {} : { after: object }),
  };
}

/** The record in a Secret of Janus's namespace; its before-images are Secrets too. */
function recordIn({ revision, before, after }: ObjectWrite, namespace: string): readonly RecordWrite[] {
  const secret = after ?? before;
  const transaction = secret?.metadata.labels?.[RECORD_LABEL] ?? '';
  if (secret?.metadata.name !== `tx-${transaction}`) return [];
  // Records of earlier runs are cleaned up now and then.
  if (storedFrom(secret).record.transaction.namespace !== namespace) return [];
  return [{ revision, transaction, ...(after === undefined ? {} : { record: storedFrom(after).record }) }];
}

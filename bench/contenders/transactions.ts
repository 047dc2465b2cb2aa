import type { Finish } from '../measure/sample.ts';
import type { ApiServer, WatchEvent } from '../site/api-server.ts';
import { until } from '../site/condition.ts';
import { SERVICE_ACCOUNT } from '../site/namespace.ts';
import { inParallel } from '../site/pool.ts';
import type { Change, Job } from '../workloads/job.ts';
import type { Armed } from './contender.ts';

const API = '/apis/tx.janus.io/v1alpha1';
const API_VERSION = 'tx.janus.io/v1alpha1';
const AT_ONCE = 16;
const PATIENCE_MS = 15 * 60_000;
const ENDS = new Set(['Committed', 'RolledBack', 'Failed']);

/** The part of a Transaction that the benchmark reads. */
export interface Transaction {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string; readonly resourceVersion: string };
  readonly status?: { readonly phase?: string; readonly conditions?: readonly { readonly type: string; readonly message?: string }[] };
}

/**
 * Writes the Transactions of a job, unsealed, with their ResourceChanges. Firing seals them all at once and waits on a
 * watch, opened before, until each has ended; the clock runs from the first seal to the event that tells of the last end.
 * The same code drives the original and ours.
 */
export async function armTransactions(api: ApiServer, job: Job): Promise<Armed> {
  const written = await Promise.all(job.transactions.map((changes, index) => write(api, job.namespace, `bench-${index}`, changes)));
  return { fire: () => sealAndWait(api, job.namespace, written) };
}

/** Deletes every Transaction and ResourceChange, finalizers and all, and waits until they are gone. */
export async function clearTransactions(api: ApiServer): Promise<void> {
  for (const resource of ['transactions', 'resourcechanges']) {
    await until(`no ${resource} left`, 60_000, async () => {
      const answer = await api.send<{ items?: Transaction[] }>('GET', `${API}/${resource}`);
      const left = answer.status === 200 ? (answer.body.items ?? []) : [];
      await inParallel(left, AT_ONCE, async ({ metadata }) => {
        const path = `${API}/namespaces/${metadata.namespace}/${resource}/${metadata.name}`;
        await api.send('DELETE', path);
        await api.send('PATCH', path, { metadata: { finalizers: null } }, 'application/merge-patch+json');
      });
      return left.length === 0;
    });
  }
}

async function write(api: ApiServer, namespace: string, name: string, changes: readonly Change[]): Promise<Transaction> {
  const transaction = await api.must<Transaction>('POST', `${API}/namespaces/${namespace}/transactions`, {
    apiVersion: API_VERSION,
    kind: 'Transaction',
    metadata: { name, namespace },
    spec: { serviceAccountName: SERVICE_ACCOUNT },
  });
  const owner = { apiVersion: API_VERSION, kind: 'Transaction', name, uid: transaction.metadata.uid, controller: true };
  const numbered = changes.map((change, index) => ({ change, name: `${name}-${String(index).padStart(4, '0')}` }));
  await inParallel(numbered, AT_ONCE, (each) =>
    api.must('POST', `${API}/namespaces/${namespace}/resourcechanges`, {
      apiVersion: API_VERSION,
      kind: 'ResourceChange',
      metadata: { name: each.name, namespace, ownerReferences: [owner] },
      spec: specOf(each.change),
    }),
  );
  return transaction;
}

function specOf(change: Change): object {
  const { apiVersion, kind, metadata, data } = change.object;
  const target = { apiVersion, kind, name: metadata.name, namespace: metadata.namespace };
  const spec = { target, type: change.type, order: change.order ?? 0 };
  if (change.type === 'Delete') return spec;
  // A Patch holds only what it changes, so that what it touches is one field of the object.
  return { ...spec, content: change.type === 'Patch' ? { data: { value: data['value'] } } : change.object };
}

async function sealAndWait(api: ApiServer, namespace: string, written: readonly Transaction[]): Promise<Finish> {
  const path = `${API}/namespaces/${namespace}/transactions`;
  const list = await api.get<{ metadata: { resourceVersion: string } }>(path);
  const stop = new AbortController();
  const patience = setTimeout(() => stop.abort(), PATIENCE_MS);
  try {
    const events = await api.watch<Transaction>(`${path}?watch=1&resourceVersion=${list.metadata.resourceVersion}`, stop.signal);
    const started = performance.now();
    const ends = endOfAll(events, new Set(written.map(({ metadata }) => metadata.name)));
    const seals = written.map(({ metadata }) =>
      api.must('PATCH', `${path}/${metadata.name}`, { spec: { sealed: true } }, 'application/merge-patch+json'),
    );
    const [seen] = await Promise.all([ends, ...seals]);
    return { outcome: outcomeOf(seen.ended, written.length), milliseconds: seen.at - started, ...detailOf(seen.ended) };
  } finally {
    clearTimeout(patience);
    stop.abort();
  }
}

interface Ends {
  readonly ended: ReadonlyMap<string, Transaction>;
  readonly at: number;
}

async function endOfAll(events: AsyncIterable<WatchEvent<Transaction>>, awaited: ReadonlySet<string>): Promise<Ends> {
  const ended = new Map<string, Transaction>();
  for await (const { object } of events) {
    const at = performance.now();
    if (awaited.has(object.metadata.name) && ENDS.has(object.status?.phase ?? '')) ended.set(object.metadata.name, object);
    if (ended.size === awaited.size) return { ended, at };
  }
  return { ended, at: performance.now() };
}

function outcomeOf(ended: ReadonlyMap<string, Transaction>, awaited: number): string {
  const phases = new Set([...ended.values()].map((transaction) => transaction.status?.phase ?? 'none'));
  return [...phases, ...(ended.size < awaited ? ['did not end'] : [])].sort().join(', ');
}

function detailOf(ended: ReadonlyMap<string, Transaction>): { detail?: string } {
  const failed = [...ended.values()].flatMap((transaction) => transaction.status?.conditions ?? []).find(({ type }) => type === 'Failed');
  return failed?.message === undefined ? {} : { detail: failed.message };
}

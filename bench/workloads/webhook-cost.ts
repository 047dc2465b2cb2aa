import type { Armed } from '../contenders/contender.ts';
import type { Started } from '../contenders/contender.ts';
import { webhookCallsBetween } from '../measure/requests.ts';
import { quietRevision } from '../measure/revisions.ts';
import { quantile } from '../measure/statistics.ts';
import type { ApiServer } from '../site/api-server.ts';
import { until } from '../site/condition.ts';
import { makeInitial, makeNamespace } from '../site/namespace.ts';
import { BARRIER_LABEL, putUpBarrier } from './barrier.ts';
import type { Barrier } from './barrier.ts';
import { configMap } from './job.ts';
import type { Job } from './job.ts';

const WRITES = 200;
const LOCK = 'tx.janus.io/lock';

/** What a stranger's write to one object costs. */
export interface WriteCost {
  readonly what: string;
  readonly writes: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
  /** Calls of Janus's webhooks that these writes caused. */
  readonly webhookCalls: number;
  /** The statuses that the API server answered with, each with how often. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** Writes to an object while no Janus runs: what there is to compare with. */
export async function costWithoutJanus(api: ApiServer, namespace: string): Promise<WriteCost> {
  await makeNamespace(api, namespace);
  await makeInitial(api, { namespace, initial: [configMap(namespace, 'plain', 'before')], transactions: [] });
  return cost(api, namespace, 'without Janus', 'plain', 'other');
}

/**
 * Writes to an unlocked object and to one that a transaction holds. The transaction has two orders: the first is done,
 * the second waits at the barrier, so that the lock lasts as long as we look.
 */
export async function costWithJanus(api: ApiServer, namespace: string, started: Started): Promise<WriteCost[]> {
  await makeNamespace(api, namespace);
  const job = heldJob(namespace);
  await makeInitial(api, job);
  await api.must(
    'PATCH',
    `/api/v1/namespaces/${namespace}/configmaps/gate`,
    { metadata: { labels: { [BARRIER_LABEL]: 'here' } } },
    'application/merge-patch+json',
  );
  const unlocked = await cost(api, namespace, 'unlocked', 'plain', 'other');
  const barrier = await putUpBarrier(api, namespace);
  try {
    const ended = (await holdOpen(api, namespace, barrier, await started.arm(job))).fired;
    const beside = await cost(api, namespace, 'unlocked, beside an open transaction', 'plain', 'other');
    const free = await cost(api, namespace, 'locked, a field that is free', 'held', 'other');
    const refused = await cost(api, namespace, 'locked, a field that is held', 'held', 'value');
    barrier.open();
    await ended;
    return [unlocked, beside, free, refused];
  } finally {
    await barrier.remove();
  }
}

// The promise is wrapped, since awaiting it here would wait for the transaction that is to stay open.
async function holdOpen(api: ApiServer, namespace: string, barrier: Barrier, armed: Armed): Promise<{ readonly fired: Promise<unknown> }> {
  await quietRevision(api);
  const fired = armed.fire();
  const early = fired.then(({ outcome, detail }) => {
    throw new Error(`the transaction that was to stay open ended ${outcome}: ${detail ?? 'no reason given'}`);
  });
  await Promise.race([barrier.reached, early]);
  early.catch(() => {});
  await until('the held object carries its lock', 5000, async () => {
    const object = await api.get<{ metadata: { labels?: Record<string, string> } }>(`/api/v1/namespaces/${namespace}/configmaps/held`);
    return object.metadata.labels?.[LOCK] !== undefined;
  });
  return { fired };
}

function heldJob(namespace: string): Job {
  return {
    namespace,
    initial: ['plain', 'held', 'gate'].map((name) => configMap(namespace, name, 'before')),
    transactions: [
      [
        { type: 'Patch', object: configMap(namespace, 'held', 'after'), order: 0 },
        { type: 'Patch', object: configMap(namespace, 'gate', 'after'), order: 1 },
      ],
    ],
  };
}

async function cost(api: ApiServer, namespace: string, what: string, name: string, key: string): Promise<WriteCost> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
  const before = await api.text('/metrics');
  const times: number[] = [];
  const statuses: Record<string, number> = {};
  for (let write = 0; write < WRITES; write++) {
    const started = performance.now();
    const { status } = await api.send('PATCH', path, { data: { [key]: `${what} ${write}` } }, 'application/merge-patch+json');
    times.push(performance.now() - started);
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
  const webhookCalls = webhookCallsBetween(before, await api.text('/metrics'));
  return { what, writes: WRITES, p50: quantile(times, 0.5), p95: quantile(times, 0.95), webhookCalls, statuses };
}

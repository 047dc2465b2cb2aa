import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isApiError } from '../../src/kube/errors.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import { watchChanges } from '../../src/kube/watch.ts';
import { pause } from '../../src/kube/pause.ts';
import { LOCK_LABEL, parseLockLabel } from '../../src/lock/label.ts';
import { bootCluster, type Cluster, type Fault } from '../janus/running.ts';
import { CONFIG_MAPS, configMap, makeConfigMap, makeNamespace, transact, type Change } from '../janus/transacting.ts';
import { unversioned } from './write-paths.ts';

const ROUNDS = 100;
const WRITERS = 8;
const NAME = 'raced';

/** One state of the object, as a watch saw it. */
interface Version {
  readonly at: number;
  readonly writer: string;
  readonly label: string | undefined;
}

let cluster: Cluster;
let namespace: string;
/** By transaction: the resourceVersion with which its lock was answered, and that with which its record said Committed. */
const lockedAt = new Map<string, number>();
const committedAt = new Map<string, number>();

beforeAll(async () => {
  cluster = await bootCluster();
  await cluster.start({ fault: takeDown });
  namespace = await makeNamespace(cluster.admin);
});
afterAll(() => cluster?.stop());

/** Notes when locks are taken and when they become void. Resource versions of all kinds are one sequence. */
const takeDown: Fault = async (request, send) => {
  const { verb, resource, name, dryRun } = request.label;
  const locking = resource === 'configmaps' && name === NAME && verb === 'patch' && request.body?.startsWith('{') === true;
  if (locking) {
    for (let writer = 0; writer < WRITERS; writer += 1) budgets.set(writer, Math.floor(Math.random() * 6));
    lock = 'wanted';
  }
  const answer = await send(request);
  if (answer.status !== 200 || dryRun) return answer;
  const { metadata } = JSON.parse(answer.body) as KubeObject;
  const version = Number(metadata.resourceVersion);
  if (locking) {
    lock = 'there';
    lockedAt.set(parseLockLabel(metadata.labels?.[LOCK_LABEL])?.transaction ?? '', version);
  }
  if (resource === 'secrets' && verb === 'update' && phaseIn(request.body ?? '{}') === 'Committed') {
    committedAt.set(metadata.labels?.['tx.janus.io/record-of'] ?? '', version);
  }
  return answer;
};

function phaseIn(body: string): string | undefined {
  const { payload } = (JSON.parse(body) as { readonly data?: { readonly payload?: string } }).data ?? {};
  if (payload === undefined) return undefined;
  return (JSON.parse(gunzipSync(Buffer.from(payload, 'base64')).toString('utf8')) as { readonly phase?: string }).phase;
}

/** Every state that the object takes, until told to stop. */
function recordVersions(from: string): { readonly versions: Version[]; stop(): Promise<void> } {
  const versions: Version[] = [];
  const ending = new AbortController();
  const watch = async (): Promise<void> => {
    const { transport } = cluster;
    const changes = watchChanges({
      transport,
      kind: CONFIG_MAPS,
      namespace,
      resourceVersion: from,
      timeoutSeconds: 1200,
      silenceMs: 600_000,
      signal: ending.signal,
    });
    for await (const { type, object } of changes) {
      if (type === 'BOOKMARK' || object.metadata.name !== NAME) continue;
      const { writer = '' } = object['data'] as { readonly writer?: string };
      versions.push({ at: Number(object.metadata.resourceVersion), writer, label: object.metadata.labels?.[LOCK_LABEL] });
    }
  };
  const ended = watch().catch((error: unknown) => {
    if (!ending.signal.aborted) throw error;
  });
  return {
    versions,
    async stop() {
      ending.abort();
      await ended;
    },
  };
}

/** What the writers know of the lock: it is not wanted yet, it is being taken, or it is there. */
let lock: 'unwanted' | 'wanted' | 'there' = 'unwanted';

/** How many writes each of the writers may still land while a lock is being taken: it must win some time. */
const budgets = new Map<number, number>();

/** Writes as fast as it can, in one of four ways, each time another value; refusals are what it expects. */
async function hammer(writer: number, counts: { landed: number; refused: number }, isOver: () => boolean): Promise<void> {
  const { admin } = cluster;
  const ref = configMap(namespace, NAME);
  const object = (value: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: NAME, namespace },
    data: { writer: value },
  });
  const ways: readonly ((value: string) => Promise<unknown>)[] = [
    (value) => admin.patch(ref, { type: 'merge', patch: { data: { writer: value } } }),
    (value) => admin.patch(ref, { type: 'json', operations: [{ op: 'add', path: '/data/writer', value }] }),
    (value) => admin.apply(ref, object(value), { fieldManager: `stranger-${String(writer)}`, force: true }),
    async (value) => {
      const now = unversioned(await admin.get(ref));
      return admin.update(ref, { ...now, data: { ...(now['data'] as object), writer: value } });
    },
  ];
  for (let n = 0; !isOver(); n += 1) {
    const budget = budgets.get(writer) ?? 0;
    if (lock === 'wanted' && budget === 0) {
      await pause(1);
      continue;
    }
    if (lock === 'wanted') budgets.set(writer, budget - 1);
    try {
      await ways[writer % ways.length]?.(`stranger-${String(writer)}-${String(n)}`);
      counts.landed += 1;
    } catch (error) {
      // 403: the label was there when it read, and is not any more; 409: it lost against another write.
      if (!isApiError(error, 403, 409, 423)) throw error;
      if (error.code === 423) counts.refused += 1;
    }
  }
}

const changeOf = (round: number): Change => {
  const writer = `janus-${String(round)}`;
  if (round % 2 === 0) return { type: 'Patch', name: NAME, content: { data: { writer } } };
  return {
    type: 'Update',
    name: NAME,
    content: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: NAME }, data: { writer, made: String(round) } },
  };
};

/** The states that somebody else brought about while this lock held: after the lock's answer, before its record was Committed. */
function intrusions(versions: readonly Version[], transaction: string): readonly Version[] {
  const [from, to] = [lockedAt.get(transaction) ?? 0, committedAt.get(transaction) ?? 0];
  if (from === 0 || to <= from) throw new Error(`the lock of ${transaction} was not seen: ${String(from)} to ${String(to)}`);
  let writer = versions.find(({ at }) => at === from)?.writer;
  if (writer === undefined) throw new Error(`the watch did not see version ${String(from)}`);
  const found: Version[] = [];
  for (const version of versions) {
    if (version.at <= from || version.at >= to) continue;
    if (version.writer !== writer && !version.writer.startsWith('janus-')) found.push(version);
    if (version.label === undefined) found.push(version);
    ({ writer } = version);
  }
  return found;
}

test(
  `of ${String(WRITERS)} writers that race ${String(ROUNDS)} locks none gets a write in while a lock holds`,
  async () => {
    const { admin } = cluster;
    const made = await makeConfigMap(admin, namespace, NAME, { writer: 'nobody' });
    const watch = recordVersions(made.metadata.resourceVersion ?? '');
    const counts = { landed: 0, refused: 0 };
    let over = false;
    const writers = Array.from({ length: WRITERS }, (_, at) => hammer(at, counts, () => over));
    const transactions: string[] = [];
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        const done = await transact(admin, namespace, [changeOf(round)]);
        expect(done.status?.phase, JSON.stringify(done.status)).toBe('Committed');
        lock = 'unwanted';
        transactions.push(done.metadata.uid ?? '');
      }
      over = true;
      await Promise.all(writers);
      const last = await admin.patch(configMap(namespace, NAME), { type: 'merge', patch: { data: { writer: 'last' } } });
      await expect.poll(() => watch.versions.at(-1)?.at, { timeout: 120_000 }).toBe(Number(last.object.metadata.resourceVersion));
    } finally {
      over = true;
      await Promise.allSettled(writers);
      await watch.stop();
    }
    expect(transactions.flatMap((transaction) => intrusions(watch.versions, transaction))).toEqual([]);
    // Each transaction's own value was there, and strangers wrote between any two of them: the race was one.
    const seen = new Set(watch.versions.map(({ writer }) => writer));
    expect(transactions.map((_, round) => seen.has(`janus-${String(round)}`))).toEqual(transactions.map(() => true));
    expect(counts.landed).toBeGreaterThan(ROUNDS * 4);
    expect(counts.refused).toBeGreaterThan(ROUNDS);
  },
  15 * 60_000,
);

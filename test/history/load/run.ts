import { setMaxListeners } from 'node:events';
import type { KubeClient } from '../../../src/kube/client.ts';
import { isApiError } from '../../../src/kube/errors.ts';
import type { KubeObject } from '../../../src/kube/object.ts';
import { pause } from '../../../src/kube/pause.ts';
import { bootCluster, type Cluster, type Operator } from '../../janus/running.ts';
import { makeNamespace } from '../../janus/transacting.ts';
import { defineWidgets } from '../../janus/widgets.ts';
import { violationsIn } from '../check.ts';
import type { History, Submitted, Violation } from '../history.ts';
import { lockOf } from '../locks.ts';
import { record } from '../recorder/recorder.ts';
import { runLane } from './lane.ts';
import { KINDS, PREY, wholeOf } from './objects.ts';
import { plannedKill } from './plan.ts';
import { beStranger, type Tally } from './stranger.ts';

export const LANES = 20;
export const STRANGERS = 20;

/** Short times, so that what a kill leaves is settled within seconds. */
const TUNING = { JANUS_REQUEST_TIMEOUT_MS: '3000', JANUS_GRANT_LIFE_SECONDS: '3', JANUS_GRACE_MS: '500' };

/** What a run came to. */
export interface Outcome {
  readonly seed: string;
  readonly history: History;
  readonly violations: readonly Violation[];
  readonly figures: Figures;
}

/** How much was tried. */
export interface Figures {
  readonly transactions: number;
  readonly phases: Readonly<Record<string, number>>;
  readonly kills: number;
  readonly writes: number;
  readonly strangers: Tally;
  /** Accepted writes of strangers and controllers on an object that was locked: only what no lock covers. */
  readonly free: number;
  /** Accepted writes that took something from a lock. */
  readonly underLock: number;
  /** Rollbacks that were not exact, by what their records name. */
  readonly inexact: readonly string[];
}

/** A control plane whose writes are logged; several runs can share it, one after the other. */
export async function bootLogged(): Promise<Cluster> {
  const audit: Record<string, string[]> = {};
  for (const { group, resource } of KINDS) (audit[group] ??= []).push(resource);
  const cluster = await bootCluster({ audit });
  await defineWidgets(cluster.admin);
  return cluster;
}

/**
 * Twenty lanes of transactions and twenty strangers on the same few objects, and an executor that is killed every few seconds. The seed decides
 * what everybody tries; how that interleaves nobody can fix.
 */
export async function runLoad(cluster: Cluster, seed: string, ms: number): Promise<Outcome> {
  const { admin, transport, controlPlane } = cluster;
  const namespace = await makeNamespace(admin, 'fuzz');
  const recorder = await record({ admin, transport, auditLog: controlPlane.auditLog ?? '' }, namespace, KINDS);
  await Promise.all(
    PREY.map((prey) => admin.create({ kind: prey.kind, namespace, name: prey.name }, wholeOf(prey, '0') as unknown as KubeObject)),
  );
  const submitted: Submitted[] = [];
  const tally: Tally = { tried: 0, accepted: 0, refused: 0, frozen: 0, failed: 0 };
  const [lanesEnd, strangersEnd] = [new AbortController(), new AbortController()];
  setMaxListeners(0, lanesEnd.signal, strangersEnd.signal);
  const killer = startKiller(cluster, seed, strangersEnd.signal);
  await killer.started;
  const timer = setTimeout(() => lanesEnd.abort(), ms);
  const strangers = Array.from({ length: STRANGERS }, (_, at) => beStranger(admin, namespace, seed, at, tally, strangersEnd.signal));
  const lanes = Array.from({ length: LANES }, (_, at) => runLane(admin, namespace, seed, at, submitted, lanesEnd.signal));
  try {
    // A stranger ends by himself only by a defect of the test.
    await Promise.race([Promise.all(lanes), Promise.all(strangers).then(() => new Promise(() => undefined))]);
  } finally {
    clearTimeout(timer);
    lanesEnd.abort();
    strangersEnd.abort();
  }
  const operator = await killer.last;
  await Promise.all(strangers);
  await settled(cluster, namespace);
  const { writes, records, requests: _requests } = await recorder.finish();
  await operator.stop();
  const history: History = { writes, records, transactions: submitted };
  const violations = violationsIn(history);
  return { seed, history, violations, figures: figuresOf(history, violations, tally, await killer.kills) };
}

interface Killer {
  readonly started: Promise<unknown>;
  readonly last: Promise<Operator>;
  readonly kills: Promise<number>;
}

/** Ends the executor again and again, as the seed says, and starts the next. The last one stays. */
function startKiller(cluster: Cluster, seed: string, signal: AbortSignal): Killer {
  const first = cluster.start({ env: TUNING });
  const running = (async () => {
    let operator = await first;
    for (let n = 0; ; n += 1) {
      const { afterMs, how } = plannedKill(seed, n);
      if (!(await pause(afterMs, signal))) return { operator, kills: n };
      const before = operator;
      if (how === 'crash') await before.crash();
      operator = await cluster.start({ env: TUNING });
      // The last of all would take the webhooks with it, and there would be no locks to speak of.
      if (how === 'hand over') await before.stop();
    }
  })();
  return { started: first, last: running.then(({ operator }) => operator), kills: running.then(({ kills }) => kills) };
}

/** Takes off the finalizers that strangers have left, so that what is being deleted can go, and waits until no object is locked. */
async function settled({ admin }: Cluster, namespace: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const objects = (
      await Promise.all(KINDS.map(async (kind) => (await admin.list(kind, { namespace })).items.map((object) => ({ kind, object }))))
    ).flat();
    for (const { kind, object } of objects)
      if ((object.metadata.finalizers ?? []).length > 0)
        await withoutFinalizers(admin, { kind, namespace, name: object.metadata.name ?? '' });
    const busy = objects.some(
      ({ kind, object }) =>
        object.metadata.deletionTimestamp !== undefined ||
        lockOf([kind.group, kind.resource, namespace, object.metadata.name ?? ''].join('/'), object) !== undefined,
    );
    if (!busy || performance.now() > deadline) return;
    await pause(100);
  }
}

async function withoutFinalizers(admin: KubeClient, ref: Parameters<KubeClient['patch']>[0]): Promise<void> {
  try {
    await admin.patch(ref, { type: 'merge', patch: { metadata: { finalizers: [] } } });
  } catch (error) {
    if (!isApiError(error)) throw error;
  }
}

function figuresOf(history: History, violations: readonly Violation[], strangers: Tally, kills: number): Figures {
  const { writes, records, transactions } = history;
  const phases: Record<string, number> = {};
  for (const { phase = 'deleted' } of transactions) phases[phase] = (phases[phase] ?? 0) + 1;
  const locked = writes.filter(({ before, by }) => before?.metadata.labels?.['tx.janus.io/lock'] !== undefined && by?.grant === undefined);
  const underLock = violations.filter(({ rule }) => rule === 'foreign-write' || rule === 'overlap').length;
  const inexact = [...new Map(records.map(({ transaction, record: one }) => [transaction, one?.inexact ?? []])).values()].flat();
  return {
    transactions: transactions.length,
    phases,
    kills,
    writes: writes.length,
    strangers,
    free: locked.length - underLock,
    underLock,
    inexact,
  };
}

import { createRestClient } from '../src/kube/rest-client.ts';
import { loadClusterConfig } from '../src/kube/config.ts';
import type { KubeClient } from '../src/kube/client.ts';
import { pause } from '../src/kube/pause.ts';
import { createTransport } from '../src/kube/transport.ts';
import { SECRETS } from '../src/kube/well-known.ts';
import { recordName, storedFrom } from '../src/transaction/record-store.ts';
import { startControlPlane } from '../test/control-plane/start.ts';
import { startBalancer } from '../test/janus/balancer.ts';
import { hold, type Held } from '../test/janus/holding.ts';
import { writeSteadily, type Written } from '../test/janus/steady-writers.ts';
import { configMap, makeConfigMap, makeNamespace } from '../test/janus/transacting.ts';
import { startReplicaProcess, type ReplicaProcess } from './replicas/process.ts';

/**
 * `npm run bench:replicas [-- ROUNDS RATE]`: two replicas as processes behind one address, an open transaction, and strangers
 * that write to locked and to free objects at a steady rate; the leader is killed and replaced, then told to stop and replaced.
 */
const [rounds = 5, rate = 500] = process.argv.slice(2).map(Number);
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

interface Phase {
  readonly takeovers: readonly number[];
  readonly written: Written;
  /** Questions that a replica took and did not answer. */
  readonly cut: number;
}

const controlPlane = await startControlPlane();
const config = await loadClusterConfig({ kubeconfig: controlPlane.kubeconfig });
// What is measured must not queue behind the writers.
const transports = [createTransport(config), createTransport(config, { maxConnections: 100 })] as const;
const [client, strangers] = transports.map((transport) => createRestClient(transport)) as [KubeClient, KubeClient];
const balancer = await startBalancer();
const replicas: ReplicaProcess[] = [];
const add = async (): Promise<void> => void replicas.push(await startReplicaProcess(controlPlane.kubeconfig, balancer));

try {
  await add();
  await add();
  const namespace = await makeNamespace(client);
  for (const name of NAMES) for (const kind of ['locked', 'free']) await makeConfigMap(client, namespace, `${kind}-${name}`, { a: '1' });
  const changes = NAMES.map((name) => ({ type: 'Patch', name: `locked-${name}`, content: { data: { a: '2' } } }) as const);
  const held = await hold(client, namespace, changes, { health: { timeout: '1h' }, timeout: '2h' });
  const [killed, told] = [await phase('SIGKILL', held, namespace), await phase('SIGTERM', held, namespace)];
  const done = await held.release();
  process.stdout.write(
    `${['| | killed | told to stop |', '|---|---|---|', ...rows(killed, told)].join('\n')}\n\nthe transaction: ${String(done.status?.phase)}\n`,
  );
} finally {
  await Promise.all(replicas.map((replica) => replica.end('SIGKILL')));
  await Promise.all(transports.map((transport) => transport.destroy()));
  await controlPlane.stop();
  await balancer.close();
}

async function phase(signal: 'SIGTERM' | 'SIGKILL', held: Held, namespace: string): Promise<Phase> {
  const refs = (kind: string) => NAMES.map((name) => configMap(namespace, `${kind}-${name}`));
  const cutBefore = balancer.cut();
  const writers = writeSteadily(strangers, rate, refs('locked'), refs('free'));
  const takeovers: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await pause(2_000);
    const leader = await leading();
    const attempt = await attemptOf(client, held);
    const since = performance.now();
    const ended = leader.end(signal);
    while ((await attemptOf(client, held)) === attempt) await pause(5);
    takeovers.push(performance.now() - since);
    await ended;
    replicas.splice(replicas.indexOf(leader), 1);
    await add();
  }
  return { takeovers, written: await writers.stop(), cut: balancer.cut() - cutBefore };
}

async function leading(): Promise<ReplicaProcess> {
  for (;;) {
    for (const replica of replicas) if (await replica.leads()) return replica;
    await pause(50);
  }
}

async function attemptOf(admin: KubeClient, { transaction }: Held): Promise<number> {
  const ref = { kind: SECRETS, namespace: 'janus-system', name: recordName(transaction.metadata.uid ?? '') };
  return storedFrom(await admin.get(ref)).record.attempt;
}

function rows(...phases: readonly Phase[]): readonly string[] {
  const row = (name: string, of: (phase: Phase) => string): string => `| ${name} | ${phases.map(of).join(' | ')} |`;
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
  const sorted = ({ takeovers }: Phase): readonly number[] => [...takeovers].sort((a, b) => a - b);
  return [
    row('rounds', ({ takeovers }) => String(takeovers.length)),
    row('takeover, median', (one) => seconds(sorted(one)[Math.floor(one.takeovers.length / 2)] ?? NaN)),
    row('takeover, longest', (one) => seconds(sorted(one).at(-1) ?? NaN)),
    row('writes a second', ({ written }) => ((written.accepted + written.refused) / written.seconds).toFixed(0)),
    row('writes to free objects, accepted', ({ written }) => String(written.accepted)),
    row('writes to locked objects, refused as locked', ({ written }) => String(written.refused)),
    row('writes to locked objects, let pass', ({ written }) => String(written.passed)),
    row('failed admissions', ({ written }) => String(written.failed.length)),
    row('of these under way in the process that was killed, at most', ({ cut }) => String(cut)),
    ...phases.flatMap(({ written }) => [...new Set(written.failed)].slice(0, 3).map((words) => `\n${words}`)),
  ];
}

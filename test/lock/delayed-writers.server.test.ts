import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/kube/object.ts';
import { pause } from '../../src/kube/pause.ts';
import { LOCK_LABEL } from '../../src/lock/label.ts';
import { hold, type Held } from '../janus/holding.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import { configMap, find, makeConfigMap, makeNamespace, type Change } from '../janus/transacting.ts';
import { kubectl, requestsIn, type Kubectl, type Ran } from './kubectl.ts';

/** Programs that write to what one transaction holds. Two such crowds are under way at once. */
const WRITERS = 25;
/** Programs that start at once: on two cores, more would only keep each other from getting ready. */
const AT_ONCE = 4;
/** client-go sends a request, and again up to ten times. */
const REQUESTS_MAX = 11;

let cluster: Cluster;
let namespace: string;

beforeAll(async () => {
  cluster = await bootCluster();
  await cluster.start();
  namespace = await makeNamespace(cluster.admin);
});
afterAll(() => cluster?.stop());

/** One way in which people write with kubectl, to an object that may be others' as well: what it leaves is told by a key of its own. */
interface Command {
  readonly args: (name: string, key: string) => readonly string[];
  readonly stdin?: (name: string, key: string) => string;
  readonly editor?: (key: string) => string;
  /** True where its outcome is to be seen. */
  readonly left: (object: KubeObject | undefined, key: string) => boolean;
  /** It needs an object of its own, since it does away with what others have written. */
  readonly alone?: boolean;
}

const manifest = (name: string, key: string): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { [key]: 'theirs' } });
const hasData = (object: KubeObject | undefined, key: string): boolean =>
  (object?.['data'] as Record<string, string> | undefined)?.[key] === 'theirs';

const COMMANDS: readonly Command[] = [
  { args: (name, key) => ['patch', 'configmap', name, '--type=merge', '-p', `{"data":{"${key}":"theirs"}}`], left: hasData },
  { args: (name, key) => ['patch', 'configmap', name, '-p', `{"data":{"${key}":"theirs"}}`], left: hasData },
  {
    args: (name, key) => ['patch', 'configmap', name, '--type=json', '-p', `[{"op":"add","path":"/data/${key}","value":"theirs"}]`],
    left: hasData,
  },
  { args: (_name, key) => ['apply', '--server-side', `--field-manager=${key}`, '-f', '-'], stdin: manifest, left: hasData },
  {
    args: (name, key) => ['annotate', 'configmap', name, `${key}=theirs`],
    left: (object, key) => object?.metadata.annotations?.[key] === 'theirs',
  },
  {
    args: (name, key) => ['label', 'configmap', name, `${key}=theirs`],
    left: (object, key) => object?.metadata.labels?.[key] === 'theirs',
  },
  { args: (name) => ['edit', 'configmap', name], editor: (key) => `sed -i 's/^data:$/data:\\n  ${key}: theirs/'`, left: hasData },
  { args: () => ['apply', '-f', '-'], stdin: manifest, left: hasData, alone: true },
  { args: () => ['replace', '--force', '-f', '-'], stdin: manifest, left: hasData, alone: true },
  { args: (name) => ['delete', 'configmap', name], left: (object) => object === undefined, alone: true },
];

/** One program of a crowd. */
interface Writer {
  readonly command: Command;
  readonly object: string;
  readonly key: string;
}

/** The commands in turn; those that can share an object do. */
function crowdOf(prefix: string, size: number): readonly Writer[] {
  return Array.from({ length: size }, (_, at) => {
    const command = COMMANDS[at % COMMANDS.length] as Command;
    const round = Math.floor(at / COMMANDS.length);
    return {
      command,
      key: `k${String(at)}`,
      object: command.alone === true ? `${prefix}-${String(at)}` : `${prefix}-shared-${String(round)}`,
    };
  });
}

function start({ command, key, object }: Writer): Kubectl {
  const env = command.editor === undefined ? {} : { KUBE_EDITOR: command.editor(key) };
  const args = [...command.args(object, key), '-v=6'];
  return kubectl(cluster.controlPlane, namespace, args, command.stdin?.(object, key) ?? '', env);
}

/** Starts them a few at a time: the next when one of them has met the lock. */
async function startAll(writers: readonly Writer[]): Promise<readonly Kubectl[]> {
  const started: Kubectl[] = [];
  const waiting = [...writers.entries()];
  const next = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const running = start(one[1]);
      started[one[0]] = running;
      while (!running.isOver() && !isRefused(running)) await pause(20);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  return started;
}

const isRefused = (running: Kubectl): boolean => requestsIn(running.stderr()).some(({ status }) => status === 429);

/** A transaction that replaces every object of a crowd and lasts for `seconds` at least: it has made its changes, and waits for its gate. */
async function holding(writers: readonly Writer[]): Promise<Held> {
  const names = [...new Set(writers.map(({ object }) => object))];
  for (const name of names) await makeConfigMap(cluster.admin, namespace, name, { a: '1' });
  const changes = names.map((name): Change => ({
    type: 'Update',
    name,
    order: 0,
    content: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '2' } },
  }));
  return hold(cluster.admin, namespace, changes, { foreignWrites: 'Delay' });
}

const objectsOf = (writers: readonly Writer[]): Promise<readonly (KubeObject | undefined)[]> =>
  Promise.all([...new Set(writers.map(({ object }) => object))].map((name) => find(cluster.admin, configMap(namespace, name))));

/** Lets a crowd meet a transaction that ends by itself after so many seconds, or once all have met it. */
async function meeting(prefix: string, seconds: number): Promise<void> {
  const writers = crowdOf(prefix, WRITERS);
  const held = await holding(writers);
  const since = performance.now();
  const locked = await objectsOf(writers);
  const running = await startAll(writers);
  await pause(Math.max(0, seconds * 1000 - (performance.now() - since)));

  // None before it ends: all are waiting, and no object has moved.
  const early = await Promise.all(running.flatMap((one, at) => (one.isOver() ? [one.ended.then(wordsOf(writers, at))] : [])));
  expect(early).toEqual([]);
  expect(await objectsOf(writers)).toEqual(locked);

  // All after it: each by itself, and none lost.
  expect((await held.release()).status?.phase).toBe('Committed');
  const ran = await Promise.all(running.map(({ ended }) => ended));
  expect(ran.flatMap((one, at) => (one.code === 0 ? [] : [wordsOf(writers, at)(one)]))).toEqual([]);
  for (const { command, key, object } of writers) {
    const now = await find(cluster.admin, configMap(namespace, object));
    expect(command.left(now, key), `${command.args(object, key).join(' ')}: ${JSON.stringify(now)}`).toBe(true);
    expect(now?.metadata.labels?.[LOCK_LABEL]).toBeUndefined();
  }
  for (const { stderr } of ran) {
    const refused = requestsIn(stderr).filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(1);
    expect(refused.length).toBeLessThan(REQUESTS_MAX);
  }
}

const wordsOf = (writers: readonly Writer[], at: number) => (ran: Ran) =>
  `${writers[at]?.command.args('', '').join(' ') ?? ''}: ${String(ran.code)} ${ran.stderr.slice(-600)}`;

describe('a crowd of unchanged kubectls that meets a transaction with foreignWrites Delay', () => {
  test.concurrent('of three seconds waits for its end, and then all of them succeed', () => meeting('short', 3));
  test.concurrent('of a minute waits for its end, and then all of them succeed', () => meeting('long', 60));
});

describe('whom waiting would harm', () => {
  let held: Held;
  const writer: Writer = { command: COMMANDS[0] as Command, object: 'harmed', key: 'k' };

  beforeAll(async () => {
    held = await holding([writer]);
  });
  afterAll(() => held?.release());

  const whoever: readonly (readonly [string, readonly string[]])[] = [
    ['a dry run', ['--dry-run=server']],
    ['the controller manager', ['--as=system:kube-controller-manager', '--as-group=system:masters']],
    [
      'a controller with a ServiceAccount of its own',
      [
        '--as=system:serviceaccount:kube-system:generic-garbage-collector',
        '--as-group=system:masters',
        '--as-group=system:serviceaccounts:kube-system',
      ],
    ],
    ['a kubelet', ['--as=system:node:one', '--as-group=system:masters', '--as-group=system:nodes']],
  ];
  test.each(whoever)('%s is answered at the first request, with 423', async (_, flags) => {
    const args = [...writer.command.args(writer.object, writer.key), '-v=6', ...flags];
    const { code, stderr } = await kubectl(cluster.controlPlane, namespace, args).ended;
    expect(code, stderr).toBe(1);
    expect(requestsIn(stderr).filter(({ verb }) => verb === 'PATCH')).toEqual([{ verb: 'PATCH', status: 423 }]);
  });
});

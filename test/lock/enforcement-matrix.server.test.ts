import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Identity } from '../../src/kube/client.ts';
import { ApiError } from '../../src/kube/errors.ts';
import { inParallel, valuesOf } from '../../src/kube/limit.ts';
import { apiVersionOf, type KubeObject, type ResourceKind } from '../../src/kube/object.ts';
import { lockHolderOf } from '../../src/lock/holder.ts';
import { hold } from '../janus/holding.ts';
import { at, complete, eventually } from '../janus/objects.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import { configMap, find, makeConfigMap, makeNamespace, type Change } from '../janus/transacting.ts';
import { LOCKABLE_KINDS, type LockableKind } from './enforcement/kinds.ts';
import { MATRIX, NEVER_LOCKED, SENDERS, type LockKind, type MatrixRow, type Outcome, type Sender } from './enforcement/matrix.ts';
import { NOTE, REQUESTS, TRIED_ON_FEW, type Send, type Subject } from './enforcement/requests.ts';

/** What discovery says of one resource or subresource. */
interface Discovered {
  readonly group: string;
  readonly version: string;
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

const WRITE_VERBS = ['create', 'update', 'patch', 'delete', 'deletecollection'];
const AT_ONCE = 8;
/** Beside what Kubernetes has by itself: a custom resource. */
const KINDS: readonly LockableKind[] = [...LOCKABLE_KINDS, { resource: 'test.example.com/gates', body: () => ({ spec: { size: 1 } }) }];
const SEEN = { type: 'Seen', status: 'True', reason: 'Test', message: 'x', lastTransitionTime: '2026-01-01T00:00:00Z' };
/** Rows that hold for every kind alike are tried by everybody on these. */
const SAMPLES = ['/configmaps', 'apps/deployments', 'test.example.com/gates'];

let cluster: Cluster;
let home: string;
let discovered: readonly Discovered[];
/** Samples that the API server did not take. */
const invalid: string[] = [];
const subjects: Record<LockKind, Map<string, Subject>> = { object: new Map(), fields: new Map(), name: new Map() };

beforeAll(async () => {
  cluster = await bootCluster();
  await cluster.start();
  home = await makeNamespace(cluster.admin);
  // Makes the custom resource known, too.
  await hold(cluster.admin, home, []);
  discovered = await discover();
  await lockAll('object');
  await lockAll('fields');
  await reserveNames();
});
afterAll(() => cluster?.stop());

async function discover(): Promise<readonly Discovered[]> {
  const { admin } = cluster;
  const { groups } = await admin.raw<{ groups: { versions: { groupVersion: string }[] }[] }>('GET', '/apis');
  const versions = ['v1', ...groups.flatMap((group) => group.versions.map(({ groupVersion }) => groupVersion))];
  const lists = await inParallel(versions, AT_ONCE, async (groupVersion) => {
    const [group = '', version = ''] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
    const path = group === '' ? `/api/${version}` : `/apis/${groupVersion}`;
    const { resources } = await admin.raw<{ resources: Discovered[] }>('GET', path);
    return resources.map(({ name, kind, namespaced, verbs }) => ({ group, version, name, kind, namespaced, verbs }));
  });
  return valuesOf(lists).flat();
}

/** Makes an object of every kind and has a transaction hold them all. */
async function lockAll(lock: 'object' | 'fields'): Promise<void> {
  const { admin } = cluster;
  const made = await inParallel(KINDS, AT_ONCE, async (lockable) => {
    const kind = kindOf(lockable.resource);
    const name = (lockable.nameOf ?? String)(lock === 'object' ? 'held-whole' : 'held-partly');
    const ref = at(kind, home, name);
    const metadata = { name, ...(kind.namespaced ? { namespace: home } : {}), annotations: { [NOTE]: 'before' } };
    const object = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata, ...lockable.body({ name, namespace: home }) };
    await admin.create(ref, object);
    return { lockable, ref };
  });
  invalid.push(...made.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : [])));
  const all = made.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const changes = all.map(({ lockable, ref }): Change => {
    const target = { apiVersion: apiVersionOf(ref.kind), kind: ref.kind.kind, name: ref.name };
    if (lock === 'object') return { ...target, type: 'Delete' };
    const replicas = hasSubresource(lockable.resource, 'scale') ? { spec: { replicas: 0 } } : {};
    return { ...target, type: 'Patch', content: { metadata: { annotations: { [NOTE]: 'ours' } }, ...replicas } };
  });
  await hold(admin, home, changes);
  for (const { lockable, ref } of all) {
    subjects[lock].set(lockable.resource, { ref, object: await admin.get(ref), status: lockable.status ?? { conditions: [SEEN] } });
  }
}

/** One name that a transaction is about to create, and one that it has deleted. */
async function reserveNames(): Promise<void> {
  const { admin } = cluster;
  const [created, deleted] = [configMap(home, 'to-be-created'), configMap(home, 'deleted')];
  await makeConfigMap(admin, home, deleted.name, { a: '1' });
  await hold(admin, home, [
    { type: 'Create', name: created.name, content: { data: { a: '1' } } },
    { type: 'Delete', name: deleted.name, order: 0 },
  ]);
  await eventually('it is deleted', async () => (await find(admin, deleted)) === undefined);
  for (const ref of [created, deleted]) subjects.name.set(ref.name, { ref, object: complete(ref, {}), status: {} });
}

const resourceOf = ({ group, name }: Discovered): string => `${group}/${name}`;

function kindOf(resource: string): ResourceKind {
  const found = discovered.find((one) => resourceOf(one) === resource);
  if (found === undefined) throw new Error(`the API server does not serve ${resource}: take it out of LOCKABLE_KINDS`);
  const { group, version, kind, namespaced, name, verbs } = found;
  return { group, version, kind, namespaced, resource: name, verbs };
}

function hasSubresource(resource: string, subresource: string): boolean {
  return discovered.some((one) => resourceOf(one) === `${resource}/${subresource}`);
}

const identities: Readonly<Record<Sender, () => Identity | undefined>> = {
  'a stranger': () => ({ user: 'mallory', groups: ['system:masters'] }),
  'cluster-admin': () => undefined,
  'its ServiceAccount': () => ({ user: `system:serviceaccount:${home}:deployer` }),
  controllers: () => ({
    user: 'system:serviceaccount:kube-system:replicaset-controller',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:masters'],
  }),
};

function expected(row: MatrixRow, lock: LockKind, sender: Sender): Outcome {
  const special = sender === 'controllers' ? row.controllers?.[lock] : undefined;
  const outcome = special ?? row.outcomes[lock];
  return outcome === 'not guarded' ? 'passes' : outcome;
}

/** What came of a request; the words of anything that is neither. */
async function outcomeOf(send: Send, subject: Subject, sender: Sender): Promise<{ readonly is: string; readonly object?: KubeObject }> {
  try {
    const object = await send(cluster.admin, subject, identities[sender]());
    return { is: 'passes', ...(object === undefined ? {} : { object }) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const isLock = error.code === 423 && lockHolderOf(error.status) !== undefined;
    return { is: isLock ? 'refused' : `${String(error.code)}: ${error.message}` };
  }
}

function isMatched(patterns: readonly string[], { group, name }: Discovered): boolean {
  return patterns.some((pattern) => pattern === `${group}/${name}` || pattern === `${group}/*`);
}

/** The rows that are about a resource or subresource as discovery names it. */
function rowsFor({ name }: Discovered): readonly MatrixRow[] {
  const [, subresource] = name.split('/');
  return MATRIX.filter(({ paths }) => paths.includes(name) || paths.includes(subresource === undefined ? '*' : `*/${subresource}`));
}

describe('the matrix', () => {
  test('has a row for every write that this API server offers', () => {
    const missing = discovered
      .filter((one) => !isMatched(NEVER_LOCKED, { ...one, name: one.name.split('/')[0] ?? '' }))
      .flatMap((one) =>
        one.verbs
          .filter((verb) => WRITE_VERBS.includes(verb) && !rowsFor(one).some(({ verbs }) => verbs.includes(verb)))
          .map((verb) => `${verb} ${resourceOf(one)}`),
      );
    expect(missing).toEqual([]);
  });

  test('is tried on an object of every kind that this API server keeps, but for those that no transaction can hold', () => {
    const known = (one: Discovered): boolean => isMatched(NEVER_LOCKED, one) || KINDS.some(({ resource }) => resource === resourceOf(one));
    const unknown = discovered.filter(({ name, verbs }) => !name.includes('/') && verbs.some((verb) => WRITE_VERBS.includes(verb)));
    expect(unknown.filter((one) => !known(one)).map(resourceOf)).toEqual([]);
    expect(invalid).toEqual([]);
  });

  test('has requests for every row but those that no test can send', () => {
    expect(MATRIX.filter(({ id }) => REQUESTS[id] === undefined).map(({ id }) => id)).toEqual(['connection']);
  });
});

const everywhere = MATRIX.filter(
  ({ id, paths, outcomes }) => REQUESTS[id] !== undefined && outcomes.object !== '–' && paths.every((path) => path.startsWith('*')),
);
const somewhere = MATRIX.filter(({ id, paths }) => REQUESTS[id] !== undefined && !paths.every((path) => path.startsWith('*')));

for (const lock of ['object', 'fields'] as const) {
  describe(`an object whose ${lock === 'object' ? 'whole' : 'fields'} a transaction holds`, () => {
    for (const row of everywhere) {
      test(`is treated alike, whatever its kind is, when somebody ${row.does}: ${row.outcomes[lock]}`, async () => {
        const tries = [...subjects[lock].keys()]
          .filter((resource) => applies(row, resource))
          .flatMap((resource) => triesOf(row, resource))
          .filter(({ way }) => !TRIED_ON_FEW.includes(way));
        expect(tries.length).toBeGreaterThan(3);
        expect(await surprises(row, lock, tries, ['cluster-admin'])).toEqual([]);
      });

      test(`gives the same answer to everybody who ${row.does}`, async () => {
        const tries = SAMPLES.filter((resource) => applies(row, resource)).flatMap((resource) => triesOf(row, resource));
        expect(await surprises(row, lock, tries, SENDERS)).toEqual([]);
      });
    }

    for (const row of somewhere) {
      test(`answers to everybody alike who ${row.does}: ${row.outcomes[lock]}`, async () => {
        const [parent = ''] = (row.paths[0] ?? '').split('/');
        const resources = [...subjects[lock].keys()].filter((resource) => resource.split('/')[1] === parent);
        expect(resources).toHaveLength(1);
        expect(
          await surprises(
            row,
            lock,
            resources.flatMap((resource) => triesOf(row, resource)),
            SENDERS,
          ),
        ).toEqual([]);
      });
    }
  });
}

describe('a name that a transaction reserves', () => {
  for (const row of MATRIX.filter(({ outcomes }) => outcomes.name !== '–')) {
    test(`answers to everybody alike who ${row.does}: ${row.outcomes.name}`, async () => {
      const ways = Object.entries(REQUESTS[row.id] ?? {});
      const tries = [...subjects.name.keys()].flatMap((resource) => ways.map(([way, send]) => ({ resource, way, send })));
      expect(await surprises(row, 'name', tries, SENDERS)).toEqual([]);
    });
  }
});

interface Try {
  readonly resource: string;
  readonly way: string;
  readonly send: Send;
}

function triesOf({ id }: MatrixRow, resource: string): readonly Try[] {
  return Object.entries(REQUESTS[id] ?? {})
    .filter(([way]) => isOffered(resource, way))
    .map(([way, send]) => ({ resource, way, send }));
}

function isOffered(resource: string, way: string): boolean {
  if (way === 'deletecollection') return kindOf(resource).verbs?.includes(way) === true;
  // Custom resources take neither.
  const own = ['strategic merge patch', 'update whatever its resourceVersion'];
  return !own.includes(way) || LOCKABLE_KINDS.some((lockable) => lockable.resource === resource);
}

function applies({ paths }: MatrixRow, resource: string): boolean {
  return paths.some((path) => path === '*' || (path.startsWith('*/') && hasSubresource(resource, path.slice(2))));
}

/** Where reality is not what the table says. */
async function surprises(row: MatrixRow, lock: LockKind, tries: readonly Try[], senders: readonly Sender[]): Promise<readonly string[]> {
  const all = tries.flatMap((one) => senders.map((sender) => ({ ...one, sender })));
  const outcomes = await inParallel(all, AT_ONCE, async ({ resource, way, send, sender }) => {
    const subject = subjects[lock].get(resource);
    if (subject === undefined) throw new Error(`nothing of ${resource} is held`);
    const { is, object } = await outcomeOf(send, subject, sender);
    const wanted = expected(row, lock, sender);
    return is === wanted || (wanted === 'refused' && isIgnored(row, object))
      ? []
      : [`${way} of ${resource} by ${sender}: ${is}, not ${wanted}`];
  });
  return valuesOf(outcomes).flat();
}

/** Many kinds take nothing but the status by way of their status: then the write passes and does not do what it was refused for. */
function isIgnored({ id }: MatrixRow, object: KubeObject | undefined): boolean {
  return id === 'status-metadata' && object !== undefined && object.metadata.annotations?.['example.com/other'] === undefined;
}

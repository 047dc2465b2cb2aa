import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GRANT_EXTRA, type GrantAction, type GrantTarget } from '../../src/lock/claims.ts';
import { CLUSTER_CONTROLLERS } from '../../src/lock/controllers.ts';
import { decide } from '../../src/lock/decision.ts';
import { statusOf } from '../../src/lock/denial.ts';
import { isGrantExpired } from '../../src/lock/expired-grant.ts';
import { grantOf, grantVerifier } from '../../src/lock/grant-verifier.ts';
import { grantSigner } from '../../src/lock/grants.ts';
import { lockHolderOf } from '../../src/lock/holder.ts';
import { generateKeyRing } from '../../src/lock/keys.ts';
import { creationLabelFor, LOCK_LABEL, lockLabelFor } from '../../src/lock/label.ts';
import { lookupsNeeded } from '../../src/lock/lookups.ts';
import type { LockRecord, RecordLookup } from '../../src/lock/record.ts';
import { parseReview } from '../../src/lock/review.ts';
import type { ApiStatus } from '../../src/kube/errors.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import { eventually, startGuardedCluster, type Answered, type GuardedCluster, type Sent } from './cluster.ts';
import { recordOf, TX } from './scenario.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const ring = generateKeyRing(new Date());
const verifier = grantVerifier(ring);

let cluster: GuardedCluster;
let record: LockRecord;
let rules: string[];
let names = 0;

beforeAll(async () => {
  cluster = await startGuardedCluster();
});

beforeEach(() => {
  rules = [];
  cluster.probe.forget();
  cluster.probe.answer = async (request) => {
    const review = parseReview(request);
    const now = new Date();
    const grant = await grantOf(review.user, verifier, now);
    const lookups = new Map(
      lookupsNeeded(review, grant).map((uid): [string, RecordLookup] => [
        uid,
        uid === TX ? { found: 'record', record } : { found: 'absent' },
      ]),
    );
    const decision = decide({ review, grant, lookups, now, controllers: CLUSTER_CONTROLLERS });
    rules.push(decision.rule);
    return decision.allow ? undefined : statusOf(decision);
  };
});

afterAll(async () => {
  await cluster.stop();
});

interface Locked {
  readonly path: string;
  readonly object: KubeObject;
  readonly target: GrantTarget;
}

const place = (name: string): GrantTarget => ({ group: '', resource: 'configmaps', namespace: 'default', name });

/** The headers under which an executor sends: its ServiceAccount, every right, and a grant. */
async function executing(action: GrantAction, target: GrantTarget): Promise<Record<string, string>> {
  const claims = { transaction: TX, attempt: record.attempt, change: '', action, target };
  return {
    'impersonate-user': 'system:serviceaccount:shop:deployer',
    'impersonate-group': 'system:masters',
    [`impersonate-extra-${encodeURIComponent(GRANT_EXTRA)}`]: await grantSigner(ring).sign(claims, new Date()),
  };
}

/** Locks as an executor does: the API server reviews anew what loses against writers, until the grant may have expired. */
async function lockAmongWriters(path: string, target: GrantTarget): Promise<KubeObject> {
  for (;;) {
    const { status, body } = await cluster.send('PATCH', path, { ...lockPatch(target), headers: await executing('lock', target) });
    if (status === 403 && isGrantExpired(body as unknown as ApiStatus)) continue;
    expect(status, body.message).toBe(200);
    return body;
  }
}

function recordFor(
  target: Omit<GrantTarget, 'uid'>,
  parts: Partial<LockRecord> = {},
  targetParts: Parameters<typeof recordOf>[1] = {},
): void {
  const deadline = new Date(Date.now() + 60_000).toISOString();
  const { uid: _, ...bare } = recordOf().targets[0] as LockRecord['targets'][number];
  const changes = targetParts.changes ?? bare.changes;
  record = recordOf({
    lockedSince: new Date().toISOString(),
    deadline,
    targets: [{ ...bare, ...targetParts, changes, namespace: target.namespace, name: target.name }],
    ...parts,
  });
}

/** A new ConfigMap under the lock of the transaction. */
async function lockedObject(
  parts: Partial<LockRecord> = {},
  targetParts: Parameters<typeof recordOf>[1] = {},
  body: object = {},
): Promise<Locked> {
  const name = `thing-${++names}`;
  const { metadata = {}, ...members } = body as { metadata?: object };
  const made = await cluster.done('POST', CONFIG_MAPS, { body: { metadata: { name, ...metadata }, data: { a: '1', b: '1' }, ...members } });
  const target = { ...place(name), uid: made.metadata.uid ?? '' };
  recordFor(target, parts, targetParts);
  const path = `${CONFIG_MAPS}/${name}`;
  const object = await cluster.done('PATCH', path, { ...lockPatch(target), headers: await executing('lock', target) });
  rules = [];
  return { path, object, target };
}

function lockPatch(target: GrantTarget): Sent {
  const label = lockLabelFor(TX, record.attempt, target.uid ?? '');
  return { as: 'merge-patch+json', body: { metadata: { uid: target.uid, labels: { [LOCK_LABEL]: label } } } };
}

const merge = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  cluster.send('PATCH', path, { as: 'merge-patch+json', body, headers });
const statusIn = ({ body }: Answered): ApiStatus => body as unknown as ApiStatus;

describe('on an API server, a locked object', () => {
  test('is refused to a cluster administrator in words, and for machines with who holds it', async () => {
    const { path } = await lockedObject();
    const refused = await merge(path, { data: { a: '2' } });
    expect([refused.status, refused.body.reason]).toEqual([423, 'Locked']);
    expect(refused.body.message).toMatch(
      /ConfigMap default\/thing-\d+ is locked by transaction shop\/checkout \(change raise-limit, requested by bob\) since .* until .* at the latest/,
    );
    expect(lockHolderOf(statusIn(refused))).toEqual({ transaction: TX, since: record.lockedSince });
  });

  test('tells clients to wait where the transaction says so', async () => {
    const { path } = await lockedObject({ foreignWrites: 'Delay' });
    const delayed = await merge(path, { data: { a: '2' } });
    expect([delayed.status, delayed.headers['retry-after']]).toEqual([429, '1']);
    expect(lockHolderOf(statusIn(delayed))).toEqual({ transaction: TX, since: record.lockedSince });
    expect((await merge(`${path}?dryRun=All`, { data: { a: '2' } })).status).toBe(423);
  });

  test('is applied to, restored and unlocked by grants', async () => {
    const { path, object, target } = await lockedObject();
    const applied = await cluster.done('PATCH', `${path}?fieldManager=janus&force=true`, {
      as: 'apply-patch+yaml',
      body: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: target.name, uid: target.uid, labels: object.metadata.labels },
        data: { a: '2' },
      },
      headers: await executing('apply', target),
    });
    expect(applied['data']).toEqual({ a: '2', b: '1' });
    await cluster.done('PUT', path, {
      body: { ...object, metadata: { ...object.metadata, resourceVersion: applied.metadata.resourceVersion } },
      headers: await executing('restore', target),
    });
    const operations = [
      { op: 'test', path: '/metadata/labels/tx.janus.io~1lock', value: object.metadata.labels?.[LOCK_LABEL] },
      { op: 'remove', path: '/metadata/labels/tx.janus.io~1lock' },
    ];
    const unlocked = await cluster.done('PATCH', path, {
      as: 'json-patch+json',
      body: operations,
      headers: await executing('unlock', target),
    });
    expect(unlocked.metadata.labels).toBeUndefined();
    expect(rules).toEqual(['grant-apply', 'grant-apply', 'grant-unlock']);
  });

  test('is not locked twice by the same label', async () => {
    const { path, target } = await lockedObject();
    expect((await cluster.send('PATCH', path, { ...lockPatch(target), headers: await executing('lock', target) })).status).toBe(403);
    record = { ...record, attempt: record.attempt + 1 };
    expect((await cluster.send('PATCH', path, { ...lockPatch(target), headers: await executing('lock', target) })).status).toBe(200);
  });

  test('does not take the late write of an executor that was deposed', async () => {
    const { path, target, object } = await lockedObject();
    const late = await executing('restore', target);
    record = { ...record, attempt: record.attempt + 1 };
    await cluster.done('PATCH', path, { ...lockPatch(target), headers: await executing('lock', target) });
    const { resourceVersion: _, ...metadata } = object.metadata;
    expect((await cluster.send('PUT', path, { body: { ...object, metadata, data: { a: 'late' } }, headers: late })).status).toBe(403);
  });

  test('is not brought into being by an apply whose object is gone', async () => {
    recordFor(place('gone'));
    const target = { ...place('gone'), uid: '3f95c800-1111-4222-8333-444455556666' };
    const labels = { [LOCK_LABEL]: creationLabelFor(TX, record.attempt, place('gone')) };
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'gone', labels } };
    expect(
      (
        await cluster.send('PATCH', `${CONFIG_MAPS}/gone?fieldManager=janus`, {
          as: 'apply-patch+yaml',
          body,
          headers: await executing('apply', target),
        })
      ).status,
    ).toBe(403);
  });

  test('survives a deletecollection', async () => {
    const { path } = await lockedObject({}, {}, { metadata: { labels: { test: 'all' } } });
    expect((await cluster.send('DELETE', `${CONFIG_MAPS}?labelSelector=test%3Dall`)).status).toBe(423);
    expect((await cluster.send('GET', path)).status).toBe(200);
  });

  test('takes an apply that changes nothing, and a write of what is not locked', async () => {
    const { path, target } = await lockedObject({}, { scope: 'fields', fields: { 'f:data': { 'f:a': {} } } });
    const apply = (data: object) =>
      cluster.send('PATCH', `${path}?fieldManager=flux&force=true`, {
        as: 'apply-patch+yaml',
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: target.name }, data },
      });
    expect((await apply({ a: '1' })).status).toBe(200);
    expect((await apply({ a: '1', b: '2' })).status).toBe(200);
    expect(rules).toEqual(['no-change', 'fields-untouched']);
    const refused = await apply({ a: '2' });
    expect(refused.status).toBe(423);
    expect(refused.body.message).toContain(': data.a is locked by');
  });

  test('is freed by the end of its transaction, but nobody puts the label back', async () => {
    const { path, object } = await lockedObject();
    record = { ...record, phase: 'Committed' };
    expect((await merge(path, { data: { a: '2' } })).status).toBe(200);
    expect((await merge(path, { metadata: { labels: { [LOCK_LABEL]: null } } })).status).toBe(200);
    const refused = await merge(path, { metadata: { labels: object.metadata.labels } });
    // The API server may look first at what it has cached, where the label is still on, before it looks at what is stored.
    expect([refused.status, rules.filter((rule) => rule !== 'no-change')]).toEqual([403, ['void-lock', 'void-lock', 'label-added']]);
  });
});

describe('on an API server, created and deleted objects', () => {
  test('are created by a grant with the creation label, held, and deleted by a grant', async () => {
    const target = place(`made-${++names}`);
    recordFor(target, {}, { changes: [{ name: 'add', type: 'Create', order: 0 }] });
    const labels = { [LOCK_LABEL]: creationLabelFor(TX, record.attempt, target) };
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: target.name, labels }, data: { a: '1' } };
    const path = `${CONFIG_MAPS}/${target.name}`;
    const made = await cluster.done('PATCH', `${path}?fieldManager=janus&force=true`, {
      as: 'apply-patch+yaml',
      body,
      headers: await executing('create', target),
    });
    expect((await merge(path, { data: { a: '2' } })).status).toBe(423);
    expect(
      (
        await cluster.send('PATCH', `${path}?fieldManager=other&force=true`, {
          as: 'apply-patch+yaml',
          body: { ...body, data: { a: '3' } },
          headers: await executing('create', target),
        })
      ).status,
    ).toBe(403);
    const preconditions = { uid: made.metadata.uid, resourceVersion: made.metadata.resourceVersion };
    const granted = await executing('delete', { ...target, uid: made.metadata.uid ?? '' });
    await cluster.done('DELETE', path, { body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions }, headers: granted });
    expect((await cluster.send('GET', path)).status).toBe(404);
    expect(rules).toEqual(['grant-create', 'held', 'grant-create', 'grant-delete']);
  });

  test('go away once strangers remove their finalizers, after our own delete', async () => {
    const { path, target } = await lockedObject(
      {},
      { changes: [{ name: 'drop', type: 'Delete', order: 0 }] },
      { metadata: { finalizers: ['example.com/a', 'example.com/b'] } },
    );
    expect((await merge(path, { metadata: { finalizers: ['example.com/a'] } })).status).toBe(423);
    await cluster.done('DELETE', path, { headers: await executing('delete', target) });
    expect((await merge(path, { metadata: { finalizers: ['example.com/a'] }, data: { a: '2' } })).status).toBe(423);
    expect((await merge(path, { metadata: { finalizers: ['example.com/a'] } })).status).toBe(200);
    expect((await merge(path, { metadata: { finalizers: null } })).status).toBe(200);
    expect((await cluster.send('GET', path)).status).toBe(404);
  });
});

describe('on an API server, a lock', () => {
  test('fences every writer in flight: after it was set, nothing of theirs lands', async () => {
    for (let round = 0; round < 10; round += 1) {
      const name = `raced-${++names}`;
      const path = `${CONFIG_MAPS}/${name}`;
      const made = await cluster.done('POST', CONFIG_MAPS, { body: { metadata: { name }, data: { n: '0' } } });
      const target = { ...place(name), uid: made.metadata.uid ?? '' };
      recordFor(target);
      let refused = 0;
      let landed = 0;
      const write = async (writer: number) => {
        for (let count = 0; refused < 8; count += 1) {
          const { status } = await merge(path, { data: { n: `${writer}-${count}` } });
          if (status === 423) refused += 1;
          else if (status === 200) landed += 1;
        }
      };
      const writers = [0, 1, 2, 3].map(write);
      await eventually('writers write', () => Promise.resolve(landed >= 4));
      const held = await lockAmongWriters(path, target);
      await Promise.all(writers);
      const after = await cluster.done('GET', path);
      expect([after.metadata.resourceVersion, after['data']]).toEqual([held.metadata.resourceVersion, held['data']]);
    }
  });
});

describe('on an API server, a Deployment', () => {
  test('rolls out under the lock of its template, its controller writing status and revision', async () => {
    const path = '/apis/apps/v1/namespaces/default/deployments';
    const name = `web-${++names}`;
    const spec = {
      replicas: 0,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'one' }] } },
    };
    const made = await cluster.done('POST', path, { body: { metadata: { name }, spec } });
    const target: GrantTarget = { group: 'apps', resource: 'deployments', namespace: 'default', name, uid: made.metadata.uid ?? '' };
    const kind = { group: 'apps', version: 'v1', kind: 'Deployment', resource: 'deployments', namespaced: true };
    recordFor(target, {}, { kind });
    await cluster.done('PATCH', `${path}/${name}`, { ...lockPatch(target), headers: await executing('lock', target) });
    const label = lockLabelFor(TX, record.attempt, target.uid ?? '');
    const changed = {
      metadata: { uid: target.uid, labels: { [LOCK_LABEL]: label } },
      spec: { template: { spec: { containers: [{ name: 'c', image: 'two' }] } } },
    };
    const applied = await cluster.done('PATCH', `${path}/${name}`, {
      as: 'merge-patch+json',
      body: changed,
      headers: await executing('apply', target),
    });
    let now = applied;
    const done = () =>
      (now['status'] as { observedGeneration?: number } | undefined)?.observedGeneration === applied.metadata.generation &&
      now.metadata.annotations?.['deployment.kubernetes.io/revision'] === '2';
    await eventually('its controller has rolled it out', async () => {
      now = await cluster.done('GET', `${path}/${name}`);
      return done();
    });
    expect(rules.filter((rule) => rule.startsWith('status'))).not.toEqual([]);
  });
});

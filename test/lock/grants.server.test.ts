import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Identity, KubeClient } from '../../src/kube/client.ts';
import { clusterConfigFromToken } from '../../src/kube/config.ts';
import { isApiError } from '../../src/kube/errors.ts';
import type { KubeObject, ResourceKind } from '../../src/kube/object.ts';
import { createRestClient } from '../../src/kube/rest-client.ts';
import { retrying } from '../../src/kube/retry.ts';
import { createTransport, type Transport } from '../../src/kube/transport.ts';
import { SECRETS } from '../../src/kube/well-known.ts';
import { GRANT_EXTRA, type GrantAction, type GrantClaims, type GrantTarget } from '../../src/lock/claims.ts';
import { grantSigner } from '../../src/lock/grants.ts';
import { generateKeyRing, parseKeyRing, type KeyRing } from '../../src/lock/keys.ts';
import { LOCK_LABEL } from '../../src/lock/label.ts';
import { hold, type Held } from '../janus/holding.ts';
import { bootCluster, type Cluster, type Fault } from '../janus/running.ts';
import { configMap, find, makeConfigMap, makeNamespace, makeServiceAccount, transact, type Change } from '../janus/transacting.ts';
import { expectLocked, refusalOf } from './refusals.ts';
import { WRITE_PATHS } from './write-paths.ts';

type Recorded = { readonly action: string; readonly target: GrantTarget; readonly token: string };

const LIFE_SECONDS = 3;

let cluster: Cluster;
let namespace: string;
let ring: KeyRing;
let held: Held;
let other: Held;
let object: KubeObject;
/** Everything that the executor has carried, as an audit log would have it. */
const recorded: Recorded[] = [];

const eavesdrop: Fault = (request, send) => {
  for (const token of request.as?.extra?.[GRANT_EXTRA] ?? []) recorded.push({ ...claimsIn(token), token });
  return send(request);
};

beforeAll(async () => {
  cluster = await bootCluster();
  await cluster.start({ fault: eavesdrop, env: { JANUS_GRANT_LIFE_SECONDS: String(LIFE_SECONDS) } });
  const { admin } = cluster;
  namespace = await makeNamespace(admin);
  const secret = await admin.get({ kind: SECRETS, namespace: 'janus-system', name: 'janus-grant-keys' });
  ring = parseKeyRing(Buffer.from((secret['data'] as { readonly ring: string }).ring, 'base64').toString('utf8'));
  await makeConfigMap(admin, namespace, 'guarded', { a: '1' });
  await makeConfigMap(admin, namespace, 'other', { a: '1' });
  held = await hold(admin, namespace, [replacement('guarded')]);
  other = await hold(admin, namespace, [replacement('other')]);
  object = await admin.get(configMap(namespace, 'guarded'));
});
afterAll(() => cluster?.stop());

const replacement = (name: string, order = 1): Change => ({
  type: 'Update',
  name,
  order,
  content: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '2' } },
});

function claimsIn(token: string): { readonly action: string; readonly target: GrantTarget } {
  const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, GrantClaims>;
  const claims = payload[GRANT_EXTRA];
  if (claims === undefined) throw new Error('a grant without claims');
  return claims;
}

/** What the executor itself would be granted for the locked object. */
function claims(action: GrantAction = 'apply', parts: Partial<GrantClaims> = {}): GrantClaims {
  const { name = '', uid = '' } = object.metadata;
  const target = { group: '', resource: 'configmaps', namespace, name, uid };
  return { transaction: held.transaction.metadata.uid ?? '', attempt: 1, change: '', action, target, ...parts };
}

const sign = (what: GrantClaims, now = new Date()): Promise<string> => grantSigner(ring).sign(what, now);
const secondsFromNow = (seconds: number): Date => new Date(Date.now() + seconds * 1000);

function bearing(...tokens: readonly string[]): Identity {
  return { user: `system:serviceaccount:${namespace}:deployer`, extra: { [GRANT_EXTRA]: tokens } };
}

function altered(token: string, change: (claims: GrantClaims) => GrantClaims): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const body = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, GrantClaims>;
  const forged = { ...body, [GRANT_EXTRA]: change(body[GRANT_EXTRA] as GrantClaims) };
  return [header, Buffer.from(JSON.stringify(forged)).toString('base64url'), signature].join('.');
}

function unsigned(token: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'janus-grant+jwt' })).toString('base64url');
  return `${header}.${token.split('.')[1] ?? ''}.`;
}

const useless: readonly (readonly [string, () => Promise<readonly string[]>])[] = [
  ['that has expired', async () => [await sign(claims(), secondsFromNow(-60))]],
  ['that is not valid yet', async () => [await sign(claims(), secondsFromNow(60))]],
  ['signed with a key of its own', async () => [await grantSigner(generateKeyRing(new Date())).sign(claims(), new Date())]],
  [
    'that was altered to name this object',
    async () => [altered(await sign(claims('apply', { target: { ...claims().target, name: 'mine' } })), () => claims())],
  ],
  ['whose signature was taken off', async () => [unsigned(await sign(claims()))]],
  ['that is no grant at all', () => Promise.resolve(['let me in'])],
  [
    'for another object of the same transaction',
    async () => [await sign(claims('apply', { target: { ...claims().target, name: 'other' } }))],
  ],
  [
    'for an object of this name with another uid',
    async () => [await sign(claims('apply', { target: { ...claims().target, uid: randomUUID() } }))],
  ],
  [
    'for this object in another namespace',
    async () => [await sign(claims('apply', { target: { ...claims().target, namespace: 'default' } }))],
  ],
  ['of another transaction that is open', async () => [await sign(claims('apply', { transaction: other.transaction.metadata.uid ?? '' }))]],
  ['of an earlier or later attempt', async () => [await sign(claims('apply', { attempt: 2 }))]],
  ['to lock', async () => [await sign(claims('lock'))]],
  ['to unlock', async () => [await sign(claims('unlock'))]],
  ['to create', async () => [await sign(claims('create'))]],
  ['to dry-run', async () => [await sign(claims('preflight'))]],
  ['beside another grant', async () => [await sign(claims()), await sign(claims('delete'))]],
];

describe('a grant that an impostor carries', () => {
  for (const [what, tokens] of useless) {
    test(`${what} opens no way to write to the locked object`, async () => {
      const as = bearing(...(await tokens()));
      for (const { title, send } of WRITE_PATHS) {
        const refusal = await refusalOf(send(cluster.admin, object, '3', { as }));
        expect([refusal.code, refusal.reason], `${title}: ${refusal.message}`).toEqual([403, 'Forbidden']);
        expect(refusal.message).not.toMatch(/eyJ[\w-]+\./);
      }
      expect(await cluster.admin.get(configMap(namespace, 'guarded'))).toEqual(object);
    });
  }

  test('to apply does not delete, to delete does not apply, and neither takes the lock off', async () => {
    const { admin } = cluster;
    const place = configMap(namespace, 'guarded');
    const [apply, remove] = [bearing(await sign(claims('apply'))), bearing(await sign(claims('delete')))];
    const strip = { type: 'merge', patch: { metadata: { labels: { [LOCK_LABEL]: null } } } } as const;
    const ways = [
      () => admin.delete(place, { as: apply }),
      () => admin.patch(place, { type: 'merge', patch: { data: { a: '3' } } }, { as: remove }),
      () => admin.patch(place, strip, { as: apply }),
      () => admin.patch(place, strip, { as: remove }),
    ];
    for (const way of ways) expect((await refusalOf(way())).code).toBe(403);
    expect(await admin.get(place)).toEqual(object);
  });

  test('is good in nobody else’s hands than those of the ServiceAccount it was made for', async () => {
    const { admin } = cluster;
    const place = configMap(namespace, 'guarded');
    const bearer = `system:serviceaccount:${namespace}:deployer`;
    const extra = { [GRANT_EXTRA]: [await sign(claims('apply', { bearer }))] };
    for (const as of [
      { user: 'mallory', groups: ['system:masters'], extra },
      { user: `system:serviceaccount:${namespace}:accomplice`, groups: ['system:masters'], extra },
    ]) {
      const refusal = await refusalOf(admin.patch(place, { type: 'merge', patch: { data: { a: '3' } } }, { as }));
      expect([refusal.code, refusal.reason], refusal.message).toEqual([403, 'Forbidden']);
    }
    expect(await admin.get(place)).toEqual(object);
  });

  test('does not add a lock to an object that the transaction does not name', async () => {
    const { admin } = cluster;
    const free = await makeConfigMap(admin, namespace, 'free', { a: '1' });
    const uid = free.metadata.uid ?? '';
    const labels = { [LOCK_LABEL]: `${held.transaction.metadata.uid ?? ''}.1.${uid.slice(0, 8)}` };
    const as = bearing(await sign(claims('lock', { target: { ...claims().target, name: 'free', uid } })));
    const refusal = await refusalOf(admin.patch(configMap(namespace, 'free'), { type: 'merge', patch: { metadata: { labels } } }, { as }));
    expect(refusal.message).toContain('its transaction does not plan to touch this object');
    expect(await admin.get(configMap(namespace, 'free'))).toEqual(free);
  });

  test('that is real and fits lets just this write pass, so that the refusals above say something', async () => {
    const { admin } = cluster;
    const as = bearing(await sign(claims('apply')));
    await admin.patch(configMap(namespace, 'guarded'), { type: 'merge', patch: { data: { a: '4' } } }, { as, dryRun: true });
    await admin.delete(configMap(namespace, 'guarded'), { as: bearing(await sign(claims('delete'))), dryRun: true });
    expect(await admin.get(configMap(namespace, 'guarded'))).toEqual(object);
  });
});

describe('a grant that was overheard', () => {
  let replayer: KubeClient;
  let transport: Transport;

  beforeAll(async () => {
    ({ client: replayer, transport } = await clientOf('replayer', [
      { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] },
      { apiGroups: ['authentication.k8s.io'], resources: ['userextras/tx.janus.io/grant'], verbs: ['impersonate'] },
    ]));
  });
  afterAll(() => transport?.close());

  test('cannot be used without the right to impersonate with it, and the refusal does not quote it', async () => {
    const { client, transport: mine } = await clientOf('listener', [
      { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] },
    ]);
    const token = await sign(claims('apply'));
    const sent = client.patch(configMap(namespace, 'guarded'), { type: 'merge', patch: { data: { a: '3' } } }, { as: bearing(token) });
    const refusal = await refusalOf(sent);
    expect(refusal.code).toBe(403);
    expect(refusal.message).toContain('userextras');
    expect(JSON.stringify(refusal.status)).not.toContain(token.split('.')[2]);
    await mine.close();
  });

  test('when the object was locked cannot be used to write to it', async () => {
    const place = configMap(namespace, 'replayed-lock');
    await makeConfigMap(cluster.admin, namespace, 'replayed-lock', { a: '1' });
    const { release } = await hold(cluster.admin, namespace, [replacement('replayed-lock')]);
    const now = await cluster.admin.get(place);
    const as = bearing(overheard('lock', 'replayed-lock'));
    for (const { send } of WRITE_PATHS) expect((await refusalOf(send(replayer, now, '3', { as }))).code).toBe(403);
    expect(await cluster.admin.get(place)).toEqual(now);
    await release();
  });

  test('when a change was made is good for nothing but that, and for nothing at all once it has expired', async () => {
    const place = configMap(namespace, 'replayed-apply');
    await makeConfigMap(cluster.admin, namespace, 'replayed-apply', { a: '1' });
    const { release } = await hold(cluster.admin, namespace, [replacement('replayed-apply', 0)]);
    const now = await cluster.admin.get(place);
    expect([now['data'], LOCK_LABEL in (now.metadata.labels ?? {})]).toEqual([{ a: '2' }, true]);
    const as = bearing(overheard('apply', 'replayed-apply'));
    const accomplice = { ...as, user: `system:serviceaccount:${namespace}:replayer` };
    expect((await refusalOf(replayer.patch(place, { type: 'merge', patch: { data: { a: '3' } } }, { as: accomplice }))).code).toBe(403);
    expect((await refusalOf(replayer.delete(place, { as }))).code).toBe(403);
    expect(
      (await refusalOf(replayer.patch(configMap(namespace, 'guarded'), { type: 'merge', patch: { data: { a: '3' } } }, { as }))).code,
    ).toBe(403);
    const refusal = await untilRefused(() => replayer.patch(place, { type: 'merge', patch: { data: { a: '3' } } }, { as, dryRun: true }));
    expect(refusal.message).toContain('it has expired');
    for (const { send } of WRITE_PATHS) expect((await refusalOf(send(replayer, now, '3', { as }))).code).toBe(403);
    expect(await cluster.admin.get(place)).toEqual(now);
    await release();
  });

  test('is worth nothing after the transaction has ended: no lock comes back, nothing is created', async () => {
    const { admin } = cluster;
    await makeConfigMap(admin, namespace, 'ended', { a: '1' });
    const content = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ended-made' }, data: { a: '2' } };
    const done = await transact(admin, namespace, [replacement('ended'), { type: 'Create', name: 'ended-made', content }]);
    expect(done.status?.phase).toBe('Committed');
    const free = await admin.get(configMap(namespace, 'ended'));
    const [lock, apply, unlock] = (['lock', 'apply', 'unlock'] as const).map((action) => bearing(overheard(action, 'ended')));
    const labels = { [LOCK_LABEL]: `${done.metadata.uid ?? ''}.1.${(free.metadata.uid ?? '').slice(0, 8)}` };
    for (const as of [lock, apply, unlock]) {
      const sent = replayer.patch(
        configMap(namespace, 'ended'),
        { type: 'merge', patch: { metadata: { labels } } },
        as === undefined ? {} : { as },
      );
      expect((await refusalOf(sent)).code).toBe(403);
    }
    expect(await admin.get(configMap(namespace, 'ended'))).toEqual(free);
    const made = configMap(namespace, 'ended-made');
    await admin.delete(made);
    const again = {
      ...content,
      metadata: { name: 'ended-made', namespace, labels: { [LOCK_LABEL]: await creationLabelOf(done.metadata.uid ?? '') } },
    };
    const sent = replayer.create(made, again, { as: bearing(overheard('create', 'ended-made')) });
    expect((await refusalOf(sent)).message).toMatch(/its transaction is Committed|it has expired/);
    expect(await find(admin, made)).toBeUndefined();
  });

  test('is never found in what is stored for readers', async () => {
    const { admin } = cluster;
    expect(recorded.length).toBeGreaterThan(10);
    const events = await admin.raw<unknown>('GET', `/api/v1/namespaces/${namespace}/events`);
    const transactions = await admin.raw<unknown>('GET', `/apis/tx.janus.io/v1alpha1/namespaces/${namespace}/transactions`);
    const objects = await admin.raw<unknown>('GET', `/api/v1/namespaces/${namespace}/configmaps`);
    expect(JSON.stringify([events, transactions, objects])).not.toMatch(/eyJ[\w-]{10,}\.eyJ/);
  });

  function overheard(action: GrantAction, name: string): string {
    const found = recorded.findLast((one) => one.action === action && one.target.name === name);
    if (found === undefined) throw new Error(`no grant to ${action} ${name} was heard`);
    return found.token;
  }

  async function creationLabelOf(transaction: string): Promise<string> {
    const { creationLabelFor } = await import('../../src/lock/label.ts');
    return creationLabelFor(transaction, 1, { group: '', resource: 'configmaps', namespace, name: 'ended-made' });
  }

  /** Dry runs, until one is refused. */
  async function untilRefused(send: () => Promise<unknown>): ReturnType<typeof refusalOf> {
    return retrying(() => refusalOf(send()), { deadlineMs: 120_000, maxMs: 200, retryable: (error) => !isApiError(error) });
  }
});

test('the transactions whose grants were abused end as if nothing had been', async () => {
  const { admin } = cluster;
  await expectLocked(admin.patch(configMap(namespace, 'guarded'), { type: 'merge', patch: { data: { a: '3' } } }));
  const ends = [await held.release(), await other.release()];
  expect(ends.map(({ status }) => status?.phase)).toEqual(['Committed', 'Committed']);
  const objects = [await admin.get(configMap(namespace, 'guarded')), await admin.get(configMap(namespace, 'other'))];
  expect(objects.map((one) => [one['data'], one.metadata.labels])).toEqual([
    [{ a: '2' }, undefined],
    [{ a: '2' }, undefined],
  ]);
});

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** Somebody with credentials of their own, the right to write ConfigMaps, and these rights. */
async function clientOf(name: string, rules: readonly Rule[]): Promise<{ readonly client: KubeClient; readonly transport: Transport }> {
  const { admin, controlPlane, transport } = cluster;
  const full = `${name}-${namespace}`;
  const kind = (one: string, resource: string): ResourceKind => ({
    group: 'rbac.authorization.k8s.io',
    version: 'v1',
    kind: one,
    resource,
    namespaced: false,
  });
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const own = { apiGroups: [''], resources: ['configmaps'], verbs: ['*'] };
  await makeServiceAccount(admin, namespace, name);
  const role = { apiVersion, kind: 'ClusterRole', metadata: { name: full }, rules: [...rules, own] };
  const binding = {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name: full },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: full },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  };
  await admin.create({ kind: kind('ClusterRole', 'clusterroles'), name: full }, role);
  await admin.create({ kind: kind('ClusterRoleBinding', 'clusterrolebindings'), name: full }, binding);
  const answer = await admin.raw<{ readonly status: { readonly token: string } }>(
    'POST',
    `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 3600 },
    },
  );
  const { ca } = transport.config;
  const config = clusterConfigFromToken({
    server: controlPlane.server,
    ...(ca === undefined ? {} : { ca }),
    token: () => Promise.resolve(answer.status.token),
    description: `ServiceAccount ${namespace}/${name}`,
  });
  const mine = createTransport(config);
  const client = createRestClient(mine);
  await retrying(() => client.get(configMap(namespace, 'guarded')), {
    deadlineMs: 120_000,
    maxMs: 200,
    retryable: (error) => isApiError(error, 403),
  });
  return { client, transport: mine };
}

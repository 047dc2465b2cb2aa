import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { webhooksOf } from '../../../src/admission/guard/configuration.ts';
import { GUARDS_REF } from '../../../src/admission/guard/writer.ts';
import type { Transaction } from '../../../src/api/transaction.ts';
import type { JsonPatchOperation } from '../../../src/kube/client.ts';
import type { KubeObject, ObjectRef } from '../../../src/kube/object.ts';
import { expectLocked } from '../../lock/refusals.ts';
import { hold, type Held } from '../../janus/holding.ts';
import { applyAs, at, complete, DEPLOYMENTS, EVENTS, eventually } from '../../janus/objects.ts';
import { bootCluster, type Cluster, type Operator } from '../../janus/running.ts';
import { configMap, find, inPhase, makeConfigMap, makeNamespace } from '../../janus/transacting.ts';

let cluster: Cluster;
let operator: Operator;
let namespace: string;
let held: Held;
/** What Janus has asked about its guards. */
const asked: string[] = [];
/** Verbs about the guards that its API server refuses to it. */
const refused = new Set<string>();

beforeAll(async () => {
  cluster = await bootCluster();
  operator = await cluster.start({
    fault: (request, send) => {
      const { name, verb } = request.label;
      if (name !== GUARDS_REF.name) return send(request);
      asked.push(verb);
      if (!refused.has(verb)) return send(request);
      const message = `the test refuses to ${verb}`;
      const body = JSON.stringify({ kind: 'Status', status: 'Failure', code: 403, reason: 'Forbidden', message });
      return Promise.resolve({ status: 403, headers: {}, body });
    },
  });
  namespace = await makeNamespace(cluster.admin);
  held = await hold(cluster.admin, namespace, [{ type: 'Create', name: 'planned', content: { data: { a: '1' } } }]);
});
beforeEach(() => asked.splice(0));
afterAll(() => cluster?.stop());

const names = async (): Promise<readonly string[]> => webhooksOf(await find(cluster.admin, GUARDS_REF)).map(({ name }) => name);
const strangerCreates = (): Promise<unknown> => {
  const ref: ObjectRef = configMap(namespace, 'planned');
  return cluster.admin.create(ref, complete(ref, {}), { dryRun: true });
};
const json = (...operations: readonly JsonPatchOperation[]): Promise<unknown> =>
  cluster.admin.patch(GUARDS_REF, { type: 'json', operations }, { fieldManager: 'mallory' });

async function restorations(how: string): Promise<number> {
  const line = new RegExp(
    `janus_webhook_configuration_restored_total\\{configuration="ValidatingWebhookConfiguration",how="${how}"\\} (\\d+)`,
  );
  return Number(line.exec(await operator.metrics())?.[1] ?? 0);
}

async function told(...words: readonly string[]): Promise<boolean> {
  const events = await cluster.admin.list(EVENTS, { namespace: 'default' });
  return events.items
    .filter((event) => event['reason'] === 'WebhookConfigurationRestored')
    .some((event) => ['janus-guards was', ...words].every((word) => String(event['message']).includes(word)));
}

/** Does something to the guards, and waits until Janus has put it right. */
async function restored(how: 'deleted' | 'altered', tamper: () => Promise<unknown>): Promise<void> {
  const [before, right] = [await restorations(how), await cluster.admin.get(GUARDS_REF)];
  await tamper();
  await eventually('it is restored', async () => (await restorations(how)) > before);
  const live = await cluster.admin.get(GUARDS_REF);
  // The probe's entry names the write: a late API server must not be taken for one that is up to date.
  const guardsOf = (one: KubeObject): unknown => webhooksOf(one).filter(({ name }) => !name.startsWith('probe.'));
  expect(guardsOf(live)).toEqual(guardsOf(right));
  await eventually('strangers are refused', () =>
    strangerCreates().then(
      () => false,
      () => true,
    ),
  );
  await expectLocked(strangerCreates());
}

const EDITS: readonly (readonly [string, string, readonly JsonPatchOperation[]])[] = [
  ['a guard taken out', 'was removed', [{ op: 'remove', path: '/webhooks/0' }]],
  ['all entries taken out', 'was removed', [{ op: 'replace', path: '/webhooks', value: [] }]],
  ['failurePolicy Ignore', 'failurePolicy of webhook', [{ op: 'replace', path: '/webhooks/0/failurePolicy', value: 'Ignore' }]],
  [
    'another authority to trust',
    'clientConfig of webhook',
    [{ op: 'replace', path: '/webhooks/0/clientConfig/caBundle', value: 'Z2FyYmFnZQ==' }],
  ],
  [
    'a matchCondition that never holds',
    'matchConditions of webhook',
    [{ op: 'add', path: '/webhooks/0/matchConditions/-', value: { name: 'never', expression: 'false' } }],
  ],
];

describe('what somebody does to the guards of an open transaction is undone, told and counted:', () => {
  test.each(EDITS)('%s', async (_what, fault, operations) => {
    await restored('altered', () => json(...operations));
    const traced = operations.some(({ value }) => value !== undefined && JSON.stringify(value) !== '[]');
    await eventually('it is told', () => told(fault, traced ? ', by field manager "mallory"' : 'was altered, and'));
    // One write puts it right: neither the news of it nor what was found on the way leads to another.
    expect(asked.filter((verb) => verb !== 'get')).toEqual(['update']);
  });

  test('the whole configuration deleted', async () => {
    await restored('deleted', () => cluster.admin.delete(GUARDS_REF));
    await eventually('it is told', () => told('it was deleted'));
    expect(asked.filter((verb) => verb !== 'get')).toEqual(['create']);
  });

  test('an entry put in that is none of ours, though nothing was open for it', async () => {
    const [guard] = webhooksOf(await cluster.admin.get(GUARDS_REF));
    await restored('altered', () => json({ op: 'add', path: '/webhooks/-', value: { ...guard, name: 'strange.example.com' } }));
    expect(await names()).not.toContain('strange.example.com');
  });
});

test('labels and annotations are anybody’s, and left alone', async () => {
  const before = await restorations('altered');
  await json({ op: 'add', path: '/metadata/labels/theirs', value: 'x' });
  // What comes after it is seen after it.
  await restored('altered', () => json({ op: 'remove', path: '/webhooks/0' }));
  expect(await restorations('altered')).toBe(before + 1);
  expect((await cluster.admin.get(GUARDS_REF)).metadata.labels?.['theirs']).toBe('x');
});

/** Deletes the guards, and keeps Janus from putting them up again until something was done. */
async function withoutGuards(meanwhile: () => Promise<void>): Promise<void> {
  for (const verb of ['create', 'update']) refused.add(verb);
  await cluster.admin.delete(GUARDS_REF);
  await meanwhile();
  refused.clear();
}

test('while guards are away and cannot be put up, a transaction waits; once they are up it looks what it holds, and commits', async () => {
  const { name = '' } = held.transaction.metadata;
  let done: Promise<Transaction> | undefined;
  await withoutGuards(async () => {
    done = held.release();
    await eventually('it says why it waits', async () => {
      const { items } = await cluster.admin.list(EVENTS, { namespace, fieldSelector: `involvedObject.name=${name}` });
      return items.some((event) => /waiting, nothing is touched: guards are away since .*it was deleted/.test(String(event['message'])));
    });
    expect(await find(cluster.admin, configMap(namespace, 'planned'))).toBeUndefined();
  });
  expect((await done)?.status?.phase).toBe('Committed');
  expect((await cluster.admin.get(configMap(namespace, 'planned')))['data']).toEqual({ a: '1' });
  await eventually('its guards are gone', async () => (await names()).length === 0);
});

test('what somebody scales while guards are away is found: it stays, is named, and the rest is undone', async () => {
  const { admin } = cluster;
  const ref = at(DEPLOYMENTS, namespace, 'scaled');
  const labels = { app: 'scaled' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'app:1' }] } };
  await applyAs(admin, 'owner', ref, { spec: { replicas: 0, selector: { matchLabels: labels }, template } });
  await makeConfigMap(admin, namespace, 'beside', { a: '1' });
  const scaling = await hold(admin, namespace, [
    { type: 'Patch', apiVersion: 'apps/v1', kind: 'Deployment', name: 'scaled', content: { spec: { replicas: 2 } } },
    { type: 'Patch', name: 'beside', content: { data: { a: '2' } }, order: 0 },
  ]);
  const scale = (): Promise<unknown> => admin.patch(ref, { type: 'merge', patch: { spec: { replicas: 3 } } }, { subresource: 'scale' });
  await expectLocked(scale());
  await withoutGuards(() =>
    eventually('it can be scaled', () =>
      scale().then(
        () => true,
        () => false,
      ),
    ),
  );
  const done = await Promise.race([scaling.release(), inPhase(admin, scaling.transaction, 'Failed')]);
  expect(JSON.stringify(done.status?.conditions)).toMatch(/scaled was changed .*while locks were not enforced/);
  expect(((await admin.get(ref))['spec'] as { readonly replicas: number }).replicas).toBe(3);
  expect((await admin.get(configMap(namespace, 'beside')))['data']).toEqual({ a: '1' });
});

test('a configuration without guards is nobody’s loss: deleted, it stays so until the next guard', async () => {
  const { admin } = cluster;
  await admin.delete(GUARDS_REF);
  const locked = await makeConfigMap(admin, namespace, 'locked', { a: '1' });
  const next = await hold(admin, namespace, [{ type: 'Patch', name: locked.metadata.name ?? '', content: { data: { a: '2' } } }]);
  expect(await find(admin, GUARDS_REF)).toBeUndefined();
  expect((await next.release()).status?.phase).toBe('Committed');
  const guarded = await hold(admin, namespace, [{ type: 'Create', name: 'another', content: { data: { a: '1' } } }]);
  expect(await names()).toHaveLength(2);
  expect((await guarded.release()).status?.phase).toBe('Committed');
});

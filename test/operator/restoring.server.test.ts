import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonPatchOperation } from '../../src/kube/client.ts';
import { isApiError } from '../../src/kube/errors.ts';
import type { KubeObject, ObjectRef } from '../../src/kube/object.ts';
import { hold, type Held } from '../janus/holding.ts';
import { EVENTS, eventually } from '../janus/objects.ts';
import { bootCluster, type Cluster, type Operator } from '../janus/running.ts';
import { isRefused, LOCKS, STAMPS } from '../janus/tampering.ts';
import { configMap, find, makeConfigMap, makeNamespace, transact } from '../janus/transacting.ts';

let cluster: Cluster;
let operator: Operator;
let locked: ObjectRef;
let held: Held;
beforeAll(async () => {
  cluster = await bootCluster();
  operator = await cluster.start();
  const namespace = await makeNamespace(cluster.admin);
  await makeConfigMap(cluster.admin, namespace, 'locked', { a: '1' });
  locked = configMap(namespace, 'locked');
  const content = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'locked' }, data: { a: '2' } };
  held = await hold(cluster.admin, namespace, [{ type: 'Update', name: 'locked', content }]);
});
afterAll(() => cluster?.stop());

const webhooksOf = async (ref: ObjectRef): Promise<unknown> => (await find(cluster.admin, ref))?.['webhooks'];

async function told(...words: readonly string[]): Promise<string | undefined> {
  const events = await cluster.admin.list(EVENTS, { namespace: 'default' });
  const messages = events.items
    .filter((event) => event['reason'] === 'WebhookConfigurationRestored')
    .map((event) => String(event['message']));
  return messages.find((message) => words.every((word) => message.includes(word)));
}

async function restorations(kind: string, how: string): Promise<number> {
  const line = new RegExp(`janus_webhook_configuration_restored_total\\{configuration="${kind}",how="${how}"\\} (\\d+)`);
  return Number(line.exec(await operator.metrics())?.[1] ?? 0);
}

/** Does something to a configuration, and waits until it is as it was and enforced. Returns milliseconds until it was as it was. */
async function restored(ref: ObjectRef, tamper: () => Promise<unknown>): Promise<number> {
  const right = await webhooksOf(ref);
  const before = (await cluster.admin.get(ref)).metadata;
  await tamper();
  const begun = performance.now();
  await eventually('it is restored', async () => {
    const live = await find(cluster.admin, ref);
    const moved = live?.metadata.uid !== before.uid || live?.metadata.generation !== before.generation;
    return moved && JSON.stringify(live?.['webhooks']) === JSON.stringify(right);
  });
  const ms = performance.now() - begun;
  await eventually('it is enforced', async () => (await operator.ready()).text.includes('[+] locks ok'));
  return ms;
}

const json = (ref: ObjectRef, ...operations: readonly JsonPatchOperation[]): Promise<unknown> =>
  cluster.admin.patch(ref, { type: 'json', operations }, { fieldManager: 'mallory' });

const EDITS: readonly (readonly [string, string, readonly JsonPatchOperation[]])[] = [
  [
    'failurePolicy Ignore',
    'failurePolicy of webhook locks.tx.janus.io',
    [{ op: 'replace', path: '/webhooks/0/failurePolicy', value: 'Ignore' }],
  ],
  [
    'rules that match nothing',
    'rules of webhook locks.tx.janus.io',
    [{ op: 'replace', path: '/webhooks/0/rules/0/operations', value: ['CONNECT'] }],
  ],
  ['no rules', 'rules of webhook locks.tx.janus.io', [{ op: 'remove', path: '/webhooks/0/rules' }]],
  ['an entry taken out', 'webhook locks.tx.janus.io was removed', [{ op: 'remove', path: '/webhooks/0' }]],
  ['all entries taken out', 'webhook locks.tx.janus.io was removed', [{ op: 'replace', path: '/webhooks', value: [] }]],
  [
    'another address',
    'clientConfig of webhook',
    [{ op: 'replace', path: '/webhooks/0/clientConfig/url', value: 'https://127.0.0.1:1/yes' }],
  ],
  [
    'a senseless caBundle',
    'clientConfig of webhook',
    [{ op: 'replace', path: '/webhooks/0/clientConfig/caBundle', value: 'Z2FyYmFnZQ==' }],
  ],
  [
    'a namespaceSelector that excludes all',
    'namespaceSelector of webhook',
    [{ op: 'replace', path: '/webhooks/0/namespaceSelector', value: { matchLabels: { nobody: 'has-this' } } }],
  ],
  [
    'a matchCondition that never holds',
    'matchConditions of webhook',
    [{ op: 'add', path: '/webhooks/0/matchConditions/-', value: { name: 'never', expression: 'false' } }],
  ],
];

describe('what somebody does to our webhook configurations is undone, told and counted:', () => {
  test.each(EDITS)('%s', async (what, fault, operations) => {
    const before = await restorations('ValidatingWebhookConfiguration', 'altered');
    const ms = await restored(LOCKS, () => json(LOCKS, ...operations));
    expect(await restorations('ValidatingWebhookConfiguration', 'altered')).toBeGreaterThan(before);
    // What was only taken away has no owner: nobody can be named for it.
    const traced = operations.some(({ value }) => value !== undefined && JSON.stringify(value) !== '[]');
    await eventually(
      'it is told',
      async () => (await told(fault, traced ? ', by field manager "mallory"' : 'was altered, and')) !== undefined,
    );
    console.log(`restored after ${ms.toFixed(0)} ms: ${what}`);
    await expect(cluster.admin.patch(locked, { type: 'merge', patch: { data: { a: '3' } } })).rejects.toSatisfy((error) =>
      isApiError(error, 423),
    );
  });

  test('the whole configuration deleted', async () => {
    const ms = await restored(LOCKS, () => cluster.admin.delete(LOCKS));
    expect(await restorations('ValidatingWebhookConfiguration', 'deleted')).toBe(1);
    await eventually('it is told', async () => (await told('it was deleted')) !== undefined);
    console.log(`restored after ${ms.toFixed(0)} ms: deletion`);
    await expect(cluster.admin.delete(locked)).rejects.toSatisfy((error) => isApiError(error, 423));
  });

  test('the stamping of who seals taken out', async () => {
    await restored(STAMPS, () => json(STAMPS, { op: 'remove', path: '/webhooks/0' }));
    expect(await restorations('MutatingWebhookConfiguration', 'altered')).toBe(1);
    await restored(STAMPS, () => cluster.admin.delete(STAMPS));
    expect(await restorations('MutatingWebhookConfiguration', 'deleted')).toBe(1);
  });

  test('labels and annotations are anybody’s, and left alone', async () => {
    const total = async (): Promise<number> => await restorations('ValidatingWebhookConfiguration', 'altered');
    const before = await total();
    await json(LOCKS, { op: 'add', path: '/metadata/labels/theirs', value: 'x' });
    // What comes after it is seen after it.
    await restored(LOCKS, () => json(LOCKS, { op: 'remove', path: '/webhooks/0' }));
    expect(await total()).toBe(before + 1);
    expect((await cluster.admin.get(LOCKS)).metadata.labels?.['theirs']).toBe('x');
  });
});

test('somebody who deletes it again and again is outlasted, and named loudly', async () => {
  const seen = new Set<string>();
  for (let round = 0; round < 12; round += 1) {
    await eventually('it is back', async () => {
      const live: KubeObject | undefined = await find(cluster.admin, LOCKS);
      return live !== undefined && !seen.has(live.metadata.uid ?? '') && seen.add(live.metadata.uid ?? '') !== undefined;
    });
    await cluster.admin.delete(LOCKS);
  }
  await eventually('locks are enforced', async () => (await operator.ready()).text.includes('[+] locks ok'));
  expect(await isRefused(cluster.admin, locked)).toBe(true);
  await eventually('it is told', async () => (await told('somebody keeps undoing it')) !== undefined);
});

test('the transaction that was open all the while is sure that nobody wrote, and commits', async () => {
  const done = await held.release();
  expect(done.status?.phase, JSON.stringify(done.status)).toBe('Committed');
  expect((await cluster.admin.get(locked))['data']).toEqual({ a: '2' });
});

test('two replicas, each at an address of its own, do not fight over it', async () => {
  const second = await cluster.start();
  const both = [operator, second];
  const count = async (): Promise<number> => {
    const texts = await Promise.all(both.map((one) => one.metrics()));
    const lines = texts.flatMap((text) => [...text.matchAll(/janus_webhook_configuration_restored_total\{.*\} (\d+)/g)]);
    return lines.reduce((sum, [, value]) => sum + Number(value), 0);
  };
  const bothReady = (): Promise<void> =>
    eventually('both are ready', async () =>
      (await Promise.all(both.map((one) => one.ready()))).every(({ text }) => text.includes('[+] locks ok')),
    );
  await bothReady();
  for (const tamper of [() => cluster.admin.delete(LOCKS), () => json(LOCKS, { op: 'remove', path: '/webhooks/0' })]) {
    const before = await count();
    await tamper();
    await eventually('one of them restores it', async () => (await count()) > before);
    await bothReady();
    // Whoever was second has looked since, and found it right.
    expect(await count()).toBe(before + 1);
  }
  const { metadata } = await cluster.admin.get(LOCKS);
  expect(
    (await transact(cluster.admin, locked.namespace ?? '', [{ type: 'Patch', name: 'locked', content: { data: { a: '3' } } }])).status
      ?.phase,
  ).toBe('Committed');
  expect((await cluster.admin.get(LOCKS)).metadata.resourceVersion).toBe(metadata.resourceVersion);
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  emptyGuards,
  guardWebhook,
  GUARDS_CONFIGURATION_NAME,
  probeWebhook,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
} from '../../../src/admission/guard/configuration.ts';
import type { Reach } from '../../../src/admission/webhook-configuration.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { ApiError, isApiError } from '../../../src/kube/errors.ts';
import type { KubeObject, ResourceKind } from '../../../src/kube/object.ts';
import { NAMESPACES } from '../../../src/kube/well-known.ts';
import { guardEntries, NAMES_PER_ENTRY } from '../../../src/lock/guard/entries.ts';
import type { GuardNeed } from '../../../src/lock/guard/need.ts';
import { at, complete, DEPLOYMENTS, eventually, PODS, SECRETS } from '../../janus/objects.ts';
import { bootCluster, type Cluster } from '../../janus/running.ts';
import { CONFIG_MAPS } from '../../janus/transacting.ts';

/** Nobody listens there: whatever an API server sends us is refused, and says so. */
const NOWHERE: Reach = { endpoint: { url: 'https://127.0.0.1:1' } };
const HOLDER = { transaction: '0e1f2a3b-4c5d-4e6f-8a9b-0c1d2e3f4a5b', attempt: 1 };
const CLUSTER_ROLES: ResourceKind = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  resource: 'clusterroles',
  namespaced: false,
};
const ODD = `it's "odd" \\ ü€😀:`;

const name = (resource: string, of: string, namespace = 'shop'): GuardNeed => ({
  way: 'name',
  group: '',
  resource,
  namespace,
  name: of,
});

const NEEDS: readonly GuardNeed[] = [
  name('configmaps', 'reserved'),
  name('configmaps', 'elsewhere', 'other'),
  name('secrets', 'reserved'),
  name('pods', 'reserved'),
  { way: 'name', group: '', resource: 'namespaces', name: 'reserved' },
  { way: 'name', group: CLUSTER_ROLES.group, resource: 'clusterroles', name: ODD },
  { way: 'scale', group: 'apps', resource: 'deployments', namespace: 'shop', name: 'reserved' },
  { way: 'eviction', group: '', resource: 'pods', namespace: 'shop', name: 'reserved' },
];

let cluster: Cluster;
let admin: KubeClient;

beforeAll(async () => {
  cluster = await bootCluster();
  admin = cluster.admin;
  for (const namespace of ['shop', 'other', 'janus-system']) {
    await admin.create({ kind: NAMESPACES, name: namespace }, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    // Pods are taken once the controllers have made this account.
    await eventually('the default ServiceAccount is there', () =>
      admin.get(at({ ...CONFIG_MAPS, kind: 'ServiceAccount', resource: 'serviceaccounts' }, namespace, 'default')).then(
        () => true,
        () => false,
      ),
    );
  }
  for (const of of ['reserved', 'unrelated']) {
    await admin.create(at(DEPLOYMENTS, 'shop', of), deployment(of));
    await admin.create(at(PODS, 'shop', of), pod(of));
  }
  await install(NEEDS, 7);
});
afterAll(() => cluster?.stop());

/** Replaces the guards, and waits until the API server asks about them: by a name that no Secret has, or it would say so instead. */
async function install(needs: readonly GuardNeed[], version: number): Promise<void> {
  const ref = { kind: VALIDATING_WEBHOOK_CONFIGURATIONS, name: GUARDS_CONFIGURATION_NAME };
  await admin.delete(ref).catch((error: unknown) => {
    if (!isApiError(error, 404)) throw error;
  });
  const webhooks = guardEntries(HOLDER, needs).map((entry) => guardWebhook(entry, NOWHERE));
  await admin.create(ref, { ...emptyGuards(), webhooks: [...webhooks, probeWebhook(version, 'janus-system', NOWHERE)] });
  const probe = `janus-guard-probe-${version}`;
  await eventually('guards are asked about', () =>
    isAsked(admin.create(at(SECRETS, 'janus-system', probe), secret(probe), { dryRun: true })),
  );
}

/** Whether a request came to the guards: nobody answers there, so it is refused. */
async function isAsked(sent: Promise<unknown>): Promise<boolean> {
  try {
    await sent;
    return false;
  } catch (error) {
    if (error instanceof ApiError && /failed calling webhook "[^"]+\.guards\.tx\.janus\.io"/.test(error.message)) return true;
    throw error;
  }
}

const configMap = (of: string): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: of } });
const secret = (of: string): KubeObject => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: of } });
const pod = (of: string): KubeObject =>
  complete(at(PODS, 'shop', of), { metadata: { labels: { of } }, spec: { containers: [{ name: 'a', image: 'a:1' }] } });
const deployment = (of: string): KubeObject =>
  complete(at(DEPLOYMENTS, 'shop', of), {
    spec: {
      replicas: 0,
      selector: { matchLabels: { of } },
      template: { metadata: { labels: { of } }, spec: { containers: [{ name: 'a', image: 'a:1' }] } },
    },
  });
const evict = (of: string): Promise<unknown> =>
  admin.raw('POST', `/api/v1/namespaces/shop/pods/${of}/eviction`, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: of, namespace: 'shop' },
    deleteOptions: { dryRun: ['All'] },
  });
const scale = (of: string): Promise<unknown> =>
  admin.patch(at(DEPLOYMENTS, 'shop', of), { type: 'merge', patch: { spec: { replicas: 1 } } }, { subresource: 'scale', dryRun: true });

describe('what a guard names comes to us', () => {
  const asked: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['a create of a reserved name', () => admin.create(at(CONFIG_MAPS, 'shop', 'reserved'), configMap('reserved'))],
    ['a dry run of one', () => admin.create(at(CONFIG_MAPS, 'shop', 'reserved'), configMap('reserved'), { dryRun: true })],
    ['a create in another namespace', () => admin.create(at(CONFIG_MAPS, 'other', 'elsewhere'), configMap('elsewhere'))],
    [
      'a create by server-side apply',
      () => admin.apply(at(CONFIG_MAPS, 'shop', 'reserved'), configMap('reserved'), { fieldManager: 'stranger' }),
    ],
    ['a create of a Secret', () => admin.create(at(SECRETS, 'shop', 'reserved'), secret('reserved'))],
    [
      'a create of a Namespace',
      () => admin.create({ kind: NAMESPACES, name: 'reserved' }, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'reserved' } }),
    ],
    [
      'a create under an odd name',
      () =>
        admin.create(
          { kind: CLUSTER_ROLES, name: ODD },
          { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: ODD }, rules: [] },
        ),
    ],
    ['a scale', () => scale('reserved')],
    ['an eviction', () => evict('reserved')],
  ];
  test.each(asked)('%s', async (_, send) => {
    expect(await isAsked(send())).toBe(true);
  });
});

describe('what no guard names passes, while nobody answers', () => {
  const passing: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['a create of another name', () => admin.create(at(CONFIG_MAPS, 'shop', 'free'), configMap('free'))],
    [
      'a create whose name is generated',
      () => admin.raw('POST', '/api/v1/namespaces/shop/configmaps', { ...configMap(''), metadata: { generateName: 'reserved-' } }),
    ],
    [
      'a dry run whose name is generated',
      () =>
        admin.raw('POST', '/api/v1/namespaces/shop/configmaps?dryRun=All', { ...configMap(''), metadata: { generateName: 'reserved' } }),
    ],
    ['a create of the same name in another namespace', () => admin.create(at(CONFIG_MAPS, 'other', 'reserved'), configMap('reserved'))],
    ["a create of another namespace's name here", () => admin.create(at(CONFIG_MAPS, 'shop', 'elsewhere'), configMap('elsewhere'))],
    ['a create of another kind of that name', () => admin.create(at(DEPLOYMENTS, 'other', 'reserved'), deployment('reserved'))],
    [
      'a create by server-side apply',
      () => admin.apply(at(CONFIG_MAPS, 'shop', 'applied'), configMap('applied'), { fieldManager: 'stranger' }),
    ],
    ['an update', () => admin.update(at(CONFIG_MAPS, 'shop', 'free'), { ...configMap('free'), data: { a: '1' } })],
    [
      'an update of an object of a reserved name',
      () => admin.patch(at(DEPLOYMENTS, 'shop', 'reserved'), { type: 'merge', patch: { metadata: { labels: { a: 'b' } } } }),
    ],
    ['a scale of another object', () => scale('unrelated')],
    [
      'a write to the status',
      () => admin.patch(at(PODS, 'shop', 'reserved'), { type: 'merge', patch: { status: { reason: 'x' } } }, { subresource: 'status' }),
    ],
    ['an eviction of another Pod', () => evict('unrelated')],
    [
      'a binding',
      () =>
        admin.raw('POST', '/api/v1/namespaces/shop/pods/unrelated/binding', {
          apiVersion: 'v1',
          kind: 'Binding',
          metadata: { name: 'unrelated' },
          target: { kind: 'Node', name: 'nowhere' },
        }),
    ],
    [
      'a token of a ServiceAccount',
      () =>
        admin.raw('POST', '/api/v1/namespaces/shop/serviceaccounts/default/token', {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: {},
        }),
    ],
    [
      'a review, which has no name',
      () =>
        admin.raw('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
        }),
    ],
    [
      'a create of another Namespace',
      () => admin.create({ kind: NAMESPACES, name: 'free' }, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'free' } }),
    ],
    [
      'a create of something cluster-scoped',
      () =>
        admin.create(
          { kind: CLUSTER_ROLES, name: 'free' },
          { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'free' }, rules: [] },
        ),
    ],
    ['a delete', () => admin.delete(at(CONFIG_MAPS, 'shop', 'free'))],
    ['a delete of a collection', () => admin.raw('DELETE', '/api/v1/namespaces/shop/configmaps')],
    ['a delete of a collection of Pods', () => admin.raw('DELETE', '/api/v1/namespaces/shop/pods?labelSelector=of%3Dunrelated')],
    ['a Secret of ours', () => admin.create(at(SECRETS, 'janus-system', 'tx-1'), secret('tx-1'))],
    [
      'a Secret under a name of the probe that is no dry run',
      () => admin.create(at(SECRETS, 'janus-system', 'janus-guard-probe-7'), secret('janus-guard-probe-7')),
    ],
    [
      'a dry run under a name of a later probe',
      () => admin.create(at(SECRETS, 'janus-system', 'janus-guard-probe-8'), secret('janus-guard-probe-8'), { dryRun: true }),
    ],
    [
      'a dry run under a name like that of a probe',
      () => admin.create(at(SECRETS, 'janus-system', 'janus-guard-probe-x'), secret('janus-guard-probe-x'), { dryRun: true }),
    ],
    [
      'a dry run under the name of a probe elsewhere',
      () => admin.create(at(SECRETS, 'shop', 'janus-guard-probe-7'), secret('janus-guard-probe-7'), { dryRun: true }),
    ],
  ];
  test.each(passing)('%s', async (_, send) => {
    expect(await isAsked(send())).toBe(false);
  });
});

describe('as many names as an entry takes', () => {
  const long = (index: number): string => `${'x'.repeat(247)}-${String(index).padStart(5, '0')}`;

  test('are taken by the API server at their longest, each in a namespace of its own', async () => {
    const needs = Array.from({ length: NAMES_PER_ENTRY }, (_, index) =>
      name('configmaps', long(index), `${'n'.repeat(57)}-${String(index).padStart(5, '0')}`),
    );
    await install([...needs, name('configmaps', 'reserved')], 20);
    expect(await isAsked(admin.create(at(CONFIG_MAPS, 'shop', long(0)), configMap(long(0))))).toBe(false);
    expect(await isAsked(admin.create(at(CONFIG_MAPS, 'shop', 'reserved'), configMap('reserved')))).toBe(true);
  });

  test('cost no unrelated request its answer when they are all of one namespace', async () => {
    const needs = Array.from({ length: NAMES_PER_ENTRY }, (_, index) => name('configmaps', long(index)));
    await install(needs, 21);
    const last = long(NAMES_PER_ENTRY);
    expect(await isAsked(admin.create(at(CONFIG_MAPS, 'shop', last), configMap(last)))).toBe(false);
    expect(await isAsked(admin.create(at(CONFIG_MAPS, 'shop', long(499)), configMap(long(499))))).toBe(true);
  });
});

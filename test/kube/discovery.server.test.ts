import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadClusterConfig } from '../../src/kube/config.ts';
import { createDiscovery } from '../../src/kube/discovery.ts';
import { createRestClient } from '../../src/kube/rest-client.ts';
import { createTransport } from '../../src/kube/transport.ts';
import type { Transport } from '../../src/kube/transport.ts';
import { CUSTOM_RESOURCE_DEFINITIONS } from '../../src/kube/well-known.ts';
import { startControlPlane } from '../control-plane/start.ts';
import type { ControlPlane } from '../control-plane/start.ts';

let plane: ControlPlane;
let transport: Transport;
beforeAll(async () => {
  plane = await startControlPlane({ log: () => undefined, controllers: 'optional' });
  transport = createTransport(await loadClusterConfig({ kubeconfig: plane.kubeconfig }));
});
afterAll(async () => {
  await transport?.close();
  await plane?.stop();
});

describe('discovery of a real API server', () => {
  test('knows its kinds by the names that kubectl takes', async () => {
    const discovery = createDiscovery(transport);
    for (const word of ['deploy', 'deployments.apps', 'Deployment', 'deployment.v1.apps']) {
      expect(await discovery.resolveName(word)).toMatchObject({ group: 'apps', version: 'v1', resource: 'deployments', namespaced: true });
    }
    expect(await discovery.resolveName('events')).toMatchObject({ group: '', version: 'v1' });
    expect(await discovery.resolveName('hpa')).toMatchObject({ group: 'autoscaling', version: 'v2' });
    expect(await discovery.resolve({ apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler' })).toMatchObject({ version: 'v1' });
    expect(await discovery.resolve({ apiVersion: 'v1', kind: 'Namespace' })).toMatchObject({
      namespaced: false,
      verbs: expect.arrayContaining(['create']),
    });
    await expect(discovery.resolveName('deploymnets')).rejects.toMatchObject({ nearest: expect.arrayContaining(['Deployment.apps']) });
  });

  test('reads the same kinds from plain documents as from aggregated ones', async () => {
    const plain: Transport = {
      ...transport,
      send: (request) => transport.send({ ...request, headers: { ...request.headers, accept: 'application/json' } }),
    };
    const [aggregated, one] = await Promise.all([transport, plain].map(async (over) => (await createDiscovery(over).catalog()).kinds));
    const sorted = (kinds: typeof one): string[] => kinds!.map((kind) => JSON.stringify(kind, Object.keys(kind).sort())).sort();
    expect(sorted(one)).toEqual(sorted(aggregated));
    expect(one!.length).toBeGreaterThan(50);
  });

  test('finds a custom kind as soon as it is served', async () => {
    let clock = 0;
    const discovery = createDiscovery(transport, () => (clock += 2_000));
    const asked = { apiVersion: 'example.com/v1', kind: 'Widget' };
    await expect(discovery.resolve(asked)).rejects.toMatchObject({ name: 'UnknownKindError' });
    const schema = { openAPIV3Schema: { type: 'object' } };
    await createRestClient(transport).create(
      { kind: CUSTOM_RESOURCE_DEFINITIONS, name: 'widgets.example.com' },
      {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'widgets.example.com' },
        spec: {
          group: 'example.com',
          scope: 'Cluster',
          names: { plural: 'widgets', singular: 'widget', kind: 'Widget', shortNames: ['wi'] },
          versions: [{ name: 'v1', served: true, storage: true, schema }],
        },
      },
    );
    await expect
      .poll(() => discovery.resolve(asked).catch(() => undefined), { timeout: 120_000 })
      .toMatchObject({ resource: 'widgets', namespaced: false });
    expect(await discovery.resolveName('wi')).toMatchObject({ group: 'example.com' });
  });
});

import type { KubeClient } from '../../src/kube/client.ts';
import type { KubeObject, ObjectRef, ResourceKind } from '../../src/kube/object.ts';
import { aged, applyAs, at, complete, DEPLOYMENTS, eventually, mergeAs, SECRETS, SERVICES, WIDGETS } from './objects.ts';
import { CONFIG_MAPS } from './transacting.ts';

/** One kind of object as a test uses it: made by two or three owners, and what transactions make of it. */
export interface Character {
  readonly kind: ResourceKind;
  /** As its owners leave it, with ownership and times that can be compared. */
  make(admin: KubeClient, namespace: string, name: string): Promise<KubeObject>;
  /** What a Patch or a Create writes. */
  readonly part: Readonly<Record<string, unknown>>;
  /** What an Update writes. */
  whole(name: string): Readonly<Record<string, unknown>>;
}

/** A ConfigMap of three owners, two of whom own one key together. */
export const SETTINGS: Character = {
  kind: CONFIG_MAPS,
  async make(admin, namespace, name) {
    const ref = at(CONFIG_MAPS, namespace, name);
    await applyAs(admin, 'flux', ref, { data: { a: '1', shared: '<&>', 'a.b': 'x' }, metadata: { labels: { app: 'shop' } } });
    await applyAs(admin, 'tuner', ref, { data: { c: '3', shared: '<&>' } });
    await mergeAs(admin, 'kubectl', ref, { data: { d: '4' }, metadata: { annotations: { 'example.com/note': 'mine' } } });
    return aged(admin, ref);
  },
  part: {
    data: { a: '2', shared: 'other', n: 'new', c: '3', 'a.b': 'y' },
    metadata: { labels: { team: 'x' }, annotations: { 'example.com/note': 'ours', more: '1' } },
  },
  whole: () => ({ data: { a: '2', d: '4' }, metadata: { labels: { app: 'other' } } }),
};

/** A ConfigMap with nothing in it. */
export const EMPTY: Character = {
  kind: CONFIG_MAPS,
  async make(admin, namespace, name) {
    const ref = at(CONFIG_MAPS, namespace, name);
    return (await admin.create(ref, complete(ref, {}), { fieldManager: 'kubectl' })).object;
  },
  part: { data: { a: '1' }, binaryData: { b: 'AAAA' }, metadata: { labels: { a: 'b' }, annotations: { c: 'd' } } },
  whole: () => ({ data: { a: '1' } }),
};

/** A Secret, changed by stringData. */
export const LOGIN: Character = {
  kind: SECRETS,
  async make(admin, namespace, name) {
    const ref = at(SECRETS, namespace, name);
    await applyAs(admin, 'flux', ref, { data: { user: 'YQ==', password: 'Yg==' } });
    await mergeAs(admin, 'kubectl', ref, { stringData: { token: 't' } });
    return aged(admin, ref);
  },
  part: { stringData: { password: 'änders', extra: 'e' }, data: { user: 'eA==' } },
  whole: () => ({ stringData: { password: 'änders' }, type: 'Opaque' }),
};

/** A Deployment under its controller. */
export const WEB: Character = {
  kind: DEPLOYMENTS,
  async make(admin, namespace, name) {
    const ref = at(DEPLOYMENTS, namespace, name);
    const labels = { app: name };
    await applyAs(admin, 'flux', ref, {
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            containers: [
              {
                name: 'app',
                image: 'app:1',
                env: [
                  { name: 'A', value: '1' },
                  { name: 'B', value: '2' },
                  { name: 'C', value: '3' },
                ],
                ports: [
                  { containerPort: 53, name: 'dns' },
                  { containerPort: 53, protocol: 'UDP', name: 'dns-udp' },
                ],
              },
              { name: 'proxy', image: 'proxy:1', command: ['run', 'it'] },
            ],
          },
        },
      },
    });
    await mergeAs(admin, 'hpa', ref, { spec: { replicas: 2 } }, 'scale');
    await settled(admin, ref);
    await mergeAs(admin, 'kubectl', ref, {
      metadata: { annotations: { restarted: 'yes' } },
      spec: { template: { metadata: { annotations: { at: 'noon' } } } },
    });
    await settled(admin, ref);
    return aged(admin, ref);
  },
  part: {
    spec: {
      replicas: 3,
      template: {
        metadata: { annotations: { at: 'midnight' } },
        spec: {
          securityContext: { runAsUser: 7 },
          containers: [
            { name: 'added', image: 'added:1', ports: [{ containerPort: 1 }] },
            {
              name: 'app',
              image: 'app:2',
              env: [
                { name: 'NEW', value: 'n' },
                { name: 'C', value: '3' },
                { name: 'A', value: 'changed' },
              ],
              ports: [{ containerPort: 53, name: 'renamed' }],
              resources: { limits: { cpu: '2' } },
            },
          ],
        },
      },
    },
  },
  whole: (name) => ({
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image: 'app:3', env: [{ name: 'B', value: 'changed' }] }] },
      },
    },
  }),
};

/** A Service whose ports others know. */
export const SHOP: Character = {
  kind: SERVICES,
  async make(admin, namespace, name) {
    const ref = at(SERVICES, namespace, name);
    await applyAs(admin, 'flux', ref, {
      spec: {
        selector: { app: 'web' },
        ports: [
          { port: 53, name: 'dns' },
          { port: 53, protocol: 'UDP', name: 'dns-udp' },
        ],
      },
    });
    await mergeAs(admin, 'kubectl', ref, { metadata: { labels: { a: 'b' } } });
    return aged(admin, ref);
  },
  part: {
    spec: {
      type: 'LoadBalancer',
      selector: { app: 'other' },
      ports: [
        { port: 53, name: 'dns', targetPort: 5353 },
        { port: 80, name: 'http' },
      ],
    },
  },
  whole: () => ({ spec: { type: 'NodePort', selector: { app: 'other' }, ports: [{ port: 80, name: 'http' }] } }),
};

/** A custom resource with every kind of list, and fields that no schema knows. */
export const WIDGET: Character = {
  kind: WIDGETS,
  async make(admin, namespace, name) {
    const ref = at(WIDGETS, namespace, name);
    await applyAs(admin, 'flux', ref, {
      spec: {
        size: 1,
        parts: [
          { name: 'axle', size: 2 },
          { name: 'wheel', colour: 'red' },
        ],
        listeners: [
          { port: 53, host: 't' },
          { port: 53, protocol: 'UDP', host: 'u' },
        ],
        tags: ['red', 'round'],
        steps: [{ name: 'x' }, { name: 'y', run: 'z' }],
      },
    });
    await applyAs(admin, 'tuner', ref, { spec: { parts: [{ name: 'wheel', size: 4 }], tags: ['red', 'big'] } });
    await mergeAs(admin, 'kubectl', ref, {
      spec: { free: { deep: { k: 1.5, l: [1, { a: '<' }] }, empty: {} } },
      metadata: { annotations: { x: 'y' } },
    });
    return aged(admin, ref);
  },
  part: {
    spec: {
      parts: [
        { name: 'new', size: 1 },
        { name: 'wheel', size: 9, colour: 'blue' },
      ],
      listeners: [
        { port: 53, protocol: 'UDP', host: 'u' },
        { port: 53, host: 'changed' },
      ],
      tags: ['new', 'red', 'small'],
      steps: [{ name: 'y' }],
      free: { deep: { k: 2, m: { n: {} } }, list: [{ a: 1 }] },
    },
  },
  whole: () => ({ spec: { size: 2, parts: [{ name: 'axle', size: 3 }], steps: [{ name: 'y' }], free: { other: [1] } } }),
};

/** Waits until the controller of a Deployment has taken in all that was written. */
export async function settled(admin: KubeClient, ref: ObjectRef): Promise<void> {
  await eventually(`the controller has seen Deployment ${ref.name}`, async () => {
    const { metadata, status } = await admin.get<
      KubeObject & {
        readonly status?: { readonly observedGeneration?: number; readonly replicas?: number };
      }
    >(ref);
    return status?.observedGeneration === metadata.generation && (status?.replicas ?? 0) >= 2;
  });
}

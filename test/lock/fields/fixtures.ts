import type { KubeObject } from '../../../src/kube/object.ts';

/** A Deployment with keyed lists of one and of two keys, and an atomic one. */
export function deployment(): object {
  const app = {
    name: 'app',
    image: 'app:1',
    env: ['A', 'B', 'C'].map((name) => ({ name, value: `<${name}>` })),
    ports: [
      { containerPort: 53, name: 'dns' },
      { containerPort: 80, name: 'http' },
    ],
    command: ['run', 'it'],
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
  };
  return {
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [app, { name: 'log', image: 'log:1' }], volumes: [{ name: 'tmp', emptyDir: {} }] },
      },
    },
  };
}

/** A Widget with a list of each kind, and fields that its schema does not know. */
export function widget(): object {
  return {
    spec: {
      parts: [
        { name: 'axle', size: 2 },
        { name: 'wheel', colour: 'red' },
        { name: 'door', size: 3 },
      ],
      listeners: [
        { port: 53, host: 'a' },
        { port: 53, protocol: 'UDP', host: 'b' },
      ],
      tags: ['red', 'round'],
      order: ['a', 'b', 'c'],
      free: { deep: { k: 1 } },
    },
  };
}

const text = { type: 'string' };
const number = { type: 'number' };
/** The CustomResourceDefinition of Widgets. */
export const WIDGETS: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  parts: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['name'],
                    items: { type: 'object', required: ['name'], properties: { name: text, size: number, colour: text, note: text } },
                  },
                  listeners: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['port', 'protocol'],
                    items: {
                      type: 'object',
                      required: ['port'],
                      properties: { port: number, protocol: { ...text, default: 'TCP' }, host: text },
                    },
                  },
                  tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
                  order: { type: 'array', items: text },
                  empty: { type: 'object', additionalProperties: text },
                  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                },
              },
            },
          },
        },
      },
    ],
  },
};

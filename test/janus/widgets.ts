import type { KubeClient } from '../../src/kube/client.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import { CUSTOM_RESOURCE_DEFINITIONS } from '../../src/kube/well-known.ts';
import { eventually, WIDGETS } from './objects.ts';

/** Lists by one key, by two of which one has a default, a set, an atomic list, and fields that no schema knows. */
const WIDGET_SPEC = {
  type: 'object',
  properties: {
    size: { type: 'integer' },
    parts: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string' }, size: { type: 'integer' }, colour: { type: 'string' } },
      },
    },
    listeners: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port', 'protocol'],
      items: {
        type: 'object',
        required: ['port'],
        properties: { port: { type: 'integer' }, protocol: { type: 'string', default: 'TCP' }, host: { type: 'string' } },
      },
    },
    tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    steps: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' }, run: { type: 'string' } } } },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};

const WIDGET_DEFINITION: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.janus.example.com' },
  spec: {
    group: WIDGETS.group,
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: WIDGET_SPEC, status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        },
      },
    ],
  },
};

/** Makes the kind Widget known to the API server, and waits until it is served. */
export async function defineWidgets(admin: KubeClient): Promise<void> {
  const ref = { kind: CUSTOM_RESOURCE_DEFINITIONS, name: WIDGET_DEFINITION.metadata.name ?? '' };
  await admin.create(ref, WIDGET_DEFINITION);
  await eventually('widgets are served', () =>
    admin.list(WIDGETS, { namespace: 'default' }).then(
      () => true,
      () => false,
    ),
  );
}

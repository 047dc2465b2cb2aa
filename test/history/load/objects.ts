import { apiVersionOf, type ResourceKind } from '../../../src/kube/object.ts';
import { DEPLOYMENTS, SECRETS, SERVICES, WIDGETS } from '../../janus/objects.ts';
import { CONFIG_MAPS } from '../../janus/transacting.ts';

/** An object that everybody is after. */
export interface Prey {
  readonly kind: ResourceKind;
  readonly name: string;
}

/** The kinds that are recorded. */
export const KINDS: readonly ResourceKind[] = [CONFIG_MAPS, SECRETS, WIDGETS, SERVICES, DEPLOYMENTS];

const of = (kind: ResourceKind, ...names: readonly string[]): readonly Prey[] => names.map((name) => ({ kind, name }));

/** Few objects for many: they are to meet. */
export const PREY: readonly Prey[] = [
  ...of(CONFIG_MAPS, 'c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6'),
  ...of(WIDGETS, 'w0', 'w1', 'w2'),
  ...of(SECRETS, 's0', 's1'),
  ...of(SERVICES, 'v0'),
  ...of(DEPLOYMENTS, 'd0'),
];

/** An object as it is made, whole. `n` makes values that no other write has. */
export function wholeOf({ kind, name }: Prey, n: string): Readonly<Record<string, unknown>> {
  const head = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { name } };
  switch (kind.kind) {
    case 'Widget':
      return { ...head, spec: { size: numberOf(n), parts: [{ name: 'axle', size: numberOf(n) }], tags: [`t-${n}`], free: { note: n } } };
    case 'Service':
      return { ...head, spec: { selector: { app: n }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] } };
    case 'Deployment': {
      const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'app', image: `app:${n}` }] } };
      return { ...head, spec: { replicas: 0, selector: { matchLabels: { app: name } }, template } };
    }
    default:
      return { ...head, ...dataOf(kind, { a: n, b: n, d: n }) };
  }
}

/** A part of an object, as a transaction or an applier writes it. */
export function partOf({ kind, name }: Prey, n: string, field: string): Readonly<Record<string, unknown>> {
  const head = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { name } };
  switch (kind.kind) {
    case 'Widget':
      return { ...head, spec: { size: numberOf(n), parts: [{ name: field, size: numberOf(n), colour: n }], free: { [field]: { x: n } } } };
    case 'Service':
      return { ...head, metadata: { name, annotations: { [field]: n } }, spec: { selector: { [field]: n } } };
    case 'Deployment':
      return {
        ...head,
        spec: { template: { metadata: { annotations: { [field]: n } }, spec: { containers: [{ name: 'app', image: `app:${n}` }] } } },
      };
    default:
      return { ...head, metadata: { name, labels: { [field]: n } }, ...dataOf(kind, { a: n, [field]: n }) };
  }
}

/** A merge patch of something that few transactions write. */
export function freePatchOf({ kind }: Prey, n: string, field: string): Readonly<Record<string, unknown>> {
  switch (kind.kind) {
    case 'Widget':
      return { spec: { free: { [`of-${field}`]: n } } };
    case 'Service':
    case 'Deployment':
      return { metadata: { annotations: { [`of-${field}`]: n } } };
    default:
      return dataOf(kind, { [`of-${field}`]: n });
  }
}

function dataOf(kind: ResourceKind, data: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  if (kind.kind !== 'Secret') return { data };
  return { data: Object.fromEntries(Object.entries(data).map(([name, text]) => [name, Buffer.from(text).toString('base64')])) };
}

function numberOf(n: string): number {
  return Number(n.replace(/\D/g, '').slice(-8));
}

import { DEPENDS_ON_ANNOTATION, ORDER_ANNOTATION } from '../../api/group.ts';
import { describeRef } from '../../kube/object.ts';
import type { ObjectRef } from '../../kube/object.ts';
import { CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES } from '../../kube/well-known.ts';
import { objectKey } from '../../transaction/plan.ts';
import { Fault } from '../fault.ts';
import { gather } from '../faults.ts';
import { answersTo } from '../kind.ts';
import { ordersOf } from './order.ts';
import type { Disorder } from './order.ts';
import { stageOf } from './stage.ts';
import type { Wanted } from './wanted.ts';

/**
 * `spec.order` for each object: its Namespace and the definition of its kind come before it, as does what its annotation
 * `tx.janus.io/depends-on` names.
 *
 * @throws Fault with a line for each dependency that leads nowhere, each circle, and each contradiction.
 */
export function executionOrders(wanted: readonly Wanted[]): readonly number[] {
  const byKey = new Map(wanted.map(({ ref }, index) => [keyOf(ref), index]));
  const needs = gather(wanted, (one) => [
    ...new Set([...impliedNeeds(one, byKey), ...gather(one.dependsOn, (text) => named(text, one, wanted))]),
  ]);
  const result = ordersOf(
    wanted.map(({ order, ref }, index) => ({
      stage: stageOf(ref.kind),
      needs: needs[index] ?? [],
      ...(order === undefined ? {} : { order }),
    })),
  );
  if ('orders' in result) return result.orders;
  throw new Fault(result.disorders.map((disorder) => words(disorder, wanted)).join('\n'));
}

function impliedNeeds({ ref: { kind, namespace } }: Wanted, byKey: ReadonlyMap<string, number>): readonly number[] {
  const containers: readonly ObjectRef[] = [
    ...(namespace === undefined ? [] : [{ kind: NAMESPACES, name: namespace }]),
    { kind: CUSTOM_RESOURCE_DEFINITIONS, name: `${kind.resource}.${kind.group}` },
  ];
  return containers.flatMap((container) => byKey.get(keyOf(container)) ?? []);
}

/** The object that `Kind/name` or `Kind/namespace/name` means: without a namespace, one beside the object that depends on it. */
function named(text: string, { manifest, ref }: Wanted, wanted: readonly Wanted[]): number {
  const parts = text.split('/');
  const [kind = '', place, name = place] = parts;
  const fault = (words: string): Fault =>
    manifest.fault(['metadata', 'annotations', DEPENDS_ON_ANNOTATION], `${DEPENDS_ON_ANNOTATION} names "${text}", ${words}`);
  if (parts.length < 2 || parts.length > 3 || parts.includes('')) {
    throw fault('which is no Kind/name or Kind/namespace/name: write it like Deployment/web or Service/shop/db.');
  }
  const namespace = parts.length === 3 ? place : ref.namespace;
  const found = wanted.findIndex(
    (other) =>
      other.ref.name === name &&
      answersTo(other.ref.kind, kind) &&
      (other.ref.namespace === undefined ? parts.length === 2 : other.ref.namespace === namespace),
  );
  if (found < 0) throw fault('which is not among the objects that are applied: correct it, or add that object.');
  return found;
}

function words(disorder: Disorder, wanted: readonly Wanted[]): string {
  const name = (index: number): string => {
    const one = wanted[index];
    return one === undefined ? '' : describeRef(one.ref);
  };
  if (disorder.why === 'cycle') {
    const [first = 0] = disorder.cycle;
    const circle = [...disorder.cycle, first].map(name).join(' needs ');
    return `These objects need each other, so none can come first: ${circle}. Correct ${DEPENDS_ON_ANNOTATION} of one of them.`;
  }
  const { early, late } = disorder;
  return `${name(early)} has ${ORDER_ANNOTATION} ${wanted[early]?.order ?? 0} and needs ${name(late)}, which comes later (${wanted[late]?.order ?? 0}): correct one of them.`;
}

function keyOf({ kind, name, namespace }: ObjectRef): string {
  return objectKey(kind, namespace, name);
}

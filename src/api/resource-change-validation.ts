import { contentFaults } from './content-validation.ts';
import { asObject, asText, sameJson, shapeFaults } from './fault.ts';
import type { Fault } from './fault.ts';
import { objectSchema } from './resource.ts';
import { RESOURCE_CHANGE } from './resource-change.ts';
import type { ChangeType } from './resource-change.ts';
import { targetFaults } from './target-validation.ts';
import { unknownFieldFaults } from './unknown-fields.ts';

const SCHEMA = objectSchema(RESOURCE_CHANGE);
const TYPES: readonly unknown[] = ['Create', 'Update', 'Patch', 'Delete'] satisfies readonly ChangeType[];

/** What validation may know of the surroundings. */
export interface ResourceChangeSurroundings {
  /** Janus's own namespace, which no transaction may touch. */
  readonly systemNamespace?: string;
}

/**
 * Everything that is wrong with a ResourceChange, and, given the `old` one, with the change from it. Empty if nothing is. `transaction`
 * is the one it belongs to, where that is known: a target without a namespace is in its. Takes anything: the object need not have
 * passed an API server.
 */
export function validateResourceChange(
  object: unknown,
  old?: unknown,
  transaction?: unknown,
  { systemNamespace }: ResourceChangeSurroundings = {},
): readonly Fault[] {
  const top = asObject(object);
  const spec = asObject(top?.spec);
  return [
    ...shapeFaults(SCHEMA, object),
    ...unknownFieldFaults(RESOURCE_CHANGE, object),
    ...(spec === undefined ? [] : specFaults(spec, homeNamespace(top, transaction), systemNamespace)),
    ...(old === undefined ? [] : immutabilityFaults(spec, old)),
  ];
}

function specFaults(
  spec: Readonly<Record<string, unknown>>,
  home: string | undefined,
  systemNamespace: string | undefined,
): readonly Fault[] {
  const type = TYPES.includes(spec.type) ? (spec.type as ChangeType) : undefined;
  const target = asObject(spec.target) ?? {};
  const namespace = asText(target.namespace) ?? home;
  return [...targetFaults(target, type, namespace, systemNamespace), ...contentFaults(spec.content, type, target, namespace)];
}

// A change lives beside its Transaction, so its own namespace tells as much.
function homeNamespace(top: Readonly<Record<string, unknown>> | undefined, transaction: unknown): string | undefined {
  return namespaceOf(asObject(transaction)) ?? namespaceOf(top);
}

function namespaceOf(object: Readonly<Record<string, unknown>> | undefined): string | undefined {
  return asText(asObject(object?.metadata)?.namespace);
}

function immutabilityFaults(spec: Readonly<Record<string, unknown>> | undefined, old: unknown): readonly Fault[] {
  if (sameJson(spec, asObject(old)?.spec)) return [];
  return [{ field: 'spec', message: 'is immutable; delete the ResourceChange and create another' }];
}

import { asText } from './fault.ts';
import type { Fault } from './fault.ts';
import { GROUP } from './group.ts';
import { labelFault, objectNameFault } from './object-name.ts';
import type { ChangeType } from './resource-change.ts';
import { RESOURCES } from './resources.ts';
import { unlockableReason } from './unlockable.ts';

const API_VERSION_PATTERN = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?v[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const KIND_PATTERN = /^[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?$/;

/** A `spec.target` as it came: nothing is known of its values. */
export type RawTarget = Readonly<Record<string, unknown>>;

/** '' for the core group. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

/**
 * What is wrong with a target, apart from its shape. `namespace` is where it is in effect; `systemNamespace` is Janus's own, which no
 * transaction may touch.
 */
export function targetFaults(
  target: RawTarget,
  type: ChangeType | undefined,
  namespace: string | undefined,
  systemNamespace: string | undefined,
): readonly Fault[] {
  const [apiVersion, kind, name] = [asText(target.apiVersion), asText(target.kind), asText(target.name)];
  return [
    ...fault('spec.target.apiVersion', apiVersionFault(apiVersion)),
    ...fault('spec.target.kind', kindFault(apiVersion, kind, type)),
    ...fault('spec.target.name', nameFault(apiVersion, kind, name, systemNamespace)),
    ...fault('spec.target.namespace', namespaceFault(apiVersion, kind, namespace, systemNamespace)),
  ];
}

function fault(field: string, message: string | undefined): readonly Fault[] {
  return message === undefined ? [] : [{ field, message }];
}

function apiVersionFault(apiVersion: string | undefined): string | undefined {
  if (apiVersion === undefined || API_VERSION_PATTERN.test(apiVersion)) return undefined;
  return 'must be a version, as v1, or a group and a version, as apps/v1';
}

function kindFault(apiVersion: string | undefined, kind: string | undefined, type: ChangeType | undefined): string | undefined {
  if (kind === undefined) return undefined;
  if (!KIND_PATTERN.test(kind)) return 'must be a kind, as ConfigMap: letters, digits and -';
  if (apiVersion === undefined) return undefined;
  const why = unlockableReason(groupOf(apiVersion), kind, type);
  if (why === undefined) return undefined;
  return `${kind} of ${apiVersion} cannot be a target${type === 'Create' ? ' of Create' : ''}: ${why}`;
}

function nameFault(
  apiVersion: string | undefined,
  kind: string | undefined,
  name: string | undefined,
  systemNamespace: string | undefined,
): string | undefined {
  if (apiVersion === undefined || kind === undefined || name === undefined) return undefined;
  const group = groupOf(apiVersion);
  if (group === '' && kind === 'Namespace' && name === systemNamespace) return "is Janus's own namespace, which no transaction may change";
  if (group === 'apiextensions.k8s.io' && RESOURCES.some(({ plural }) => name === `${plural}.${GROUP}`)) {
    return 'is the definition of a resource of Janus, which no transaction may change';
  }
  return objectNameFault(group, kind, name);
}

function namespaceFault(
  apiVersion: string | undefined,
  kind: string | undefined,
  namespace: string | undefined,
  systemNamespace: string | undefined,
): string | undefined {
  if (namespace === undefined) return undefined;
  if (apiVersion !== undefined && groupOf(apiVersion) === '' && kind === 'Namespace') return undefined;
  if (namespace === systemNamespace) return "is Janus's own namespace, in which no transaction may change anything";
  return labelFault(namespace);
}

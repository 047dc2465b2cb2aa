import { isApiError } from '../kube/errors.ts';
import type { FieldsV1, ResourceKind } from '../kube/object.ts';
import { retrying } from '../kube/retry.ts';
import { CUSTOM_RESOURCE_DEFINITIONS } from '../kube/well-known.ts';
import { builtInReplicasPath, holdsPath, replicasPathFrom, type ReplicasPath } from '../lock/guard/scale.ts';
import type { SagaContext } from './context.ts';
import type { Named } from './target.ts';

/** What is known of what an object's lock holds: `fields` absent means all of it. */
export interface Locked extends Named {
  readonly scope: 'object' | 'fields';
  readonly fields?: FieldsV1 | undefined;
}

/** Whether the scale subresource of an object writes something that its lock holds. Where that can't be found out, it does. */
export async function isScaleLocked(context: Pick<SagaContext, 'client'>, { kind, scope, fields }: Locked): Promise<boolean> {
  if (kind.scalable !== true) return false;
  if (scope === 'object' || fields === undefined) return true;
  const path = builtInReplicasPath(kind) ?? (await definedReplicasPath(context, kind));
  return path === undefined || holdsPath(fields, path);
}

/** What the definition of a custom resource says; undefined where there is none that may be read. */
async function definedReplicasPath({ client }: Pick<SagaContext, 'client'>, kind: ResourceKind): Promise<ReplicasPath | undefined> {
  const name = `${kind.resource}.${kind.group}`;
  try {
    const definition = await retrying(() => client.get({ kind: CUSTOM_RESOURCE_DEFINITIONS, name }));
    const { versions = [] } = (definition['spec'] ?? {}) as { readonly versions?: readonly DefinedVersion[] };
    return replicasPathFrom(versions.find((version) => version.name === kind.version)?.subresources?.scale?.specReplicasPath);
  } catch (error) {
    if (isApiError(error, 403, 404)) return undefined;
    throw error;
  }
}

interface DefinedVersion {
  readonly name?: string;
  readonly subresources?: { readonly scale?: { readonly specReplicasPath?: unknown } };
}

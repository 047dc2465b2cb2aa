import { crdName } from '../../api/crd.ts';
import { VERSION } from '../../api/group.ts';
import { RESOURCES } from '../../api/resources.ts';
import { isConditionTrue, type ConditionLike } from '../../kube/conditions.ts';
import { isApiError } from '../../kube/errors.ts';
import type { KubeObject } from '../../kube/object.ts';
import { CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES } from '../../kube/well-known.ts';
import { failure, ok, warning, type Finding } from './finding.ts';
import type { Patient } from './look.ts';

/** Selectable fields of definitions are there by default from this minor version of Kubernetes 1 on; match conditions longer. */
const OLDEST_MINOR = 31;
/** What the tests run on. */
const TRIED = '1.35';

/** The API server: that it answers, and which version it is. */
export async function apiServer({ cluster }: Patient): Promise<readonly Finding[]> {
  const { gitVersion, minor } = await cluster.client.raw<{ readonly gitVersion: string; readonly minor: string }>('GET', '/version');
  return [versionFinding(gitVersion, Number.parseInt(minor, 10))];
}

/** Whether Janus is known to work on this version. */
export function versionFinding(gitVersion: string, minor: number): Finding {
  const words = `${gitVersion} answers`;
  if (minor >= OLDEST_MINOR) return ok('API server', words);
  return warning(
    'API server',
    words,
    `Janus is tried on ${TRIED}; before 1.${String(OLDEST_MINOR)} some of what it needs is off or missing.`,
  );
}

/** The definitions of our resources, and the namespace that Janus keeps its records in. */
export async function definitions({ cluster: { client }, systemNamespace }: Patient): Promise<readonly Finding[]> {
  const found = await Promise.all(
    RESOURCES.map(async (resource) =>
      definitionFinding(crdName(resource), await find(() => client.get({ kind: CUSTOM_RESOURCE_DEFINITIONS, name: crdName(resource) }))),
    ),
  );
  const namespace = await find(() => client.get({ kind: NAMESPACES, name: systemNamespace }));
  return [...found, namespaceFinding(systemNamespace, namespace)];
}

/** Whether a definition is there, established, and serves the version that we speak. */
export function definitionFinding(name: string, definition: KubeObject | undefined): Finding {
  const check = `definition ${name}`;
  if (definition === undefined)
    return failure(check, 'is not there', 'Install Janus in this cluster, or choose another context with --context.');
  const { conditions = [] } = (definition['status'] ?? {}) as { readonly conditions?: readonly ConditionLike[] };
  const { versions = [] } = (definition['spec'] ?? {}) as {
    readonly versions?: readonly { readonly name: string; readonly served: boolean }[];
  };
  if (!versions.some((one) => one.name === VERSION && one.served))
    return failure(check, `does not serve ${VERSION}`, 'Install the definitions that belong to this version.');
  if (!isConditionTrue(conditions, 'Established')) return failure(check, 'is not established', `"kubectl describe crd ${name}" says why.`);
  return ok(check, `serves ${VERSION}`);
}

function namespaceFinding(name: string, namespace: KubeObject | undefined): Finding {
  const check = `namespace ${name}`;
  if (namespace === undefined)
    return failure(
      check,
      'is not there, so no record can be read and every lock holds',
      'Install Janus again; name its namespace with --system-namespace if it is another one.',
    );
  if (namespace.metadata.deletionTimestamp !== undefined) return failure(check, 'is being deleted', 'Install Janus again once it is gone.');
  return ok(check, 'is there');
}

/** Undefined where the server says that it is not there. */
export async function find(get: () => Promise<KubeObject>): Promise<KubeObject | undefined> {
  try {
    return await get();
  } catch (error) {
    if (isApiError(error, 404)) return undefined;
    throw error;
  }
}

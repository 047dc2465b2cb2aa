import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crdName, customResourceDefinition } from '../../src/api/crd.ts';
import { RESOURCES } from '../../src/api/resources.ts';
import { isApiError } from '../../src/kube/errors.ts';
import { CUSTOM_RESOURCE_DEFINITIONS } from '../../src/kube/well-known.ts';
import { ownToken } from '../../src/operator/dev-installation.ts';
import type { OperatorOptions } from '../../src/operator/options.ts';
import { rbacObjects } from '../../src/operator/rbac-objects.ts';
import { eventually } from './objects.ts';
import type { Cluster } from './running.ts';

const APPLIED = { fieldManager: 'chart', force: true };

/** Installs the CustomResourceDefinitions, as a chart does. */
export async function installDefinitions({ admin }: Cluster): Promise<void> {
  for (const resource of RESOURCES) {
    const ref = { kind: CUSTOM_RESOURCE_DEFINITIONS, name: crdName(resource) };
    await admin.apply(ref, customResourceDefinition(resource), APPLIED);
  }
  await eventually('the definitions are served', async () => {
    const { resources } = await admin
      .raw<{ readonly resources?: readonly unknown[] }>('GET', '/apis/tx.janus.io/v1alpha1')
      .catch((error: unknown) => {
        if (isApiError(error, 404, 503)) return { resources: [] };
        throw error;
      });
    return (resources?.length ?? 0) >= RESOURCES.length;
  });
}

/** Installs namespace, ServiceAccount and roles, as a chart does. */
export async function installRights(
  { admin }: Cluster,
  systemNamespace = 'janus-system',
  options: Pick<OperatorOptions, 'metricsAuth'> = { metricsAuth: 'none' },
): Promise<void> {
  for (const { ref, object } of rbacObjects(systemNamespace, options)) await admin.apply(ref, object, APPLIED);
}

/** A kubeconfig of the ServiceAccount of Janus, as a pod has it by its token. */
export async function ownKubeconfig({ admin, controlPlane }: Cluster, systemNamespace = 'janus-system'): Promise<string> {
  const path = join(controlPlane.dir, `janus-${systemNamespace}.kubeconfig`);
  const token = await ownToken(admin, systemNamespace);
  const named = { name: 'janus' };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ ...named, cluster: { server: controlPlane.server, 'certificate-authority': controlPlane.caFile } }],
    users: [{ ...named, user: { token } }],
    contexts: [{ ...named, context: { cluster: 'janus', user: 'janus' } }],
    'current-context': 'janus',
  };
  await writeFile(path, JSON.stringify(config));
  return path;
}

/** Options of an operator in a cluster; API servers reach it by a URL, since no Service leads to this machine. */
export async function inCluster(cluster: Cluster, systemNamespace = 'janus-system'): Promise<Partial<OperatorOptions>> {
  return { dev: false, systemNamespace, kubeconfig: await ownKubeconfig(cluster, systemNamespace), webhookUrlHost: 'localhost' };
}

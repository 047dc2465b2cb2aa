import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { ClusterConfig } from './cluster-config.ts';
import { ConfigError } from './config-error.ts';
import { tokenCredentials } from './credentials.ts';

const MOUNT = 'var/run/secrets/kubernetes.io/serviceaccount';

/** The token file of a pod, relative to the root of its file system. */
export const IN_CLUSTER_TOKEN = `${MOUNT}/token`;

/** The API server as a pod sees it, as its ServiceAccount. The token is read again at most every 30 s: the kubelet renews it. */
export async function inClusterConfig(
  env: Readonly<Record<string, string | undefined>>,
  root = '/',
  namespace?: string,
): Promise<ClusterConfig> {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
  const own = namespace ?? (await podNamespace({}, root)) ?? 'default';
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    ca: await required(join(root, MOUNT, 'ca.crt')),
    namespace: own,
    description: 'the ServiceAccount of this pod',
    credentials: tokenCredentials(async () => (await required(join(root, IN_CLUSTER_TOKEN))).trim()),
  };
}

/** The namespace of the pod that this process is in: `POD_NAMESPACE`, or what the ServiceAccount's files say; undefined outside of pods. */
export async function podNamespace(env: Readonly<Record<string, string | undefined>>, root = '/'): Promise<string | undefined> {
  const named = env['POD_NAMESPACE'] ?? '';
  return named === '' ? (await optional(join(root, MOUNT, 'namespace')))?.trim() || undefined : named;
}

async function required(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new ConfigError(
      'CredentialsFailed',
      `cannot read the ServiceAccount of this pod: ${error instanceof Error ? error.message : path}`,
      { cause: error },
    );
  }
}

async function optional(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { KubeClient } from '../../src/kube/client.ts';
import type { ControlPlane } from '../control-plane/start.ts';

/** Path of a kubeconfig for a ServiceAccount, by a token of its own. */
export async function tenantConfig(
  admin: KubeClient,
  { ca, server }: Pick<ControlPlane, 'ca' | 'server'>,
  namespace: string,
  name: string,
): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const { status } = await admin.raw<{ readonly status: { readonly token: string } }>('POST', path, body);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name, user: { token: status.token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: name, namespace } }],
    'current-context': 'test',
  };
  const file = join(mkdtempSync(join(tmpdir(), 'janus-tenant-')), 'kubeconfig');
  writeFileSync(file, stringify(config));
  return file;
}

import { writeFile } from 'node:fs/promises';
import type { Credentials } from './pki.ts';

/** Writes a kubeconfig (mode 0600) with one context, its certificates within. JSON, which is YAML. */
export async function writeKubeconfig(
  file: string,
  user: string,
  server: string,
  ca: Credentials,
  credentials: Credentials,
): Promise<void> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'janus-test',
    contexts: [{ name: 'janus-test', context: { cluster: 'janus-test', user } }],
    clusters: [{ name: 'janus-test', cluster: { server, 'certificate-authority-data': base64(ca.cert) } }],
    users: [{ name: user, user: { 'client-certificate-data': base64(credentials.cert), 'client-key-data': base64(credentials.key) } }],
  };
  await writeFile(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}

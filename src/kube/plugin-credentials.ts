import type { RequestOptions } from 'node:https';
import type { Credentials } from './cluster-config.ts';
import { ConfigError } from './config-error.ts';
import type { SelectedContext } from './kubeconfig.ts';
import { redact } from './redact.ts';

/**
 * Credentials from a plugin (`exec`) or an auth provider, by @kubernetes/client-node. It costs half a second and 57 MB to load, so
 * it is imported on the first call.
 */
export function pluginCredentials(context: SelectedContext, source: string) {
  let config: Promise<Applying> | undefined;
  return async (options?: { readonly refresh?: boolean }): Promise<Credentials> => {
    // client-node keeps a plugin's token until it says it expires; a fresh instance forgets one that was refused.
    if (options?.refresh === true) config = undefined;
    config ??= load(context);
    try {
      const applied: RequestOptions = {};
      await (await config).applyToHTTPSOptions(applied);
      return credentialsFrom(applied);
    } catch (error) {
      config = undefined;
      throw new ConfigError(
        'CredentialsFailed',
        `${describePlugin(context)} for context ${JSON.stringify(context.name)} (${source}) failed: ${reasonOf(error)}`,
        {
          cause: error,
        },
      );
    }
  };
}

interface Applying {
  applyToHTTPSOptions(options: RequestOptions): Promise<void>;
}

async function load(context: SelectedContext): Promise<Applying> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromString(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'this',
      contexts: [{ name: 'this', context: { cluster: 'this', user: 'this' } }],
      // Only the user matters here; a proxy or http:// in the cluster would make client-node build agents that we do not use.
      clusters: [{ name: 'this', cluster: { server: 'https://unused.invalid' } }],
      users: [{ name: 'this', user: context.user }],
    }),
  );
  return config;
}

function credentialsFrom(applied: RequestOptions): Credentials {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(applied.headers ?? {})) {
    if (!name.toLowerCase().startsWith('impersonate-')) headers[name.toLowerCase()] = String(value);
  }
  if (applied.auth !== undefined && applied.auth !== null) {
    headers['authorization'] = `Basic ${Buffer.from(applied.auth).toString('base64')}`;
  }
  const cert = pem(applied.cert);
  const key = pem(applied.key);
  return { headers, ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
}

function pem(value: unknown): string | undefined {
  return typeof value === 'string' || Buffer.isBuffer(value) ? value.toString() : undefined;
}

function describePlugin(context: SelectedContext): string {
  const command = context.user.exec?.['command'];
  if (typeof command === 'string') return `credential plugin ${JSON.stringify(command)}`;
  const provider = context.user['auth-provider']?.['name'];
  return `auth provider ${JSON.stringify(typeof provider === 'string' ? provider : 'unnamed')}`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  if ('code' in error && error.code === 'ENOENT') return 'the command was not found: install it, or correct the kubeconfig';
  const text = redact(error.message.trim());
  return text === '' ? 'it ended with an error and said nothing' : text.slice(0, 500);
}

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Identity } from './client.ts';
import type { ClusterConfig } from './cluster-config.ts';
import { ConfigError } from './config-error.ts';
import { credentialsOf, pemOf, tokenCredentials } from './credentials.ts';
import type { TokenSource } from './credentials.ts';
import { inClusterConfig, IN_CLUSTER_TOKEN } from './in-cluster.ts';
import { mergeKubeconfigs, parseKubeconfig, selectContext } from './kubeconfig.ts';
import type { Kubeconfig, KubeconfigUser } from './kubeconfig.ts';

export interface ConfigOptions {
  /** Path of a kubeconfig; then nothing else is looked at. */
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Overrides the namespace of the context. */
  readonly namespace?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly home?: string;
  /** Root of the ServiceAccount files of a pod, for tests. */
  readonly serviceAccountRoot?: string;
}

/**
 * Where to connect, by kubectl's rules: the path given, else `KUBECONFIG` (several files are joined, missing ones skipped), else
 * `~/.kube/config`, else the ServiceAccount of the pod we run in.
 *
 * @throws ConfigError, saying where we looked or what is wrong with what was found.
 */
export async function loadClusterConfig(options: ConfigOptions = {}): Promise<ClusterConfig> {
  const env = options.env ?? process.env;
  const paths = pathsOf(options, env);
  const found = paths.filter((path) => existsSync(path));
  if (options.kubeconfig !== undefined || found.length > 0)
    return fromKubeconfig(options.kubeconfig === undefined ? found : paths, options);
  if (isInPod(options, env)) return inClusterConfig(env, options.serviceAccountRoot, options.namespace);
  throw new ConfigError(
    'NotFound',
    `no cluster configured: ${paths.join(', ')} ${paths.length === 1 ? 'does' : 'do'} not exist, and this is not a pod with a ServiceAccount. ` +
      'Set KUBECONFIG or pass --kubeconfig.',
  );
}

/** The kubeconfig itself, by the same rules: which contexts there are. Files that are missing are skipped. */
export async function loadKubeconfig(options: Pick<ConfigOptions, 'kubeconfig' | 'env' | 'home'> = {}): Promise<Kubeconfig> {
  const found = pathsOf(options, options.env ?? process.env).filter((path) => existsSync(path));
  return mergeKubeconfigs(await Promise.all(found.map(readKubeconfig)));
}

/** A cluster reached with bearer tokens from a function, which is asked again at most every 30 s and after a 401. */
export function clusterConfigFromToken(options: {
  readonly server: string;
  readonly ca?: string;
  readonly insecureSkipTlsVerify?: boolean;
  readonly tlsServerName?: string;
  readonly proxyUrl?: string;
  readonly token: TokenSource;
  readonly namespace?: string;
  readonly description?: string;
}): ClusterConfig {
  const { token, namespace = 'default', description = `token for ${options.server}`, server, ...rest } = options;
  return { ...rest, server: withoutSlash(server), namespace, description, credentials: tokenCredentials(token) };
}

function pathsOf(options: ConfigOptions, env: Readonly<Record<string, string | undefined>>): string[] {
  if (options.kubeconfig !== undefined) return [options.kubeconfig];
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  return listed.length > 0 ? [...new Set(listed)] : [join(options.home ?? env['HOME'] ?? homedir(), '.kube', 'config')];
}

function isInPod(options: ConfigOptions, env: Readonly<Record<string, string | undefined>>): boolean {
  return (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '' && existsSync(join(options.serviceAccountRoot ?? '/', IN_CLUSTER_TOKEN));
}

async function fromKubeconfig(paths: readonly string[], options: ConfigOptions): Promise<ClusterConfig> {
  const files = await Promise.all(paths.map(readKubeconfig));
  const source = paths.join(delimiter);
  const context = selectContext(mergeKubeconfigs(files), source, options.context);
  const { cluster, user } = context;
  const ca = await pemOf(
    cluster['certificate-authority-data'],
    cluster['certificate-authority'],
    `certificate authority of context ${JSON.stringify(context.name)}`,
  );
  const as = identityOf(user);
  return {
    server: serverOf(cluster.server, source),
    ...(ca === undefined ? {} : { ca }),
    ...(cluster['insecure-skip-tls-verify'] === true ? { insecureSkipTlsVerify: true } : {}),
    ...(cluster['tls-server-name'] === undefined ? {} : { tlsServerName: cluster['tls-server-name'] }),
    ...(cluster['proxy-url'] === undefined ? {} : { proxyUrl: cluster['proxy-url'] }),
    ...(as === undefined ? {} : { as }),
    namespace: options.namespace ?? context.namespace,
    description: `context ${JSON.stringify(context.name)} of ${source}`,
    credentials: credentialsOf(context, source),
  };
}

async function readKubeconfig(path: string): Promise<Kubeconfig> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const reason = missing ? 'it does not exist' : error instanceof Error ? error.message : 'unreadable';
    throw new ConfigError(missing ? 'NotFound' : 'Unreadable', `cannot read the kubeconfig ${path}: ${reason}`, { cause: error });
  }
  return parseKubeconfig(text, path);
}

function identityOf(user: KubeconfigUser): Identity | undefined {
  if (user.as === undefined || user.as === '') return undefined;
  return {
    user: user.as,
    ...(user['as-uid'] === undefined ? {} : { uid: user['as-uid'] }),
    ...(user['as-groups'] === undefined ? {} : { groups: user['as-groups'] }),
    ...(user['as-user-extra'] === undefined ? {} : { extra: user['as-user-extra'] }),
  };
}

// kubectl takes a server without a scheme for http; a silent downgrade helps nobody, so such an entry is refused.
function serverOf(server: string, source: string): string {
  if (!/^https?:\/\//.test(server) || !URL.canParse(server)) {
    throw new ConfigError('Malformed', `${source} has server ${JSON.stringify(server)}, which is not an http:// or https:// URL`);
  }
  return withoutSlash(server);
}

function withoutSlash(server: string): string {
  return server.replace(/\/+$/, '');
}

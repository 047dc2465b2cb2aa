import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { ConfigError } from './config-error.ts';

/** The `cluster` of a kubeconfig entry, as written, file names made absolute. */
export interface KubeconfigCluster {
  readonly server?: string;
  readonly 'certificate-authority'?: string;
  readonly 'certificate-authority-data'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
  readonly 'tls-server-name'?: string;
  readonly 'proxy-url'?: string;
}

/** The `user` of a kubeconfig entry, as written, file names made absolute. */
export interface KubeconfigUser {
  readonly 'client-certificate'?: string;
  readonly 'client-certificate-data'?: string;
  readonly 'client-key'?: string;
  readonly 'client-key-data'?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly as?: string;
  readonly 'as-uid'?: string;
  readonly 'as-groups'?: readonly string[];
  readonly 'as-user-extra'?: Readonly<Record<string, readonly string[]>>;
  readonly exec?: Readonly<Record<string, unknown>>;
  readonly 'auth-provider'?: Readonly<Record<string, unknown>>;
}

export interface KubeconfigContext {
  readonly cluster?: string;
  readonly user?: string;
  readonly namespace?: string;
}

/** One or several kubeconfig files as one. */
export interface Kubeconfig {
  readonly currentContext?: string;
  readonly clusters: ReadonlyMap<string, KubeconfigCluster>;
  readonly users: ReadonlyMap<string, KubeconfigUser>;
  readonly contexts: ReadonlyMap<string, KubeconfigContext>;
}

/** What one context of a kubeconfig points to. */
export interface SelectedContext {
  readonly name: string;
  readonly namespace: string;
  readonly cluster: KubeconfigCluster & { readonly server: string };
  readonly user: KubeconfigUser;
}

const CLUSTER_FILES = ['certificate-authority'];
/** What must be text wherever it is: YAML makes a number of an unquoted `123`. */
const TEXT_FIELDS = [
  ...['server', 'certificate-authority', 'certificate-authority-data', 'tls-server-name', 'proxy-url'],
  ...['client-certificate', 'client-certificate-data', 'client-key', 'client-key-data'],
  ...['token', 'tokenFile', 'username', 'password', 'as', 'as-uid', 'cluster', 'user', 'namespace'],
];
const USER_FILES = ['client-certificate', 'client-key', 'tokenFile'];

/**
 * Reads the text of one kubeconfig file; file names in it are relative to `path`.
 *
 * @throws ConfigError `Malformed`, naming the file and what is wrong.
 */
export function parseKubeconfig(text: string, path: string): Kubeconfig {
  const root = parseYaml(text, path);
  const directory = dirname(path);
  const currentContext = root['current-context'];
  return {
    ...(typeof currentContext === 'string' && currentContext !== '' ? { currentContext } : {}),
    clusters: entriesOf<KubeconfigCluster>(root, 'clusters', 'cluster', path, (value) => withAbsolute(value, CLUSTER_FILES, directory)),
    users: entriesOf<KubeconfigUser>(root, 'users', 'user', path, (value) =>
      withAbsoluteCommand(withAbsolute(value, USER_FILES, directory), directory),
    ),
    contexts: entriesOf<KubeconfigContext>(root, 'contexts', 'context', path, (value) => value),
  };
}

/** Several files as one, by kubectl's rule: what an earlier file says is not overridden by a later one. */
export function mergeKubeconfigs(configs: readonly Kubeconfig[]): Kubeconfig {
  const currentContext = configs.find((config) => config.currentContext !== undefined)?.currentContext;
  return {
    ...(currentContext === undefined ? {} : { currentContext }),
    clusters: firstWins(configs.map((config) => config.clusters)),
    users: firstWins(configs.map((config) => config.users)),
    contexts: firstWins(configs.map((config) => config.contexts)),
  };
}

/**
 * The cluster, user and namespace of a context: the one named, else the current one.
 *
 * @param source where the kubeconfig came from, for messages.
 * @throws ConfigError `NoContext`, `NoCluster` or `NoUser`, listing what there is.
 */
export function selectContext(config: Kubeconfig, source: string, asked?: string): SelectedContext {
  const name = asked ?? config.currentContext;
  const known = `contexts there: ${[...config.contexts.keys()].sort().join(', ') || 'none'}`;
  if (name === undefined) throw new ConfigError('NoContext', `${source} has no current context; choose one with --context (${known})`);
  const context = config.contexts.get(name);
  if (context === undefined) throw new ConfigError('NoContext', `${source} has no context ${JSON.stringify(name)} (${known})`);
  const where = `context ${JSON.stringify(name)} of ${source}`;
  return {
    name,
    namespace: context.namespace === undefined || context.namespace === '' ? 'default' : context.namespace,
    cluster: clusterOf(config, context.cluster ?? '', where),
    user: userOf(config, context.user ?? '', where),
  };
}

function clusterOf(config: Kubeconfig, name: string, where: string): SelectedContext['cluster'] {
  const cluster = config.clusters.get(name);
  if (typeof cluster?.server === 'string' && cluster.server !== '') return { ...cluster, server: cluster.server };
  const problem = cluster === undefined ? 'which is not there' : 'which has no server';
  throw new ConfigError('NoCluster', `${where} names cluster ${JSON.stringify(name)}, ${problem}`);
}

// A context may do without a user: a proxy such as `kubectl proxy` adds the credentials.
function userOf(config: Kubeconfig, name: string, where: string): KubeconfigUser {
  const user = config.users.get(name);
  if (user === undefined && name !== '') {
    throw new ConfigError('NoUser', `${where} names user ${JSON.stringify(name)}, which is not there`);
  }
  return user ?? {};
}

function parseYaml(text: string, path: string): Record<string, unknown> {
  let root: unknown;
  try {
    // Warnings would be printed with the line they are about, which may hold a token.
    root = parse(text, { logLevel: 'error' });
  } catch (error) {
    // Only the first line of the parser's message: the rest quotes the file, which may hold keys.
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '').replace(/:$/, '') : 'unreadable';
    throw new ConfigError('Malformed', `${path} is not YAML: ${reason}`);
  }
  if (root === null || root === undefined) return {};
  if (!isRecord(root)) throw new ConfigError('Malformed', `${path} is not a kubeconfig: its top level is not a mapping`);
  if (root['kind'] !== undefined && root['kind'] !== 'Config') {
    throw new ConfigError('Malformed', `${path} is not a kubeconfig: its kind is ${JSON.stringify(root['kind'])}, not Config`);
  }
  return root;
}

function entriesOf<T>(
  root: Record<string, unknown>,
  listName: string,
  field: string,
  path: string,
  convert: (value: Record<string, unknown>) => Record<string, unknown>,
): ReadonlyMap<string, T> {
  const list = root[listName] ?? [];
  if (!Array.isArray(list)) throw new ConfigError('Malformed', `${path} is not a kubeconfig: ${listName} is not a list`);
  const entries = new Map<string, T>();
  for (const [index, entry] of list.entries()) {
    const name: unknown = isRecord(entry) ? entry['name'] : undefined;
    const value: unknown = isRecord(entry) ? (entry[field] ?? {}) : undefined;
    if (typeof name !== 'string' || !isRecord(value)) {
      throw new ConfigError('Malformed', `${path} is not a kubeconfig: ${listName}[${index}] needs a name and a ${field}`);
    }
    const wrong = TEXT_FIELDS.find((known) => value[known] !== undefined && value[known] !== null && typeof value[known] !== 'string');
    if (wrong !== undefined)
      throw new ConfigError('Malformed', `${path} is not a kubeconfig: ${wrong} of ${field} ${JSON.stringify(name)} is not text; quote it`);
    if (!entries.has(name)) entries.set(name, convert(withoutNulls(value)) as T);
  }
  return entries;
}

function withoutNulls(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== null));
}

function withAbsolute(value: Record<string, unknown>, fields: readonly string[], directory: string): Record<string, unknown> {
  const absolute = fields.flatMap((field) => {
    const file = value[field];
    return typeof file === 'string' && file !== '' ? [[field, resolve(directory, file)] as const] : [];
  });
  return { ...value, ...Object.fromEntries(absolute) };
}

// As kubectl does it: a plugin with a slash in its name is relative to the file, any other is found on the PATH.
function withAbsoluteCommand(user: Record<string, unknown>, directory: string): Record<string, unknown> {
  const exec = user['exec'];
  if (!isRecord(exec) || typeof exec['command'] !== 'string' || !exec['command'].includes('/')) return user;
  return { ...user, exec: { ...exec, command: resolve(directory, exec['command']) } };
}

function firstWins<T>(maps: readonly ReadonlyMap<string, T>[]): ReadonlyMap<string, T> {
  return new Map([...maps].reverse().flatMap((map) => [...map]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

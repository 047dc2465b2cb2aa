import { readFile } from 'node:fs/promises';
import type { Credentials } from './cluster-config.ts';
import { ConfigError } from './config-error.ts';
import type { KubeconfigUser, SelectedContext } from './kubeconfig.ts';
import { pluginCredentials } from './plugin-credentials.ts';

/** Asks for credentials; `refresh` says that the ones given last were refused. */
export type CredentialSource = (options?: { readonly refresh?: boolean }) => Promise<Credentials>;

const REMEMBER_MS = 30_000;
const REFRESH_AT_MOST_EVERY_MS = 1_000;

/**
 * What authenticates the user of a context. Certificates, tokens, token files and passwords are read here; credential plugins and
 * auth providers go through @kubernetes/client-node, which is loaded only then.
 */
export function credentialsOf(context: SelectedContext, source: string): CredentialSource {
  const { user } = context;
  if (user.exec !== undefined || user['auth-provider'] !== undefined) return remembered(pluginCredentials(context, source));
  return remembered(() => readCredentials(user, `user of context ${JSON.stringify(context.name)} (${source})`));
}

/** Gives a bearer token; `refresh` says that the one given last was refused. */
export type TokenSource = (options?: { readonly refresh?: boolean }) => Promise<string>;

/** Bearer tokens from a function, for example a ServiceAccount's by TokenRequest. */
export function tokenCredentials(token: TokenSource, now?: () => number): CredentialSource {
  return remembered(async (options) => ({ headers: { authorization: `Bearer ${await token(options)}` } }), now);
}

/** Asks `source` at most every 30 s, once for all who ask meanwhile; on `refresh` at once, but at most once a second. */
export function remembered(source: CredentialSource, now: () => number = () => performance.now()): CredentialSource {
  let last: { readonly at: number; readonly credentials: Promise<Credentials> } | undefined;
  return (options) => {
    const maxAge = options?.refresh === true ? REFRESH_AT_MOST_EVERY_MS : REMEMBER_MS;
    if (last !== undefined && now() - last.at < maxAge) return last.credentials;
    const asked = { at: now(), credentials: source(options) };
    last = asked;
    asked.credentials.catch(() => {
      // A failure is not remembered: the next request asks again.
      if (last === asked) last = undefined;
    });
    return asked.credentials;
  };
}

async function readCredentials(user: KubeconfigUser, whose: string): Promise<Credentials> {
  const cert = await pemOf(user['client-certificate-data'], user['client-certificate'], `client certificate of the ${whose}`);
  const key = await pemOf(user['client-key-data'], user['client-key'], `client key of the ${whose}`);
  return {
    headers: await authorizationOf(user, whose),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

// client-go's order: a token file wins over a token, and either over a password.
async function authorizationOf(user: KubeconfigUser, whose: string): Promise<Record<string, string>> {
  if (user.tokenFile !== undefined) return bearer((await read(user.tokenFile, `token file of the ${whose}`)).trim());
  if (user.token !== undefined && user.token !== '') return bearer(user.token);
  if (user.username === undefined || user.username === '') return {};
  return { authorization: `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}` };
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** PEM from base64 data, else from a file: data wins, as in client-go. */
export async function pemOf(data: string | undefined, file: string | undefined, what: string): Promise<string | undefined> {
  if (data !== undefined && data !== '') return Buffer.from(data, 'base64').toString('utf8');
  if (file !== undefined && file !== '') return read(file, what);
  return undefined;
}

async function read(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ConfigError('CredentialsFailed', `cannot read the ${what}: ${error instanceof Error ? error.message : file}`, {
      cause: error,
    });
  }
}

import { createHash } from 'node:crypto';
import type { KubeClient } from '../kube/client.ts';
import type { Page } from './http.ts';

const TOKEN_REVIEWS = '/apis/authentication.k8s.io/v1/tokenreviews';
const ACCESS_REVIEWS = '/apis/authorization.k8s.io/v1/subjectaccessreviews';

/** For how long an answer of the API server is good; milliseconds. Scrapes come every few seconds, with the same token. */
const REMEMBER_MS = 10_000;
const REMEMBERED_MAX = 100;
const TIMEOUT_MS = 5_000;

/** Whom a token stands for, as far as an authorizer asks. */
interface TokenUser {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Lets whoever shows a token see the metrics that may `get` the non-resource URL `/metrics`: the API server is asked by
 * TokenReview and SubjectAccessReview. Returns the page that refuses everybody else.
 */
export function metricsAccess(
  client: Pick<KubeClient, 'raw'>,
  now: () => number = () => performance.now(),
): (headers: { readonly authorization?: string | undefined }) => Promise<Page | undefined> {
  const answers = new Map<string, { readonly at: number; readonly refusal: Promise<Page | undefined> }>();
  return async ({ authorization = '' }) => {
    const token = /^Bearer +([^\s]+)$/i.exec(authorization)?.[1];
    if (token === undefined)
      return refusal(401, 'The metrics are shown to whoever sends "Authorization: Bearer TOKEN" with a token of this cluster.');
    const key = createHash('sha256').update(token).digest('hex');
    const known = answers.get(key);
    if (known !== undefined && now() - known.at < REMEMBER_MS) return known.refusal;
    const asked = { at: now(), refusal: ask(client, token) };
    answers.delete(key);
    answers.set(key, asked);
    const oldest = answers.size > REMEMBERED_MAX ? answers.keys().next().value : undefined;
    if (oldest !== undefined) answers.delete(oldest);
    // What could not be found out is asked again.
    asked.refusal.then(
      (page) => page?.status === 503 && answers.delete(key),
      () => answers.delete(key),
    );
    return asked.refusal;
  };
}

async function ask(client: Pick<KubeClient, 'raw'>, token: string): Promise<Page | undefined> {
  try {
    const user = await userOf(client, token);
    if (user === undefined) return refusal(401, 'The API server does not know this token, or it has expired.');
    if (await mayRead(client, user)) return undefined;
    return refusal(
      403,
      `User ${JSON.stringify(user.username ?? '')} may not get the non-resource URL /metrics: have a ClusterRole with that rule bound to it.`,
    );
  } catch {
    // Not its words: they might quote the request.
    return refusal(503, 'The API server could not be asked whose token this is, and whether they may see the metrics.');
  }
}

async function userOf(client: Pick<KubeClient, 'raw'>, token: string): Promise<TokenUser | undefined> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
  const { status } = await client.raw<{ readonly status?: { readonly authenticated?: boolean; readonly user?: TokenUser } }>(
    'POST',
    TOKEN_REVIEWS,
    body,
    { timeoutMs: TIMEOUT_MS },
  );
  return status?.authenticated === true ? status.user : undefined;
}

async function mayRead(client: Pick<KubeClient, 'raw'>, { username, ...user }: TokenUser): Promise<boolean> {
  const spec = { ...user, user: username, nonResourceAttributes: { path: '/metrics', verb: 'get' } };
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
  const { status } = await client.raw<{ readonly status?: { readonly allowed?: boolean; readonly denied?: boolean } }>(
    'POST',
    ACCESS_REVIEWS,
    body,
    { timeoutMs: TIMEOUT_MS },
  );
  return status?.allowed === true && status.denied !== true;
}

function refusal(status: number, words: string): Page {
  return { status, type: 'text/plain; charset=utf-8', body: `${words}\n` };
}

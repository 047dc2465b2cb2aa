import type { KubeClient } from '../kube/client.ts';
import { isApiError } from '../kube/errors.ts';
import { inParallel, valuesOf } from '../kube/limit.ts';
import { pause } from '../kube/pause.ts';
import { GROUP, VERSION } from '../api/group.ts';
import { RESOURCES } from '../api/resources.ts';
import type { OperatorOptions } from './options.ts';
import { ownUsername, rulesFor, type RbacRule } from './rbac.ts';

/** What an installation is to have. */
export type Required = Pick<OperatorOptions, 'systemNamespace' | 'metricsAuth'>;

/** Something that is not there, and what to do. */
export class NotInstalledError extends Error {
  override readonly name = 'NotInstalledError';
}

/** Questions to the authorizers under way at once. */
const CONCURRENCY = 8;

const SELF_REVIEW = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const ACCESS_REVIEW = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** Authorizers take rights up a moment after they are written, and definitions are served a moment after they are made; milliseconds. */
const PATIENCE_MS = 5_000;
const LOOK_EVERY_MS = 500;

/** @throws NotInstalledError naming everything that this process, as whoever it is, lacks, and did not get within a few seconds */
export async function requireInstalled(client: KubeClient, required: Required, signal: AbortSignal): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const lacks = await lacking(client, required);
    if (lacks.length === 0) return;
    if (performance.now() < until && (await pause(LOOK_EVERY_MS, signal))) continue;
    throw new NotInstalledError(
      `Janus cannot run, since ${lacks.length === 1 ? 'something is' : `${String(lacks.length)} things are`} not installed as it needs:\n` +
        lacks.map((one) => `  - ${one}`).join('\n'),
    );
  }
}

/** What this process, as whoever it is, lacks: a sentence each, with what to do. Nothing where all is there. */
export async function lacking(client: KubeClient, required: Required): Promise<readonly string[]> {
  return (await Promise.all([identity(client, required), definitions(client), rights(client, required)])).flat();
}

/** Janus knows its own requests by their user. */
async function identity(client: KubeClient, { systemNamespace }: Required): Promise<readonly string[]> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  let username: string | undefined;
  try {
    const answer = await client.raw<{ readonly status?: { readonly userInfo?: { readonly username?: string } } }>(
      'POST',
      SELF_REVIEW,
      body,
    );
    username = answer.status?.userInfo?.username;
  } catch (error) {
    // Served from Kubernetes 1.28 on.
    if (!isApiError(error, 404)) throw error;
  }
  const own = ownUsername(systemNamespace);
  if (username === undefined || username === own) return [];
  return [
    `this process is "${username}" for the API server, and must be "${own}": run it as ServiceAccount janus of namespace ${systemNamespace}, ` +
      'or name its namespace with --system-namespace',
  ];
}

/** Whether the API server serves our resources in the version that we speak. */
async function definitions(client: KubeClient): Promise<readonly string[]> {
  const served = await resourcesOf(client);
  const wanted = RESOURCES.flatMap(({ plural, status }) => [plural, ...(status === undefined ? [] : [`${plural}/status`])]);
  const missing = wanted.filter((name) => !served.has(name));
  if (missing.length === 0) return [];
  return [
    `the API server does not serve ${missing.join(', ')} of ${GROUP}/${VERSION}: install the CustomResourceDefinitions of this version ` +
      '("kubectl apply --server-side -f webhook-config/crds", or the chart with crds.install=true)',
  ];
}

async function resourcesOf(client: KubeClient): Promise<ReadonlySet<string>> {
  try {
    const list = await client.raw<{ readonly resources?: readonly { readonly name: string }[] }>('GET', `/apis/${GROUP}/${VERSION}`);
    return new Set((list.resources ?? []).map(({ name }) => name));
  } catch (error) {
    if (isApiError(error, 404)) return new Set();
    throw error;
  }
}

/** One question to the authorizers. */
interface Question {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  readonly namespace: string;
}

/** Asks about every right of the table but those that an installation may give in chosen namespaces only. */
async function rights(client: KubeClient, required: Required): Promise<readonly string[]> {
  const { cluster, namespace } = rulesFor(required);
  const asked = [
    ...cluster.filter(({ limitable }) => limitable !== true).flatMap((rule) => questions(rule, '')),
    ...namespace.flatMap((rule) => questions(rule, required.systemNamespace)),
  ];
  const outcomes = await inParallel(asked, CONCURRENCY, (question) => isAllowedToUs(client, question));
  const allowed = valuesOf(outcomes);
  return summed(asked.filter((_question, at) => allowed[at] !== true));
}

function questions({ apiGroups, resources, resourceNames = [''], verbs }: RbacRule, namespace: string): readonly Question[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((path) => {
      const [resource = '', ...rest] = path.split('/');
      // RBAC knows "userextras/KEY" as a resource with a subresource.
      const subresource = rest.join('/');
      return resourceNames.flatMap((name) => verbs.map((verb) => ({ verb, group, resource, subresource, name, namespace })));
    }),
  );
}

async function isAllowedToUs(client: KubeClient, { verb, group, resource, subresource, name, namespace }: Question): Promise<boolean> {
  const resourceAttributes = { verb, group, resource, subresource, name, namespace };
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } };
  const answer = await client.raw<{ readonly status?: { readonly allowed?: boolean } }>('POST', ACCESS_REVIEW, body);
  return answer.status?.allowed === true;
}

/** One sentence for the verbs of one resource. */
function summed(denied: readonly Question[]): readonly string[] {
  const verbs = new Map<string, string[]>();
  for (const { verb, group, resource, subresource, name, namespace } of denied) {
    const what = `${resource}${subresource === '' ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}${name === '' ? '' : ` "${name}"`}`;
    const where = namespace === '' ? 'in the cluster (ClusterRole janus)' : `in namespace ${namespace} (Role janus)`;
    const key = `${what} ${where}`;
    verbs.set(key, [...(verbs.get(key) ?? []), verb]);
  }
  return [...verbs].map(
    ([where, all]) => `it may not ${all.join(', ')} ${where}: apply the roles of this version (webhook-config/rbac.yaml, or the chart)`,
  );
}

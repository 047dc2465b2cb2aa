import { isAllowed } from '../admission/access.ts';
import { unregister } from '../admission/registration.ts';
import { customResourceDefinition, crdName } from '../api/crd.ts';
import { RESOURCES } from '../api/resources.ts';
import type { KubeClient } from '../kube/client.ts';
import { isApiError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/object.ts';
import { pause } from '../kube/pause.ts';
import { CUSTOM_RESOURCE_DEFINITIONS } from '../kube/well-known.ts';
import { openTransactions } from './open-transactions.ts';
import { rbacObjects } from './rbac-objects.ts';
import { OWN_NAME, ownUsername, rulesFor, type RbacRule } from './rbac.ts';
import type { Required } from './requirements.ts';

const FIELD_MANAGER = 'janus-dev';
/** Seconds a token of ours lives; it is renewed long before. */
const TOKEN_SECONDS = 3600;

/**
 * Brings a cluster to what an installation of Janus has: CRDs, the namespace, the ServiceAccount and its rights. By
 * server-side apply, so that an older state is brought up to date and a present one is left alone.
 */
export async function installForDev(client: KubeClient, options: Required, signal: AbortSignal): Promise<void> {
  for (const { ref, object } of rbacObjects(options.systemNamespace, options))
    await client.apply(ref, object, { fieldManager: FIELD_MANAGER, force: true });
  const names = RESOURCES.map(crdName);
  await Promise.all(
    RESOURCES.map((resource) =>
      client.apply(
        { kind: CUSTOM_RESOURCE_DEFINITIONS, name: crdName(resource) },
        customResourceDefinition(resource) as unknown as KubeObject,
        {
          fieldManager: FIELD_MANAGER,
          force: true,
        },
      ),
    ),
  );
  await Promise.all(names.map((name) => untilServed(client, name, signal)));
  await untilAllowed(client, options, signal);
}

/** Takes the webhooks off, if nothing is locked. Returns the line that says what was left behind. */
export async function takeOffForDev(starter: KubeClient, client: KubeClient, systemNamespace: string): Promise<string> {
  const open = await openTransactions(client, systemNamespace);
  if (open.length === 0) {
    await unregister(starter);
    return 'Janus has stopped.';
  }
  return (
    `Janus has stopped, and left its webhooks registered since ${open.length === 1 ? 'a transaction is' : `${String(open.length)} transactions are`} open ` +
    `(${open.join(', ')}): what they lock stays locked. Run "janus operator --dev" again to go on with them.`
  );
}

/** Authorizers take rights up a moment after they are written. */
async function untilAllowed(client: KubeClient, options: Required, signal: AbortSignal): Promise<void> {
  const { systemNamespace } = options;
  const rules = rulesFor(options);
  const user = { username: ownUsername(systemNamespace), groups: [], extra: {} };
  const allowed = async ({ apiGroups, resources, resourceNames = [''], verbs }: RbacRule): Promise<void> => {
    const [group = '', path = '', name = '', verb = ''] = [apiGroups, resources, resourceNames, verbs].map(([first]) => first);
    const [resource = '', ...rest] = path.split('/');
    const attributes = { group, resource, subresource: rest.join('/'), name, verb, namespace: systemNamespace };
    for (let tries = 0; tries < 600; tries += 1) {
      if (await isAllowed(client, user, attributes)) return;
      if (!(await pause(50, signal))) break;
    }
    throw new Error(`the API server does not allow ${user.username} to ${verb} ${path}, though a role says so`);
  };
  await Promise.all([...rules.cluster, ...rules.namespace].map(allowed));
}

/** A token of Janus's own ServiceAccount: with it, identity and rights are those of a real installation. */
export async function ownToken(client: KubeClient, systemNamespace: string): Promise<string> {
  const path = `/api/v1/namespaces/${systemNamespace}/serviceaccounts/${OWN_NAME}/token`;
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: TOKEN_SECONDS } };
  const answer = await client.raw<{ readonly status?: { readonly token?: string } }>('POST', path, body);
  const token = answer.status?.token;
  if (token === undefined) throw new Error(`the API server gave no token for ServiceAccount ${systemNamespace}/${OWN_NAME}`);
  return token;
}

async function untilServed(client: KubeClient, name: string, signal: AbortSignal): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const crd = await client.get({ kind: CUSTOM_RESOURCE_DEFINITIONS, name });
    const conditions = (crd['status'] as { conditions?: readonly { type: string; status: string }[] } | undefined)?.conditions ?? [];
    if (conditions.some((condition) => condition.type === 'Established' && condition.status === 'True') && (await answers(client, name)))
      return;
    if (!(await pause(50, signal))) break;
  }
  throw new Error(`CustomResourceDefinition ${name} was not established by the API server`);
}

/** Established is said a moment before the path is there. */
async function answers(client: KubeClient, name: string): Promise<boolean> {
  const [resource = '', ...group] = name.split('.');
  try {
    await client.raw('GET', `/apis/${group.join('.')}/v1alpha1/${resource}?limit=1`);
    return true;
  } catch (error) {
    // 429: its storage is being made ready.
    if (isApiError(error, 404, 429, 503)) return false;
    throw error;
  }
}

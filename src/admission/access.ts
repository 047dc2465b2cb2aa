import { GROUP } from '../api/group.ts';
import type { KubeClient } from '../kube/client.ts';
import { UNLOCK_VERB, type UnlockQuestion } from '../lock/forced-unlock.ts';
import { TRANSACTIONS } from '../transaction/kinds.ts';
import type { UserInfo } from './review.ts';
import { withoutGrant } from './stamp.ts';

/** What somebody wants to do, in the authorizer's terms. */
export interface ResourceAttributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** Whether a user may act as a ServiceAccount. Throws when that cannot be found out. */
export type MayImpersonate = (user: UserInfo, namespace: string, name: string) => Promise<boolean>;

/** The record has been read before, and is written after: together they stay within the webhook's own 5 s. */
const UNLOCK_TIMEOUT_MS = 1_500;

const REVIEWS = '/apis/authorization.k8s.io/v1/subjectaccessreviews';

/** Asks the API server's authorizers (SubjectAccessReview) whether a user may do something. Throws what the client throws. */
export async function isAllowed(
  client: Pick<KubeClient, 'raw'>,
  user: UserInfo,
  resourceAttributes: ResourceAttributes,
  timeoutMs = 3_000,
): Promise<boolean> {
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: user.username,
      ...(user.uid === undefined ? {} : { uid: user.uid }),
      groups: user.groups,
      extra: Object.fromEntries(withoutGrant(user.extra)),
      resourceAttributes,
    },
  };
  const answer = await client.raw<{ readonly status?: { readonly allowed?: unknown; readonly denied?: unknown } }>(
    'POST',
    REVIEWS,
    review,
    { timeoutMs },
  );
  return answer.status?.allowed === true && answer.status.denied !== true;
}

/** Whether a user has the verb `unlock` on a Transaction, or on those of all namespaces. */
export function unlockByRbac(client: Pick<KubeClient, 'raw'>): (user: UserInfo, question: UnlockQuestion) => Promise<boolean> {
  return (user, question) =>
    isAllowed(client, user, { verb: UNLOCK_VERB, group: GROUP, resource: TRANSACTIONS.resource, ...question }, UNLOCK_TIMEOUT_MS);
}

/** `MayImpersonate` by RBAC's verb `impersonate` on `serviceaccounts`. A ServiceAccount may always act as itself. */
export function impersonationByRbac(client: Pick<KubeClient, 'raw'>): MayImpersonate {
  return async (user, namespace, name) =>
    user.username === `system:serviceaccount:${namespace}:${name}` ||
    isAllowed(client, user, { verb: 'impersonate', group: '', resource: 'serviceaccounts', namespace, name });
}

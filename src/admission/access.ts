import type { KubeClient } from '../kube/client.ts';
import type { UserInfo } from './review.ts';
import { withoutGrant } from './stamp.ts';

/** What somebody wants to do, in the authorizer's terms. */
export interface ResourceAttributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** Whether a user may act as a ServiceAccount. Throws when that cannot be found out. */
export type MayImpersonate = (user: UserInfo, namespace: string, name: string) => Promise<boolean>;

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

/** `MayImpersonate` by RBAC's verb `impersonate` on `serviceaccounts`. A ServiceAccount may always act as itself. */
export function impersonationByRbac(client: Pick<KubeClient, 'raw'>): MayImpersonate {
  return async (user, namespace, name) =>
    user.username === `system:serviceaccount:${namespace}:${name}` ||
    isAllowed(client, user, { verb: 'impersonate', group: '', resource: 'serviceaccounts', namespace, name });
}

import type { ReviewUser } from './review.ts';

/** Users and groups by name. */
export interface IdentityList {
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/**
 * Who counts as the cluster's own controllers: the controller manager in both of its ways to run (one user, or one
 * ServiceAccount of kube-system per controller), the scheduler, the cloud's controllers and the kubelets, which the API server
 * already confines to their own node and its pods. Nobody gets into kube-system who could not replace the controllers anyway.
 * Cluster administrators are people, whatever they may do: `system:masters` and the user `admin` are not in the list.
 */
export const CLUSTER_CONTROLLERS: IdentityList = {
  users: ['system:kube-controller-manager', 'system:kube-scheduler', 'system:cloud-controller-manager', 'system:apiserver'],
  groups: ['system:serviceaccounts:kube-system', 'system:nodes'],
};

/** Whether the user is named in the list, or is in a group that is. */
export function isListed(user: ReviewUser, list: IdentityList): boolean {
  return list.users.includes(user.username) || user.groups.some((group) => list.groups.includes(group));
}

/**
 * Whether a delayed answer would do harm: client-go sleeps inside the request, which holds a worker of a controller. True for
 * listed identities and everything that Kubernetes itself named `system:…`, ServiceAccounts of other namespaces and the
 * administrator of some distributions apart.
 */
export function mustNotWait(user: ReviewUser, list: IdentityList): boolean {
  if (isListed(user, list)) return true;
  const { username } = user;
  return username.startsWith('system:') && !username.startsWith('system:serviceaccount:') && username !== 'system:admin';
}

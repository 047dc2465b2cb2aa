import type { ApiError } from '../kube/errors.ts';
import { objectKey, type Plan, type PlannedChange, type PlannedTarget } from './plan.ts';

/** Groups whose objects decide what the API server lets others do: a change after one of them cannot be judged by a dry run. */
const JUDGES: ReadonlySet<string> = new Set([
  'rbac.authorization.k8s.io/roles',
  'rbac.authorization.k8s.io/rolebindings',
  'rbac.authorization.k8s.io/clusterroles',
  'rbac.authorization.k8s.io/clusterrolebindings',
  'admissionregistration.k8s.io/validatingwebhookconfigurations',
  'admissionregistration.k8s.io/mutatingwebhookconfigurations',
  'admissionregistration.k8s.io/validatingadmissionpolicies',
  'admissionregistration.k8s.io/validatingadmissionpolicybindings',
  'admissionregistration.k8s.io/mutatingadmissionpolicies',
  'admissionregistration.k8s.io/mutatingadmissionpolicybindings',
  '/resourcequotas',
  '/limitranges',
  '/serviceaccounts',
  'scheduling.k8s.io/priorityclasses',
  'storage.k8s.io/storageclasses',
  'apiextensions.k8s.io/customresourcedefinitions',
]);

/** Whether an object of this kind may decide what the API server lets others do. */
export function isJudge(kind: { readonly group: string; readonly resource: string }): boolean {
  return JUDGES.has(`${kind.group}/${kind.resource}`);
}

/**
 * Whether a fault that a dry run found may vanish once earlier changes of the same transaction are made: its namespace
 * or kind is created by one, its object is, or one of them changes what the API server allows. Such a fault is not
 * reported but met again, for good, at commit.
 */
export function mayDependOnEarlier(plan: Plan, change: PlannedChange, error: ApiError): boolean {
  const target = plan.targets[change.target];
  if (target === undefined) return false;
  return plan.changes
    .filter((other) => comesBefore(other, change))
    .some((other) => {
      const earlier = plan.targets[other.target];
      return earlier !== undefined && mayMatter(earlier, other, target, change, error);
    });
}

function comesBefore(other: PlannedChange, change: PlannedChange): boolean {
  return other.order < change.order || (other.target === change.target && other !== change && other.order <= change.order);
}

function mayMatter(earlier: PlannedTarget, other: PlannedChange, target: PlannedTarget, change: PlannedChange, error: ApiError): boolean {
  if (other.target === change.target) return true;
  if (earlier.kind.kind === 'Namespace' && earlier.kind.group === '') return earlier.name === target.namespace;
  if (isJudge(earlier.kind)) return true;
  // A Delete frees quota, ports and names that a dry run still sees taken; a right it gives nobody.
  if (other.type === 'Delete') return error.code === 422 || error.code === 409 || error.message.includes('exceeded quota');
  return objectKey(earlier.kind, earlier.namespace, earlier.name) === objectKey(target.kind, target.namespace, target.name);
}

import { GUARDS_CONFIGURATION_NAME } from '../admission/guard/configuration.ts';
import { CONFIGURATION_NAME } from '../admission/webhook-configuration.ts';
import type { OperatorOptions } from './options.ts';

/** One rule, with the reason it is there. */
export interface RbacRule {
  readonly why: string;
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
  /** An installation may give this right in chosen namespaces only, or for chosen names. */
  readonly limitable?: true;
  /** What of it Janus hardly ever asks for ("verb resource"), and when. */
  readonly rarely?: Readonly<Record<string, string>>;
}

/**
 * What the process of Janus may do in the whole cluster. What happens to users' objects happens with the rights of the
 * ServiceAccounts that Transactions name: Janus itself has none on them.
 */
export const CLUSTER_RULES: readonly RbacRule[] = [
  {
    why: 'Its own resources: watched; finalizers and one-shot annotations taken off; drafts removed that nobody sealed in their time.',
    apiGroups: ['tx.janus.io'],
    resources: ['transactions'],
    verbs: ['get', 'list', 'watch', 'patch', 'delete'],
  },
  { why: 'Where a Transaction stands.', apiGroups: ['tx.janus.io'], resources: ['transactions/status'], verbs: ['update'] },
  { why: 'What a Transaction is to do.', apiGroups: ['tx.janus.io'], resources: ['resourcechanges'], verbs: ['list'] },
  {
    why: 'Changes are made as the ServiceAccount that the Transaction names.',
    apiGroups: [''],
    resources: ['serviceaccounts'],
    verbs: ['get', 'impersonate'],
    limitable: true,
  },
  {
    why: 'With a grant as the one extra attribute.',
    apiGroups: ['authentication.k8s.io'],
    resources: ['userextras/tx.janus.io/grant'],
    verbs: ['impersonate'],
  },
  {
    why: 'Whether whoever seals a Transaction may use its ServiceAccount, and whether that may undo what it is about to do.',
    apiGroups: ['authorization.k8s.io'],
    resources: ['subjectaccessreviews'],
    verbs: ['create'],
  },
  {
    why: "A record's absence means something only while the namespace of the records is there.",
    apiGroups: [''],
    resources: ['namespaces'],
    verbs: ['get'],
    rarely: { 'get namespaces': 'where a lock is found whose record is not there' },
  },
  {
    why: 'Its own webhook configurations: installed and, when somebody changes or deletes them, restored, and deleted when Janus is removed; in one of them, the guards of open transactions.',
    apiGroups: ['admissionregistration.k8s.io'],
    resources: ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
    resourceNames: [CONFIGURATION_NAME, GUARDS_CONFIGURATION_NAME],
    verbs: ['get', 'list', 'watch', 'update', 'patch', 'delete'],
    rarely: {
      'patch validatingwebhookconfigurations': 'where others write it faster than it can be swapped',
      'patch mutatingwebhookconfigurations': 'where others write it faster than it can be swapped',
    },
  },
  {
    why: 'To make them anew where they are gone. RBAC cannot restrict a create to names: the name is in no path.',
    apiGroups: ['admissionregistration.k8s.io'],
    resources: ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
    verbs: ['create'],
  },
  {
    why: 'Whether another Janus runs, where the webhook configurations are of another namespace.',
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    resourceNames: ['janus'],
    verbs: ['get'],
  },
  {
    why: 'Which field of a custom resource its scale subresource writes.',
    apiGroups: ['apiextensions.k8s.io'],
    resources: ['customresourcedefinitions'],
    verbs: ['get'],
    rarely: { 'get customresourcedefinitions': 'where a custom resource is locked that has a scale subresource' },
  },
  {
    why: "What it tells the users of a Transaction, in the Transaction's namespace.",
    apiGroups: [''],
    resources: ['events'],
    verbs: ['create', 'patch'],
    rarely: { 'patch events': 'where the same is told again of the same Transaction within ten minutes' },
  },
];

/** What it may do in its own namespace. */
export const NAMESPACE_RULES: readonly RbacRule[] = [
  {
    why: 'Records, before-images, and the keys of grants.',
    apiGroups: [''],
    resources: ['secrets'],
    verbs: ['get', 'list', 'create', 'update', 'delete'],
  },
  {
    why: 'Which replica carries transactions out, and which replicas there are.',
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['get', 'list', 'watch', 'create', 'update', 'delete'],
  },
];

/** What it may do besides in the whole cluster where `--metrics-auth token` is set. */
export const METRICS_AUTH_RULES: readonly RbacRule[] = [
  {
    why: 'Who asks for the metrics, by their token. Whether they may is a subjectaccessreview.',
    apiGroups: ['authentication.k8s.io'],
    resources: ['tokenreviews'],
    verbs: ['create'],
  },
];

/** The rules that an operator with these options needs. */
export function rulesFor({ metricsAuth }: Pick<OperatorOptions, 'metricsAuth'>): {
  readonly cluster: readonly RbacRule[];
  readonly namespace: readonly RbacRule[];
} {
  return { cluster: [...CLUSTER_RULES, ...(metricsAuth === 'token' ? METRICS_AUTH_RULES : [])], namespace: NAMESPACE_RULES };
}

/** Name of the ServiceAccount, roles and bindings. */
export const OWN_NAME = 'janus';

/** The user that Janus is for the API server. */
export function ownUsername(systemNamespace: string): string {
  return `system:serviceaccount:${systemNamespace}:${OWN_NAME}`;
}

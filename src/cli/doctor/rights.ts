import { isAllowed, type ResourceAttributes } from '../../admission/access.ts';
import { GROUP } from '../../api/group.ts';
import { isApiError } from '../../kube/errors.ts';
import { inParallel, valuesOf } from '../../kube/limit.ts';
import { CLUSTER_RULES, NAMESPACE_RULES, ownUsername, type RbacRule } from '../../operator/rbac.ts';
import { failure, ok, warning, type Finding } from './finding.ts';
import type { Patient } from './look.ts';

/** Reviews under way at once. */
const CONCURRENCY = 8;

/** Whether Janus may do all that it has to. */
export async function rightsOfJanus({ cluster: { client }, systemNamespace }: Patient): Promise<readonly Finding[]> {
  const check = 'rights of Janus';
  const username = ownUsername(systemNamespace);
  const user = { username, groups: [], extra: {} };
  const needed = [
    ...CLUSTER_RULES.flatMap((rule) => attributesOf(rule)),
    ...NAMESPACE_RULES.flatMap((rule) => attributesOf(rule, systemNamespace)),
  ];
  try {
    const answers = valuesOf(await inParallel(needed, CONCURRENCY, async (one) => ({ one, allowed: await isAllowed(client, user, one) })));
    return [
      missingFinding(
        check,
        username,
        answers.filter(({ allowed }) => !allowed).map(({ one }) => one),
      ),
    ];
  } catch (error) {
    if (!isApiError(error, 403)) throw error;
    return [warning(check, 'could not be asked for: you may not create SubjectAccessReviews', 'Look with rights that allow it.')];
  }
}

function missingFinding(check: string, username: string, missing: readonly ResourceAttributes[]): Finding {
  if (missing.length === 0) return ok(check, `${username} may do all that it needs`);
  return failure(
    check,
    `${username} may not ${missing.map(wordsOf).join('; ')}`,
    'Apply the roles and bindings that belong to this version (webhook-config/rbac.yaml).',
  );
}

/** Each verb on each resource of a rule. */
function attributesOf({ apiGroups, resourceNames = [''], resources, verbs }: RbacRule, namespace?: string): readonly ResourceAttributes[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((path) => {
      const [resource = '', ...rest] = path.split('/');
      const subresource = rest.join('/');
      return verbs.flatMap((verb) =>
        resourceNames.map((name) => ({
          group,
          resource,
          verb,
          ...(subresource === '' ? {} : { subresource }),
          ...(name === '' ? {} : { name }),
          ...(namespace === undefined ? {} : { namespace }),
        })),
      );
    }),
  );
}

/** What people do with Transactions, and what of this command needs it. */
const YOURS: readonly (ResourceAttributes & { readonly why: string })[] = [
  { group: GROUP, resource: 'transactions', verb: 'create', why: 'create' },
  { group: GROUP, resource: 'transactions', verb: 'patch', why: 'seal, rollback' },
  { group: GROUP, resource: 'transactions', verb: 'delete', why: 'delete' },
  { group: GROUP, resource: 'transactions', verb: 'watch', why: 'watch, wait' },
  { group: GROUP, resource: 'resourcechanges', verb: 'create', why: 'add' },
  { group: GROUP, resource: 'resourcechanges', verb: 'list', why: 'status' },
  { group: '', resource: 'events', verb: 'list', why: 'events' },
  { group: '', resource: 'serviceaccounts', verb: 'impersonate', why: 'seal: whoever seals must be allowed to use the ServiceAccount' },
];

const SELF_REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** What you may do with Transactions in the namespace. That you may not is nothing wrong with the installation. */
export async function yourRights({ cluster: { client, namespace } }: Patient): Promise<readonly Finding[]> {
  const check = `your rights in ${namespace}`;
  const answers = await inParallel(YOURS, CONCURRENCY, async ({ why: _why, ...attributes }) => {
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { ...attributes, namespace } },
    };
    const { status } = await client.raw<{ readonly status?: { readonly allowed?: boolean } }>('POST', SELF_REVIEWS, review);
    return status?.allowed === true;
  });
  valuesOf(answers);
  const missing = answers.filter((answer) => answer.status === 'fulfilled' && !answer.value).map(({ item }) => item);
  if (missing.length === 0) return [ok(check, 'suffice for every command but unlock --force')];
  const words = missing.map((one) => `${wordsOf(one)} (for ${one.why})`).join('; ');
  return [warning(check, `you may not ${words}`, 'Ask an administrator for a role that allows what you need.')];
}

function wordsOf({ group, name, resource, subresource, verb }: ResourceAttributes): string {
  const path = subresource === undefined ? resource : `${resource}/${subresource}`;
  return `${verb} ${group === '' ? path : `${path}.${group}`}${name === undefined ? '' : ` ${name}`}`;
}

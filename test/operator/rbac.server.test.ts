import { get } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditLog, type AuditEvent, type AuditLog } from '../control-plane/audit.ts';
import { runJanus } from '../cli/janus.ts';
import { hold } from '../janus/holding.ts';
import { inCluster, installDefinitions, installRights, ownKubeconfig } from '../janus/installed.ts';
import { eventually } from '../janus/objects.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import { configMap, ended, find, makeConfigMap, makeNamespace, transact } from '../janus/transacting.ts';
import { API_VERSION, DRAFT_FOR_ANNOTATION } from '../../src/api/group.ts';
import { VALIDATING } from '../../src/admission/registration.ts';
import { isApiError } from '../../src/kube/errors.ts';
import { TRANSACTIONS } from '../../src/transaction/kinds.ts';
import { METRICS_AUTH_RULES, ownUsername, rulesFor, type RbacRule } from '../../src/operator/rbac.ts';

const SYSTEM = 'janus-system';
const BINDINGS = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  resource: 'clusterrolebindings',
  namespaced: false,
};
const OPTIONS = { metricsAuth: 'token' } as const;

let audit: AuditLog;
let cluster: Cluster;
beforeAll(async () => {
  // No bodies: who asked for what is enough.
  audit = await auditLog([{ level: 'Metadata', users: [ownUsername(SYSTEM), ownUsername('janus-too')] }, { level: 'None' }]);
  cluster = await bootCluster({ apiServerFlags: audit.flags });
  await installRights(cluster, 'janus-too');
  await installRights(cluster, SYSTEM, OPTIONS);
  // Both have the rights in the cluster, which one installation takes from the other otherwise.
  const metadata = { name: 'janus-too' };
  const subjects = [{ kind: 'ServiceAccount', name: 'janus', namespace: 'janus-too' }];
  const roleRef = { apiGroup: BINDINGS.group, kind: 'ClusterRole', name: 'janus' };
  const binding = { apiVersion: `${BINDINGS.group}/v1`, kind: BINDINGS.kind, metadata, roleRef, subjects };
  await cluster.admin.create({ kind: BINDINGS, name: 'janus-too' }, binding);
  await installDefinitions(cluster);
});
afterAll(async () => {
  await cluster?.stop();
  await audit?.remove();
});

/** One verb of one rule, as RBAC counts it. */
interface Right {
  readonly words: string;
  covers(event: AuditEvent): boolean;
}

function rightsOf(rules: readonly RbacRule[], namespace: string | undefined): readonly Right[] {
  return rules.flatMap(({ apiGroups, resources, resourceNames, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.map((verb) => ({
          words: `${verb} ${resource}${group === '' ? '' : `.${group}`}${resourceNames === undefined ? '' : ` (${resourceNames.join(', ')})`}${namespace === undefined ? '' : ` in ${namespace}`}`,
          covers: (event: AuditEvent): boolean => {
            if (verb === 'impersonate') return event.impersonatedUser !== undefined;
            const { objectRef: of } = event;
            if (event.impersonatedUser !== undefined || of === undefined || event.verb !== verb) return false;
            const path = of.subresource === undefined ? of.resource : `${of.resource ?? ''}/${of.subresource}`;
            if ((of.apiGroup ?? '') !== group || path !== resource) return false;
            if (namespace !== undefined && of.namespace !== namespace) return false;
            return resourceNames === undefined || resourceNames.includes(of.name ?? nameSelected(event) ?? '');
          },
        })),
      ),
    ),
  );
}

/** A list or watch of one object by name counts as asked by that name. */
function nameSelected({ requestURI }: AuditEvent): string | undefined {
  return /metadata\.name(?:=|%3D|%3d)([^&,]+)/.exec(requestURI)?.[1];
}

/** Everybody who is authenticated may ask about themselves. */
const isAboutOneself = ({ objectRef }: AuditEvent): boolean =>
  objectRef === undefined || (objectRef.resource ?? '').startsWith('selfsubject');

/** Everything that a Janus does in its life: two replicas, every kind of change, a rollback, a crash, tampering, metrics, removal. */
async function live(): Promise<void> {
  const { admin } = cluster;
  const options = { ...(await inCluster(cluster)), ...OPTIONS };
  const election = { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 400 };
  const first = await cluster.start({ options, election, drainDelayMs: 0 });
  const url = /metrics (https:\S+\/metrics)/.exec(first.words)?.[1] ?? '';
  await scrapeWithToken(url);
  const namespace = await makeNamespace(admin);
  for (const name of ['patched', 'deleted', 'held', 'broken']) await makeConfigMap(admin, namespace, name, { a: '1' });
  const content = { data: { a: '2' } };
  const made = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'made' }, data: { a: '2' } };
  const done = await transact(admin, namespace, [
    { type: 'Patch', name: 'patched', content },
    { type: 'Delete', name: 'deleted' },
    { type: 'Create', name: 'made', content: made },
  ]);
  expect(done.status?.phase).toBe('Committed');
  const ref = { kind: TRANSACTIONS, namespace, name: done.metadata.name ?? '' };
  await admin.patch(ref, { type: 'merge', patch: { metadata: { annotations: { 'tx.janus.io/request-rollback': 'true' } } } });
  await eventually('it is rolled back', async () => ((await admin.get(ref))['status'] as { phase?: string }).phase === 'RolledBack');
  const held = await hold(admin, namespace, [{ type: 'Patch', name: 'held', content }]);
  await expect(admin.patch(configMap(namespace, 'held'), { type: 'merge', patch: content })).rejects.toSatisfy((error) =>
    isApiError(error, 423),
  );
  await admin.delete(VALIDATING);
  await eventually('the configuration is restored', async () => (await find(admin, VALIDATING)) !== undefined);
  await expect(cluster.start({ options: await inCluster(cluster, 'janus-too') })).rejects.toThrow('is installed in namespace janus-system');
  const draft = { kind: TRANSACTIONS, namespace, name: 'draft' };
  const annotations = { [DRAFT_FOR_ANNOTATION]: '1ms' };
  const unsealed = { apiVersion: API_VERSION, kind: 'Transaction', metadata: { name: 'draft', namespace, annotations } };
  await admin.create(draft, { ...unsealed, spec: { serviceAccountName: 'deployer' } });
  await first.crash('left');
  const second = await cluster.start({ options, election, drainDelayMs: 0 });
  await held.release();
  await ended(admin, held.transaction);
  await eventually('the draft that nobody sealed is gone', async () => (await find(admin, draft)) === undefined);
  const removed = await runJanus(['operator', 'remove'], { env: { KUBECONFIG: await ownKubeconfig(cluster) } });
  expect([removed.code, removed.stderr]).toEqual([0, expect.any(String)]);
  await second.stop();
}

async function scrapeWithToken(url: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    get(url, { headers: { authorization: 'Bearer of-nobody' }, rejectUnauthorized: false }, (response) =>
      response.resume().once('end', resolve),
    ).once('error', reject);
  });
}

describe('the rights of Janus', () => {
  test('are what it asks for in its life: no call without a rule, no rule without a call but those that say why', async () => {
    await live();
    const events = await audit.read();
    const rules = rulesFor(OPTIONS);
    const rights = [...rightsOf(rules.cluster, undefined), ...rightsOf(rules.namespace, SYSTEM), ...rightsOf(rules.namespace, 'janus-too')];
    const own = events.filter((event) => !isAboutOneself(event));
    const without = own.filter((event) => !rights.some((right) => right.covers(event)));
    expect([
      ...new Set(
        without.map(({ verb, requestURI, impersonatedUser }) => `${verb} ${impersonatedUser === undefined ? requestURI : 'as somebody'}`),
      ),
    ]).toEqual([]);
    const refused = own.filter(
      ({ responseStatus, impersonatedUser }) => responseStatus?.reason === 'Forbidden' && impersonatedUser === undefined,
    );
    // What a webhook of ours refuses is no lack of rights: it is how it is seen that they are in force.
    expect(refused.map(({ verb, requestURI }) => `${verb} ${requestURI}`).filter((words) => !words.includes('dryRun=All'))).toEqual([]);
    const unused = [...rightsOf(rules.cluster, undefined), ...rightsOf(rules.namespace, SYSTEM)].filter(
      (right) => !own.some((event) => right.covers(event)),
    );
    const explained = [...rules.cluster, ...rules.namespace, ...METRICS_AUTH_RULES].flatMap(({ rarely = {} }) => Object.keys(rarely));
    expect(unused.map(({ words }) => words).filter((words) => !explained.some((verb) => words.startsWith(verb)))).toEqual([]);
  });
});

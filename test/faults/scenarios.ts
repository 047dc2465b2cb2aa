import { REQUEST_ROLLBACK_ANNOTATION } from '../../src/api/group.ts';
import type { Phase, TransactionSpec } from '../../src/api/transaction.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import { EMPTY, LOGIN, SETTINGS, settled, WEB } from '../janus/cast.ts';
import { makeGate, writeReadiness } from '../janus/holding.ts';
import { ROLE_BINDINGS, ROLES } from './kinds.ts';
import { aged, applyAs, at, DEPLOYMENTS } from '../janus/objects.ts';
import { makeServiceAccount, type Change } from '../janus/transacting.ts';

/** A reference transaction: what is there before, what it does, and how it ends when nobody dies. */
export interface Scenario {
  readonly name: string;
  prepare(admin: KubeClient, namespace: string): Promise<void>;
  changes(namespace: string): readonly Change[];
  readonly spec?: Partial<TransactionSpec>;
  /** Asked for once it has committed; what is killed is the rollback. */
  readonly ask?: string;
  readonly ends: Phase;
}

const RBAC = 'rbac.authorization.k8s.io/v1';

/** Name of a ConfigMap whose real creation a policy of the test refuses, though its dry run passes. */
export const REFUSED = 'refused';

const settings = (...names: readonly string[]) => {
  return async (admin: KubeClient, namespace: string): Promise<void> => {
    for (const name of names) await SETTINGS.make(admin, namespace, name);
  };
};
const nothing = (): Promise<void> => Promise.resolve();

const content = (name: string, data: Readonly<Record<string, string>>): Record<string, unknown> => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});
const patch = (name: string, order = 0, part: Readonly<Record<string, unknown>> = SETTINGS.part): Change => ({
  type: 'Patch',
  name,
  order,
  content: part,
});
const create = (name: string, order = 0): Change => ({ type: 'Create', name, order, content: content(name, { a: '1' }) });
const update = (name: string, order = 0): Change => ({
  type: 'Update',
  name,
  order,
  content: { ...content(name, {}), ...SETTINGS.whole(name), metadata: { name, labels: { app: 'other' } } },
});
const remove = (name: string, order = 0): Change => ({ type: 'Delete', name, order });
const fails = (order = 9): Change => create(REFUSED, order);

const mixed: readonly Change[] = [patch('patched'), create('created', 1), update('updated', 1), remove('deleted', 2)];
const three = settings('patched', 'updated', 'deleted');

/** Commit and rollback of the same changes, each way there is. */
function thereAndBack(
  name: string,
  prepare: Scenario['prepare'],
  changes: readonly Change[] | Scenario['changes'],
  spec: Partial<TransactionSpec> = {},
): readonly Scenario[] {
  const all = typeof changes === 'function' ? changes : (): readonly Change[] => changes;
  return [
    { name, prepare, changes: all, spec, ends: 'Committed' },
    { name: `${name}, failing`, prepare, changes: (namespace) => [...all(namespace), fails()], spec, ends: 'RolledBack' },
    { name: `${name}, taken back on request`, prepare, changes: all, spec, ask: REQUEST_ROLLBACK_ANNOTATION, ends: 'RolledBack' },
  ];
}

async function gate(admin: KubeClient, namespace: string, ready: boolean): Promise<void> {
  const ref = await makeGate(admin, namespace, 'gate');
  if (ready) await writeReadiness(admin, ref, 'True');
  else await admin.patch(ref, { type: 'merge', patch: { status: { conditions: [STALLED] } } }, { subresource: 'status' });
}
const STALLED = { type: 'Stalled', status: 'True', reason: 'Test', message: 'the test says so' };
const throughGate: readonly Change[] = [
  { type: 'Patch', apiVersion: 'test.example.com/v1', kind: 'Gate', name: 'gate', content: { spec: { size: 2 } } },
  patch('patched', 1),
];

async function deployment(admin: KubeClient, namespace: string): Promise<void> {
  const ref = at(DEPLOYMENTS, namespace, 'web');
  const labels = { app: 'web' };
  const container = { name: 'app', image: 'app:1', env: [{ name: 'A', value: '1' }] };
  const template = { metadata: { labels }, spec: { containers: [container] } };
  await applyAs(admin, 'flux', ref, { spec: { replicas: 2, selector: { matchLabels: labels }, template } });
  await settled(admin, ref);
  await aged(admin, ref);
}

/** A ServiceAccount that gets the right to change ConfigMaps by the transaction's own first change. */
async function limited(admin: KubeClient, namespace: string): Promise<void> {
  await three(admin, namespace);
  await makeServiceAccount(admin, namespace, 'limited');
  const rules = [
    { apiGroups: ['rbac.authorization.k8s.io'], resources: ['rolebindings'], verbs: ['*'] },
    { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: ['bind'] },
  ];
  const all = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['*'] }];
  await admin.create(at(ROLES, namespace, 'binder'), { apiVersion: RBAC, kind: 'Role', metadata: { name: 'binder' }, rules });
  await admin.create(at(ROLES, namespace, 'editor'), { apiVersion: RBAC, kind: 'Role', metadata: { name: 'editor' }, rules: all });
  await admin.create(at(ROLE_BINDINGS, namespace, 'limited'), binding(namespace, 'limited', 'binder'));
}
function binding(namespace: string, name: string, role: string): KubeObject {
  return {
    apiVersion: RBAC,
    kind: 'RoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role },
    subjects: [{ kind: 'ServiceAccount', name: 'limited', namespace }],
  };
}
const underOwnRights = (namespace: string): readonly Change[] => [
  { type: 'Create', apiVersion: RBAC, kind: 'RoleBinding', name: 'more', content: binding(namespace, 'more', 'editor') },
  patch('patched', 1),
  update('updated', 1),
  remove('deleted', 2),
];

/** Every reference transaction. */
export const SCENARIOS: readonly Scenario[] = [
  ...thereAndBack('Patch', settings('patched'), [patch('patched')]),
  ...thereAndBack('Create', nothing, [create('created')]),
  ...thereAndBack('Update', settings('updated'), [update('updated')]),
  ...thereAndBack('Delete', settings('deleted'), [remove('deleted')]),
  ...thereAndBack('all four, in three orders', three, mixed),
  ...thereAndBack('Create of what is there', settings('there'), [create('there')]),
  ...thereAndBack('Patch twice', settings('patched'), [patch('patched'), patch('patched', 1, { data: { a: '3', z: '1' } })]),
  ...thereAndBack('Patch, then Delete', settings('patched'), [patch('patched'), remove('patched', 1)]),
  ...thereAndBack('Delete, then Create', settings('anew'), [remove('anew'), create('anew', 1)]),
  ...thereAndBack('Create, then Patch', nothing, [create('new'), patch('new', 1, { data: { b: '2' } })]),
  ...thereAndBack('Create, then Delete', nothing, [create('new'), remove('new', 1)]),
  ...thereAndBack('Secret', (admin, namespace) => LOGIN.make(admin, namespace, 'login').then(() => undefined), [
    { type: 'Patch', kind: 'Secret', name: 'login', content: LOGIN.part },
  ]),
  ...thereAndBack('one with nothing in it', (admin, namespace) => EMPTY.make(admin, namespace, 'empty').then(() => undefined), [
    patch('empty', 0, EMPTY.part),
  ]),
  ...thereAndBack('Deployment under its controller', deployment, [
    { type: 'Patch', apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', content: WEB.part },
  ]),
  ...thereAndBack('rights that its own first change gives', limited, underOwnRights, { serviceAccountName: 'limited' }),
  {
    name: 'health gate that opens',
    prepare: async (admin, namespace) => {
      await settings('patched')(admin, namespace);
      await gate(admin, namespace, true);
    },
    changes: () => throughGate,
    spec: { health: { timeout: '60s' } },
    ends: 'Committed',
  },
  {
    name: 'health gate that fails',
    prepare: async (admin, namespace) => {
      await settings('patched')(admin, namespace);
      await gate(admin, namespace, false);
    },
    changes: () => throughGate,
    spec: { health: { timeout: '60s' } },
    ends: 'RolledBack',
  },
  {
    name: 'fault that its dry run finds',
    prepare: settings('patched'),
    changes: () => [patch('patched'), update('missing')],
    ends: 'RolledBack',
  },
];

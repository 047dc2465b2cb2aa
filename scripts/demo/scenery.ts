/** What is there before the story begins: two namespaces, a ServiceAccount with rights in both and nowhere else, a kind of its own. */
export function scenery(): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...namespaces(), ...accounts(), ...settings(), migrations()] });
}

/** A migration that waits to be run: of a kind that exists only once the scenery is up. */
export function migration(): string {
  const metadata = { name: 'to-db-2', namespace: 'shop' };
  return JSON.stringify({ apiVersion: 'example.com/v1', kind: 'Migration', metadata, spec: { from: 'db-1', to: 'db-2', run: false } });
}

function namespaces(): readonly unknown[] {
  return ['shop', 'billing'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
}

function accounts(): readonly unknown[] {
  const subjects = [{ kind: 'ServiceAccount', name: 'deployer', namespace: 'shop' }];
  const rules = [
    { apiGroups: [''], resources: ['configmaps', 'services'], verbs: ['get', 'create', 'update', 'patch', 'delete'] },
    { apiGroups: ['example.com'], resources: ['migrations'], verbs: ['get', 'create', 'patch', 'delete'] },
  ];
  const roles = ['shop', 'billing'].flatMap((namespace) => [
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'deployer', namespace }, rules },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'deployer', namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'deployer' },
      subjects,
    },
  ]);
  return [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'deployer', namespace: 'shop' } }, ...roles];
}

function settings(): readonly unknown[] {
  const configMap = (namespace: string, name: string, data: Readonly<Record<string, string>>): unknown => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data,
  });
  return [
    configMap('shop', 'settings', { host: 'db-1', timeout: '5s' }),
    configMap('shop', 'features', { orders: 'disabled' }),
    configMap('billing', 'settings', { host: 'db-1' }),
  ];
}

function migrations(): unknown {
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: anything, status: anything } } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'migrations.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { kind: 'Migration', plural: 'migrations', singular: 'migration' },
      versions: [{ name: 'v1', served: true, storage: true, schema, subresources: { status: {} } }],
    },
  };
}

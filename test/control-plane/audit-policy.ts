/** An audit policy that logs the writes of some kinds with what was answered, and nothing else. */
export function auditPolicy(resources: Readonly<Record<string, readonly string[]>>): object {
  const kinds = Object.entries(resources).map(([group, names]) => ({ group, resources: names.flatMap((name) => [name, `${name}/*`]) }));
  return {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived', 'ResponseStarted'],
    omitManagedFields: true,
    rules: [{ level: 'None', verbs: ['get', 'list', 'watch'] }, { level: 'RequestResponse', resources: kinds }, { level: 'None' }],
  };
}

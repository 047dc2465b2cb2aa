import type { Job } from '../workloads/job.ts';
import type { ApiServer } from './api-server.ts';
import { inParallel } from './pool.ts';

/** The ServiceAccount under which transactions of the benchmark run. */
export const SERVICE_ACCOUNT = 'bench';
const AT_ONCE = 16;

/** Makes the namespace with a ServiceAccount that may do everything with ConfigMaps in it, and nothing else. */
export async function makeNamespace(api: ApiServer, namespace: string): Promise<void> {
  const metadata = { name: SERVICE_ACCOUNT, namespace };
  await api.must('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await api.must('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
  const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs }];
  await api.must('POST', `${rbac}/roles`, { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules });
  await api.must('POST', `${rbac}/rolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: SERVICE_ACCOUNT },
    subjects: [{ kind: 'ServiceAccount', name: SERVICE_ACCOUNT, namespace }],
  });
}

/** Creates the objects that a job starts from. */
export async function makeInitial(api: ApiServer, job: Job): Promise<void> {
  await inParallel(job.initial, AT_ONCE, (object) => api.must('POST', `/api/v1/namespaces/${job.namespace}/configmaps`, object));
}

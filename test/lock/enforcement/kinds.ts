/** One kind of the API server's own that a transaction can hold, with an object of it that is valid and does nothing. */
export interface LockableKind {
  /** `<group>/<resource>`; the group is empty for the core group. */
  readonly resource: string;
  /** What an object has beside its metadata. */
  readonly body: (names: Names) => object;
  /** What a write to `<resource>/status` may say; conditions where nothing else is said. */
  readonly status?: object;
  /** Names that must be well-formed in a way of their own. */
  readonly nameOf?: (name: string) => string;
}

export interface Names {
  readonly name: string;
  readonly namespace: string;
}

// A request for a certificate of CN=nobody, whose key nobody has.
const CERTIFICATE_REQUEST = [
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlITE1ITUNBUUF3RVRFUE1BMEdBMVVFQXd3R2JtOWliMlI1TUZr',
  'd0V3WUhLb1pJemowQ0FRWUlLb1pJemowRApBUWNEUWdBRWZqVm1hQUh3WWkvcSswRk9hTXNYNUY5Q2gzMVhvbnFaSGIzUEltaTUw',
  'Q2ZXMXBQU0VPampyZVBoCmZ4eTNwK3V4OURPU2wvN09jVXBKM0orSncwekMyNkFBTUFvR0NDcUdTTTQ5QkFNQ0EwZ0FNRVVDSVFD',
  'eDJNOTYKNHdxdGpMbkZ4WTQ0Y2NrbE5jVTlxanNOWjJseFU5K0R3cGozVndJZ0N2bUg3Sldxejd4blJSOE1IVUFyMUNVagpKNjJk',
  'NFpnbXFsY0U1NGdkcHJZPQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K',
].join('');

const containers = [{ name: 'c', image: 'i', resources: { requests: { cpu: '1m' }, limits: { cpu: '2m' } } }];
// No scheduler takes it, no token has to be made for it.
const podSpec = { schedulerName: 'nobody', automountServiceAccountToken: false, containers };
const template = (name: string): object => ({ metadata: { labels: { app: name } }, spec: podSpec });
const workload = ({ name }: Names): object => ({ spec: { selector: { matchLabels: { app: name } }, template: template(name) } });
const idle = ({ name }: Names): object => ({ spec: { replicas: 0, selector: { matchLabels: { app: name } }, template: template(name) } });
const rule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };
const roleRef = (kind: string): object => ({ roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: 'view' } });
const reference = (name: string): object => ({ apiVersion: 'apps/v1', kind: 'Deployment', name });

/** Each kind that Kubernetes serves by itself and a transaction can hold. A new one in a new Kubernetes belongs here. */
export const LOCKABLE_KINDS: readonly LockableKind[] = [
  { resource: '/configmaps', body: () => ({ data: { a: '1' } }) },
  { resource: '/endpoints', body: () => ({ subsets: [] }) },
  { resource: '/limitranges', body: () => ({ spec: { limits: [{ type: 'Pod', max: { cpu: '64' } }] } }) },
  { resource: '/namespaces', body: () => ({}) },
  { resource: '/nodes', body: () => ({ spec: { unschedulable: true } }) },
  {
    resource: '/persistentvolumeclaims',
    body: () => ({ spec: { storageClassName: 'none', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }),
  },
  {
    resource: '/persistentvolumes',
    body: () => ({
      spec: { storageClassName: 'other', accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/nowhere' } },
    }),
    status: { message: 'seen' },
  },
  { resource: '/pods', body: () => ({ spec: podSpec }) },
  { resource: '/podtemplates', body: ({ name }) => ({ template: template(name) }) },
  {
    resource: '/replicationcontrollers',
    body: ({ name }) => ({ spec: { replicas: 0, selector: { app: name }, template: template(name) } }),
  },
  { resource: '/resourcequotas', body: () => ({ spec: { hard: { 'count/widgets.example.com': '5' } } }), status: { used: { pods: '0' } } },
  { resource: '/secrets', body: () => ({ data: { a: 'eA==' } }) },
  { resource: '/serviceaccounts', body: () => ({ automountServiceAccountToken: false }) },
  { resource: '/services', body: ({ name }) => ({ spec: { selector: { app: name }, ports: [{ port: 80 }] } }) },
  {
    resource: 'apiregistration.k8s.io/apiservices',
    body: ({ name }) => ({
      spec: { group: name.slice('v1.'.length), version: 'v1', groupPriorityMinimum: 1000, versionPriority: 15 },
    }),
    nameOf: (name) => `v1.${name.split('-').join('')}.example.com`,
  },
  {
    resource: 'apiextensions.k8s.io/customresourcedefinitions',
    body: ({ name }) => {
      const [plural = '', ...group] = name.split('.');
      const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
      const names = { plural, singular: plural, kind: `K${plural}`, listKind: `K${plural}List` };
      return { spec: { group: group.join('.'), scope: 'Cluster', names, versions: [{ name: 'v1', served: true, storage: true, schema }] } };
    },
    nameOf: (name) => `${name.split('-').join('')}s.example.org`,
  },
  { resource: 'apps/controllerrevisions', body: () => ({ revision: 1, data: { a: 1 } }) },
  { resource: 'apps/daemonsets', body: workload },
  { resource: 'apps/deployments', body: idle },
  { resource: 'apps/replicasets', body: idle },
  { resource: 'apps/statefulsets', body: (names) => ({ spec: { ...(idle(names) as { spec: object }).spec, serviceName: 'none' } }) },
  { resource: 'autoscaling/horizontalpodautoscalers', body: () => ({ spec: { maxReplicas: 2, scaleTargetRef: reference('none') } }) },
  {
    resource: 'batch/cronjobs',
    body: ({ name }) => ({ spec: { suspend: true, schedule: '0 0 1 1 *', jobTemplate: job(name) } }),
    status: { lastScheduleTime: '2026-01-01T00:00:00Z' },
  },
  { resource: 'batch/jobs', body: ({ name }) => ({ ...job(name) }) },
  {
    resource: 'certificates.k8s.io/certificatesigningrequests',
    body: () => ({ spec: { request: CERTIFICATE_REQUEST, signerName: 'example.com/nobody', usages: ['digital signature'] } }),
    status: { conditions: [{ type: 'Failed', status: 'True', reason: 'Test', message: 'x' }] },
  },
  { resource: 'coordination.k8s.io/leases', body: () => ({ spec: { holderIdentity: 'nobody' } }) },
  { resource: 'discovery.k8s.io/endpointslices', body: () => ({ addressType: 'IPv4', endpoints: [], ports: [] }) },
  {
    resource: 'flowcontrol.apiserver.k8s.io/flowschemas',
    body: () => ({ spec: { matchingPrecedence: 9999, priorityLevelConfiguration: { name: 'global-default' } } }),
    status: { conditions: [{ type: 'Seen', status: 'True', reason: 'Test', message: 'x', lastTransitionTime: '2026-01-01T00:00:00Z' }] },
  },
  {
    resource: 'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations',
    body: () => ({ spec: { type: 'Limited', limited: { nominalConcurrencyShares: 1, limitResponse: { type: 'Reject' } } } }),
  },
  { resource: 'networking.k8s.io/ingressclasses', body: () => ({ spec: { controller: 'example.com/none' } }) },
  {
    resource: 'networking.k8s.io/ingresses',
    body: () => ({ spec: { defaultBackend: { service: { name: 'none', port: { number: 80 } } } } }),
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
  },
  {
    resource: 'networking.k8s.io/ipaddresses',
    body: ({ namespace }) => ({ spec: { parentRef: { resource: 'services', namespace, name: 'none' } } }),
    nameOf: (name) => `198.51.100.${String(name.length % 200)}`,
  },
  { resource: 'networking.k8s.io/networkpolicies', body: () => ({ spec: { podSelector: {} } }) },
  {
    resource: 'networking.k8s.io/servicecidrs',
    body: ({ name }) => ({ spec: { cidrs: [`10.${String(100 + (name.length % 100))}.0.0/24`] } }),
  },
  { resource: 'node.k8s.io/runtimeclasses', body: () => ({ handler: 'none' }) },
  {
    resource: 'policy/poddisruptionbudgets',
    body: ({ name }) => ({ spec: { maxUnavailable: 1, selector: { matchLabels: { app: name } } } }),
  },
  { resource: 'rbac.authorization.k8s.io/clusterrolebindings', body: () => roleRef('ClusterRole') },
  { resource: 'rbac.authorization.k8s.io/clusterroles', body: () => ({ rules: [rule] }) },
  { resource: 'rbac.authorization.k8s.io/rolebindings', body: () => roleRef('ClusterRole') },
  { resource: 'rbac.authorization.k8s.io/roles', body: () => ({ rules: [rule] }) },
  { resource: 'resource.k8s.io/deviceclasses', body: () => ({ spec: {} }) },
  { resource: 'resource.k8s.io/resourceclaims', body: () => ({ spec: { devices: {} } }) },
  { resource: 'resource.k8s.io/resourceclaimtemplates', body: () => ({ spec: { spec: { devices: {} } } }) },
  {
    resource: 'resource.k8s.io/resourceslices',
    body: ({ name }) => ({
      spec: { driver: 'example.com', pool: { name, generation: 1, resourceSliceCount: 1 }, allNodes: true, devices: [] },
    }),
  },
  { resource: 'scheduling.k8s.io/priorityclasses', body: () => ({ value: 7 }) },
  { resource: 'storage.k8s.io/csidrivers', body: () => ({ spec: {} }) },
  { resource: 'storage.k8s.io/csinodes', body: () => ({ spec: { drivers: [] } }) },
  { resource: 'storage.k8s.io/csistoragecapacities', body: () => ({ storageClassName: 'none' }) },
  { resource: 'storage.k8s.io/storageclasses', body: () => ({ provisioner: 'example.com/none' }) },
  {
    resource: 'storage.k8s.io/volumeattachments',
    body: () => ({ spec: { attacher: 'example.com', nodeName: 'none', source: { persistentVolumeName: 'none' } } }),
    status: { attached: true },
  },
  { resource: 'storage.k8s.io/volumeattributesclasses', body: () => ({ driverName: 'example.com', parameters: { a: '1' } }) },
];

function job(name: string): { readonly spec: object } {
  return { spec: { suspend: true, template: { metadata: { labels: { app: name } }, spec: { ...podSpec, restartPolicy: 'Never' } } } };
}

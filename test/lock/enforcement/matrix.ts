/** What holds an object: all of it (Update, Delete), some fields (Patch, Create), or its name while it is not there (Create, Delete). */
export type LockKind = 'object' | 'fields' | 'name';

export type Outcome =
  /** By the lock, with a sentence that names the transaction. */
  | 'refused'
  | 'passes'
  /** It passes, and should not: what stops its harm is the transaction's own care. */
  | 'not guarded'
  /** Cannot be asked for such a lock. */
  | '–';

/** Who writes. All of them have every right that RBAC can give. */
export const SENDERS = ['a stranger', 'cluster-admin', 'its ServiceAccount', 'controllers'] as const;

export type Sender = (typeof SENDERS)[number];

/** One kind of request against each kind of lock. */
export interface MatrixRow {
  /** Fixed word: the test has a request of this name. */
  readonly id: string;
  /** Subresources as discovery names them; `*` is the object itself, `*` before a slash that of any resource. */
  readonly paths: readonly string[];
  /** Verbs as discovery names them. */
  readonly verbs: readonly string[];
  /** What the request does, for people. */
  readonly does: string;
  readonly outcomes: Readonly<Record<LockKind, Outcome>>;
  /** Where the cluster's own controllers are answered otherwise than everybody else. */
  readonly controllers?: Partial<Readonly<Record<LockKind, Outcome>>>;
  readonly note?: string;
}

const WRITES = ['update', 'patch'];
const none = '–' as const;

/** What happens to every write there is. The test on a real API server holds it against discovery, and each row against reality. */
export const MATRIX: readonly MatrixRow[] = [
  {
    id: 'locked-values',
    paths: ['*'],
    verbs: WRITES,
    does: 'changes what is locked, by update, JSON, merge or strategic patch, or server-side apply by force',
    outcomes: { object: 'refused', fields: 'refused', name: none },
  },
  {
    id: 'other-values',
    paths: ['*'],
    verbs: WRITES,
    does: 'changes something else: other fields, labels, annotations, adds a finalizer',
    outcomes: { object: 'refused', fields: 'passes', name: none },
  },
  {
    id: 'nothing',
    paths: ['*'],
    verbs: WRITES,
    does: 'changes nothing, or only `managedFields`',
    outcomes: { object: 'passes', fields: 'passes', name: none },
    note: 'Values are locked, not who owns them; what a rollback needs of that is in the record.',
  },
  {
    id: 'lock-label',
    paths: ['*'],
    verbs: WRITES,
    does: 'takes the lock label off',
    outcomes: { object: 'refused', fields: 'refused', name: none },
  },
  {
    id: 'owner-references',
    paths: ['*'],
    verbs: WRITES,
    does: 'adds or removes an owner',
    outcomes: { object: 'refused', fields: 'refused', name: none },
    note: 'An owner that goes takes its objects along. The garbage collector waits, and collects after the unlock.',
  },
  {
    id: 'deletion',
    paths: ['*'],
    verbs: ['delete', 'deletecollection'],
    does: 'deletes the object, alone or with others',
    outcomes: { object: 'refused', fields: 'refused', name: none },
    note: 'Once the transaction’s own delete was accepted, anybody may take finalizers off, and controllers make the last delete.',
  },
  {
    id: 'creation',
    paths: ['*'],
    verbs: ['create'],
    does: 'creates an object of that name',
    outcomes: { object: none, fields: none, name: 'refused' },
    note: 'By a guard. What gets past it is met as a conflict: the transaction neither adopts nor deletes what it did not make.',
  },
  {
    id: 'status',
    paths: ['*/status'],
    verbs: WRITES,
    does: 'changes the status alone',
    outcomes: { object: 'passes', fields: 'passes', name: none },
    note: 'So a Deployment rolls out under its lock.',
  },
  {
    id: 'status-metadata',
    paths: ['*/status'],
    verbs: WRITES,
    does: 'changes labels or annotations along with the status',
    outcomes: { object: 'refused', fields: 'passes', name: none },
    controllers: { object: 'passes' },
    note: 'Never what is locked of them. `deployment.kubernetes.io/revision` of a Deployment passes from anybody.',
  },
  {
    id: 'scale',
    paths: ['*/scale'],
    verbs: WRITES,
    does: 'changes `spec.replicas`, where that is locked',
    outcomes: { object: 'refused', fields: 'refused', name: none },
    note: 'By a guard.',
  },
  {
    id: 'eviction',
    paths: ['pods/eviction'],
    verbs: ['create'],
    does: 'evicts the Pod',
    outcomes: { object: 'refused', fields: 'refused', name: none },
    note: 'By a guard.',
  },
  {
    id: 'binding',
    paths: ['pods/binding', 'bindings'],
    verbs: ['create'],
    does: 'binds a Pod that has no node yet',
    outcomes: { object: 'passes', fields: 'passes', name: none },
    note: 'A Pod that a transaction creates must be scheduled to get ready. Whoever may bind sets `spec.nodeName`, once, and can overwrite annotations, locked or not. Labels that are there stay, and the lock label is refused.',
  },
  {
    id: 'ephemeral-containers',
    paths: ['pods/ephemeralcontainers'],
    verbs: WRITES,
    does: 'adds a container for debugging',
    outcomes: { object: 'refused', fields: 'passes', name: none },
    note: 'It cannot be taken away again, so an object lock does not have it.',
  },
  {
    id: 'resize',
    paths: ['pods/resize'],
    verbs: WRITES,
    does: 'changes the resources of a container',
    outcomes: { object: 'refused', fields: 'passes', name: none },
    note: 'Refused where they are among the locked fields.',
  },
  {
    id: 'approval',
    paths: ['certificatesigningrequests/approval'],
    verbs: WRITES,
    does: 'approves or denies a request for a certificate',
    outcomes: { object: 'refused', fields: 'passes', name: none },
  },
  {
    id: 'finalize',
    paths: ['namespaces/finalize'],
    verbs: ['update'],
    does: 'takes the finalizer of a Namespace',
    outcomes: { object: 'refused', fields: 'refused', name: none },
    note: 'Likewise for a Namespace that is not locked and in which something is. The namespace controller does it when all objects are gone.',
  },
  {
    id: 'token',
    paths: ['serviceaccounts/token'],
    verbs: ['create'],
    does: 'asks for a token of a ServiceAccount',
    outcomes: { object: 'passes', fields: 'passes', name: none },
    note: 'It writes nothing to the object.',
  },
  {
    id: 'connection',
    paths: ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'services/proxy', 'nodes/proxy'],
    verbs: ['create', 'update', 'patch', 'delete'],
    does: 'opens a connection to what runs',
    outcomes: { object: 'passes', fields: 'passes', name: none },
    note: 'No write to an object: the API server asks no lock. Not tried in the test: nothing runs there.',
  },
];

/** What of Kubernetes' own no transaction can hold, so that there is no lock to enforce. */
export const NEVER_LOCKED: readonly string[] = [
  'admissionregistration.k8s.io/*',
  'tx.janus.io/*',
  '/events',
  'events.k8s.io/events',
  '/bindings',
  '/componentstatuses',
  'authentication.k8s.io/*',
  'authorization.k8s.io/*',
];

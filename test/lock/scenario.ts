import type { GrantAction, GrantClaims, GrantTarget } from '../../src/lock/claims.ts';
import { CLUSTER_CONTROLLERS } from '../../src/lock/controllers.ts';
import { decide } from '../../src/lock/decision.ts';
import type { Decision } from '../../src/lock/denial.ts';
import type { GrantState } from '../../src/lock/grant-verifier.ts';
import { creationLabelFor, LOCK_LABEL, lockLabelFor } from '../../src/lock/label.ts';
import { lookupsNeeded } from '../../src/lock/lookups.ts';
import type { LockRecord, RecordLookup, RecordTarget } from '../../src/lock/record.ts';
import { parseReview, type Review } from '../../src/lock/review.ts';
import type { UnlockRight } from '../../src/lock/situation.ts';
import type { KubeObject, ObjectMeta } from '../../src/kube/object.ts';

export const TX = '0e1f2a3b-4c5d-4e6f-8a9b-0c1d2e3f4a5b';
export const OTHER_TX = '9e1f2a3b-4c5d-4e6f-8a9b-0c1d2e3f4a5b';
export const UID = '3f95c800-1111-4222-8333-444455556666';
export const ATTEMPT = 3;
export const NOW = new Date('2026-01-01T00:00:12Z');

export const LABEL = lockLabelFor(TX, ATTEMPT, UID);
export const CREATION_LABEL = creationLabelFor(TX, ATTEMPT, { group: '', resource: 'configmaps', namespace: 'shop', name: 'settings' });

/** Members of metadata to set; undefined removes. */
type MetaPatch = { readonly [name in keyof ObjectMeta]?: ObjectMeta[name] | undefined };

/** The ConfigMap shop/settings with what is given. */
export function configMap(
  parts: { readonly data?: Record<string, string>; readonly label?: string | undefined; readonly meta?: MetaPatch } = {},
): KubeObject {
  const { data = { a: '1', b: '1' }, label, meta = {} } = parts;
  const labels = { app: 'shop', ...(label === undefined ? {} : { [LOCK_LABEL]: label }) };
  const metadata = { name: 'settings', namespace: 'shop', uid: UID, resourceVersion: '7', labels, ...meta };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: withoutUndefined(metadata), data };
}

/** The same object with what a write changes by itself. */
export function written(object: KubeObject, parts: { readonly meta?: MetaPatch; readonly [member: string]: unknown } = {}): KubeObject {
  const { meta = {}, ...members } = parts;
  const metadata = { ...object.metadata, resourceVersion: '8', managedFields: [{ manager: 'someone' }], ...meta };
  return { ...object, ...members, metadata: withoutUndefined(metadata) };
}

/** The object with the lock label set, or removed. */
export function labelled(object: KubeObject, label: string | undefined): KubeObject {
  const { [LOCK_LABEL]: _, ...others } = object.metadata.labels ?? {};
  return { ...object, metadata: { ...object.metadata, labels: label === undefined ? others : { ...others, [LOCK_LABEL]: label } } };
}

export const USERS = {
  admin: { username: 'admin', groups: ['system:masters', 'system:authenticated'] },
  alice: { username: 'alice', groups: ['developers', 'system:authenticated'] },
  executor: { username: 'system:serviceaccount:shop:deployer', groups: ['system:serviceaccounts', 'system:serviceaccounts:shop'] },
  flux: { username: 'system:serviceaccount:flux-system:flux', groups: ['system:serviceaccounts', 'system:serviceaccounts:flux-system'] },
  controller: {
    username: 'system:serviceaccount:kube-system:deployment-controller',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system'],
  },
  kubelet: { username: 'system:node:one', groups: ['system:nodes', 'system:authenticated'] },
} as const;

export interface Write {
  readonly by?: keyof typeof USERS;
  readonly before?: KubeObject | undefined;
  readonly after?: KubeObject | undefined;
  readonly subresource?: string;
  readonly dryRun?: boolean;
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string; readonly resource: string };
  readonly fieldManager?: string;
}

/** The review of a write; the operation follows from which objects there are. */
export function reviewOf({ by = 'alice', before, after, subresource = '', dryRun = false, kind, fieldManager }: Write): Review {
  const { group, version, kind: name, resource } = kind ?? { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps' };
  const { metadata } = before ?? after ?? {};
  return parseReview({
    uid: 'r',
    operation: operationOf(before, after),
    kind: { group, version, kind: name },
    resource: { group, version, resource },
    subResource: subresource,
    name: metadata?.name,
    namespace: metadata?.namespace,
    dryRun,
    userInfo: USERS[by],
    object: after ?? null,
    oldObject: before ?? null,
    options: fieldManager === undefined ? null : { kind: 'PatchOptions', apiVersion: 'meta.k8s.io/v1', fieldManager },
  });
}

export const TARGET: RecordTarget = {
  kind: { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true },
  namespace: 'shop',
  name: 'settings',
  changes: [{ name: 'raise-limit', type: 'Update', order: 0 }],
  scope: 'object',
  uid: UID,
};

/** A record of the transaction shop/checkout with what is given. */
export function recordOf(parts: Partial<LockRecord> = {}, target: Partial<RecordTarget> = {}): LockRecord {
  return {
    transaction: { namespace: 'shop', name: 'checkout', uid: TX },
    serviceAccountName: 'deployer',
    requester: 'bob',
    phase: 'Committing',
    attempt: ATTEMPT,
    foreignWrites: 'Deny',
    lockedSince: '2026-01-01T00:00:00Z',
    deadline: '2026-01-01T00:05:00Z',
    targets: [{ ...TARGET, ...target }],
    ...parts,
  };
}

export const foundRecord = (record: LockRecord): RecordLookup => ({ found: 'record', record });

/** The record of another transaction, shop/audit. */
export const otherRecord = (parts: Partial<LockRecord> = {}): LockRecord =>
  recordOf({ transaction: { namespace: 'shop', name: 'audit', uid: OTHER_TX }, lockedSince: '2025-12-31T23:59:00Z', ...parts });

export const GRANT_TARGET: GrantTarget = { group: '', resource: 'configmaps', namespace: 'shop', name: 'settings', uid: UID };

/** A verified grant of the transaction for shop/settings. */
export function granted(action: GrantAction, claims: Partial<GrantClaims> = {}, target: Partial<GrantTarget> | 'no-uid' = {}): GrantState {
  const { uid: _, ...place } = GRANT_TARGET;
  return {
    state: 'verified',
    claims: {
      transaction: TX,
      attempt: ATTEMPT,
      change: '',
      action,
      target: target === 'no-uid' ? place : { ...GRANT_TARGET, ...target },
      ...claims,
    },
  };
}

export interface Case extends Write {
  readonly grant?: GrantState;
  /** What is known of the records; by default the one of `recordOf()`. */
  readonly lookups?: Readonly<Record<string, RecordLookup>>;
  readonly unlockRight?: UnlockRight;
}

/** Decides a case with just the lookups that are asked for, as the webhook does. */
export function decisionOn({
  grant = { state: 'none' },
  lookups = { [TX]: foundRecord(recordOf()) },
  unlockRight,
  ...write
}: Case): Decision {
  const review = reviewOf(write);
  const needed = lookupsNeeded(review, grant).map((uid): [string, RecordLookup] => [uid, lookups[uid] ?? { found: 'absent' }]);
  const right = unlockRight === undefined ? {} : { unlockRight };
  return decide({ review, grant, lookups: new Map(needed), now: NOW, controllers: CLUSTER_CONTROLLERS, ...right });
}

/** `allow void-lock`, `deny held 423`. */
export function outcomeOf(decision: Decision): string {
  return decision.allow ? `allow ${decision.rule}` : `deny ${decision.rule} ${decision.code}`;
}

function operationOf(before: KubeObject | undefined, after: KubeObject | undefined): Review['operation'] {
  if (before === undefined) return 'CREATE';
  return after === undefined ? 'DELETE' : 'UPDATE';
}

function withoutUndefined(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

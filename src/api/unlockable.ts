import { GROUP } from './group.ts';
import type { ChangeType } from './resource-change.ts';

interface UnlockableKinds {
  /** '' for the core group. */
  readonly groups: readonly string[];
  /** Absent: every kind of these groups. */
  readonly kinds?: readonly string[];
  /** Absent: every type of change. */
  readonly types?: readonly ChangeType[];
  readonly why: string;
}

/** Kinds that a transaction cannot hold, and why. */
export const UNLOCKABLE: readonly UnlockableKinds[] = [
  {
    groups: ['admissionregistration.k8s.io'],
    kinds: [
      'ValidatingWebhookConfiguration',
      'MutatingWebhookConfiguration',
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionPolicyBinding',
      'MutatingAdmissionPolicy',
      'MutatingAdmissionPolicyBinding',
    ],
    why: 'the API server applies no admission webhook to it, so that it cannot be locked',
  },
  {
    groups: [''],
    kinds: ['Endpoints'],
    types: ['Create'],
    why: 'controllers create objects of this kind by themselves, and would be locked out; create the Service instead',
  },
  {
    groups: ['discovery.k8s.io'],
    kinds: ['EndpointSlice'],
    types: ['Create'],
    why: 'controllers create objects of this kind by themselves, and would be locked out; create the Service instead',
  },
  { groups: [GROUP], why: 'a transaction cannot change transactions' },
  { groups: ['', 'events.k8s.io'], kinds: ['Event'], why: 'an Event is a passing message that the cluster writes and removes by itself' },
  {
    groups: [''],
    kinds: ['Binding', 'ComponentStatus', 'List', 'Status', 'PodStatusResult', 'RangeAllocation', 'SerializedReference'],
    why: 'the API server keeps no object of this kind',
  },
  { groups: ['authentication.k8s.io'], why: 'it is a question to the API server, which keeps no object of this kind' },
  { groups: ['authorization.k8s.io'], why: 'it is a question to the API server, which keeps no object of this kind' },
  { groups: ['admission.k8s.io', 'imagepolicy.k8s.io'], why: 'it is a message of the API server, which keeps no object of this kind' },
  { groups: ['policy'], kinds: ['Eviction'], why: 'it is a request about a Pod, and no object; delete the Pod instead' },
  {
    groups: ['autoscaling', 'extensions'],
    kinds: ['Scale'],
    why: 'it is a view of another object; patch spec.replicas of that object instead',
  },
];

/** Why a transaction cannot do this to objects of this kind; undefined if it can, as far as the kind tells. */
export function unlockableReason(group: string, kind: string, type: ChangeType | undefined): string | undefined {
  return UNLOCKABLE.find(
    (row) =>
      row.groups.includes(group) &&
      (row.kinds?.includes(kind) ?? true) &&
      (row.types === undefined || (type !== undefined && row.types.includes(type))),
  )?.why;
}

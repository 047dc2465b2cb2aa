import type { Fault } from '../api/fault.ts';
import { isDeepStrictEqual } from 'node:util';
import { REQUESTER_ANNOTATION } from '../api/group.ts';
import type { KubeObject } from '../kube/object.ts';
import type { MayImpersonate } from './access.ts';
import { refuseUnlessAllowed } from './impersonation.ts';
import { invalid } from './invalid.ts';
import { isBeingDeleted } from './metadata.ts';
import type { TransactionOwner } from './owner.ts';
import { transactionOwners } from './owner.ts';
import type { AdmissionRequest, ReviewedObject } from './review.ts';
import { own } from './review.ts';
import { isFinished, isSealed, serviceAccountOf } from './sealing.ts';
import { stampFaults } from './stamp-faults.ts';
import type { Denied, Verdict } from './verdict.ts';
import { allow, forbid, undecided } from './verdict.ts';

export interface ResourceChangeRules {
  /** What is wrong with the object, as far as it and its Transaction tell. */
  readonly faults: (object: unknown, oldObject?: unknown, transaction?: unknown) => readonly Fault[];
  /** A Transaction by a quorum read; undefined where it does not exist. Throws when that cannot be found out. */
  readonly readTransaction: (namespace: string, name: string) => Promise<KubeObject | undefined>;
  readonly mayImpersonate: MayImpersonate;
  /** The cluster's own controllers that collect what has lost its owner or its namespace. */
  readonly collectors: ReadonlySet<string>;
}

/** The user names under which kube-controller-manager collects garbage and empties namespaces, with and without credentials of their own. */
export const COLLECTORS: readonly string[] = [
  'system:serviceaccount:kube-system:generic-garbage-collector',
  'system:serviceaccount:kube-system:namespace-controller',
  'system:kube-controller-manager',
];

/** Whether a write to a ResourceChange may pass. */
export async function validateResourceChange(request: AdmissionRequest, rules: ResourceChangeRules): Promise<Verdict> {
  if (request.operation === 'DELETE') return validateDeletion(request, rules);
  const { object, oldObject } = request;
  if (object === undefined) throw new Error('the review has no object');
  if (request.operation === 'CREATE') return validateCreation(request, object, rules);
  if (oldObject === undefined) throw new Error('the review has no old object');
  return validateUpdate(request, object, oldObject, rules);
}

async function validateCreation(request: AdmissionRequest, object: ReviewedObject, rules: ResourceChangeRules): Promise<Verdict> {
  const owners = transactionOwners(object);
  const owner = owners.length === 1 ? owners[0] : undefined;
  const { transaction, denial } = owner === undefined ? {} : await readOwner(request.namespace, owner, rules);
  if (denial !== undefined) return denial;
  const faults = [
    ...rules.faults(object, undefined, transaction),
    ...(owner === undefined ? ownerCountFaults(owners) : ownerFaults(owner, transaction)),
    ...stampFaults(request, REQUESTER_ANNOTATION, true),
  ];
  if (faults.length > 0 || transaction === undefined) return invalid('ResourceChange', object, faults);
  return (
    (await refuseUnlessAllowed(rules.mayImpersonate, request.userInfo, request.namespace, serviceAccountOf(transaction))) ?? allow('valid')
  );
}

function validateUpdate(request: AdmissionRequest, object: ReviewedObject, oldObject: ReviewedObject, rules: ResourceChangeRules): Verdict {
  const faults: Fault[] = [...stampFaults(request, REQUESTER_ANNOTATION, false)];
  if (!isDeepStrictEqual(own(object, 'spec'), own(oldObject, 'spec')))
    faults.push({ field: 'spec', message: 'is immutable; delete the ResourceChange and create another' });
  if (!rules.collectors.has(request.userInfo.username) && !sameOwners(object, oldObject))
    faults.push({ field: 'metadata.ownerReferences', message: 'the reference to the Transaction is immutable' });
  return faults.length === 0 ? allow('valid') : invalid('ResourceChange', object, faults);
}

// What a sealed Transaction is made of stays until the Transaction is through with it.
async function validateDeletion(request: AdmissionRequest, rules: ResourceChangeRules): Promise<Verdict> {
  const owner = request.oldObject === undefined ? undefined : transactionOwners(request.oldObject)[0];
  if (owner === undefined || rules.collectors.has(request.userInfo.username)) return allow('deletion');
  const { transaction, denial } = await readOwner(request.namespace, owner, rules);
  if (denial !== undefined) return denial;
  if (transaction === undefined || transaction.metadata.uid !== owner.uid || isBeingDeleted(transaction) || isFinished(transaction))
    return allow('deletion');
  return forbid(
    'sealed',
    `ResourceChange ${request.namespace}/${request.name} belongs to Transaction ${owner.name}, which is sealed and not finished. ` +
      `Wait until it is (kubectl get transaction ${owner.name} -n ${request.namespace} -w), or delete the Transaction: then it is rolled back.`,
  );
}

interface OwnerRead {
  readonly transaction?: KubeObject;
  readonly denial?: Denied;
}

async function readOwner(namespace: string, owner: TransactionOwner, rules: ResourceChangeRules): Promise<OwnerRead> {
  try {
    const transaction = await rules.readTransaction(namespace, owner.name);
    return transaction === undefined ? {} : { transaction };
  } catch (error) {
    return {
      denial: undecided(
        'transaction-unknown',
        `Janus could not read Transaction ${namespace}/${owner.name}. Nothing was changed; try again.`,
        error,
      ),
    };
  }
}

function ownerCountFaults(owners: readonly TransactionOwner[]): readonly Fault[] {
  const message = owners.length === 0 ? 'must name the Transaction that the change belongs to' : 'must name one Transaction only';
  return [{ field: 'metadata.ownerReferences', message }];
}

function ownerFaults(owner: TransactionOwner, transaction: KubeObject | undefined): readonly Fault[] {
  if (transaction === undefined)
    return [{ field: `${owner.field}.name`, message: `there is no Transaction ${JSON.stringify(owner.name)} in this namespace` }];
  if (transaction.metadata.uid !== owner.uid)
    return [{ field: `${owner.field}.uid`, message: `is not the uid of Transaction ${JSON.stringify(owner.name)}` }];
  if (isSealed(transaction))
    return [{ field: owner.field, message: `Transaction ${JSON.stringify(owner.name)} is sealed: nothing can be added to it` }];
  if (isBeingDeleted(transaction)) return [{ field: owner.field, message: `Transaction ${JSON.stringify(owner.name)} is being deleted` }];
  // Whose rights the change would use must be known before anybody may add it.
  if (serviceAccountOf(transaction) === '')
    return [
      {
        field: owner.field,
        message: `Transaction ${JSON.stringify(owner.name)} names no ServiceAccount yet: set its spec.serviceAccountName first`,
      },
    ];
  return [];
}

function sameOwners(object: ReviewedObject, oldObject: ReviewedObject): boolean {
  const keys = (owners: readonly TransactionOwner[]): string[] => owners.map(({ name, uid }) => `${uid}/${name}`).toSorted();
  return isDeepStrictEqual(keys(transactionOwners(object)), keys(transactionOwners(oldObject)));
}

import type { KubeObject } from '../../kube/object.ts';
import { allow } from '../denial.ts';
import { sameApart } from '../fields/same-apart.ts';
import type { LockRecord, RecordTarget } from '../record.ts';
import type { Rule } from '../rule.ts';
import { withoutMetadata } from '../shape.ts';
import { heldLock, isController } from '../situation.ts';

export const ownDelete: Rule = {
  name: 'own-delete',
  reason:
    "Once the transaction's own delete of the object was accepted, an update that removes finalizers and changes nothing else is allowed to anybody, and the final delete to the cluster's own controllers (a kubelet ends a Pod by one): they complete that delete, which would never end otherwise. Objects that are being deleted for another reason get no such pass: without its last finalizer a locked object is gone.",
  decide: (situation) => {
    const { review } = situation;
    const held = heldLock(situation);
    if (held?.target === undefined || !isDeletedBy(held.record, held.target)) return undefined;
    if (review.operation === 'DELETE') return isTerminating(review.oldObject) && isController(situation) ? allow('own-delete') : undefined;
    if (review.operation !== 'UPDATE' || !isTerminating(review.oldObject)) return undefined;
    return onlyRemovesFinalizers(review.oldObject, review.object) ? allow('own-delete') : undefined;
  },
};

// A Delete is done while committing, and the Delete of what a Create made while rolling back. Neither can be taken back later.
function isDeletedBy({ phase }: LockRecord, { changes }: RecordTarget): boolean {
  const undoing = phase === 'RollingBack' || phase === 'Failed';
  const deletes = changes.some((change) => change.type === 'Delete') && (undoing || phase === 'Committing');
  return deletes || (undoing && changes.some((change) => change.type === 'Create'));
}

function isTerminating({ metadata }: KubeObject): boolean {
  return (metadata.deletionTimestamp ?? '') !== '';
}

function onlyRemovesFinalizers(before: KubeObject, after: KubeObject): boolean {
  const had = before.metadata.finalizers ?? [];
  const has = after.metadata.finalizers ?? [];
  if (has.length >= had.length || !has.every((finalizer) => had.includes(finalizer))) return false;
  return sameApart(withoutMetadata(before, 'finalizers', 'generation'), withoutMetadata(after, 'finalizers', 'generation'));
}

import type { KubeObject } from '../../kube/object.ts';
import { allow } from '../denial.ts';
import type { Rule } from '../rule.ts';
import { sameApartFromStatus, withoutAnnotations, withoutMetadata } from '../shape.ts';
import { heldLock, isController } from '../situation.ts';
import { findingOf } from '../write-finding.ts';

/** Annotations that a kind's controller writes together with its status, by group and resource. */
const KNOWN_ANNOTATIONS: ReadonlyMap<string, readonly string[]> = new Map([['apps/deployments', ['deployment.kubernetes.io/revision']]]);

export const statusMetadata: Rule = {
  name: 'status-metadata',
  reason:
    "A write to the status subresource that also changes metadata is allowed where it changes only the annotations that the kind's controller keeps there (deployments: deployment.kubernetes.io/revision, so a Deployment rolls out under its lock), whoever sends it; or only labels and annotations, and it comes from one of the cluster's own controllers. Never the lock label, a locked field, finalizers or ownerReferences.",
  decide: (situation) => {
    const { review, locks } = situation;
    if (review.operation !== 'UPDATE' || review.subresource !== 'status') return undefined;
    const held = heldLock(situation);
    if (held === undefined) return undefined;
    const { what } = findingOf(review, locks, held.target);
    if (what !== 'whole-object' && what !== 'other-version') return undefined;
    const known = KNOWN_ANNOTATIONS.get(`${locks.object.group}/${locks.object.resource}`) ?? [];
    const strip = (object: KubeObject) =>
      isController(situation) ? withoutMetadata(object, 'labels', 'annotations') : withoutAnnotations(object, known);
    return sameApartFromStatus(strip(review.oldObject), strip(review.object)) ? allow('status-metadata') : undefined;
  },
};

import type { FieldsV1, KubeObject } from '../kube/object.ts';
import { changedFields } from '../lock/fields/changed.ts';
import { withoutContainers } from '../lock/fields/containers.ts';
import { fingerprint } from '../lock/fields/fingerprint.ts';
import { unionOf } from '../lock/fields/set.ts';
import type { After, SagaTarget } from './record.ts';
import { withoutServerKept } from './server-kept.ts';
import { describeTarget } from './target.ts';

/** What a look at one object tells before a rollback of what was committed: how its target goes on. */
export type Verdict = Pick<SagaTarget, 'undone' | 'conflict' | 'within' | 'pending'>;

/**
 * What the transaction left of an object, in a form that tells later whether anybody has changed it: uid and a hash of what it wrote.
 * @param before the object as it was, where there was one
 * @param wrote what the transaction's own managers own in the object
 */
export function afterOf(
  target: SagaTarget,
  live: { readonly uid: string; readonly object: KubeObject } | undefined,
  before: KubeObject | undefined,
  wrote: FieldsV1,
): After {
  return live === undefined || target.changes.at(-1)?.type === 'Delete' ? {} : stateOf(target, live, before, wrote);
}

/** As `afterOf`, of an object that is there. */
export function stateOf(
  target: SagaTarget,
  live: { readonly uid: string; readonly object: KubeObject },
  before: KubeObject | undefined,
  wrote: FieldsV1,
): After {
  const after = { uid: live.uid, fingerprint: fingerprintOf(live.object, lockedFields(target)) };
  if (lockedFields(target) !== 'object' || before === undefined || before.metadata.uid !== live.uid) return after;
  const fields = unionOf(changedFields(withoutServerKept(before), withoutServerKept(live.object)), wrote);
  return { ...after, partly: { fields, fingerprint: fingerprintOf(live.object, withoutContainers(fields)) } };
}

/**
 * What can be said before locking: gone, replaced, or taken by somebody else.
 * @param wrote whether the transaction's changes own something in the object
 */
export function verdictByPresence(target: SagaTarget, object: KubeObject | undefined, force: boolean, wrote: boolean): Verdict {
  const { after } = target;
  const existedBefore = target.uid !== undefined;
  if (after === undefined) return verdictOfUncommitted(target, object, force, wrote);
  if (after.uid === undefined) {
    // The object itself, still waiting for its finalizers after our Delete.
    if (object === undefined || object.metadata.uid === target.uid) return {};
    return { conflict: existsAgain(target) };
  }
  if (object?.metadata.uid === after.uid) return {};
  return object === undefined
    ? verdictOfMissing(target, existedBefore, force)
    : { conflict: `${describeTarget(target)} was replaced by another object of the same name since` };
}

/** A rollback under the locks of the commit has left it: undone by then but not on record, or somebody had broken its lock. */
function verdictOfUncommitted(target: SagaTarget, object: KubeObject | undefined, force: boolean, wrote: boolean): Verdict {
  const { conflict, uid } = target;
  if (object === undefined) {
    const deletedByUs = uid === undefined || target.changes.at(-1)?.type === 'Delete';
    return conflict === undefined || force || deletedByUs ? {} : { conflict };
  }
  if (uid === undefined && !wrote) return { undone: true };
  if (uid !== undefined && object.metadata.uid !== uid && !wrote) return { conflict: existsAgain(target) };
  return conflict === undefined || force ? {} : { conflict };
}

function existsAgain(target: SagaTarget): string {
  return `${describeTarget(target)} exists again: somebody created it after the transaction deleted it`;
}

/** What the transaction left is gone: for a Create that is the undoing itself, for the rest somebody has deleted it. */
function verdictOfMissing(target: SagaTarget, existedBefore: boolean, force: boolean): Verdict {
  if (!existedBefore) return { undone: true };
  return force ? {} : { conflict: `${describeTarget(target)} was deleted since` };
}

/**
 * What a locked object tells: whether anybody has changed what the transaction wrote. Where it had locked the whole object and others have
 * since changed something else, only what it changed is put back.
 */
export function verdictByContent(target: SagaTarget, object: KubeObject, force: boolean, versions: string): Verdict {
  const { after } = target;
  if (after?.fingerprint === undefined || after.fingerprint === fingerprintOf(object, lockedFields(target))) return {};
  const { partly } = after;
  const within = partly === undefined ? {} : { within: partly.fields };
  if (force || (partly !== undefined && partly.fingerprint === fingerprintOf(object, withoutContainers(partly.fields)))) return within;
  return { conflict: `${describeTarget(target)} was changed since the transaction wrote it${versions}` };
}

/** What a target's lock holds of its object. */
export function lockedFields(target: SagaTarget): FieldsV1 | 'object' {
  return target.scope === 'fields' && target.fields !== undefined ? target.fields : 'object';
}

function fingerprintOf(object: KubeObject, fields: FieldsV1 | 'object'): string {
  return fingerprint(withoutServerKept(object), fields);
}

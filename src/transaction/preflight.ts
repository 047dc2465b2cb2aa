import type { SealedTransaction } from '../api/transaction.ts';
import type { Identity } from '../kube/client.ts';
import { ApiError } from '../kube/errors.ts';
import { inParallel } from '../kube/limit.ts';
import { actingLightly, type Grantor } from './acting.ts';
import type { Run } from './context.ts';
import { mayDependOnEarlier } from './deferral.ts';
import { dryRunOf, type DryRun, type Outcome } from './dry-run.ts';
import { ChangeFailedError, PlanFaultError, type ChangeFault } from './fault.ts';
import { fieldManagerOf } from './field-manager.ts';
import { asksForLive, oneWayDoors } from './one-way.ts';
import { isImpersonationRefused, notAllowedToActAs } from './own-rights.ts';
import type { Plan, PlannedChange, PlannedTarget } from './plan.ts';
import { readAs } from './read.ts';
import { untilTakenUp } from './taken-up.ts';
import { describeTarget, grantTargetOf } from './target.ts';
import { undoRightFaults } from './undo-rights.ts';

/** What the dry runs of one object's changes told. */
export interface PreflightedTarget {
  /** Index of the target in the plan and the record. */
  readonly index: number;
  /** The live object as the dry run saw it: absent where there is none, or where it could not be judged yet. */
  readonly live?: { readonly uid: string; readonly resourceVersion: string };
  /** The object as each dry run would leave it, in the chain's order; for Patch and Create only. */
  readonly outcomes: readonly Outcome[];
  /** True where a verdict was put off until earlier changes are made. */
  readonly deferred: boolean;
}

/**
 * Runs every change as a dry run on the server, as the ServiceAccount, and asks whether it might undo what it is about to
 * do. Nothing is written.
 * @param made the changes of orders below this one are made: what would depend on them is waited for a little, and then sure
 * @throws PlanFaultError with every fault that is sure
 */
export async function preflight(
  run: Run,
  plan: Plan,
  grantor: Grantor,
  indexes: readonly number[] = [...plan.targets.keys()],
  made = -Infinity,
): Promise<readonly PreflightedTarget[]> {
  const results = await inParallel(indexes, run.context.settings.concurrency, (index) => preflightTarget(run, plan, index, grantor, made));
  const faults: ChangeFault[] = results.flatMap((result) => (result.status === 'rejected' ? faultOf(result.reason) : []));
  const targets = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (faults.length === 0) faults.push(...(await undoRightFaults(run.context, run.transaction, plan, targets)));
  if (faults.length > 0) throw new PlanFaultError(faults);
  return targets;
}

async function preflightTarget(run: Run, plan: Plan, at: number, grantor: Grantor, made: number): Promise<PreflightedTarget> {
  const target = plan.targets[at];
  if (target === undefined) throw new Error(`the plan has no target ${String(at)}`);
  const outcomes: Outcome[] = [];
  let live: PreflightedTarget['live'];
  for (const [index, change] of target.changes.entries()) {
    // Earlier changes of a chain are made only after all of it is locked.
    const due = index === 0 && change.order <= made;
    try {
      const seen = await dryRun(run, target, change, plan.changes.indexOf(change), grantor, due);
      if (index === 0) live = seen.live;
      if (seen.outcome !== undefined) outcomes.push(seen.outcome);
      // What follows a Create of something new, or a Delete, meets another object than the one that is there now.
      if (seen.live === undefined || change.type === 'Delete') {
        return { index: at, ...(live === undefined ? {} : { live }), outcomes, deferred: target.changes.length > index + 1 };
      }
    } catch (error) {
      throwIfSure(run, plan, change, error, due);
      return { index: at, ...(live === undefined ? {} : { live }), outcomes, deferred: true };
    }
  }
  return { index: at, ...(live === undefined ? {} : { live }), outcomes, deferred: false };
}

/** A fault is not sure while earlier changes that may matter are not made. @throws what cannot be put off */
function throwIfSure(run: Run, plan: Plan, change: PlannedChange, error: unknown, due: boolean): void {
  const target = plan.targets[change.target];
  if (target === undefined || !(error instanceof ApiError || error instanceof ChangeFailedError)) throw error;
  const asApi = error instanceof ApiError ? error : new ApiError({ code: 404, reason: 'NotFound', message: error.message });
  if (!due && mayDependOnEarlier(plan, change, asApi)) return;
  throw new ChangeFailedError(change.name, wordsOf(error, target, change, run.transaction), { cause: error });
}

async function dryRun(
  run: Run,
  target: PlannedTarget,
  change: PlannedChange,
  index: number,
  grantor: Grantor,
  due: boolean,
): Promise<DryRun> {
  const fieldManager = fieldManagerOf(grantor.transaction, index);
  const send = <T>(request: (as: Identity) => Promise<T>): Promise<T> =>
    actingLightly(run.context, grantor, { action: 'preflight', target: grantTargetOf(target), change: change.name }, request, {
      signal: run.signal,
      ...(due ? untilTakenUp(target.name) : {}),
    });
  const seen = await dryRunOf(run, target, change, fieldManager, send);
  const before = asksForLive(target, change) ? await readAs(run.context, grantor, target) : seen.object;
  const doors = oneWayDoors(target, change, before);
  if (doors.length > 0 && run.settings.irreversible === 'Deny') throw new ChangeFailedError(change.name, doors.join('; '));
  for (const words of doors) run.context.emit({ type: 'warning', of: grantor.transaction, change: change.name, words });
  return seen;
}

function faultOf(reason: unknown): readonly ChangeFault[] {
  if (reason instanceof ChangeFailedError) return [{ change: reason.change, words: reason.message }];
  throw reason;
}

function wordsOf(error: Error, target: PlannedTarget, change: PlannedChange, transaction: SealedTransaction): string {
  const object = describeTarget(target);
  if (!(error instanceof ApiError)) return error.message;
  if (error.code === 404 && change.type === 'Update') return `${object} does not exist; use Create for what is not there`;
  const account = transaction.spec.serviceAccountName;
  if (isImpersonationRefused(error)) return notAllowedToActAs(transaction.metadata.namespace ?? '', account);
  if (error.code === 403) return `${object}: not allowed to ${account}: ${error.message}`;
  return `${object}: ${error.message}`;
}

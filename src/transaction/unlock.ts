import type { JsonPatchOperation } from '../kube/client.ts';
import { isApiError } from '../kube/errors.ts';
import { inParallel } from '../kube/limit.ts';
import { acting, isConflictOrTransient } from './acting.ts';
import { byPatchOrPut } from './by-patch-or-put.ts';
import type { SagaContext } from './context.ts';
import { LOCK_MANAGER } from './field-manager.ts';
import { heldLabel, type Held } from './held.ts';
import { lockOn, LOCK_POINTER, withoutLabel } from './lock-label.ts';
import type { SagaRecord } from './record.ts';
import { describeTarget, grantTargetOf, refOf } from './target.ts';

/**
 * Takes our labels off, in parallel, and tells who waits for them. An object that is gone, or carries another label by now, needs
 * nothing.
 * @returns what could not be unlocked, each with why
 */
export async function releaseLocks(
  context: SagaContext,
  record: SagaRecord,
  held: readonly Held[],
): Promise<readonly { readonly held: Held; readonly error: unknown }[]> {
  const outcomes = await inParallel(held, context.settings.concurrency, (one) => releaseLock(context, record, one));
  if (held.length > 0) context.released.announce(record.transaction.uid);
  return outcomes.flatMap((outcome) => {
    const ok = outcome.status === 'fulfilled';
    const object = describeTarget(outcome.item.target);
    context.emit({
      type: 'lock',
      of: record.transaction,
      operation: 'release',
      result: ok ? 'ok' : 'error',
      object,
      ...(ok ? {} : { words: String(outcome.reason) }),
    });
    return ok ? [] : [{ held: outcome.item, error: outcome.reason }];
  });
}

async function releaseLock(context: SagaContext, record: SagaRecord, held: Held): Promise<void> {
  const label = heldLabel(record, held);
  const operations: readonly JsonPatchOperation[] = [
    { op: 'test', path: LOCK_POINTER, value: label },
    { op: 'remove', path: LOCK_POINTER },
  ];
  const ref = refOf(held.target);
  try {
    await acting(
      context,
      record,
      { action: 'unlock', target: grantTargetOf(held.target, held.uid) },
      async (as) => {
        await byPatchOrPut<unknown>(
          held.target,
          () => context.client.patch(ref, { type: 'json', operations }, { as, fieldManager: LOCK_MANAGER }),
          async () => {
            const current = await context.client.get(ref, { as });
            if (lockOn(current) === label) await context.client.update(ref, withoutLabel(current), { as, fieldManager: LOCK_MANAGER });
          },
        );
      },
      { retryable: isConflictOrTransient },
    );
  } catch (error) {
    // 422 is a failed test: the label is not ours any more, so there is nothing of ours to take off.
    if (!isApiError(error, 404, 422)) throw error;
  }
}

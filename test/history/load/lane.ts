import { REQUEST_ROLLBACK_ANNOTATION } from '../../../src/api/group.ts';
import type { Transaction } from '../../../src/api/transaction.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { isApiError, isTransient } from '../../../src/kube/errors.ts';
import { pause } from '../../../src/kube/pause.ts';
import { annotate, draft, find, refOf, seal, type Change } from '../../janus/transacting.ts';
import type { Submitted } from '../history.ts';
import { PREY } from './objects.ts';
import { plannedTransaction } from './plan.ts';

/** How long a transaction may take: far more than any timeout of its own, so that only one that stands still reaches it. */
const PATIENCE_MS = 180_000;
const ENDS: readonly string[] = ['Committed', 'RolledBack', 'Failed'];

/** One transaction after the other, each to its end, until it is told to stop. */
export async function runLane(
  admin: KubeClient,
  namespace: string,
  seed: string,
  lane: number,
  submitted: Submitted[],
  signal: AbortSignal,
): Promise<void> {
  for (let n = 0; !signal.aborted; n += 1) submitted.push(await runOne(admin, namespace, seed, lane, n));
}

async function runOne(admin: KubeClient, namespace: string, seed: string, lane: number, n: number): Promise<Submitted> {
  const { changes, spec, rollBackAfterMs, deleteAfterMs } = plannedTransaction(seed, lane, n);
  const drafted = await patiently(() => draft(admin, namespace, changes, spec));
  await patiently(() => seal(admin, drafted));
  const told = (end: End): Submitted => ({ ...submittedFrom(drafted, namespace, changes), ...end });
  if (deleteAfterMs !== undefined) {
    await pause(deleteAfterMs);
    await patiently(() => remove(admin, drafted));
    return told(await untilGone(admin, drafted));
  }
  const end = await untilEnded(admin, drafted, false);
  if (rollBackAfterMs === undefined || end.phase !== 'Committed') return told(end);
  await pause(rollBackAfterMs);
  await patiently(() => annotate(admin, drafted, REQUEST_ROLLBACK_ANNOTATION));
  return told(await untilEnded(admin, drafted, true));
}

type End = Pick<Submitted, 'phase' | 'because'>;

function endOf(transaction: Transaction | undefined, phase: string): End {
  return { phase, because: transaction?.status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '' };
}

/** Admission of Transactions is down while the executor's process is. */
async function patiently<T>(send: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (!(isTransient(error) || isHalfInstalled(error)) || performance.now() > deadline) throw error;
      await pause(50);
    }
  }
}

/** A process that starts after one that has uninstalled itself registers one webhook after the other. */
function isHalfInstalled(error: unknown): boolean {
  return isApiError(error, 422) && error.message.includes('is its mutating webhook registered?');
}

function look(admin: KubeClient, drafted: Transaction): Promise<Transaction | undefined> {
  return patiently(() => find(admin, refOf(drafted))) as Promise<Transaction | undefined>;
}

/** The phase in which it ended, or after that time the phase in which it still is. */
async function untilEnded(admin: KubeClient, drafted: Transaction, afterRollback: boolean): Promise<End> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const now = await look(admin, drafted);
    const phase = now?.status?.phase ?? '';
    const asked = afterRollback && now?.metadata.annotations?.[REQUEST_ROLLBACK_ANNOTATION] !== undefined;
    if (ENDS.includes(phase) && !asked && !isTriedAgain(now)) return endOf(now, phase);
    if (performance.now() > deadline) return endOf(now, isTriedAgain(now) ? `${phase}, and tried again` : phase);
    await pause(40);
  }
}

/** A rollback that could not be finished goes on by itself. */
function isTriedAgain(transaction: Transaction | undefined): boolean {
  return (
    transaction?.status?.conditions?.some(
      ({ type, status, reason }) => type === 'Stalled' && status === 'True' && reason === 'RollbackFailed',
    ) === true
  );
}

async function untilGone(admin: KubeClient, drafted: Transaction): Promise<End> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const now = await look(admin, drafted);
    if (now === undefined || now.metadata.uid !== drafted.metadata.uid) return {};
    const finalizers = now.metadata.finalizers ?? [];
    // The one that people take off themselves.
    if (finalizers.length === 1 && finalizers[0] === 'tx.janus.io/rollback-protection')
      return ENDS.includes(now.status?.phase ?? '') ? endOf(now, now.status?.phase ?? '') : {};
    if (performance.now() > deadline) return endOf(now, `${now.status?.phase ?? ''}, and its deletion waits`);
    await pause(40);
  }
}

async function remove(admin: KubeClient, drafted: Transaction): Promise<void> {
  try {
    await admin.delete(refOf(drafted));
  } catch (error) {
    if (!isApiError(error, 404)) throw error;
  }
}

function submittedFrom({ metadata }: Transaction, namespace: string, changes: readonly Change[]): Submitted {
  const { uid = '', name = '' } = metadata;
  return {
    uid,
    name,
    changes: changes.map(({ type, name: target, kind = 'ConfigMap', order = 0, content }, at) => {
      const known = PREY.find((prey) => prey.kind.kind === kind)?.kind ?? { group: '', resource: 'services' };
      const key = [known.group, known.resource, namespace, target].join('/');
      return { name: `${name}-${String(at)}`, type, order, key, ...(content === undefined ? {} : { content }) };
    }),
  };
}

import type { KubeClient } from '../../kube/client.ts';
import { pause } from '../../kube/pause.ts';
import { mark, unmark } from './marker.ts';
import { ActiveReplicas } from './replicas.ts';
import { takeAway } from './take-away.ts';
import { askForRollback, unfinishedTransactions, type Unfinished } from './unfinished.ts';

export interface RemovalOptions {
  readonly client: KubeClient;
  readonly systemNamespace: string;
  /** Who removes it, for whoever looks at the mark. */
  readonly by: string;
  /** Roll back what is open, where it would otherwise be refused. */
  readonly rollbackOpen: boolean;
  /** Milliseconds in all. */
  readonly waitMs: number;
  /** Hears what is waited for. */
  readonly tell: (words: string) => void;
}

/** It was not removed, and all is as it was. */
export class NotRemovedError extends Error {
  override readonly name = 'NotRemovedError';
}

const LOOK_EVERY_MS = 500;

/**
 * Removes what Janus has made. With the mark set no replica begins, writes or restores anything; only then is it certain that what was
 * finished stays finished, so that is looked at once more.
 * @throws NotRemovedError where something is open, or a replica does not stop
 */
export async function removeJanus(options: RemovalOptions): Promise<void> {
  const { client, systemNamespace, by, tell, waitMs } = options;
  const deadline = performance.now() + waitMs;
  for (;;) {
    await untilFinished(options, deadline);
    await mark(client, systemNamespace, by);
    const stood = await untilStopped(options, deadline);
    const open = await unfinishedTransactions(client, systemNamespace);
    if (open.length === 0) {
      await takeAway(client, systemNamespace);
      // Replicas that stand by take the mark away when they end; a replica that starts meanwhile waits for that.
      if (!stood) await unmark(client, systemNamespace);
      return;
    }
    // Begun just before the mark: replicas begin anew without it.
    await unmark(client, systemNamespace);
    if (!options.rollbackOpen) throw new NotRemovedError(openWords(open));
    tell(`begun meanwhile: ${listed(open)}`);
  }
}

async function untilFinished({ client, systemNamespace, rollbackOpen, tell }: RemovalOptions, deadline: number): Promise<void> {
  let told = '';
  for (;;) {
    const open = await unfinishedTransactions(client, systemNamespace);
    if (open.length === 0) return;
    if (!rollbackOpen) throw new NotRemovedError(openWords(open));
    for (const one of open) await askForRollback(client, one);
    if (told !== listed(open)) tell(`waiting for the rollback of ${(told = listed(open))}`);
    if (performance.now() >= deadline)
      throw new NotRemovedError(
        `Janus is not removed, since it took too long to roll back ${listed(open)}. Their rollback goes on. ` +
          'Look at them ("kubectl describe transaction"; "janus recover plan" for what has failed), or wait longer with --wait, and try again.',
      );
    await pause(LOOK_EVERY_MS);
  }
}

/** Returns whether there is a replica that has stopped to act, and answers on. */
async function untilStopped({ client, systemNamespace, tell }: RemovalOptions, deadline: number): Promise<boolean> {
  const replicas = new ActiveReplicas(client, systemNamespace);
  const stood = new Set<string>();
  let told = '';
  for (;;) {
    const { active, silent } = await replicas.look(performance.now());
    if (active.length === 0) return [...stood].some((one) => !silent.includes(one));
    for (const one of active) stood.add(one);
    if (told !== active.join(', ')) tell(`waiting until ${(told = active.join(', '))} stops to act`);
    if (performance.now() >= deadline) {
      await unmark(client, systemNamespace);
      throw new NotRemovedError(
        `Janus is not removed, since ${active.join(', ')} did not stop to act in time. Look at its log, and try again.`,
      );
    }
    await pause(LOOK_EVERY_MS);
  }
}

function openWords(open: readonly Unfinished[]): string {
  return (
    `Janus is not removed, since ${open.length === 1 ? 'a transaction is' : `${String(open.length)} transactions are`} open: ${listed(open)}. ` +
    'Without Janus nobody could finish or undo them. Wait for their end, or have them rolled back with --rollback-open (chart: removal.rollbackOpen=true).'
  );
}

function listed(open: readonly Unfinished[]): string {
  return open.map(({ words }) => words).join(', ');
}

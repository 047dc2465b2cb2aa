import { RETRY_ROLLBACK_ANNOTATION } from '../api/group.ts';
import type { Transaction } from '../api/transaction.ts';
import { pause } from '../kube/pause.ts';
import { TRANSACTIONS } from '../transaction/kinds.ts';
import { withCluster } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { Fault } from './fault.ts';
import type { GlobalFlags } from './flags/global.ts';
import { colour, print, say } from './output.ts';
import { conflictOf } from './recovery.ts';
import type { RecoveryItem } from './recovery.ts';
import { recoveryReader } from './recovery-read.ts';
import { isMissing, noSuchTransaction, readTransaction } from './transaction.ts';
import { requireDuration } from './values.ts';

/** The flags as typed. */
export interface RecoverApplyFlags extends GlobalFlags {
  readonly force?: boolean;
  readonly wait?: string;
}

/** The executor usually answers within a second; a look costs one small read. */
const LOOK_EVERY_MS = 300;
/** Silence for longer than this makes people wonder. */
const QUIET_MS = 5_000;

/** Has the executor finish a rollback, and says what became of each change; exits with 1 if something is left. */
export async function recoverApply(name: string, flags: RecoverApplyFlags): Promise<void> {
  const waitMs = requireDuration('--wait', flags.wait ?? '5m');
  await withCluster(flags, async (cluster) => {
    const before = await readTransaction(cluster, name);
    const itemsOf = await recoveryReader(cluster, before);
    const left = itemsOf(before).filter(({ state }) => state !== 'done');
    if (before.status?.phase !== 'Failed') refuse(cluster, name, before);
    if (left.length === 0) {
      print('Nothing is left to undo.');
      return;
    }
    await requestRetry(cluster, name, flags.force === true);
    const after = itemsOf(await untilAnswered(cluster, name, waitMs));
    report(left.map((item) => after.find(({ change }) => change === item.change) ?? item));
  });
}

async function requestRetry({ client, namespace }: Cluster, name: string, force: boolean): Promise<void> {
  const annotations = { [RETRY_ROLLBACK_ANNOTATION]: force ? 'force' : 'true' };
  await client.patch({ kind: TRANSACTIONS, namespace, name }, { type: 'merge', patch: { metadata: { annotations } } });
}

/** The Transaction once the executor has removed the annotation, which it does when the attempt is over. */
async function untilAnswered(cluster: Cluster, name: string, waitMs: number): Promise<Transaction> {
  const { namespace } = cluster;
  const begun = Date.now();
  let quiet = false;
  for (;;) {
    const now = await cluster.client.get({ kind: TRANSACTIONS, namespace, name }).catch(async (error: unknown) => {
      throw isMissing(error) ? await noSuchTransaction(cluster, name, error) : error;
    });
    const transaction = now as unknown as Transaction;
    const { phase } = transaction.status ?? {};
    const over = phase === 'RolledBack' || phase === 'Failed';
    if (over && now.metadata.annotations?.[RETRY_ROLLBACK_ANNOTATION] === undefined) return transaction;
    const waited = Date.now() - begun;
    if (waited > waitMs) {
      throw new Fault(
        `The executor has not finished within ${Math.round(waitMs / 1000)} s (phase ${phase ?? 'none'}): check that the operator runs, then look again with "janus recover plan ${name} -n ${namespace}".`,
      );
    }
    if (waited > QUIET_MS && !quiet) {
      quiet = true;
      say('Waiting for the executor...');
    }
    await pause(LOOK_EVERY_MS);
  }
}

function report(items: readonly RecoveryItem[]): void {
  for (const item of items) print(`  - ${item.action} ${item.target} (${item.change}) ... ${outcome(item)}`);
  const left = items.filter(({ state }) => state !== 'done');
  if (left.length === 0) {
    print('\nAll pending items applied successfully.');
    return;
  }
  process.exitCode = 1;
  const conflicts = left.some(({ state }) => state === 'conflict');
  say(
    `\n${left.length} item(s) failed. ${conflicts ? 'Re-run with --force to override conflicts.' : 'Remove the cause and run this again.'}`,
  );
}

function outcome({ error = 'not undone yet', state }: RecoveryItem): string {
  if (state === 'done') return colour.green('OK');
  return state === 'conflict' ? `${colour.yellow('CONFLICT')} (${conflictOf(error)})` : `${colour.red('FAILED')}: ${error}`;
}

/** Recovery is for Failed transactions; every other phase has its own next step. */
function refuse({ namespace }: Cluster, name: string, { status }: Transaction): never {
  const phase = status?.phase ?? 'Pending';
  const words =
    phase === 'Committed' ? COMMITTED(name, namespace) : (NEXT_STEPS[phase] ?? `is ${phase}, at work: wait until it has ended.`);
  throw new Fault(`Transaction ${namespace}/${name} ${words}`);
}

const COMMITTED = (name: string, namespace: string): string =>
  `is Committed, so there is no rollback to finish. To undo it: kubectl annotate transaction ${name} -n ${namespace} tx.janus.io/request-rollback=true`;

const NEXT_STEPS: Readonly<Record<string, string>> = {
  Pending: 'has not begun, so there is nothing to recover: delete it if you do not want it.',
  RolledBack: 'is RolledBack: nothing of it is left to undo.',
};

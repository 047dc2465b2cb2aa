import { OPERATOR_DEFAULTS } from '../operator/options.ts';
import { recordName } from '../transaction/record-store.ts';
import { withCluster, type Cluster } from './cluster.ts';
import { Fault } from './fault.ts';
import type { GlobalFlags } from './flags/global.ts';
import { requireNamespace } from './names.ts';
import { colour, print, say } from './output.ts';
import { recoveryReader } from './recovery-read.ts';
import { itemsOfRecord, recordOfGone } from './recovery-record.ts';
import type { RecoveryItem } from './recovery.ts';
import { readTransaction } from './transaction.ts';

/** The flags as typed. */
export interface RecoverPlanFlags extends GlobalFlags {
  readonly systemNamespace?: string;
}

/** Prints what a rollback has undone and what is left; exits with 1 while something is left. */
export async function recoverPlan(name: string, flags: RecoverPlanFlags): Promise<void> {
  const { systemNamespace = OPERATOR_DEFAULTS.systemNamespace } = flags;
  requireNamespace(systemNamespace, '--system-namespace');
  await withCluster(flags, async (cluster) => {
    const items = await itemsOf(cluster, name, systemNamespace);
    print(`Transaction: ${name} (namespace: ${cluster.namespace})\n\nRollback plan:`);
    for (const { action, change, state, target } of items) print(`  - ${badge(state)} ${action} ${target} (${change})`);
    if (items.some(({ state }) => state !== 'done')) process.exitCode = 1;
  });
}

/** By the Transaction; by the record, which outlives it while something is left to undo, where it is gone. */
async function itemsOf(cluster: Cluster, name: string, systemNamespace: string): Promise<readonly RecoveryItem[]> {
  try {
    const transaction = await readTransaction(cluster, name);
    return (await recoveryReader(cluster, transaction))(transaction);
  } catch (error) {
    const record = error instanceof Fault ? await recordOfGone(cluster, name, systemNamespace) : undefined;
    if (record === undefined) throw error;
    const secret = `${systemNamespace}/${recordName(record.transaction.uid)}`;
    say(
      `The Transaction is gone: this is by its record, Secret ${secret}. What is pending the executor tries again by itself, every ten minutes.`,
    );
    return itemsOfRecord(record);
  }
}

function badge(state: RecoveryItem['state']): string {
  const paint = { pending: colour.yellow, done: colour.green, conflict: colour.red }[state];
  return paint(`[${state}]`) + ' '.repeat('[conflict]'.length - state.length - 2);
}

import { withCluster } from './cluster.ts';
import type { GlobalFlags } from './flags/global.ts';
import { colour, print } from './output.ts';
import { recoveryReader } from './recovery-read.ts';
import type { RecoveryItem } from './recovery.ts';
import { readTransaction } from './transaction.ts';

/** Prints what a rollback has undone and what is left; exits with 1 while something is left. */
export async function recoverPlan(name: string, flags: GlobalFlags): Promise<void> {
  await withCluster(flags, async (cluster) => {
    const transaction = await readTransaction(cluster, name);
    const items = (await recoveryReader(cluster, transaction))(transaction);
    print(`Transaction: ${name} (namespace: ${cluster.namespace})\n\nRollback plan:`);
    for (const { action, change, state, target } of items) print(`  - ${badge(state)} ${action} ${target} (${change})`);
    if (items.some(({ state }) => state !== 'done')) process.exitCode = 1;
  });
}

function badge(state: RecoveryItem['state']): string {
  const paint = { pending: colour.yellow, done: colour.green, conflict: colour.red }[state];
  return paint(`[${state}]`) + ' '.repeat('[conflict]'.length - state.length - 2);
}

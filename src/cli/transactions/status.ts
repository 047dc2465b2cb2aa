import { changesOf } from '../changes.ts';
import { withCluster } from '../cluster.ts';
import { rendered, requireFormat } from '../formats.ts';
import { asTyped } from '../invoked-as.ts';
import { outputWidth, print } from '../output.ts';
import { readTransaction } from '../transaction.ts';
import { transactionPage } from '../views/transaction-page.ts';
import { transactionName } from '../views/transaction-table.ts';
import { asData } from './data.ts';
import type { GetFlags } from './get.ts';

/** Prints one Transaction with its changes, what is wrong, and what to do next. */
export async function status(name: string, flags: GetFlags): Promise<void> {
  const format = requireFormat(flags.output);
  await withCluster(flags, async (cluster) => {
    const transaction = await readTransaction(cluster, name);
    const changes = format === 'table' || format === 'wide' ? await changesOf(cluster, transaction) : [];
    const text = rendered(format, {
      data: () => asData(transaction),
      names: () => [transactionName(transaction)],
      table: (wide) =>
        transactionPage({ transaction, changes, now: Date.now() }, { width: outputWidth(), wide, withNext: true }).join('\n'),
    });
    print(asTyped(text));
  });
}

import type { Transaction } from '../../api/transaction.ts';
import { withCluster } from '../cluster.ts';
import { rendered, requireFormat } from '../formats.ts';
import type { GlobalFlags } from '../flags/global.ts';
import type { OutputFlags } from '../flags/shared.ts';
import { outputWidth, print } from '../output.ts';
import { table } from '../terminal/table.ts';
import { readTransaction } from '../transaction.ts';
import { transactionColumns, transactionName } from '../views/transaction-table.ts';
import { asData, listData } from './data.ts';

/** The flags as typed. */
export interface GetFlags extends GlobalFlags, OutputFlags {}

/** Prints Transactions by name: a line each, or the objects. */
export async function get(names: readonly string[], flags: GetFlags): Promise<void> {
  const format = requireFormat(flags.output);
  await withCluster(flags, async (cluster) => {
    const found: Transaction[] = [];
    for (const name of names) found.push(await readTransaction(cluster, name));
    const [first] = found;
    print(
      rendered(format, {
        data: () => (first !== undefined && found.length === 1 ? asData(first) : listData(found)),
        names: () => found.map(transactionName),
        table: (wide) => table(transactionColumns(Date.now(), false), found, { width: outputWidth(), wide }),
      }),
    );
  });
}

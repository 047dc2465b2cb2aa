import type { Phase, Transaction } from '../../api/transaction.ts';
import { TRANSACTIONS } from '../../transaction/kinds.ts';
import { isEnded } from '../../transaction/status.ts';
import { withCluster, type Cluster } from '../cluster.ts';
import { rendered, requireFormat } from '../formats.ts';
import type { GlobalFlags } from '../flags/global.ts';
import type { AllNamespacesFlags, OutputFlags, SelectorFlags } from '../flags/shared.ts';
import { outputWidth, print, say } from '../output.ts';
import { table, type Column } from '../terminal/table.ts';
import { requireOneOf } from '../values.ts';
import { historyColumns, stateText, transactionColumns, transactionName } from '../views/transaction-table.ts';
import { listData } from './data.ts';

/** The flags as typed. */
export interface ListFlags extends GlobalFlags, OutputFlags, AllNamespacesFlags, SelectorFlags {
  readonly phase?: string;
}

/** What `--phase` takes: phases, and what has none yet. */
export const STATES = [
  ...(['Pending', 'Preparing', 'Prepared', 'Committing', 'Committed', 'RollingBack', 'RolledBack', 'Failed'] satisfies Phase[]),
  'Unsealed',
] as const;

/** Prints the Transactions that there are: the youngest last, as people read terminals. */
export async function list(flags: ListFlags): Promise<void> {
  const wanted = flags.phase === undefined ? undefined : requireOneOf('--phase', flags.phase, STATES);
  const keep = (transaction: Transaction): boolean => wanted === undefined || stateText(transaction) === wanted;
  await printed(flags, { keep, by: ({ metadata }) => metadata.creationTimestamp ?? '', columns: transactionColumns });
}

/** Prints the Transactions that have ended, the one that ended last at the end. */
export async function history(flags: ListFlags): Promise<void> {
  const keep = ({ status }: Transaction): boolean => isEnded(status?.phase);
  await printed(flags, { keep, by: ({ status }) => status?.completedAt ?? '', columns: historyColumns });
}

interface View {
  readonly keep: (transaction: Transaction) => boolean;
  readonly by: (transaction: Transaction) => string;
  readonly columns: (now: number, withNamespace: boolean) => readonly Column<Transaction>[];
}

async function printed(flags: ListFlags, { by, columns, keep }: View): Promise<void> {
  const format = requireFormat(flags.output);
  const everywhere = flags.allNamespaces === true;
  await withCluster(flags, async (cluster) => {
    const found = (await read(cluster, flags)).filter(keep).toSorted((a, b) => by(a).localeCompare(by(b)));
    const isTable = format === 'table' || format === 'wide';
    if (found.length === 0)
      say(`There are no such Transactions${everywhere ? '' : ` in namespace ${cluster.namespace}; -A looks at all`}.`);
    if (found.length === 0 && (isTable || format === 'name')) return;
    print(
      rendered(format, {
        data: () => listData(found),
        names: () => found.map(transactionName),
        table: (wide) => table(columns(Date.now(), everywhere), found, { width: outputWidth(), wide }),
      }),
    );
  });
}

async function read({ client, namespace }: Cluster, { allNamespaces, selector }: ListFlags): Promise<readonly Transaction[]> {
  const { items } = await client.list(TRANSACTIONS, {
    limit: 500,
    ...(allNamespaces === true ? {} : { namespace }),
    ...(selector === undefined ? {} : { labelSelector: selector }),
  });
  return items as unknown as readonly Transaction[];
}

import type { Transaction } from '../../api/transaction.ts';
import { TRANSACTIONS } from '../../transaction/kinds.ts';
import { ok, warning, type Finding } from './finding.ts';
import type { Patient } from './look.ts';

/** Transactions that need a person. */
export async function needing({ cluster: { client } }: Patient): Promise<readonly Finding[]> {
  const { items } = await client.list(TRANSACTIONS, { limit: 500 });
  return [failedFinding(items as unknown as readonly Transaction[])];
}

/** How many have Failed, and which. */
export function failedFinding(transactions: readonly Transaction[]): Finding {
  const failed = transactions
    .filter(({ status }) => status?.phase === 'Failed')
    .map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name ?? ''}`);
  if (failed.length === 0) return ok('transactions', `none of ${String(transactions.length)} needs a person`);
  const named = failed.slice(0, 3).join(', ');
  return warning(
    'transactions',
    `${String(failed.length)} of ${String(transactions.length)} have Failed: ${named}${failed.length > 3 ? ', …' : ''}`,
    '"janus list -A --phase Failed" lists them, "janus recover plan TXN" shows what is left of one.',
  );
}

import { isSealed, type Transaction } from '../../api/transaction.ts';
import { isEnded } from '../../transaction/status.ts';
import { phasePaint } from '../phase-paint.ts';
import { ageText } from '../terminal/age.ts';
import type { Column } from '../terminal/table.ts';

/** What `janus get` and `janus list` show of each Transaction. Ages are told from `now`. */
export function transactionColumns(now: number, withNamespace: boolean): readonly Column<Transaction>[] {
  return [
    ...(withNamespace ? [NAMESPACE] : []),
    NAME,
    { heading: 'PHASE', cell: stateText, paint: (text, { status }) => phasePaint(status?.phase)(text) },
    DONE,
    { heading: 'HOLDER', cell: holderText, cuttable: true },
    { heading: 'AGE', cell: ({ metadata }) => sinceText(metadata.creationTimestamp, now) },
    { heading: 'TOOK', cell: (transaction) => tookText(transaction, now), wide: true },
    SERVICE_ACCOUNT,
    { ...DESCRIPTION, wide: true },
  ];
}

/** What `janus history` shows of each Transaction that has ended. */
export function historyColumns(now: number, withNamespace: boolean): readonly Column<Transaction>[] {
  return [
    ...(withNamespace ? [NAMESPACE] : []),
    NAME,
    { heading: 'OUTCOME', cell: stateText, paint: (text, { status }) => phasePaint(status?.phase)(text) },
    { heading: 'CHANGES', cell: ({ status }) => (status?.itemsTotal === undefined ? '' : String(status.itemsTotal)) },
    { heading: 'ENDED', cell: ({ status }) => (status?.completedAt === undefined ? '' : `${sinceText(status.completedAt, now)} ago`) },
    { heading: 'TOOK', cell: (transaction) => tookText(transaction, now) },
    { heading: 'HOLDER', cell: holderText, cuttable: true },
    { ...DESCRIPTION },
    SERVICE_ACCOUNT,
  ];
}

/** `transaction.tx.janus.io/move-db`, as kubectl takes it. */
export function transactionName({ metadata }: Transaction): string {
  return `transaction.tx.janus.io/${metadata.name ?? ''}`;
}

/** The phase; of what was never sealed, that. */
export function stateText(transaction: Transaction): string {
  if (transaction.metadata.deletionTimestamp !== undefined && !isEnded(transaction.status?.phase)) return 'Deleting';
  return transaction.status?.phase ?? (isSealed(transaction) ? 'Pending' : 'Unsealed');
}

/** How long it took, or is taking; '' before it began. */
export function tookText({ status }: Transaction, now: number): string {
  const { startedAt, completedAt } = status ?? {};
  if (startedAt === undefined) return '';
  const ms = (completedAt === undefined ? now : Date.parse(completedAt)) - Date.parse(startedAt);
  return ms < 10_000 ? `${(Math.max(0, ms) / 1000).toFixed(1)}s` : ageText(ms);
}

/** `5m`; '' where there is no time. */
export function sinceText(time: string | null | undefined, now: number): string {
  return time === undefined || time === null ? '' : ageText(now - Date.parse(time));
}

const NAMESPACE: Column<Transaction> = { heading: 'NAMESPACE', cell: ({ metadata }) => metadata.namespace ?? '' };
const NAME: Column<Transaction> = { heading: 'NAME', cell: ({ metadata }) => metadata.name ?? '' };
const DONE: Column<Transaction> = {
  heading: 'DONE',
  cell: ({ status }) => (status?.itemsTotal === undefined ? '' : `${String(status.itemsCommitted ?? 0)}/${String(status.itemsTotal)}`),
};
const SERVICE_ACCOUNT: Column<Transaction> = { heading: 'SERVICE ACCOUNT', cell: ({ spec }) => spec?.serviceAccountName ?? '', wide: true };
const DESCRIPTION: Column<Transaction> = { heading: 'DESCRIPTION', cell: ({ spec }) => spec?.description ?? '', cuttable: true };

function holderText({ status }: Transaction): string {
  return status?.holder ?? '';
}

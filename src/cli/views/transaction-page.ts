import type { ResourceChange } from '../../api/resource-change.ts';
import type { Condition, Phase, Transaction } from '../../api/transaction.ts';
import { everyItem } from '../recovery.ts';
import { colour } from '../output.ts';
import { phasePaint } from '../phase-paint.ts';
import { printable } from '../terminal/printable.ts';
import { table, type Column } from '../terminal/table.ts';
import { widthOf, wrap } from '../terminal/width.ts';
import { nextStep } from '../follow/end.ts';
import { stateOfItem, type ItemState } from './item-state.ts';
import { objectText } from './object-text.ts';
import { sinceText, stateText, tookText } from './transaction-table.ts';

/** What a page is made of. */
export interface PageParts {
  readonly transaction: Transaction;
  readonly changes: readonly ResourceChange[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

interface Row {
  readonly state: ItemState;
  readonly change: string;
  readonly type: string;
  readonly object: string;
  readonly order: string;
  readonly error: string;
}

export interface PageOptions {
  readonly width: number;
  readonly wide: boolean;
  /** The next command; not while it is being watched. */
  readonly withNext: boolean;
}

/** One Transaction with all that a person asks about it: how far it is, for whom, which changes, what is wrong, what to do next. */
export function transactionPage({ transaction, changes, now }: PageParts, { width, wide, withNext }: PageOptions): readonly string[] {
  const { metadata, spec, status } = transaction;
  const rows = rowsOf(transaction, changes);
  const facts: readonly (readonly [string, string])[] = [
    ['For', spec?.description ?? ''],
    [
      'As',
      spec === undefined
        ? ''
        : `ServiceAccount ${spec.serviceAccountName}${status?.holder === undefined ? '' : `, sealed by ${status.holder}`}`,
    ],
    ['Begun', status?.startedAt === undefined ? '' : `${status.startedAt} (${sinceText(status.startedAt, now)} ago)`],
    ['Took', tookText(transaction, now)],
    ['Changes', countText(transaction, changes.length)],
    ...conditionFacts(status?.conditions ?? []),
  ];
  const title = `Transaction ${printable(`${metadata.namespace ?? ''}/${metadata.name ?? ''}`)}: ${phasePaint(status?.phase)(stateText(transaction))}`;
  return [
    title,
    ...facts.filter(([, words]) => words !== '').flatMap(([heading, words]) => factLines(heading, words, width)),
    ...(rows.length === 0 ? [] : ['', ...table(COLUMNS, rows, { width, wide }).split('\n')]),
    ...(withNext ? ['', ...wrap(`Next: ${nextStep(transaction)}`, width)] : []),
  ];
}

const MARGIN = 10;

function factLines(heading: string, words: string, width: number): readonly string[] {
  return wrap(printable(words), Math.max(20, width - MARGIN)).map(
    (part, at) => (at === 0 ? `${heading}:`.padEnd(MARGIN) : ' '.repeat(MARGIN)) + part,
  );
}

function countText({ status }: Transaction, known: number): string {
  const { itemsTotal = known, itemsCommitted = 0 } = status ?? {};
  return `${String(itemsCommitted)} of ${String(itemsTotal)} in effect`;
}

/** What the executor says about it, apart from what its phase says already. */
function conditionFacts(conditions: readonly Condition[]): readonly (readonly [string, string])[] {
  const said = new Set<string>();
  return conditions.flatMap(({ type, status, message }) => {
    const tells = TELLING[type] === status && message !== '' && !said.has(message);
    if (tells) said.add(message);
    return tells ? [[type === 'Reconciling' ? 'Now' : type, message] as const] : [];
  });
}

/** The status in which a condition has something to say. */
const TELLING: Readonly<Record<string, Condition['status']>> = { Reconciling: 'True', Failed: 'True', Stalled: 'True', Exact: 'False' };

function rowsOf(transaction: Transaction, changes: readonly ResourceChange[]): readonly Row[] {
  const items = new Map(everyItem(transaction.status, changes).map((item) => [item.name, item]));
  const known = changes.map((change) => ({ name: change.metadata.name ?? '', change }));
  const gone = [...items.keys()].filter((name) => !known.some((one) => one.name === name)).map((name) => ({ name, change: undefined }));
  return [...known, ...gone].map(({ name, change }) => ({
    state: stateOfItem(items.get(name)),
    change: name,
    type: change?.spec.type ?? '',
    object: change === undefined ? '' : objectText(change),
    order: change === undefined ? '' : String(change.spec.order ?? 0),
    error: items.get(name)?.error ?? '',
  }));
}

const PAINT: Readonly<Record<ItemState, (text: string) => string>> = {
  waiting: colour.dim,
  locked: colour.cyan,
  applied: colour.green,
  undone: colour.yellow,
  failed: colour.red,
};

const COLUMNS: readonly Column<Row>[] = [
  { heading: 'STATE', cell: ({ state }) => state, paint: (text, { state }) => PAINT[state](text) },
  { heading: 'TYPE', cell: ({ type }) => type },
  { heading: 'OBJECT', cell: ({ object }) => object },
  { heading: 'ORDER', cell: ({ order }) => order, wide: true },
  { heading: 'CHANGE', cell: ({ change }) => change, wide: true },
  { heading: 'ERROR', cell: ({ error }) => error, cuttable: true },
];

/** `Committed in 3.2s: 4 of 4 in effect`, for one line. */
export function endLine(transaction: Transaction, now: number): string {
  const phase: Phase | undefined = transaction.status?.phase;
  const took = tookText(transaction, now);
  const text = `${phasePaint(phase)(stateText(transaction))}${took === '' ? '' : ` after ${took}`}: ${countText(transaction, 0)}`;
  return widthOf(text) === 0 ? '' : text;
}

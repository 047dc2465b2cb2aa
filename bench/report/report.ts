import { median } from '../measure/statistics.ts';
import type { Cell, Measurements } from '../measurements.ts';
import type { Surroundings } from '../site/surroundings.ts';
import { cellOf, eventWritesPerItem, requestsPerItem, revisionsPerItem, timeOf } from './cells.ts';
import { factor, seconds, tenths, times } from './figures.ts';
import { table } from './table.ts';
import { targets } from './targets.ts';

/** Everything that goes into the JSON file. */
export interface Result {
  readonly surroundings: Surroundings;
  readonly measurements: Measurements;
}

/** The whole result as text for a terminal. */
export function report(result: Result): string {
  const { surroundings, measurements } = result;
  const sections = [
    Object.entries(surroundings)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n'),
    contendersSection(measurements),
    table([HEAD, ...measurements.cells.toSorted(byWorkload(measurements)).map((cell) => cellRow(measurements, cell))]),
    detailsSection(measurements),
    webhookSection(measurements),
    targetsSection(measurements),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

const HEAD = [
  'workload',
  'contender',
  'outcome',
  'seconds',
  'original is',
  'etcd writes/item',
  'requests/item',
  'of them writes',
  'Event writes/item',
];

function cellRow(measurements: Measurements, cell: Cell): string[] {
  const title = measurements.appearances.find(({ contender }) => contender === cell.contender)?.title ?? cell.contender;
  const outcome = [...new Set(cell.samples.map((sample) => sample.outcome))].join(', ');
  const figures = [revisionsPerItem(cell), requestsPerItem(cell), writesPerItem(cell), eventWritesPerItem(cell)];
  const words = figures.map((figure) => (figure === undefined ? '–' : tenths(figure)));
  const time = cell.samples.length === 0 ? '–' : times(cell.samples.map(({ milliseconds }) => milliseconds));
  return [cell.title, title, outcome, time, slowdown(measurements, cell), ...words];
}

function writesPerItem(cell: Cell): number | undefined {
  return timeOf(cell) === undefined ? undefined : median(cell.samples.map(({ requests, items }) => requests.writes / items));
}

// How many times as long the original takes.
function slowdown(measurements: Measurements, cell: Cell): string {
  const theirs = timeOf(cellOf(measurements, 'original', cell.workload));
  const this_ = timeOf(cell);
  return theirs === undefined || this_ === undefined || cell.contender === 'original' ? '–' : factor(theirs / this_);
}

function byWorkload(measurements: Measurements): (a: Cell, b: Cell) => number {
  const order = [...new Set(measurements.cells.map(({ workload }) => workload))];
  return (a, b) => order.indexOf(a.workload) - order.indexOf(b.workload);
}

function contendersSection(measurements: Measurements): string {
  const rows = measurements.appearances.map(({ title, note, missing, idlePerSecond, memory }) => [
    title,
    missing === undefined ? (note ?? '') : `LEFT OUT: ${missing}`,
    idlePerSecond === undefined ? '–' : tenths(idlePerSecond),
    memory === undefined ? '–' : String(Math.round(memory.peak)),
  ]);
  return rows.length === 0 ? '' : table([['contender', 'what ran', 'idle etcd writes/s', 'peak MiB'], ...rows]);
}

// A run that did not succeed says why, once a cell.
function detailsSection(measurements: Measurements): string {
  const told = measurements.cells.flatMap((cell) => cell.samples.slice(0, 1).map(({ detail }) => ({ cell, detail })));
  return told
    .filter(({ detail }) => detail !== undefined)
    .map(({ cell, detail }) => `${cell.contender}, ${cell.title}: ${shortened(detail ?? '')}`)
    .join('\n');
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}

function webhookSection(measurements: Measurements): string {
  const rows = measurements.webhookCost.map(({ what, p50, p95, webhookCalls, writes, statuses }) => [
    what,
    seconds(p50),
    seconds(p95),
    tenths(webhookCalls / writes),
    Object.entries(statuses)
      .map(([status, count]) => `${count} × ${status}`)
      .join(', '),
  ]);
  return rows.length === 0 ? '' : table([['a stranger writes', 'p50 s', 'p95 s', 'webhook calls/write', 'answers'], ...rows]);
}

function targetsSection(measurements: Measurements): string {
  const verdict = (reached: boolean | undefined): string => (reached === undefined ? '–' : reached ? 'reached' : 'MISSED');
  const rows = targets(measurements).map(({ what, wanted, found, reached }) => [what, wanted, found, verdict(reached)]);
  return table([['to reach', 'wanted', 'found', ''], ...rows]);
}

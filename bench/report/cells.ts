import type { ContenderName } from '../contenders/contender.ts';
import { median } from '../measure/statistics.ts';
import type { Sample } from '../measure/sample.ts';
import { allRequests } from '../measure/requests.ts';
import type { Cell, Measurements } from '../measurements.ts';

/** Outcomes by which a contender did what was asked. */
export const SUCCESSES: ReadonlySet<string> = new Set(['Committed', 'applied', 'upgraded']);

/** The cell of one contender and workload, or undefined where it was not run. */
export function cellOf(measurements: Pick<Measurements, 'cells'>, contender: ContenderName, workload: string): Cell | undefined {
  return measurements.cells.find((cell) => cell.contender === contender && cell.workload === workload);
}

/** The samples that succeeded: a failure may be quick, and says nothing about speed. */
export function successes(cell: Cell): Sample[] {
  return cell.samples.filter(({ outcome }) => SUCCESSES.has(outcome));
}

/** Median milliseconds of the runs of a cell; undefined unless every one succeeded. */
export function timeOf(cell: Cell | undefined): number | undefined {
  return whenAllSucceeded(cell, ({ milliseconds }) => milliseconds);
}

/** Median etcd revisions an item, Events apart; undefined unless every run succeeded. */
export function revisionsPerItem(cell: Cell | undefined): number | undefined {
  return whenAllSucceeded(cell, ({ objectRevisions, items }) => objectRevisions / items);
}

/** Median requests an item, Events apart; undefined unless every run succeeded. */
export function requestsPerItem(cell: Cell | undefined): number | undefined {
  return whenAllSucceeded(cell, ({ requests, items }) => allRequests(requests) / items);
}

/** Median writes of Events an item; undefined unless every run succeeded. */
export function eventWritesPerItem(cell: Cell | undefined): number | undefined {
  return whenAllSucceeded(cell, ({ requests, items }) => requests.eventWrites / items);
}

function whenAllSucceeded(cell: Cell | undefined, figure: (sample: Sample) => number): number | undefined {
  if (cell === undefined || cell.samples.length === 0 || successes(cell).length < cell.samples.length) return undefined;
  return median(cell.samples.map(figure));
}

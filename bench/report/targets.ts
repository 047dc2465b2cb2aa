import { growthExponent } from '../measure/statistics.ts';
import type { Measurements } from '../measurements.ts';
import { cellOf, revisionsPerItem, timeOf } from './cells.ts';
import { factor, seconds, tenths } from './figures.ts';

/** One thing to reach. */
export interface Target {
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
  /** Undefined where nothing was measured to judge it by. */
  readonly reached: boolean | undefined;
}

const NOT_MEASURED = 'not measured';
/** Times of the original that are known from elsewhere, in milliseconds, for a run without it. */
const ORIGINAL_ELSEWHERE: Readonly<Record<number, number>> = { 1: 380, 10: 680, 50: 4400, 200: 43_500 };
const MOST_WRITES: readonly (readonly [items: number, writes: number])[] = [
  [10, 4],
  [200, 3.3],
];
const LEAST_SPEEDUP: readonly (readonly [items: number, factor: number])[] = [
  [1, 4],
  [10, 4],
  [50, 12],
  [200, 30],
];
/** The exponent up to which growth counts as linear: above 1 by what runs scatter. */
const LINEAR = 1.15;
const MOST_MEMORY_MIB = 150;

/** What is to be reached, each judged by the measurements. */
export function targets(measurements: Measurements): Target[] {
  return [
    ...MOST_WRITES.map(([items, writes]) => writesTarget(measurements, items, writes)),
    ...LEAST_SPEEDUP.map(([items, least]) => speedTarget(measurements, items, least)),
    growthTarget(measurements),
    headlineTarget(measurements),
    unlockedTarget(measurements),
    largeTarget(measurements),
    memoryTarget(measurements),
  ];
}

function writesTarget(measurements: Measurements, items: number, most: number): Target {
  const found = revisionsPerItem(cellOf(measurements, 'janus', `patch-${items}`));
  return judge(`object, record and status writes an item, of ${items}`, `at most ${most}`, found, tenths, (value) => value <= most);
}

function speedTarget(measurements: Measurements, items: number, least: number): Target {
  const ours = timeOf(cellOf(measurements, 'janus', `patch-${items}`));
  const here = timeOf(cellOf(measurements, 'original', `patch-${items}`));
  const theirs = here ?? ORIGINAL_ELSEWHERE[items];
  const found = ours === undefined || theirs === undefined ? undefined : theirs / ours;
  const words = (value: number): string => `${factor(value)}${here === undefined ? ' (its time measured elsewhere)' : ''}`;
  return judge(`times as fast as the original, at ${items}`, `at least ${least}×`, found, words, (value) => value >= least);
}

function growthTarget(measurements: Measurements): Target {
  const y50 = timeOf(cellOf(measurements, 'janus', 'patch-50'));
  const y200 = timeOf(cellOf(measurements, 'janus', 'patch-200'));
  const found = y50 === undefined || y200 === undefined ? undefined : growthExponent({ x: 50, y: y50 }, { x: 200, y: y200 });
  return judge(
    'growth of the time from 50 to 200, exponent',
    `at most ${LINEAR}`,
    found,
    (value) => value.toFixed(2),
    (value) => value <= LINEAR,
  );
}

function headlineTarget(measurements: Measurements): Target {
  const ours = timeOf(cellOf(measurements, 'janus', 'patch-200'));
  const kubectl = timeOf(cellOf(measurements, 'kubectl', 'patch-200'));
  const wanted = kubectl === undefined ? 'no slower than kubectl apply' : `at most ${seconds(kubectl)} s`;
  const found = kubectl === undefined ? undefined : ours;
  return judge(
    '200 locked, all or nothing, against plain kubectl apply',
    wanted,
    found,
    (value) => `${seconds(value)} s`,
    (value) => value <= (kubectl ?? 0),
  );
}

function unlockedTarget(measurements: Measurements): Target {
  const unlocked = measurements.webhookCost.filter(({ what }) => what.startsWith('unlocked'));
  const calls = unlocked.length === 0 ? undefined : unlocked.reduce((sum, { webhookCalls }) => sum + webhookCalls, 0);
  return judge('webhook calls for unlocked objects', '0', calls, String, (value) => value === 0);
}

function largeTarget(measurements: Measurements): Target {
  const cell = cellOf(measurements, 'janus', 'large-objects');
  const outcomes = [...new Set(cell?.samples.map(({ outcome }) => outcome))].join(', ');
  const what = '3 objects of 400 KB in one transaction';
  if (cell === undefined) return { what, wanted: 'Committed', found: NOT_MEASURED, reached: undefined };
  return { what, wanted: 'Committed', found: outcomes, reached: outcomes === 'Committed' };
}

function memoryTarget(measurements: Measurements): Target {
  const what = `peak memory of the process, ${measurements.memory?.items ?? 1000} items`;
  const peak = measurements.memory?.memory.peak;
  return judge(
    what,
    `under ${MOST_MEMORY_MIB} MiB`,
    peak,
    (value) => `${Math.round(value)} MiB`,
    (value) => value < MOST_MEMORY_MIB,
  );
}

function judge(
  what: string,
  wanted: string,
  found: number | undefined,
  words: (value: number) => string,
  ok: (value: number) => boolean,
): Target {
  if (found === undefined) return { what, wanted, found: NOT_MEASURED, reached: undefined };
  return { what, wanted, found: words(found), reached: ok(found) };
}

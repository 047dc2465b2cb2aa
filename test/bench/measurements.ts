import type { ContenderName } from '../../bench/contenders/contender.ts';
import type { Sample } from '../../bench/measure/sample.ts';
import type { Cell, Measurements } from '../../bench/measurements.ts';

/** A sample that committed in `milliseconds`, with one write an item; `more` overrides. */
export function sample(items: number, milliseconds: number, more: Partial<Sample> = {}): Sample {
  const requests = { reads: 0, writes: items, dryRuns: 0, refused: 0, eventWrites: 0, webhookCalls: 0, writesByResource: {} };
  return {
    outcome: 'Committed',
    milliseconds,
    items,
    revisions: items,
    objectRevisions: items,
    requests,
    events: { objects: 0, occurrences: 0 },
    ...more,
  };
}

/** A cell of the Patch workload, one sample a time. */
export function patchCell(contender: ContenderName, items: number, milliseconds: readonly number[], more: Partial<Sample> = {}): Cell {
  const samples = milliseconds.map((each) => sample(items, each, more));
  return { contender, workload: `patch-${items}`, title: `Patch ${items} in one transaction`, items, samples };
}

/** Measurements with these cells and nothing else. */
export function measurements(...cells: readonly Cell[]): Measurements {
  return { appearances: [], cells, webhookCost: [] };
}

import type { Contender, ContenderName } from './contenders/contender.ts';
import type { Workload } from './workloads/job.ts';

/** What is to be run. */
export interface Plan {
  readonly contenders: readonly Contender[];
  readonly workloads: readonly Workload[];
  /** Runs of each cell. */
  readonly runs: number;
  readonly webhookCost: boolean;
  /** Items of the transaction after which the memory of a fresh process is read; 0 leaves it out. */
  readonly memoryItems: number;
  /** Whether the contender can do the workload. */
  does(contender: Contender, workload: Workload): boolean;
}

/** What was asked for on the command line. */
export interface Wishes {
  readonly only: readonly ContenderName[];
  readonly workloads: readonly string[];
  readonly runs: number;
  readonly memoryItems: number;
}

/** From this many items on the original takes so long (it grows with the square) that one run has to do. */
const ORIGINAL_ONCE_FROM = 200;

/** Picks contenders and workloads by name; none named means all. Throws on a name that there is not. */
export function planOf(wishes: Wishes, contenders: readonly Contender[], workloads: readonly Workload[]): Plan {
  const known = [...workloads.map(({ name }) => name), 'webhook-cost', 'memory'];
  const unknown = wishes.workloads.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new RangeError(`there is no workload ${unknown}; there are ${known.join(', ')}`);
  const wants = (name: string): boolean => wishes.workloads.length === 0 || wishes.workloads.includes(name);
  return {
    contenders: contenders.filter(({ name }) => wishes.only.length === 0 || wishes.only.includes(name)),
    workloads: workloads.filter(({ name }) => wants(name)),
    runs: wishes.runs,
    webhookCost: wants('webhook-cost'),
    memoryItems: wants('memory') ? wishes.memoryItems : 0,
    does,
  };
}

/** How often a cell is run. */
export function runsOf(plan: Pick<Plan, 'runs'>, contender: Pick<Contender, 'name'>, workload: Pick<Workload, 'name' | 'items'>): number {
  return contender.name === 'original' && workload.name.startsWith('patch-') && workload.items >= ORIGINAL_ONCE_FROM ? 1 : plan.runs;
}

function does(contender: Contender, workload: Workload): boolean {
  if (workload.for === 'ours') return contender.name === 'janus';
  return workload.for === 'all' || contender.transactional;
}

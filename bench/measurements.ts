import type { ContenderName } from './contenders/contender.ts';
import type { Memory } from './measure/memory.ts';
import type { Sample } from './measure/sample.ts';
import type { WriteCost } from './workloads/webhook-cost.ts';

/** Every run of one contender on one workload. */
export interface Cell {
  readonly contender: ContenderName;
  readonly workload: string;
  readonly title: string;
  readonly items: number;
  readonly samples: readonly Sample[];
}

/** What became of a contender. */
export interface Appearance {
  readonly contender: ContenderName;
  readonly title: string;
  /** What ran; absent where it did not. */
  readonly note?: string;
  /** Why it did not run. */
  readonly missing?: string;
  /** Writes to etcd a second while it was up and idle. */
  readonly idlePerSecond?: number;
  /** Memory of its process after all workloads. */
  readonly memory?: Memory;
}

/** Everything that one benchmark measured. */
export interface Measurements {
  readonly appearances: readonly Appearance[];
  readonly cells: readonly Cell[];
  readonly webhookCost: readonly WriteCost[];
  /** A fresh process of ours after one transaction of `items`. */
  readonly memory?: { readonly items: number; readonly memory: Memory };
}

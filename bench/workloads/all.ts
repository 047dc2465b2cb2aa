import { create10 } from './create-10.ts';
import { delete10 } from './delete-10.ts';
import type { Workload } from './job.ts';
import { largeObjects } from './large-objects.ts';
import { patchN } from './patch-n.ts';
import { twentyByTen } from './twenty-by-ten.ts';
import { update10 } from './update-10.ts';

/** Every workload in the order it is run; `sizes` are those of the Patch workload. */
export function allWorkloads(sizes: readonly number[]): Workload[] {
  return [...sizes.map(patchN), twentyByTen, create10, update10, delete10, largeObjects];
}

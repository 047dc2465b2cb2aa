import { names } from './job.ts';
import type { Workload } from './job.ts';
import { patchJob } from './patch-n.ts';

/** Twenty transactions, sealed at the same moment, each patching ten ConfigMaps of its own. */
export const twentyByTen: Workload = {
  name: 'twenty-by-ten',
  title: '20 transactions of 10 at once',
  items: 200,
  for: 'transactional',
  job: (namespace) =>
    patchJob(
      namespace,
      names('settings', 200),
      Array.from({ length: 20 }, () => 10),
    ),
};

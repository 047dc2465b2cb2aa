import { configMap, names } from './job.ts';
import type { Workload } from './job.ts';

/** One transaction that creates ten ConfigMaps. */
export const create10: Workload = {
  name: 'create-10',
  title: 'Create 10',
  items: 10,
  for: 'transactional',
  job: (namespace) => ({
    namespace,
    initial: [],
    transactions: [names('fresh', 10).map((name) => ({ type: 'Create', object: configMap(namespace, name, 'new') }))],
  }),
};

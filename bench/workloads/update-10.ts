import { configMap, names } from './job.ts';
import type { Workload } from './job.ts';

/** One transaction that replaces ten ConfigMaps. */
export const update10: Workload = {
  name: 'update-10',
  title: 'Update 10',
  items: 10,
  for: 'transactional',
  job: (namespace) => ({
    namespace,
    initial: names('settings', 10).map((name) => configMap(namespace, name, 'before')),
    transactions: [names('settings', 10).map((name) => ({ type: 'Update', object: configMap(namespace, name, 'after') }))],
  }),
};

import { configMap, names } from './job.ts';
import type { Workload } from './job.ts';

/** One transaction that deletes ten ConfigMaps. */
export const delete10: Workload = {
  name: 'delete-10',
  title: 'Delete 10',
  items: 10,
  for: 'transactional',
  job: (namespace) => {
    const initial = names('settings', 10).map((name) => configMap(namespace, name, 'before'));
    return { namespace, initial, transactions: [initial.map((object) => ({ type: 'Delete', object }))] };
  },
};

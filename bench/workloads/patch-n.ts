import { configMap, names } from './job.ts';
import type { Change, Job, Manifest, Workload } from './job.ts';

/** One transaction that patches `items` ConfigMaps. */
export function patchN(items: number): Workload {
  return {
    name: `patch-${items}`,
    title: `Patch ${items} in one transaction`,
    items,
    for: items > 500 ? 'ours' : 'all',
    job: (namespace) => patchJob(namespace, names('settings', items), [items]),
  };
}

/** Objects called `objects`, patched by transactions of the given sizes, one after the other along the list. */
export function patchJob(namespace: string, objects: readonly string[], sizes: readonly number[]): Job {
  const changes = objects.map((name): Change => ({ type: 'Patch', object: configMap(namespace, name, 'after') }));
  const initial = objects.map((name): Manifest => configMap(namespace, name, 'before'));
  let from = 0;
  const transactions = sizes.map((size) => changes.slice(from, (from += size)));
  return { namespace, initial, transactions };
}

import { incompressible } from '../workloads/large-objects.ts';
import { configMap, names } from '../workloads/job.ts';
import type { Change, Job, Manifest } from '../workloads/job.ts';
import { patchJob } from '../workloads/patch-n.ts';

/** Work that is large in one way. */
export interface Load {
  readonly title: string;
  readonly items: number;
  job(namespace: string): Job;
}

/** Characters of one of the large objects: a ConfigMap may have 1 MiB. */
const LARGE = 1_000_000;

/** Every way to be large: many objects, large objects, many transactions, many that want the same. */
export const LOADS: readonly Load[] = [
  { title: 'one transaction of 1,000', items: 1_000, job: (namespace) => patchJob(namespace, names('settings', 1_000), [1_000]) },
  { title: 'one transaction of 5,000', items: 5_000, job: (namespace) => patchJob(namespace, names('settings', 5_000), [5_000]) },
  { title: 'one transaction that replaces 40 of 1 MB', items: 40, job: largeOnes },
  {
    title: '500 transactions at once, of 2 each',
    items: 1_000,
    job: (namespace) =>
      patchJob(
        namespace,
        names('settings', 1_000),
        Array.from({ length: 500 }, () => 2),
      ),
  },
  { title: '100 transactions at once that want the same one', items: 100, job: sameOne },
];

function largeOnes(namespace: string): Job {
  const filled = (name: string, value: string): Manifest => {
    const small = configMap(namespace, name, value);
    return { ...small, data: { ...small.data, blob: incompressible(`${name} ${value}`, LARGE) } };
  };
  const large = names('blob', 40);
  return {
    namespace,
    initial: large.map((name) => filled(name, 'before')),
    transactions: [large.map((name) => ({ type: 'Update', object: filled(name, 'after') }))],
  };
}

function sameOne(namespace: string): Job {
  const change: Change = { type: 'Patch', object: configMap(namespace, 'wanted', 'after') };
  return { namespace, initial: [configMap(namespace, 'wanted', 'before')], transactions: Array.from({ length: 100 }, () => [change]) };
}

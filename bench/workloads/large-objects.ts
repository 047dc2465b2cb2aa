import { createHash } from 'node:crypto';
import { configMap, names } from './job.ts';
import type { Manifest, Workload } from './job.ts';

const BYTES = 400_000;

/** One transaction that replaces three ConfigMaps of 400 KB each: more than one etcd value holds together. */
export const largeObjects: Workload = {
  name: 'large-objects',
  title: 'Update 3 of 400 KB',
  items: 3,
  for: 'transactional',
  job: (namespace) => ({
    namespace,
    initial: names('blob', 3).map((name) => filled(namespace, name, 'before')),
    transactions: [names('blob', 3).map((name) => ({ type: 'Update', object: filled(namespace, name, 'after') }))],
  }),
};

function filled(namespace: string, name: string, value: string): Manifest {
  const small = configMap(namespace, name, value);
  return { ...small, data: { ...small.data, blob: incompressible(`${name} ${value}`, BYTES) } };
}

/** `length` characters that are the same for the same seed and that gzip hardly shrinks below three quarters. */
export function incompressible(seed: string, length: number): string {
  let text = '';
  for (let block = 0; text.length < length; block++) text += createHash('sha512').update(`${seed} ${block}`).digest('base64url');
  return text.slice(0, length);
}

/** An object as it is sent. */
export interface Manifest {
  readonly apiVersion: 'v1';
  readonly kind: 'ConfigMap';
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly data: Readonly<Record<string, string>>;
}

/** One change of one object. */
export interface Change {
  readonly type: 'Create' | 'Update' | 'Patch' | 'Delete';
  /** What the object is to be afterwards; of a Delete what it is before. */
  readonly object: Manifest;
  /** Ascending; changes of one order are independent. */
  readonly order?: number;
}

/** What one run of a workload consists of: pure data, so that every contender gets the same. */
export interface Job {
  readonly namespace: string;
  /** Objects that must exist before the clock starts. */
  readonly initial: readonly Manifest[];
  /** One or more transactions that start together. */
  readonly transactions: readonly (readonly Change[])[];
}

/** A kind of work, by name. */
export interface Workload {
  readonly name: string;
  readonly title: string;
  /** Objects that a run changes. */
  readonly items: number;
  /** Contenders that can do it: every one, those that know transactions, or ours alone. */
  readonly for: 'all' | 'transactional' | 'ours';
  /** Its data, all in `namespace`. */
  job(namespace: string): Job;
}

/** A ConfigMap of the size that people have: a few hundred bytes, of which one key is about to change. */
export function configMap(namespace: string, name: string, value: string): Manifest {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { value, kept: 'k'.repeat(200), other: 'o' } };
}

/** `prefix-000`, `prefix-001`, …: names of equal length, in the order of their numbers. */
export function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${String(index).padStart(4, '0')}`);
}

/** Changes of a job in one list. */
export function changesOf(job: Job): Change[] {
  return job.transactions.flat();
}

/** How far the cluster has come with what an object asks for. */
export type KStatus = 'InProgress' | 'Failed' | 'Current' | 'Terminating' | 'Unknown';

/** A status and, for people, why it is that one. */
export interface KStatusVerdict {
  readonly status: KStatus;
  readonly message: string;
}

/** What was asked for is what runs. */
export function current(message: string): KStatusVerdict {
  return { status: 'Current', message };
}

/** Not there yet; looking again later makes sense. */
export function inProgress(message: string): KStatusVerdict {
  return { status: 'InProgress', message };
}

/** A controller gave up, or says that it cannot go on. */
export function failed(message: string): KStatusVerdict {
  return { status: 'Failed', message };
}

/** One step towards readiness: `have` of `want`, in progress while it is fewer; undefined when it is done. */
export function fewer(what: string, have: number, want: number): KStatusVerdict | undefined {
  return have < want ? inProgress(`${what}: ${have} of ${want}`) : undefined;
}

/** More replicas than asked for: the surplus has yet to end. */
export function surplus(have: number, want: number): KStatusVerdict | undefined {
  return have > want ? inProgress(`${have - want} more ${have - want === 1 ? 'replica has' : 'replicas have'} to end`) : undefined;
}

import type { Outcome } from './run.ts';

/** Where an executor died, for people. */
export function wordsOf({ scenario, point, died, landed }: Outcome): string {
  const late = landed === undefined ? '' : `, which landed late (${String(landed)})`;
  const when = `${point.how} its ${point.counting === 'writes' ? 'write' : 'call'} ${String(point.at)}`;
  return `"${scenario.name}", killed ${when}: ${died ?? 'it had ended by then'}${late}`;
}

import type { Cluster } from '../cluster.ts';
import { Fault } from '../fault.ts';
import { explain } from '../explain.ts';
import { warning, type Finding } from './finding.ts';

/** Where a doctor looks. */
export interface Patient {
  readonly cluster: Cluster;
  readonly systemNamespace: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** One look; what it cannot see for lack of rights is a warning, and ends no other look. */
export async function look(check: string, see: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await see();
  } catch (error) {
    const words = error instanceof Fault ? error.message : explain(error);
    if (words === undefined) throw error;
    return [warning(check, `could not be looked at: ${words}`, 'Look with rights that allow it.')];
  }
}

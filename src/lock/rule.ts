import type { Decision } from './denial.ts';
import type { Situation } from './situation.ts';

/** One reason to allow or refuse a write. Rules are asked in order; the first that answers decides. */
export interface Rule<S extends Situation = Situation> {
  /** Fixed word for metrics and tests. */
  readonly name: string;
  /** When it answers, what, and why, for the reference documentation. */
  readonly reason: string;
  readonly decide: (situation: S) => Decision | undefined;
}

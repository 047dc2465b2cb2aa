import { decide } from '../../src/lock/decision.ts';
import { CLUSTER_CONTROLLERS } from '../../src/lock/controllers.ts';
import { parseReview } from '../../src/lock/review.ts';
import { RECORD, reviewBody, TRANSACTION } from './reviews.ts';

const WARM_UP = 20_000;
const DECISIONS = 200_000;

/** Microseconds of the processor's time that one decision on a write to a 10 kB object takes. */
export function decisionMicroseconds(held: boolean): number {
  const body = JSON.parse(reviewBody(10_000, held)) as { readonly request: unknown };
  const input = {
    review: parseReview(body.request),
    grant: { state: 'none' },
    lookups: new Map([[TRANSACTION, { found: 'record', record: RECORD } as const]]),
    now: new Date(),
    controllers: CLUSTER_CONTROLLERS,
  } as const;
  const run = (count: number): void => {
    for (let n = 0; n < count; n += 1) if (decide(input).allow === held) throw new Error('the decision is not the one that is measured');
  };
  run(WARM_UP);
  const begun = process.cpuUsage();
  run(DECISIONS);
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / DECISIONS;
}

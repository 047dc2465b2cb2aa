import { decideContainer } from '../lock/container/decision.ts';
import { mayHarm } from '../lock/container/harm.ts';
import type { OpenRecords } from '../lock/container/records.ts';
import { grantOf } from '../lock/grant-verifier.ts';
import type { Handler } from './handle.ts';
import { readReview, toVerdict } from './lock-review.ts';
import type { LockGuard } from './locks.ts';
import type { Verdict } from './verdict.ts';

export interface ContainerGuard extends Pick<LockGuard, 'verifier' | 'controllers' | 'now'> {
  /** Every open record, read after the call. */
  readonly open: () => Promise<OpenRecords>;
  /** Janus's own namespace. */
  readonly systemNamespace: string;
}

const NOTHING: OpenRecords = { found: 'records', records: [] };

/** Handler that decides on writes to what locked objects need: their Namespace, and the definition of their kind. */
export function validateContainers(guard: ContainerGuard): Handler {
  return async (request) => {
    const review = readReview(request.raw);
    if ('allowed' in review) return review;
    const { controllers, systemNamespace } = guard;
    const grant = await grantOf(review.user, guard.verifier(), guard.now());
    const open = mayHarm(review) ? await guard.open() : NOTHING;
    const verdict = toVerdict(decideContainer({ review, grant, open, now: guard.now(), controllers, systemNamespace }));
    return request.operation === 'DELETE' && request.name === systemNamespace ? withFarewell(verdict) : verdict;
  };
}

// Left alone, the configuration would refuse every later removal of any Namespace: it asks a Janus that is gone.
function withFarewell(verdict: Verdict): Verdict {
  if (!verdict.allowed) return verdict;
  const warning =
    'This removes Janus. Delete validatingwebhookconfiguration and mutatingwebhookconfiguration "janus", too: while they are there and Janus is not, no namespace can be deleted.';
  return { ...verdict, warnings: [warning] };
}

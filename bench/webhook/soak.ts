import { handleReview } from '../../src/admission/handle.ts';
import { PATHS } from '../../src/admission/webhook-configuration.ts';
import { lockHandler } from './guard.ts';
import { reviewBody } from './reviews.ts';

/** A look at the memory after so many reviews, garbage collected. In MiB. */
export interface Look {
  readonly reviews: number;
  readonly heap: number;
  readonly resident: number;
}

const BATCH = 100;

/** Answers so many reviews, each read anew from its text, and looks at the memory ten times. */
export async function soak(total: number): Promise<readonly Look[]> {
  const handler = lockHandler();
  const bodies = [true, false].map((held) => reviewBody(2_000, held));
  const looks: Look[] = [];
  for (let done = 0; done < total;) {
    const batch = Array.from({ length: BATCH }, (_, n) => handleReview(PATHS.locks, JSON.parse(bodies[n % 2] ?? ''), handler, {}));
    await Promise.all(batch);
    done += BATCH;
    if (done % (total / 10) === 0) looks.push(look(done));
  }
  return looks;
}

function look(reviews: number): Look {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { reviews, heap: heapUsed / 2 ** 20, resident: rss / 2 ** 20 };
}

import { checks, servePages, type Check } from './http.ts';
import type { Metrics } from './metrics.ts';
import type { OperatorOptions } from './options.ts';

/** The plain HTTP endpoints of this process. */
export interface Pages {
  readonly healthPort: number;
  readonly metricsPort: number;
  close(): Promise<void>;
}

/** What `/readyz` asks, by name. */
export type Readiness = Readonly<Record<string, Check>>;

/** Serves health and metrics. @throws Error when a port cannot be had */
export async function startPages(options: OperatorOptions, metrics: Metrics, readiness: Readiness): Promise<Pages> {
  const health = await servePages(options.healthPort, {
    '/healthz': () => checks({ ping: () => undefined }),
    '/readyz': () => checks(readiness),
  });
  const scrape = await servePages(options.metricsPort, {
    '/metrics': async () => ({ status: 200, type: metrics.contentType, body: await metrics.text() }),
  });
  return {
    healthPort: health.port,
    metricsPort: scrape.port,
    close: async () => void (await Promise.all([health.close(), scrape.close()])),
  };
}

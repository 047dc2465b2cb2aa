import { checks, servePages, type Check, type PageGuard } from './http.ts';
import type { Metrics } from './metrics.ts';
import type { OperatorOptions } from './options.ts';

/** The endpoints of this process for people and machines that watch it. */
export interface Pages {
  /** URL of the readiness, seen from this machine. */
  readonly health: string;
  /** URL of the metrics, seen from this machine. */
  readonly metrics: string;
  close(): Promise<void>;
}

/** What `/readyz` asks, by name. */
export type Readiness = Readonly<Record<string, Check>>;

/** Serves health by plain HTTP, and metrics to whoever `guard` lets see them. @throws Error when a port cannot be had */
export async function startPages(options: OperatorOptions, metrics: Metrics, readiness: Readiness, guard: PageGuard): Promise<Pages> {
  const health = await servePages(options.healthPort, {
    '/healthz': () => checks({ ping: () => undefined }),
    '/readyz': () => checks(readiness),
  });
  const isGuarded = options.metricsAuth === 'token';
  const scrape = await servePages(
    options.metricsPort,
    { '/metrics': async () => ({ status: 200, type: metrics.contentType, body: await metrics.text() }) },
    isGuarded ? guard : undefined,
  );
  return {
    health: `http://127.0.0.1:${String(health.port)}/readyz`,
    metrics: `${isGuarded ? 'https' : 'http'}://127.0.0.1:${String(scrape.port)}/metrics`,
    close: async () => void (await Promise.all([health.close(), scrape.close()])),
  };
}

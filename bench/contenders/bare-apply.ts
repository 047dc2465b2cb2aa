import { inParallel } from '../site/pool.ts';
import { changesOf } from '../workloads/job.ts';
import type { Contender } from './contender.ts';

/** The limit: one server-side apply an object and nothing else, so many at once as the settings say. */
export const bareApply: Contender = {
  name: 'bare-apply',
  title: 'bare server-side apply',
  transactional: false,
  start: (site) =>
    Promise.resolve({
      note: `${site.settings.concurrency} at once over open connections`,
      arm: async (job) => {
        const changes = changesOf(job);
        const path = `/api/v1/namespaces/${job.namespace}/configmaps`;
        // Connections are opened before the clock starts, as those of an operator are.
        await inParallel(Array.from({ length: site.settings.concurrency }), site.settings.concurrency, () =>
          site.api.get(`${path}?limit=1`),
        );
        return {
          fire: async () => {
            const started = performance.now();
            await inParallel(changes, site.settings.concurrency, ({ object }) =>
              site.api.must(
                'PATCH',
                `${path}/${object.metadata.name}?fieldManager=bench&force=true`,
                object,
                'application/apply-patch+yaml',
              ),
            );
            return { outcome: 'applied', milliseconds: performance.now() - started };
          },
        };
      },
      stop: async () => {},
    }),
};

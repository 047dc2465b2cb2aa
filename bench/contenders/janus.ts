import { join } from 'node:path';
import { accompany } from '../site/child.ts';
import { removeCrds } from '../site/crds.ts';
import { removeWebhooks } from '../site/webhooks.ts';
import type { Contender } from './contender.ts';
import { armTransactions, clearTransactions } from './transactions.ts';

/** Ours, as a process of its own with its webhook serving: it installs its CRDs and webhook configuration itself. */
export const janus: Contender = {
  name: 'janus',
  title: 'Janus',
  transactional: true,
  start: async (site) => {
    const [command, ...parameters] = site.settings.janus;
    if (command === undefined) return { missing: 'no command to start it with was given' };
    const operator = accompany(command, parameters, {
      env: { KUBECONFIG: site.kubeconfig },
      log: join(site.scratch, 'janus.log'),
      readyLine: (line) => line.includes('Janus is ready'),
    });
    try {
      await operator.ready;
    } catch (error) {
      return { missing: error instanceof Error ? error.message : String(error) };
    }
    return {
      pid: operator.pid,
      note: site.settings.janus.join(' '),
      arm: (job) => armTransactions(site.api, job),
      stop: async () => {
        // While it runs it still answers for its own objects; only then does it go, and its webhooks with it.
        await clearTransactions(site.api);
        await operator.stop();
        await removeWebhooks(site.api);
        await removeCrds(site.api);
      },
    };
  },
};

import { join } from 'node:path';
import { accompany } from '../site/child.ts';
import { run } from '../site/command.ts';
import { installCrds, removeCrds } from '../site/crds.ts';
import { goInstall } from '../site/go-install.ts';
import type { Site } from '../site/site.ts';
import type { Contender } from './contender.ts';
import { armTransactions, clearTransactions } from './transactions.ts';

const MODULE = 'github.com/aalpar/janus';
const VERSION = 'v0.2.3';

/** The Go original with its defaults. Outside a cluster it leaves its webhooks off by itself. */
export const original: Contender = {
  name: 'original',
  title: 'aalpar/janus',
  transactional: true,
  start: async (site) => {
    const program = await obtain(site);
    if ('missing' in program) return program;
    await installCrds(site, program.crds);
    // Its health endpoint listens on every address unless told otherwise; nothing here asks for it.
    const parameters = ['--health-probe-bind-address', '0'];
    const controller = accompany(program.binary, parameters, {
      env: { KUBECONFIG: site.kubeconfig },
      log: join(site.scratch, 'original.log'),
      readyLine: (line) => line.includes('Starting workers'),
    });
    await controller.ready;
    return {
      pid: controller.pid,
      note: program.note,
      arm: (job) => armTransactions(site.api, job),
      stop: async () => {
        await controller.stop();
        await clearTransactions(site.api);
        await removeCrds(site.api);
      },
    };
  },
};

interface Program {
  readonly binary: string;
  readonly crds: string;
  readonly note: string;
}

async function obtain(site: Site): Promise<Program | { readonly missing: string }> {
  const given = site.settings.original;
  if (given !== undefined) return { ...given, note: 'a binary given on the command line; its version is not checked' };
  const installed = await goInstall({ path: `${MODULE}/cmd/controller`, version: VERSION });
  if ('missing' in installed) return installed;
  const cache = await run('go', ['env', 'GOMODCACHE']);
  if (cache.code !== 0) return { missing: `the module's CRDs were not found: go env GOMODCACHE failed: ${cache.stderr.trim()}` };
  const crds = join(cache.stdout.trim(), `${MODULE}@${VERSION}`, 'config', 'crd', 'bases');
  return { binary: installed.binary, crds, note: `go install ${MODULE}/cmd/controller@${VERSION}` };
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../site/command.ts';
import { changesOf } from '../workloads/job.ts';
import type { Contender } from './contender.ts';

/** What most people do: one `kubectl apply --server-side` of the file that holds all objects. */
export const kubectlApply: Contender = {
  name: 'kubectl',
  title: 'kubectl apply --server-side',
  transactional: false,
  start: async (site) => ({
    note: await versionOf(site.kubectl),
    arm: async (job) => {
      const file = join(site.scratch, `${job.namespace}.json`);
      const items = changesOf(job).map(({ object }) => object);
      await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
      const parameters = ['--kubeconfig', site.kubeconfig, 'apply', '--server-side', '--force-conflicts', '-f', file];
      return {
        fire: async () => {
          const ended = await run(site.kubectl, parameters);
          if (ended.code === 0) return { outcome: 'applied', milliseconds: ended.milliseconds };
          return { outcome: `exit ${ended.code}`, milliseconds: ended.milliseconds, detail: ended.stderr.trim() };
        },
      };
    },
    stop: async () => {},
  }),
};

async function versionOf(kubectl: string): Promise<string> {
  const ended = await run(kubectl, ['version', '--client', '-o', 'json']);
  const version =
    ended.code === 0 ? (JSON.parse(ended.stdout) as { clientVersion?: { gitVersion?: string } }).clientVersion?.gitVersion : undefined;
  return `kubectl ${version ?? 'of unknown version'}`;
}

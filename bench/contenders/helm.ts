import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { find, run } from '../site/command.ts';
import { goInstall } from '../site/go-install.ts';
import { inParallel } from '../site/pool.ts';
import { changesOf } from '../workloads/job.ts';
import type { Job, Manifest } from '../workloads/job.ts';
import type { Site } from '../site/site.ts';
import type { Contender } from './contender.ts';

const PROGRAM = { path: 'helm.sh/helm/v3/cmd/helm', version: 'v3.22.0' };
const RELEASE = 'bench';
const AT_ONCE = 16;

/** `helm upgrade --atomic`: what people use who want all or nothing. */
export const helm: Contender = {
  name: 'helm',
  title: 'helm upgrade --atomic',
  transactional: false,
  start: async (site) => {
    const found = await obtain(site);
    if ('missing' in found) return found;
    const version = await run(found.binary, ['version', '--short']);
    const call = (job: Job, ...parameters: string[]) =>
      run(found.binary, ['--kubeconfig', site.kubeconfig, '--namespace', job.namespace, ...parameters]);
    return {
      note: `helm ${version.stdout.trim()}`,
      arm: async (job) => {
        const chart = await writeChart(site, job);
        await adopt(site, job);
        const installed = await call(job, 'install', RELEASE, chart, '--set', 'value=before');
        if (installed.code !== 0) throw new Error(`helm install: ${installed.stderr.trim()}`);
        return {
          fire: async () => {
            const ended = await call(job, 'upgrade', '--atomic', RELEASE, chart, '--set', 'value=after');
            if (ended.code === 0) return { outcome: 'upgraded', milliseconds: ended.milliseconds };
            return { outcome: `exit ${ended.code}`, milliseconds: ended.milliseconds, detail: ended.stderr.trim() };
          },
        };
      },
      stop: async () => {},
    };
  },
};

async function obtain(site: Site): Promise<{ readonly binary: string } | { readonly missing: string }> {
  const onPath = await find('helm');
  if (onPath !== undefined) return { binary: onPath };
  if (site.settings.withHelm) return goInstall(PROGRAM);
  return { missing: 'helm is not on PATH; --with-helm builds it from its Go module' };
}

// The objects are there already, as for everybody; these marks let a release take them over.
async function adopt(site: Site, job: Job): Promise<void> {
  const metadata = {
    labels: { 'app.kubernetes.io/managed-by': 'Helm' },
    annotations: { 'meta.helm.sh/release-name': RELEASE, 'meta.helm.sh/release-namespace': job.namespace },
  };
  const path = `/api/v1/namespaces/${job.namespace}/configmaps`;
  await inParallel(job.initial, AT_ONCE, (object) =>
    site.api.must('PATCH', `${path}/${object.metadata.name}`, { metadata }, 'application/merge-patch+json'),
  );
}

async function writeChart(site: Site, job: Job): Promise<string> {
  const directory = join(site.scratch, `${job.namespace}-chart`);
  await mkdir(join(directory, 'templates'), { recursive: true });
  await writeFile(join(directory, 'Chart.yaml'), 'apiVersion: v2\nname: bench\nversion: 0.1.0\n');
  const documents = changesOf(job).map(({ object }) => template(object));
  await writeFile(join(directory, 'templates', 'objects.yaml'), documents.join('---\n'));
  return directory;
}

// JSON is YAML, and the one value that changes comes from the release's values.
function template(object: Manifest): string {
  return `${JSON.stringify({ ...object, data: { ...object.data, value: 'VALUE' } }).replace('"VALUE"', '{{ .Values.value | quote }}')}\n`;
}

import type { ApiServer } from './api-server.ts';
import { run } from './command.ts';
import { until } from './condition.ts';
import type { Site } from './site.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const OURS = ['transactions.tx.janus.io', 'resourcechanges.tx.janus.io'];

interface Definition {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Applies the CRDs in `directory` and waits until Transactions and ResourceChanges are served. */
export async function installCrds(site: Site, directory: string): Promise<void> {
  const applied = await run(site.kubectl, [
    '--kubeconfig',
    site.kubeconfig,
    'apply',
    '--server-side',
    '--force-conflicts',
    '-f',
    directory,
  ]);
  if (applied.code !== 0) throw new Error(`the CRDs in ${directory} could not be applied: ${applied.stderr.trim()}`);
  await until('CRDs established', 30_000, async () => {
    const states = await Promise.all(OURS.map((name) => site.api.send<Definition>('GET', `${CRDS}/${name}`)));
    return states.every(({ body }) => body.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True'));
  });
}

/** Deletes the CRDs of Transactions and ResourceChanges and waits until they are gone, so that the next contender brings its own. */
export async function removeCrds(api: ApiServer): Promise<void> {
  await Promise.all(OURS.map((name) => api.send('DELETE', `${CRDS}/${name}`)));
  await until('CRDs gone', 60_000, async () => {
    const states = await Promise.all(OURS.map((name) => api.send('GET', `${CRDS}/${name}`)));
    return states.every(({ status }) => status === 404);
  });
}

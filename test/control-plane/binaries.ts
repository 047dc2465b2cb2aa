import { planSources, type Needs, type SourceName } from './sources.ts';

/** Paths of executables. A control plane works without the last two, though not every test does. */
export interface Binaries {
  readonly etcd: string;
  readonly apiServer: string;
  readonly controllerManager?: string;
  readonly kubectl?: string;
}

/** What a source answers: executables, or why it has none, as the end of a sentence. */
export type Offer = { readonly binaries: Binaries } | { readonly missing: string };

export type Source = () => Promise<Offer>;

export interface Found {
  readonly source: SourceName;
  readonly binaries: Binaries;
}

/** No source had what is needed. The message says what each one lacked and what to do. */
export class NoBinariesError extends Error {
  override readonly name = 'NoBinariesError';
}

const TITLES: Readonly<Record<SourceName, string>> = {
  'assets-dir': 'KUBEBUILDER_ASSETS',
  cache: 'cache of earlier builds',
  'envtest-archive': 'envtest release archive',
  'go-build': 'build with Go',
};

/**
 * Asks one source after the other, in the order of `planSources`, and returns the first answer that covers the needs.
 * `log` gets a line for each source that was expected to work and did not. Throws `NoBinariesError`.
 */
export async function findBinaries(
  sources: Readonly<Record<SourceName, Source>>,
  needs: Needs,
  log: (line: string) => void,
): Promise<Found> {
  const lacking: string[] = [];
  for (const step of planSources(needs)) {
    const reason = step.skip ?? (await ask(sources[step.source], needs));
    if (typeof reason !== 'string') return { source: step.source, binaries: reason };
    if (step.skip === undefined && step.source !== 'cache') log(`${TITLES[step.source]}: ${reason}`);
    lacking.push(`  - ${TITLES[step.source]}: ${reason}`);
  }
  throw new NoBinariesError(`There are no Kubernetes binaries to start a control plane with:\n${lacking.join('\n')}\n${whatToDo(needs)}`);
}

async function ask(source: Source, needs: Needs): Promise<Binaries | string> {
  const offer = await source();
  if ('missing' in offer) return offer.missing;
  if (needs.controllers === 'required' && offer.binaries.controllerManager === undefined)
    return 'has no kube-controller-manager, which is needed here';
  return offer.binaries;
}

function whatToDo(needs: Needs): string {
  const parts =
    needs.controllers === 'required' ? 'etcd, kube-apiserver, kube-controller-manager and kubectl' : 'etcd, kube-apiserver and kubectl';
  return `Install Go 1.26 or newer (https://go.dev/dl/) and be online once, or set KUBEBUILDER_ASSETS to a folder that has ${parts}.`;
}
